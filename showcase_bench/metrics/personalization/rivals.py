"""The other users whose histories a text is compared with, beside the true user's."""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.visits import History, Visits

__all__ = ["History", "Rivals", "rivals"]


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
    columns = (batch.ids, batch.users, batch.businesses, batch.histories, _visits(batch))
    return batch.memo(
        ("rivals", n),
        lambda: batch.table.memo(("rivals", n, *columns), lambda: _Draw(batch).all(n)),
    )


def _visits(batch: Batch) -> Visits:
    """The rows to draw from; the same object for the batches of all systems."""
    rows = batch.visits
    if isinstance(rows, Visits):
        return rows
    return batch.table.memo(("visits", rows), lambda: Visits.of(rows))


class _Draw:
    """Draws other users for the examples of a batch; reads the histories of those only."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._visits = _visits(batch)
        self._crowd = self._visits.crowd
        self._quoted: dict[int, bytes] = {}
        self._numbers: dict[History, int] = {}
        self._number_of_row: dict[int, int] = {}

    def all(self, n: int) -> Rivals:
        batch, crowd = self._batch, self._crowd
        users = crowd.find_users(batch.users).tolist()
        businesses = crowd.find_businesses(batch.businesses).tolist()
        counted = np.zeros(len(batch), dtype=bool)
        rows: list[list[int]] = []
        near: list[int] = []
        examples = zip(batch.ids, users, businesses, batch.histories, strict=True)
        for place, (one, user, business, history) in enumerate(examples):
            if not history:
                continue
            others, same = self._others(json.dumps(one).encode(), user, business, n - 1)
            if len(others) == n - 1:
                counted[place] = True
                own = self._numbers.setdefault(history, len(self._numbers))
                rows.append([own, *map(self._number, others)])
                near.append(same)
        places = np.array(rows, dtype=np.int64).reshape(len(rows), n)
        return Rivals(counted, tuple(self._numbers), places, np.array(near, dtype=np.int64))

    def _others(self, one: bytes, user: int, business: int, most: int) -> tuple[list[int], int]:
        """Rows of up to ``most`` other users, and how many are from the same business."""
        crowd = self._crowd
        here = crowd.longest_at.of(business)
        row_of = dict(zip(crowd.user_of[here].tolist(), here.tolist(), strict=True))
        row_of.pop(user, None)
        chosen = heapq.nsmallest(most, row_of, key=lambda u: _place(one, self._quote(u, row_of[u])))
        found = [row_of[other] for other in chosen]
        same, taken = len(found), {user, *chosen}
        if same < most:
            for other in self._around(_place(one)):
                if other not in taken:
                    found.append(int(crowd.longest[other]))
                    if len(found) == most:
                        break
        return found, same

    def _around(self, start: bytes) -> Iterator[int]:
        """Every user once, from a place on the ring that depends on ``start``."""
        ring = self._crowd.ring
        first = int.from_bytes(start[:8])
        for step in range(len(ring)):
            yield int(ring[(first + step) % len(ring)])

    def _quote(self, user: int, row: int) -> bytes:
        """A user's id as JSON; it stands in ``row``."""
        if user not in self._quoted:
            self._quoted[user] = json.dumps(self._visits.users[row]).encode()
        return self._quoted[user]

    def _number(self, row: int) -> int:
        """Number of the history in a row."""
        if row not in self._number_of_row:
            history = self._visits.histories[row]
            self._number_of_row[row] = self._numbers.setdefault(history, len(self._numbers))
        return self._number_of_row[row]


def _place(*quoted: bytes) -> bytes:
    """Place in a random order: the SHA-256 of the JSON list of what is given as JSON."""
    return hashlib.sha256(b"[" + b", ".join(quoted) + b"]").digest()
