"""``--profile``: where the time of a verb goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from showcase_bench.cli.console import say
from showcase_bench.errors import MissingDependencyError, UsageError

if TYPE_CHECKING:
    from pyinstrument import Profiler

__all__ = ["profiled"]

_KINDS = (".html", ".json")


@contextmanager
def profiled(path: Path | None, *, quiet: bool) -> Iterator[None]:
    """Sample this process while the block runs, and write the profile even where it fails.

    ``.html`` is a page with a call tree and a timeline, ``.json`` a flame graph in the format of
    speedscope. None profiles nothing.

    Raises
    ------
    UsageError
        The file has another ending, or its folder does not exist.
    MissingDependencyError
        pyinstrument is not installed.
    """
    if path is None:
        yield
        return
    if path.suffix not in _KINDS:
        raise UsageError(f"--profile {path}: end the name in {' or '.join(_KINDS)}")
    if not path.parent.is_dir():
        raise UsageError(f"--profile {path}: {path.parent} is no folder; make it first")
    profiler = _profiler()
    profiler.start()
    try:
        yield
    finally:
        profiler.stop()
        _write(profiler, path)
        say(f"profile: {path}", quiet=quiet)


def _profiler() -> Profiler:
    try:
        from pyinstrument import Profiler
    except ImportError as error:
        raise MissingDependencyError(
            "--profile needs pyinstrument: pip install 'showcase-bench[profile]'"
        ) from error
    return Profiler(async_mode="disabled")


def _write(profiler: Profiler, path: Path) -> None:
    from pyinstrument.renderers import HTMLRenderer, SpeedscopeRenderer

    from showcase_bench.evaluate.runs.content import write_atomically

    renderer = HTMLRenderer() if path.suffix == ".html" else SpeedscopeRenderer()
    write_atomically(path, profiler.output(renderer).encode())
