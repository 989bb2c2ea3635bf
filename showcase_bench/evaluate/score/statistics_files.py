"""Statistics of many examples on disk, of which one metric at a time is in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import StoreError
from showcase_bench.files import TemporaryFolder

__all__ = ["StatisticsFiles"]

Floats = NDArray[np.float64]


class StatisticsFiles(Mapping[str, Floats]):
    """Metric signature to rows of shape [n, d], mapped from a file each time.

    The files are gone with the object, or swept when its process was killed.

    Parameters
    ----------
    parent
        Folder for the files; by default that of the system.

    Raises
    ------
    StoreError
        On any method: the disk is full or cannot be written or read.
    """

    def __init__(self, signatures: Sequence[str], parent: Path | None = None) -> None:
        try:
            # Kept as an attribute, so that the folder goes when this object does.
            self._folder = TemporaryFolder(parent)
        except OSError as error:
            raise _refused(parent, error) from error
        self._number = {signature: place for place, signature in enumerate(signatures)}
        self._width = dict.fromkeys(signatures, 0)

    def __getitem__(self, signature: str) -> Floats:
        path = self._path(signature)
        try:
            flat = _mapped(path) if path.exists() else np.zeros(0)
        except OSError as error:
            raise _refused(path, error) from error
        width = self._width[signature]
        return flat.reshape(-1, width) if width else flat.reshape(0, 0)

    def __iter__(self) -> Iterator[str]:
        return iter(self._number)

    def __len__(self) -> int:
        return len(self._number)

    def append(self, signature: str, rows: Floats) -> None:
        """Add the rows of the next examples."""
        path = self._path(signature)
        self._width[signature] = rows.shape[1]
        try:
            with path.open("ab") as file:
                file.write(np.ascontiguousarray(rows, dtype=np.float64).data)
        except OSError as error:
            raise _refused(path, error) from error

    def _path(self, signature: str) -> Path:
        return self._folder.path / f"{self._number[signature]}.f64"


def _mapped(path: Path) -> Floats:
    """The numbers of a file; a part of them reads that part alone."""
    if not path.stat().st_size:
        return np.zeros(0)
    # Private pages: kernels take the array as any other.
    return np.asarray(np.memmap(path, dtype=np.float64, mode="c"))


def _refused(path: Path | None, error: OSError) -> StoreError:
    return StoreError(
        f"{path or tempfile.gettempdir()}: statistics cannot be kept there "
        f"({error.strerror or error}). Make room, or set TMPDIR to a folder that has some."
    )
