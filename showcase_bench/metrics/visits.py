"""Who was where: all rows of a data set, from which other users are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from showcase_bench.draws import place
from showcase_bench.metrics.names import (
    Digests,
    Groups,
    Rows,
    digests_of,
    grouped,
    number_of,
    numbers_of,
)

__all__ = ["Crowd", "History", "Visit", "Visits"]

History: TypeAlias = tuple[str, ...]


class Visit(NamedTuple):
    """A row of the data set, of any split: who was where, after which reviews."""

    user: str
    business: str
    history: History
    """Texts of the user's earlier reviews, masked and cut as for models."""
    text: str | None
    """The review; None where it is empty."""


class Crowd(NamedTuple):
    """Numbers of the users, businesses and rows of some visits: arrays, and no text.

    Users and businesses are numbered in the order of SHA-256(name), rows in their own.
    """

    users: Digests
    businesses: Digests
    user_of: Rows
    """Of each row."""
    business_of: Rows
    has_history: NDArray[np.bool_]
    """Which rows have a history."""
    has_text: NDArray[np.bool_]
    """Which rows have a review."""
    at_business: Groups
    """The rows by business, ascending."""
    ring: Rows
    """The users with a history, ascending."""
    longest: Rows
    """For each user the row with the longest history, of equally long ones the last by its texts;
    -1 where none has one."""
    longest_at: Groups
    """The same for each business and user that was there with a history, by business."""

    def find_users(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Numbers of users by name; -1 for those without a row."""
        return numbers_of(digests_of(names, place), self.users)

    def rows_at(self, business: str) -> Rows:
        """The rows at a business by name, ascending."""
        return self.at_business.of(number_of(place(business), self.businesses))

    def find_businesses(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Numbers of businesses by name; -1 for those without a row."""
        return numbers_of(digests_of(names, place), self.businesses)


class Visits(Sequence[Visit]):
    """All rows of a data set, in columns that may be read from a file as they are asked for.

    Two are equal if they are the same object.

    Parameters
    ----------
    users, businesses, histories, texts
        What each :class:`Visit` holds; of equal lengths.
    """

    def __init__(
        self,
        users: Sequence[str],
        businesses: Sequence[str],
        histories: Sequence[History],
        texts: Sequence[str | None],
    ) -> None:
        self.users, self.businesses = users, businesses
        self.histories, self.texts = histories, texts

    @classmethod
    def of(cls, rows: Sequence[Visit]) -> Visits:
        """Visits that are in memory."""
        users, businesses, histories, texts = zip(*rows, strict=True) if rows else ((),) * 4
        return cls(users, businesses, histories, texts)

    def __len__(self) -> int:
        return len(self.users)

    def __iter__(self) -> Iterator[Visit]:
        columns = (self.users, self.businesses, self.histories, self.texts)
        return map(Visit, *columns)

    @overload
    def __getitem__(self, index: int) -> Visit: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Visit, ...]: ...
    def __getitem__(self, index: int | slice) -> Visit | tuple[Visit, ...]:
        places = range(len(self))[index]
        if isinstance(places, range):
            return tuple([self._visit(row) for row in places])
        return self._visit(places)

    def _visit(self, row: int) -> Visit:
        return Visit(self.users[row], self.businesses[row], self.histories[row], self.texts[row])

    @cached_property
    def crowd(self) -> Crowd:
        """The rows by user and business; goes over all rows once."""
        n = len(self)
        users, user_of = _numbered(self.users)
        businesses, business_of = _numbered(self.businesses)
        lengths = np.fromiter(map(len, self.histories), np.int32, n)
        has_history = lengths > 0
        has_text = np.fromiter((text is not None for text in self.texts), np.bool_, n)
        known = np.flatnonzero(has_history).astype(np.int32)
        here = self._longest(known, lengths, business_of.astype(np.int64) * len(users) + user_of)
        best = self._longest(here, lengths, user_of.astype(np.int64))
        longest = np.full(len(users), -1, dtype=np.int32)
        longest[user_of[best]] = best
        return Crowd(
            users,
            businesses,
            user_of,
            business_of,
            has_history,
            has_text,
            grouped(business_of, np.arange(n, dtype=np.int32), len(businesses)),
            np.flatnonzero(longest >= 0).astype(np.int32),
            longest,
            grouped(business_of, here, len(businesses)),
        )

    def adopt(self, crowd: Crowd) -> None:
        """Take over what another process made of the same rows."""
        self.__dict__["crowd"] = crowd

    def _longest(self, rows: Rows, lengths: Rows, keys: NDArray[np.int64]) -> Rows:
        """Those of ``rows`` with the longest history of their key, one of each key, ascending."""
        order = rows[np.lexsort((-lengths[rows], keys[rows]))]
        first = np.ones(len(order), dtype=bool)
        first[1:] = keys[order[1:]] != keys[order[:-1]]
        begin = np.flatnonzero(first)
        most = np.repeat(lengths[order[begin]], np.diff(np.append(begin, len(order))))
        tied = lengths[order] == most
        chosen = order[begin]
        several = np.add.reduceat(tied, begin, dtype=np.int64) if len(begin) else begin
        for number in np.flatnonzero(several > 1).tolist():
            start = begin[number]
            equals = order[start : start + several[number]].tolist()
            chosen[number] = max(equals, key=self._texts_of)
        return np.sort(chosen)

    def _texts_of(self, row: int) -> History:
        return self.histories[row]


def _numbered(names: Sequence[str]) -> tuple[Digests, Rows]:
    """The distinct names by their SHA-256, ascending, and the number of each name's."""
    known, numbers = np.unique(digests_of(names, place), return_inverse=True)
    return known, numbers.astype(np.int32)
