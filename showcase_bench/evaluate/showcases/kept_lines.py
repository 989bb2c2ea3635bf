"""Predictions that stay in their file, of which some at a time are in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import PredictionError
from showcase_bench.types import Showcase

__all__ = ["KeptLines", "Stamp"]


class Stamp(NamedTuple):
    """What tells a file from one that was changed since."""

    size: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """Of the file at a path."""
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns)


class KeptLines(Sequence[Showcase]):
    """Showcases read from the lines of a file each time; pickled, it is their places only.

    Parameters
    ----------
    places
        Where the line of each showcase begins; int64 of shape [n].
    parse
        Makes a showcase of a line that was checked before; a function of a module.
    stamp
        Of the file when it was checked.
    owner
        Whatever the file is gone with, which lasts as long as these showcases and parts of them in
        this process; None where the file stays.

    Raises
    ------
    PredictionError
        On reading: the file cannot be read, or was changed.
    """

    def __init__(
        self,
        path: Path,
        places: NDArray[np.int64],
        parse: Callable[[bytes], Showcase],
        stamp: Stamp,
        owner: object = None,
    ) -> None:
        self._path, self._places, self._parse, self._stamp = path, places, parse, stamp
        self._owner = owner

    def __reduce__(self) -> tuple[object, ...]:
        return KeptLines, (self._path, self._places, self._parse, self._stamp)

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Showcase]:
        try:
            with self._path.open("rb") as file:
                if Stamp.of(self._path) != self._stamp:
                    raise PredictionError(
                        self._path, "was changed while it was scored", "Score it again."
                    )
                for place in self._places.tolist():
                    if file.tell() != place:
                        file.seek(place)
                    yield self._parse(file.readline())
        except OSError as error:
            raise PredictionError(self._path, f"cannot be read: {error.strerror}") from error

    @overload
    def __getitem__(self, index: int) -> Showcase: ...
    @overload
    def __getitem__(self, index: slice) -> KeptLines: ...
    def __getitem__(self, index: int | slice) -> Showcase | KeptLines:
        if isinstance(index, slice):
            places = self._places[index]
            return KeptLines(self._path, places, self._parse, self._stamp, self._owner)
        place = self._places[range(len(self))[index]]
        return next(iter(KeptLines(self._path, np.array([place]), self._parse, self._stamp)))
