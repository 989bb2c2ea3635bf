"""Predictions as they are made: few in memory, many in a file."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from showcase_bench.errors import StoreError
from showcase_bench.evaluate.kept_lines import KeptLines, Stamp
from showcase_bench.evaluate.predictions import dump_predictions, prediction_line
from showcase_bench.files import TemporaryFolder
from showcase_bench.types import Showcase

__all__ = ["HELD", "FiledShowcases", "Spool", "canonical_content"]

HELD = 1 << 14
"""Showcases that are held in memory; more of them go to a file."""


class FiledShowcases(KeptLines):
    """Showcases in a file in their canonical form.

    A part of them, or a copy in another process, reads the same file.

    Parameters
    ----------
    owner
        Whatever the file is gone with; None where it stays.
    """

    def __init__(self, path: Path, sizes: Sequence[int], owner: object = None) -> None:
        ends = np.cumsum(np.asarray(sizes, dtype=np.int64))
        places = ends - np.asarray(sizes, dtype=np.int64)
        super().__init__(path, places, _showcase, Stamp.of(path), owner)
        self.path = path
        """Of the file, which holds these showcases in this order and nothing else."""


class Spool:
    """Takes the showcases of a split one after another.

    A context manager, which leaves no file where it ends with an error.

    Parameters
    ----------
    number
        How many there will be.
    parent
        Folder for the file of many; by default that of the system.

    Raises
    ------
    StoreError
        On any method: the file cannot be written.
    """

    def __init__(self, number: int, parent: Path | None = None) -> None:
        self._held: list[Showcase] = []
        self._sizes: list[int] = []
        self._file: BinaryIO | None = None
        if number <= HELD:
            return
        try:
            self._folder = TemporaryFolder(parent)
            self._file = (self._folder.path / "predictions.jsonl").open("wb")
        except OSError as error:
            raise _refused(parent, error) from error

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None and error is not None:
            self._file.close()
            self._folder.remove()

    def extend(self, showcases: Iterable[Showcase]) -> None:
        """Take the next ones."""
        if self._file is None:
            self._held += showcases
            return
        lines = [prediction_line(one) for one in showcases]
        self._sizes += map(len, lines)
        try:
            self._file.writelines(lines)
        except OSError as error:
            raise _refused(Path(self._file.name), error) from error

    def showcases(self) -> Sequence[Showcase]:
        """All of them, in their order; a tuple, or the file, which is gone with the sequence."""
        if self._file is None:
            return tuple(self._held)
        path = Path(self._file.name)
        try:
            self._file.close()
            return FiledShowcases(path, self._sizes, self._folder)
        except OSError as error:
            raise _refused(path, error) from error


def canonical_content(showcases: Sequence[Showcase]) -> bytes | Path:
    """The showcases in their canonical form: as bytes, or the file that they lie in."""
    if isinstance(showcases, FiledShowcases):
        return showcases.path
    return dump_predictions(showcases)


def _showcase(line: bytes) -> Showcase:
    row = json.loads(line)
    return Showcase(row["id"], tuple(row["image_ids"]), row["text"])


def _refused(path: Path | None, error: OSError) -> StoreError:
    return StoreError(
        f"{path or tempfile.gettempdir()}: predictions cannot be kept there "
        f"({error.strerror or error}). Make room, or set TMPDIR to a folder that has some."
    )
