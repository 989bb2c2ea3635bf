"""Counts at each step, in compact arrays, and beside them the paper's table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from showcase_bench.datasets.build.keys import key64
from showcase_bench.datasets.build.reviews import Step, UserReview
from showcase_bench.datasets.build.work import Part

__all__ = ["PAPER", "ShardTally", "images_at", "step_table"]

PAPER = {
    Step.RAW: (4_435_565, 1_771_160, 1_010_511, 65_113, 36.26),
    Step.S1: (1_722_296, 370_563, 119_086, 48_330, 45.48),
    Step.S2: (203_433, 108_888, 36_996, 30_831, 24.32),
}
"""Images, reviews, users, businesses and mean words of GEST as Yan et al. (SIGIR 2023) count."""

_COLUMNS = ("images", "reviews", "users", "businesses", "mean_words")


class ShardTally:
    """What one shard contributes to the counts."""

    def __init__(self, users: Sequence[Sequence[UserReview]]) -> None:
        reviews = [review for own in users for review in own]
        self.reviews = _per_step([review.step for review in reviews])
        self.users = _per_step([max(review.step for review in own) for own in users])
        self.words = [
            sum(review.n_words for review in reviews if review.step >= step) for step in Step
        ]
        images: dict[int, Step] = {}
        businesses: dict[int, Step] = {}
        for review in reviews:
            _raise_to(businesses, key64(review.record.business_id), review.step)
            for photo, step in zip(review.record.photos, review.photo_steps, strict=True):
                _raise_to(images, key64(photo.id), step)
        self._images = images
        self._businesses = businesses

    def segments(self) -> list[bytes]:
        """Hashes and steps of photos and restaurants, as a part of a stage keeps them."""
        return [
            *_pack(self._images),
            *_pack(self._businesses),
        ]

    def facts(self) -> dict[str, list[int]]:
        """Numbers of reviews, users and words that came at least as far as each step."""
        return {"reviews": self.reviews, "users": self.users, "words": self.words}


def step_table(parts: Sequence[Part], first_segment: int, steps: Sequence[Step]) -> list[Any]:
    """Counts of every step over all shards, with the paper's where it has them.

    Parameters
    ----------
    parts
        One a shard.
    first_segment
        Where the segments of :meth:`ShardTally.segments` start in a part.
    steps
        The steps to report.

    Returns
    -------
    list
        A dictionary a step; ``mean_words`` is None without reviews, ``paper`` where it is silent.
        Photos and restaurants are counted once each, however many reviews have them.
    """
    images = _unpack(parts, first_segment)
    businesses = _unpack(parts, first_segment + 2)
    table = []
    for step in steps:
        reviews, users, words = (
            sum(part.facts["tally"][name][step] for part in parts)
            for name in ("reviews", "users", "words")
        )
        mean = words / reviews if reviews else None
        row = (_distinct(images, step).size, reviews, users, _distinct(businesses, step).size, mean)
        paper = PAPER.get(step)
        table.append(
            {
                "step": step.name.lower(),
                **dict(zip(_COLUMNS, row, strict=True)),
                "paper": None if paper is None else dict(zip(_COLUMNS, paper, strict=True)),
            }
        )
    return table


def images_at(parts: Sequence[Part], first_segment: int, step: Step) -> NDArray[np.uint64]:
    """Sorted hashes of the photos that came at least as far as ``step``."""
    return _distinct(_unpack(parts, first_segment), step)


def _per_step(reached: Iterable[Step]) -> list[int]:
    exact = np.bincount(np.fromiter(reached, dtype=np.int64), minlength=len(Step))
    return [int(n) for n in np.cumsum(exact[::-1])[::-1]]


def _raise_to(steps: dict[int, Step], key: int, step: Step) -> None:
    if step > steps.get(key, -1):
        steps[key] = step


def _pack(steps: dict[int, Step]) -> list[bytes]:
    keys = np.fromiter(steps.keys(), dtype="<u8", count=len(steps))
    return [keys.tobytes(), bytes(steps.values())]


def _unpack(parts: Sequence[Part], segment: int) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    keys = b"".join(part.segment(segment) for part in parts)
    steps = b"".join(part.segment(segment + 1) for part in parts)
    return np.frombuffer(keys, dtype="<u8"), np.frombuffer(steps, dtype=np.uint8)


def _distinct(pair: tuple[NDArray[np.uint64], NDArray[np.uint8]], step: Step) -> NDArray[np.uint64]:
    keys, steps = pair
    return np.unique(keys[steps >= step])
