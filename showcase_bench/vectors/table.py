"""A table of vectors by key that remembers them on disk."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import StoreError
from showcase_bench.vectors.blocks import Blocks
from showcase_bench.vectors.shards import Dtype, Matrix, Shard, read_shards, write_shard

__all__ = ["VectorTable"]

_NO_NOTES: Mapping[str, str] = MappingProxyType({})


class VectorTable:
    """Vectors by key; rows are only ever added.

    With a folder, every :meth:`add` writes files there that later tables find; several processes
    may add to one folder. Files that are damaged, or of another dtype or dimension, are passed
    over, so their keys are missing. What another process adds after this table was opened is not
    seen. Large files are verified once, when the table is opened, and then memory-mapped.
    Not thread-safe.

    Parameters
    ----------
    folder
        Where vectors are kept, made when first needed; None keeps them in memory only.
    dtype
        How vectors are stored. What comes out is float32 either way; float16 rounds to eleven
        bits, and holds numbers up to 65504.
    dim
        Length of a vector; None takes that of the first vectors found or added.
    """

    def __init__(
        self, folder: Path | None, dtype: Dtype = "float32", dim: int | None = None
    ) -> None:
        self._folder = folder
        self._dtype = dtype
        self._dim = dim
        self._numbers: dict[str, int] = {}
        self._starts = array("q")
        self._counts = array("q")
        self._notes: dict[str, str] = {}
        self._blocks = Blocks()
        for shard in read_shards(folder, dtype, dim) if folder is not None else ():
            if self._dim in (None, shard.vectors.shape[1]):
                self._take(shard)

    def __len__(self) -> int:
        """Number of keys."""
        return len(self._numbers)

    def __contains__(self, key: object) -> bool:
        return key in self._numbers

    @property
    def dim(self) -> int | None:
        """Length of a vector; None while it is not known."""
        return self._dim

    @property
    def notes(self) -> Mapping[str, str]:
        """Remarks that were added with keys, such as why a photo is unreadable; a live view."""
        return MappingProxyType(self._notes)

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Those of ``keys`` that have no vectors: distinct, in order of first appearance."""
        return [key for key in dict.fromkeys(keys) if key not in self._numbers]

    def add(
        self,
        keys: Sequence[str],
        vectors: Matrix,
        counts: Sequence[int] | NDArray[np.int64] | None = None,
        notes: Mapping[str, str] = _NO_NOTES,
    ) -> None:
        """Keep vectors; of keys that repeat or are known already, what came first stays.

        Parameters
        ----------
        keys
            Any strings.
        vectors
            Shape [len(keys), d], or [sum(counts), d]; copied.
        counts
            How many consecutive rows belong to each key; None stands for one each.
        notes
            Remarks on some of ``keys``.

        Raises
        ------
        StoreError
            The folder cannot be written; the table is as before.
        ValueError
            The shapes do not fit each other or the table.
        """
        sizes = np.ones(len(keys), np.int64) if counts is None else np.asarray(counts, np.int64)
        self._require_fit(keys, vectors, sizes)
        fresh = {key: i for i, key in reversed(list(enumerate(keys))) if key not in self._numbers}
        if not fresh:
            return
        taken = np.zeros(len(keys), dtype=bool)
        taken[list(fresh.values())] = True
        rows = slice(None) if taken.all() else np.repeat(taken, sizes)
        shard = Shard(
            [key for key, new in zip(keys, taken.tolist(), strict=True) if new],
            sizes[taken],
            np.array(vectors[rows], dtype=self._dtype, order="C"),
            {key: notes[key] for key in fresh if key in notes},
        )
        self._take(shard if self._folder is None else _stored(self._folder, shard))

    def gather(self, keys: Sequence[str]) -> NDArray[np.float32]:
        """Copy the vector of each key, float32 of shape [len(keys), d]; keys may repeat.

        While ``d`` is not known it is 0.

        Raises
        ------
        KeyError
            A key is missing.
        StoreError
            A file was taken away from the folder.
        ValueError
            A key has another number of rows than one.
        """
        numbers = self._find(keys)
        if (np.asarray(self._counts)[numbers] != 1).any():
            raise ValueError("a key has another number of rows than one; use gather_ragged")
        return self._blocks.copy(np.asarray(self._starts)[numbers], self._dim or 0)

    def gather_ragged(self, keys: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Copy all rows of each key, one key after another; keys may repeat.

        Returns
        -------
        vectors
            float32 of shape [total, d]; while ``d`` is not known it is 0.
        offsets
            int64 of shape [len(keys) + 1]; rows of key i are ``offsets[i] : offsets[i + 1]``.

        Raises
        ------
        KeyError
            A key is missing.
        StoreError
            A file was taken away from the folder.
        """
        numbers = self._find(keys)
        counts = np.asarray(self._counts)[numbers]
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        shifts = np.asarray(self._starts)[numbers] - offsets[:-1]
        rows = np.repeat(shifts, counts) + np.arange(offsets[-1])
        return self._blocks.copy(rows, self._dim or 0), offsets

    def _require_fit(self, keys: Sequence[str], vectors: Matrix, sizes: NDArray[np.int64]) -> None:
        if sizes.shape != (len(keys),) or (sizes < 0).any():
            raise ValueError(f"counts of shape {sizes.shape} do not fit {len(keys)} keys")
        if vectors.ndim != 2 or len(vectors) != sizes.sum():
            raise ValueError(f"vectors of shape {vectors.shape} do not fit {sizes.sum()} rows")
        if self._dim not in (None, vectors.shape[1]):
            raise ValueError(f"vectors of {vectors.shape[1]} numbers in a table of {self._dim}")

    def _take(self, shard: Shard) -> None:
        starts = len(self._blocks) + np.cumsum(shard.counts) - shard.counts
        known = len(self._numbers)
        spans = zip(shard.keys, starts.tolist(), shard.counts.tolist(), strict=True)
        for key, start, count in spans:
            if key not in self._numbers:
                self._numbers[key] = len(self._numbers)
                self._starts.append(start)
                self._counts.append(count)
                if key in shard.notes:
                    self._notes[key] = shard.notes[key]
        if len(self._numbers) == known:
            return
        self._dim = shard.vectors.shape[1]
        if shard.path is None:
            self._blocks.append_memory(shard.vectors)
        else:
            self._blocks.append_file(shard.path, len(shard.vectors))

    def _find(self, keys: Sequence[str]) -> NDArray[np.int64]:
        return np.fromiter(map(self._numbers.__getitem__, keys), np.int64, len(keys))


def _stored(folder: Path, shard: Shard) -> Shard:
    """The same shard, with its vectors where they lie on disk."""
    try:
        return write_shard(folder, shard)
    except OSError as error:
        raise StoreError(
            f"cannot keep vectors in {folder}: {error}. Make room or give another cache folder."
        ) from error
