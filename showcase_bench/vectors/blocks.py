"""Rows of vectors one after another, some in memory and some in files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import StoreError
from showcase_bench.vectors.shards import Matrix, open_matrix

__all__ = ["Blocks"]

_MERGED_UP_TO = 16 << 20
# A map holds a file descriptor, of which a process may have only some hundred.
_MOST_MAPS = 64


class Blocks:
    """Matrices of equal width as if they were one; they are only ever added."""

    def __init__(self) -> None:
        # Block i holds rows _ends[i - 1] to _ends[i].
        self._blocks: list[Matrix | Path] = []
        self._ends: list[int] = []
        self._maps: dict[Path, Matrix] = {}

    def __len__(self) -> int:
        """Number of rows."""
        return self._ends[-1] if self._ends else 0

    def append_memory(self, block: Matrix) -> None:
        """Put rows behind the others; small blocks are joined, so that they stay few."""
        end = len(self) + len(block)
        while self._blocks and _may_join(self._blocks[-1], block):
            block = np.concatenate([self._blocks.pop(), block])
            self._ends.pop()
        self._blocks.append(block)
        self._ends.append(end)

    def append_file(self, path: Path, n: int) -> None:
        """Put the ``n`` rows of a file behind the others; it is mapped when they are needed."""
        self._ends.append(len(self) + n)
        self._blocks.append(path)

    def copy(self, rows: NDArray[np.int64], dim: int) -> NDArray[np.float32]:
        """Copy rows by number, float32 of shape [len(rows), dim].

        Raises
        ------
        StoreError
            A file was taken away.
        """
        if len(self._blocks) == 1:
            return self._matrix(0)[rows].astype(np.float32, copy=False)
        copied = np.empty((len(rows), dim), dtype=np.float32)
        home = np.searchsorted(self._ends, rows, side="right")
        order = np.argsort(home, kind="stable")
        bounds = np.searchsorted(home[order], np.arange(len(self._blocks) + 1))
        for number in np.flatnonzero(np.diff(bounds)).tolist():
            here = order[bounds[number] : bounds[number + 1]]
            start = self._ends[number - 1] if number else 0
            copied[here] = self._matrix(number)[rows[here] - start]
        return copied

    def _matrix(self, number: int) -> Matrix:
        block = self._blocks[number]
        if not isinstance(block, Path):
            return block
        # What was used last is put last, so the first is what was not used for longest.
        matrix = self._maps.pop(block, None)
        if matrix is None:
            matrix = _reopened(block)
            if len(self._maps) >= _MOST_MAPS:
                del self._maps[next(iter(self._maps))]
        self._maps[block] = matrix
        return matrix


def _reopened(path: Path) -> Matrix:
    try:
        return open_matrix(path)
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path}: vectors were taken away while they were in use ({error}). "
            "Run again, and they are computed again."
        ) from error


def _may_join(last: Matrix | Path, block: Matrix) -> bool:
    if isinstance(last, Path):
        return False
    return len(last) <= len(block) and last.nbytes + block.nbytes <= _MERGED_UP_TO
