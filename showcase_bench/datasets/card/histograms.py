"""Distributions of the data card, in bins that are the same for every data set."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["EDGES", "bin_labels", "histogram"]

EDGES: dict[str, tuple[int, ...]] = {
    "history": (0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 50, 100),
    "pool": (0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200),
    "gold": (0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20),
    "words": (0, 1, 5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 500),
}
"""What is counted, to the first whole number of each bin; the last bin has no upper end."""


def histogram(kind: str, values: Sequence[int]) -> dict[str, Any]:
    """Count whole numbers in the bins of :data:`EDGES`.

    Parameters
    ----------
    kind
        A key of :data:`EDGES`.
    values
        Not negative; may be empty, then all counts are 0.

    Returns
    -------
    dict
        ``edges`` and ``counts``, of equal length: bin i holds ``edges[i]`` up to, and without,
        ``edges[i + 1]``; the last holds its edge and everything above.
    """
    edges = EDGES[kind]
    places = np.searchsorted(np.array(edges), np.asarray(values, dtype=np.int64), side="right")
    counts = np.bincount(places - 1, minlength=len(edges))
    return {"edges": list(edges), "counts": counts.tolist()}


def bin_labels(edges: Sequence[int]) -> list[str]:
    """Name each bin for people: ``3``, ``6–7``, ``20+``."""
    spans = [str(low) if high == low + 1 else f"{low}–{high - 1}" for low, high in pairwise(edges)]
    return [*spans, f"{edges[-1]}+"]
