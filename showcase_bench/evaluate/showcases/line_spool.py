"""A file for predictions that are made, or come from where nothing can be read twice."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import StoreError
from showcase_bench.evaluate.showcases.kept_lines import KeptLines, Stamp
from showcase_bench.files import TemporaryFolder
from showcase_bench.types import Showcase

__all__ = ["LineSpool"]


class LineSpool:
    """Takes lines one after another, and gives them back as showcases that stay in the file.

    A context manager, which leaves no file where it ends with an error.

    Parameters
    ----------
    parent
        Folder for the file, which is made where there is none; by default that of the system.

    Raises
    ------
    StoreError
        On any method: the file cannot be written.
    """

    def __init__(self, parent: Path | None = None) -> None:
        try:
            if parent is not None:
                parent.mkdir(parents=True, exist_ok=True)
            self._folder = TemporaryFolder(parent)
            self.path = self._folder.path / "predictions.jsonl"
            self._file = self.path.open("wb")
        except OSError as error:
            raise _refused(parent or Path(tempfile.gettempdir()), error) from error
        self._end = 0

    def __enter__(self) -> LineSpool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._file.close()
            self._folder.remove()

    def add(self, line: bytes) -> int:
        """Take a line with its line feed; the byte where it begins."""
        start = self._end
        try:
            self._file.write(line)
        except OSError as error:
            raise _refused(self.path, error) from error
        self._end += len(line)
        return start

    def showcases(self, places: NDArray[np.int64], parse: Callable[[bytes], Showcase]) -> KeptLines:
        """The showcases of the lines at ``places``; the file is gone with them."""
        owner = self.end()
        return KeptLines(self.path, places, parse, Stamp.of(self.path), owner)

    def end(self) -> object:
        """Take no more lines; the file at :attr:`path` is gone with what this gives."""
        try:
            self._file.close()
        except OSError as error:
            raise _refused(self.path, error) from error
        return self._folder


def _refused(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{path}: predictions cannot be kept there ({error.strerror or error}). "
        "Make room, or set TMPDIR to a folder that has some."
    )
