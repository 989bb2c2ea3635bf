"""Writing files and folders whole or not at all, and keeping other processes away from them."""

from showcase_bench.files.folders import is_being_replaced, new_folder
from showcase_bench.files.locks import lock
from showcase_bench.files.temporary import scratch_folder, sweep, temporary_folder
from showcase_bench.files.whole import replace_file, write_durably

__all__ = [
    "is_being_replaced",
    "lock",
    "new_folder",
    "replace_file",
    "scratch_folder",
    "sweep",
    "temporary_folder",
    "write_durably",
]
