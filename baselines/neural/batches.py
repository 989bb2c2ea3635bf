"""Which rows make a batch, and in which order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from baselines.neural.contracts import Rows

__all__ = ["draw_of", "share", "sizes_of", "sorted_batches", "training_batches"]

_CHUNK = 50
"""Batches whose rows are sorted together: enough for like sizes, few enough to stay random."""


def sizes_of(rows: Rows) -> NDArray[np.int64]:
    """Length of each row, int64 of shape [rows]."""
    return np.array([rows.size(row) for row in range(len(rows))], dtype=np.int64)


def training_batches(
    sizes: NDArray[np.int64], batch_size: int, seed: int, epoch: int
) -> list[NDArray[np.int64]]:
    """Rows of each batch of an epoch, in random order, rows of like size together.

    Rows are shuffled, sorted by size inside chunks of 50 batches, cut into batches, and the
    batches are shuffled. Each row comes once; one batch may be smaller than the others.

    Parameters
    ----------
    sizes
        Length of each row, int64 of shape [rows].
    seed, epoch
        All that the order depends on, besides the sizes.
    """
    draw = np.random.default_rng([seed, epoch])
    order = draw.permutation(len(sizes))
    chunk = _CHUNK * batch_size
    parts = [order[at : at + chunk] for at in range(0, len(order), chunk)]
    placed = [part[np.argsort(sizes[part], kind="stable")] for part in parts]
    batches = [batch for part in placed for batch in _cut(part, batch_size)]
    return [batches[i] for i in draw.permutation(len(batches))]


def sorted_batches(sizes: NDArray[np.int64], batch_size: int) -> list[NDArray[np.int64]]:
    """Rows of each batch of a split that is not learned from, short rows first."""
    return _cut(np.argsort(sizes, kind="stable"), batch_size)


def draw_of(*key: int) -> tuple[np.random.Generator, int]:
    """Generator of a batch, and the seed of what torch draws for it.

    Both depend on the key alone, the numbers of seed, epoch, batch and process: training that goes
    on in the middle of an epoch draws what it would have drawn.
    """
    state = np.random.SeedSequence(key)
    torch_seed = int(state.generate_state(1, np.uint64)[0] >> np.uint64(1))
    return np.random.default_rng(state), torch_seed


def _cut(rows: NDArray[np.int64], batch_size: int) -> list[NDArray[np.int64]]:
    return [rows[at : at + batch_size] for at in range(0, len(rows), batch_size)]


def share(rows: NDArray[np.int64], process: int, processes: int) -> list[int]:
    """Rows of a batch that one of several processes works on; perhaps none."""
    return [int(row) for row in rows[process::processes]]
