"""Parts of the examples that a board looks at apart: by history, pool, user and rating."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST", "Cut", "cuts"]

LEAST = 25
"""A slice of fewer examples is left out: its intervals would be as wide as the scale."""

_WHOLE = 1 << 30
_EDGES = {
    "history": ((0, 0), (1, 2), (3, 5), (6, _WHOLE)),
    "pool": ((0, 3), (4, 9), (10, 29), (30, _WHOLE)),
    "rating": ((1, 2), (3, 3), (4, 4), (5, 5)),
}
_NAMES = {"history": "earlier reviews", "pool": "candidate photos", "rating": "stars"}


@dataclass(frozen=True)
class Cut:
    """One slice."""

    fact: str
    """What it is cut by: ``history``, ``pool``, ``user`` or ``rating``."""
    label: str
    rows: NDArray[np.int64]
    """Which examples are in it, in order."""


def cuts(facts: Mapping[str, NDArray[np.float64]]) -> list[Cut]:
    """Slices with at least :data:`LEAST` examples, where the others hold something as well.

    Parameters
    ----------
    facts
        See :func:`showcase_bench.evaluate.runs.facts.example_facts`; without any there is no slice.
    """
    found: list[Cut] = []
    for fact, edges in _EDGES.items():
        if fact in facts:
            values = np.floor(facts[fact]) if fact == "rating" else facts[fact]
            masks = [(values >= low) & (values <= high) for low, high in edges]
            labels = [f"{_span(low, high)} {_NAMES[fact]}" for low, high in edges]
            found += _kept(fact, labels, masks)
    if "warm" in facts:
        warm = facts["warm"] == 1
        found += _kept("user", ["known in training", "new"], [warm, ~warm])
    return found


def _span(low: int, high: int) -> str:
    if high == _WHOLE:
        return f"{low} or more"
    return str(low) if low == high else f"{low}-{high}"


def _kept(fact: str, labels: list[str], masks: list[NDArray[np.bool_]]) -> list[Cut]:
    """Those that are large enough; none where all examples are in one of them."""
    if any(mask.all() for mask in masks):
        return []
    return [
        Cut(fact, label, np.flatnonzero(mask))
        for label, mask in zip(labels, masks, strict=True)
        if mask.sum() >= LEAST
    ]
