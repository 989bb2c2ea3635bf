"""Predictions as they are made: few in memory, many in a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from showcase_bench.evaluate.showcases.canonical import (
    dump_predictions,
    parse_prediction_line,
    prediction_line,
)
from showcase_bench.evaluate.showcases.kept_lines import KeptLines, Stamp
from showcase_bench.evaluate.showcases.line_spool import LineSpool
from showcase_bench.types import Showcase

__all__ = ["HELD", "FiledShowcases", "Spool", "canonical_content"]

HELD = 1 << 14
"""Showcases that are held in memory; more of them go to a file."""


class FiledShowcases(KeptLines):
    """Showcases in a file in their canonical form.

    A part of them, or a copy in another process, reads the same file.

    Parameters
    ----------
    places
        Where the line of each begins.
    owner
        Whatever the file is gone with; None where it stays.
    """

    def __init__(self, path: Path, places: Sequence[int], owner: object = None) -> None:
        starts = np.asarray(places, dtype=np.int64)
        super().__init__(path, starts, parse_prediction_line, Stamp.of(path), owner)
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
        self._places: list[int] = []
        self._lines = LineSpool(parent) if number > HELD else None

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lines is not None:
            self._lines.__exit__(kind, error, trace)

    def extend(self, showcases: Iterable[Showcase]) -> None:
        """Take the next ones."""
        if self._lines is None:
            self._held += showcases
        else:
            self._places += [self._lines.add(prediction_line(one)) for one in showcases]

    def showcases(self) -> Sequence[Showcase]:
        """All of them, in their order; a tuple, or the file, which is gone with the sequence."""
        if self._lines is None:
            return tuple(self._held)
        owner = self._lines.end()
        return FiledShowcases(self._lines.path, self._places, owner)


def canonical_content(showcases: Sequence[Showcase]) -> bytes | Path:
    """The showcases in their canonical form: as bytes, or the file that they lie in."""
    if isinstance(showcases, FiledShowcases):
        return showcases.path
    return dump_predictions(showcases)
