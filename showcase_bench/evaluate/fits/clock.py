"""How long a fit took, in all processes that it went through."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from pathlib import Path
from types import TracebackType

from showcase_bench.files import replace_file

__all__ = ["FitClock", "holds_work"]

_OURS = ".showcase-bench-"
_KEPT = f"{_OURS}seconds"
_SECONDS_BETWEEN_LOOKS = 0.5


def holds_work(workdir: Path) -> bool:
    """Whether a model has left something in a folder."""
    return any(not path.name.startswith(_OURS) for path in workdir.iterdir())


class FitClock:
    """Measures what is done inside, and adds what earlier processes needed for what it begins with.

    Whenever the model has written into ``workdir``, the seconds until then are kept there as well.
    So of a process that was killed those up to its last checkpoint count, to about a second, and
    none where it left no checkpoint.
    """

    seconds: float
    """Of this process and the earlier ones, once the block has ended."""

    def __init__(self, workdir: Path) -> None:
        self._workdir = workdir
        self._earlier = _read(workdir) if holds_work(workdir) else 0.0
        self._seen = _written(workdir)
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> FitClock:
        self._begun = time.perf_counter()
        self._watch.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.seconds = self._so_far()
        self._ended.set()
        self._watch.join()

    def _so_far(self) -> float:
        return self._earlier + time.perf_counter() - self._begun

    def _keep(self) -> None:
        while not self._ended.wait(_SECONDS_BETWEEN_LOOKS):
            with contextlib.suppress(OSError):  # the model may take a file away, or a disk is full
                now = _written(self._workdir)
                if now != self._seen:
                    replace_file(self._workdir / _KEPT, json.dumps(self._so_far()).encode())
                    self._seen = now


def _read(workdir: Path) -> float:
    with contextlib.suppress(OSError, ValueError, TypeError):
        return max(0.0, float(json.loads((workdir / _KEPT).read_bytes())))
    return 0.0


def _written(workdir: Path) -> dict[Path, tuple[int, int]]:
    """Time of change and size of each file of the model; raises OSError.

    Hidden ones are not whole yet.
    """
    found = {}
    for path in workdir.rglob("*"):
        if not path.name.startswith(".") and path.is_file():
            facts = path.stat()
            found[path] = (facts.st_mtime_ns, facts.st_size)
    return found
