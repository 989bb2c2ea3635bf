"""The other users whose histories a text is compared with, beside the true user's."""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.batch import Batch, Visit

__all__ = ["History", "Rivals", "rivals"]

History: TypeAlias = tuple[str, ...]


class Rivals(NamedTuple):
    """The histories of the true user and of n - 1 others, for the m examples that are counted."""

    counted: NDArray[np.bool_]
    """Examples of users with a history, where there are enough other users; shape [examples]."""
    histories: tuple[History, ...]
    """Each distinct history once, none of them empty."""
    rows: NDArray[np.int64]
    """Places in :attr:`histories`, shape [m, n]: the true user's, then the others'."""
    near: NDArray[np.int64]
    """How many of the others were at the same business; shape [m], 0 to n - 1."""


def rivals(batch: Batch, n: int) -> Rivals:
    """Draw n - 1 other users with a history for each example, the same for every system.

    First come users with a visit, of any split, to the business of the example, each with the
    history at that visit, in the order of SHA-256(example id, user id); where they are too few,
    users from elsewhere follow: those on the ring of all users with a history, in the order of
    SHA-256(user id), from the place that the first eight bytes of SHA-256(example id) modulo the
    number of users name. Where a user has several histories to choose
    from, it is the longest, of equally long ones the last by its texts. Keys are hashed as JSON
    lists. What is drawn depends on ids and texts alone, not on the order of rows or on the other
    examples.

    An example without a history is not counted, nor is any where fewer than n - 1 other users
    have one.
    """
    columns = (batch.ids, batch.users, batch.businesses, batch.histories, batch.visits)
    return batch.memo(
        ("rivals", n),
        lambda: batch.table.memo(("rivals", n, *columns), lambda: _draw_all(batch, n)),
    )


class _World:
    """Users with a history, by business and on a ring."""

    def __init__(self, visits: Iterable[Visit]) -> None:
        self.at: dict[str, dict[str, History]] = {}
        self.history: dict[str, History] = {}
        for visit in visits:
            if visit.history:
                _keep_longest(self.at.setdefault(visit.business, {}), visit)
                _keep_longest(self.history, visit)
        self.quoted = {user: json.dumps(user).encode() for user in self.history}
        self._ring = sorted(self.history, key=lambda user: _place(self.quoted[user]))

    def around(self, start: bytes) -> Iterator[str]:
        """Every user once, from a place on the ring that depends on ``start``."""
        first = int.from_bytes(start[:8])
        for step in range(len(self._ring)):
            yield self._ring[(first + step) % len(self._ring)]


def _keep_longest(histories: dict[str, History], visit: Visit) -> None:
    old, new = histories.get(visit.user, ()), visit.history
    histories[visit.user] = max(old, new, key=lambda one: (len(one), one))


def _place(*quoted: bytes) -> bytes:
    """Place in a random order: the SHA-256 of the JSON list of what is given as JSON."""
    return hashlib.sha256(b"[" + b", ".join(quoted) + b"]").digest()


def _draw_all(batch: Batch, n: int) -> Rivals:
    world = _World(batch.visits)
    numbers: dict[History, int] = {}
    counted = np.zeros(len(batch), dtype=bool)
    rows: list[list[int]] = []
    near: list[int] = []
    examples = zip(batch.ids, batch.users, batch.businesses, batch.histories, strict=True)
    for row, (one, user, business, history) in enumerate(examples):
        if not history:
            continue
        others, same = _draw(world, one, user, business, n - 1)
        if len(others) == n - 1:
            counted[row] = True
            rows.append([numbers.setdefault(each, len(numbers)) for each in (history, *others)])
            near.append(same)
    places = np.array(rows, dtype=np.int64).reshape(len(rows), n)
    return Rivals(counted, tuple(numbers), places, np.array(near, dtype=np.int64))


def _draw(
    world: _World, one: str, user: str, business: str, most: int
) -> tuple[list[History], int]:
    """Histories of up to ``most`` other users, and how many are from the same business."""
    here, quoted = world.at.get(business, {}), json.dumps(one).encode()
    others = (other for other in here if other != user)
    chosen = heapq.nsmallest(most, others, key=lambda other: _place(quoted, world.quoted[other]))
    found = [here[other] for other in chosen]
    same, taken = len(found), {user, *chosen}
    if same < most:
        for other in world.around(_place(quoted)):
            if other not in taken:
                found.append(world.history[other])
                if len(found) == most:
                    break
    return found, same
