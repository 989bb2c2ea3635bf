"""What selection metrics score in a world whose truth is known, without sampling.

A ranking that does not tell some photos apart shows them in random order. It is described by its
*tiers*: groups of photos from best to worst, each with its number of photos and of gold photos.
One tier of all photos is a random choice; tiers of equal utility are the true preference; the gold
photos before all others are the best possible. The expectation of every metric over the orders
within the tiers has a closed form, worked out here place by place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from showcase_bench.datasets.mini.config import MiniConfig
from showcase_bench.datasets.synth.division import towns
from showcase_bench.datasets.synth.planted import (
    PlantedRow,
    check_split,
    planted_rows,
    read_planted,
)
from showcase_bench.errors import UsageError

__all__ = ["LEVELS", "Tier", "expected_scores", "truth_levels"]

LEVELS = ("random", "oracle", "best")

Tier = tuple[int, int]
"""Number of photos, at least 1, and how many of them are gold."""


def truth_levels(
    world: MiniConfig | Path, split: str = "test", k: int = 3
) -> dict[str, dict[str, float]]:
    """The frame in which scores of photo selection on a world are read.

    Every level shows min(k, pool) photos of each pool and is the mean over the rows of the split.
    The truth is read as a stream; nothing is drawn at random.

    Parameters
    ----------
    world
        Settings, or a folder that ``data synth`` made of them: both give equal numbers.
    split
        ``train``, ``val`` or ``test``.
    k
        Photos shown at most, at least 1.

    Returns
    -------
    dict
        ``precision@k``, ``recall@k``, ``f1@k``, ``ndcg@k``, ``hit@k``, ``mrr@k`` and ``map@k``,
        each with ``random``, the exact expectation of a random choice; ``oracle``, that of ranking
        by the planted utility with ties in random order, which is the ceiling for a model of the
        user's preference; and ``best``, that of a model that is given the answer. On the scale 0
        to 1. ``mrr`` is the reciprocal place of the first hit, 0 without one; ``map`` divides by
        the number of gold photos.

    Raises
    ------
    UsageError
        There is no such split, it is empty, or ``k`` is below 1.
    DataError
        The folder holds no truth, or it is damaged.
    """
    check_split(split)
    if isinstance(k, bool) or k < 1:
        raise UsageError(f"k is {k}; at least 1 photo is shown")
    scores: dict[str, dict[str, list[float]]] = {}
    for row in _rows(world, split):
        for level, tiers in _ranked(row).items():
            for metric, value in expected_scores(tiers, k).items():
                scores.setdefault(metric, {}).setdefault(level, []).append(value)
    if not scores:
        raise UsageError(f"the split {split} of this world is empty; ask for rows in it")
    return {
        metric: {level: math.fsum(values) / len(values) for level, values in by_level.items()}
        for metric, by_level in scores.items()
    }


def _rows(world: MiniConfig | Path, split: str) -> Iterator[PlantedRow]:
    if isinstance(world, MiniConfig):
        for town in towns(world):
            yield from planted_rows(town, split)
    else:
        yield from read_planted(Path(world), split)


def _ranked(row: PlantedRow) -> Mapping[str, Sequence[Tier]]:
    """The tiers of each level."""
    order = sorted(row.subjects, key=lambda one: -one.utility)
    liked = [
        _together((one.n_photos, one.n_gold) for one in group)
        for _, group in groupby(order, key=lambda one: one.utility)
    ]
    photos, gold = _together(liked)
    return {
        "random": [(photos, gold)],
        "oracle": liked,
        "best": [tier for tier in ((gold, gold), (photos - gold, 0)) if tier[0]],
    }


def _together(tiers: Iterable[Tier]) -> Tier:
    photos, gold = zip(*tiers, strict=True)
    return sum(photos), sum(gold)


def expected_scores(tiers: Sequence[Tier], k: int) -> dict[str, float]:
    """Expectation of each metric over the random orders within the tiers.

    Parameters
    ----------
    tiers
        From the best to the worst; together they hold at least one gold photo.
    k
        Photos shown at most, at least 1.
    """
    gold = sum(tier[1] for tier in tiers)
    hits: list[float] = []
    first = precisions = 0.0
    missing = 1.0  # chance that no place so far has hit
    for place, (chance, unseen, before) in enumerate(_places(tiers, k), start=1):
        first += missing * unseen / place
        missing *= 1.0 - unseen
        precisions += chance * (1.0 + before) / place
        hits.append(chance)
    gains = [1.0 / math.log2(place + 1) for place in range(1, k + 1)]
    gain = math.fsum(hit * worth for hit, worth in zip(hits, gains, strict=False))
    found = math.fsum(hits)
    return {
        f"precision@{k}": found / k,
        f"recall@{k}": found / gold,
        f"f1@{k}": 2.0 * found / (k + gold),
        f"ndcg@{k}": gain / math.fsum(gains[:gold]),
        f"hit@{k}": 1.0 - missing,
        f"mrr@{k}": first,
        f"map@{k}": precisions / gold,
    }


def _places(tiers: Sequence[Tier], k: int) -> Iterator[tuple[float, float, float]]:
    """Three numbers for each place.

    The chance of a hit; that chance when no place before has hit; and the expected number of hits
    before, given a hit here.
    """
    left, earlier = k, 0.0
    for photos, gold in tiers:
        share = gold / photos
        for above in range(min(photos, left)):
            unseen = min(gold / (photos - above), 1.0)
            others = above * (gold - 1) / (photos - 1) if above else 0.0
            yield share, unseen, earlier + others
        left -= min(photos, left)
        earlier += gold
