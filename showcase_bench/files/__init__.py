"""Writing files and folders whole or not at all, and keeping other processes away from them."""

from showcase_bench.files.folders import is_being_replaced, new_folder
from showcase_bench.files.locks import is_same_file, lock, try_to_lock
from showcase_bench.files.temporary import (
    TemporaryFolder,
    scratch_folder,
    sweep,
    sweep_system_folder,
    temporary_folder,
)
from showcase_bench.files.whole import replace_file, write_durably

__all__ = [
    "TemporaryFolder",
    "is_being_replaced",
    "is_same_file",
    "lock",
    "new_folder",
    "replace_file",
    "scratch_folder",
    "sweep",
    "sweep_system_folder",
    "temporary_folder",
    "try_to_lock",
    "write_durably",
]
