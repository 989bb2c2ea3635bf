"""Which row goes where in the split of ``gest-warm``, and what histories may hold.

The construction is described in :mod:`showcase_bench.datasets.resplit`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from showcase_bench.datasets.gest import Row
from showcase_bench.datasets.masking import pair_key, text_key
from showcase_bench.datasets.sources.gest_file import SYNTHETIC_LINK
from showcase_bench.errors import DataError

__all__ = ["WARM_VERSION", "WarmPlan", "WarmReport", "warm_order"]

WARM_VERSION = "gest-warm-1"
"""Part of the hash and of the file; another construction gets another one."""


@dataclass(slots=True)
class WarmReport:
    """What became of the rows and of the history texts."""

    rows_read: int = 0
    repeated_pairs: int = 0
    """Rows left out because an earlier one has the same user and business."""
    users: int = 0
    users_tested: int = 0
    splits: dict[str, int] = field(default_factory=dict)
    synthetic_links: int = 0
    """Photos in the new file that were given to their review by a rule."""
    history: Counter[str] = field(default_factory=Counter)
    """History texts: kept ``from_file``, ``added`` from training rows, and left out as ``own``,
    ``empty``, ``target_id``, ``target_text`` or ``repeated``, from either source."""

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values, counts in order of their names."""
        return {
            "source": WARM_VERSION,
            "rows_read": self.rows_read,
            "repeated_pairs": self.repeated_pairs,
            "users": self.users,
            "users_tested": self.users_tested,
            "splits": self.splits,
            SYNTHETIC_LINK: self.synthetic_links > 0,
            "history": dict(sorted(self.history.items())),
        }


def warm_order(user_id: str, business_id: str) -> bytes:
    """Place of a row among those of its user: 16 bytes, compared as they are."""
    text = f"{WARM_VERSION}\0{user_id}\0{business_id}"
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class _Known:
    """What is kept of a row after the first pass."""

    number: int
    """Place among all rows of the file."""
    order: bytes
    names: tuple[str, ...]
    """Ids that a history may call it by; the first is its own."""
    key: bytes | None
    text: str


class WarmPlan:
    """The split of every row, and what histories may hold."""

    def __init__(self, report: WarmReport) -> None:
        self._report = report
        self._users: dict[str, dict[str, _Known]] = {}
        """User to business to row, in the file's order; after the decision, training rows only,
        and of users with several rows only."""
        self._splits: list[str | None] = []
        self._target_ids: set[str] = set()
        self._target_texts: set[bytes] = set()

    def add(self, row: Row, *, catalogue: bool = False) -> None:
        """Take in the next row of the first pass.

        A catalogue row is no review: it trains, whatever else its user has.
        """
        number = self._report.rows_read
        self._report.rows_read += 1
        if catalogue:
            self._splits.append("train")
            return
        mine = self._users.setdefault(row.user_id, {})
        if row.business_id in mine:
            self._splits.append(None)
            self._report.repeated_pairs += 1
            return
        self._splits.append("train")
        order = warm_order(row.user_id, row.business_id)
        mine[row.business_id] = _Known(number, order, _names(row), text_key(row.text), row.text)

    def decide(self, path: object) -> None:
        """Choose the targets; once, after the first pass.

        Raises
        ------
        DataError
            There are none.
        """
        self._report.users = len(self._users)
        for user in list(self._users):
            mine = self._users[user]
            if len(mine) < 2:
                del self._users[user]
                continue
            by_order = sorted(mine, key=lambda business: mine[business].order)
            self._hold_out(mine.pop(by_order[-1]), "test")
            if len(by_order) >= 3:
                self._hold_out(mine.pop(by_order[-2]), "val")
        self._report.users_tested = len(self._users)
        if not self._users:
            raise DataError(
                path,
                "no user has rows of two businesses, so nobody can be tested and trained on",
                "Give a file with more rows a user.",
            )

    def _hold_out(self, known: _Known, split: str) -> None:
        self._splits[known.number] = split
        self._target_ids.update(known.names)
        if known.key is not None:
            self._target_texts.add(known.key)

    def split_of(self, number: int) -> str | None:
        """Split of a row by its place in the file; None where it is left out."""
        return self._splits[number] if number < len(self._splits) else None

    def history(self, row: Row) -> list[list[str]]:
        """The new history of a row, as in the file: lists of id and text."""
        counts = self._report.history
        sieve = _Sieve(self._target_ids, self._target_texts, row)
        kept: list[list[str]] = []
        for review_id, text in row.history:
            verdict = sieve.verdict((review_id,), text_key(text)) or "from_file"
            counts[verdict] += 1
            if verdict == "from_file":
                kept.append([review_id, text])
        for known in self._users.get(row.user_id, {}).values():
            verdict = sieve.verdict(known.names, known.key) or "added"
            counts[verdict] += 1
            if verdict == "added":
                kept.append([known.names[0], known.text])
        return kept


class _Sieve:
    """Judges the reviews that are offered to the history of one row, one after the other."""

    def __init__(self, target_ids: set[str], target_texts: set[bytes], row: Row) -> None:
        self._target_ids = target_ids
        self._target_texts = target_texts
        self._own_names = _names(row)
        self._own_key = text_key(row.text)
        self._ids: set[str] = set()
        self._texts: set[bytes] = set()

    def verdict(self, names: tuple[str, ...], key: bytes | None) -> str | None:
        """Why a review is left out; None where it is not, and it is then remembered."""
        if key is None:
            return "empty"
        if key == self._own_key or any(name in self._own_names for name in names):
            return "own"
        if any(name in self._target_ids for name in names):
            return "target_id"
        if key in self._target_texts:
            return "target_text"
        if key in self._texts or any(name in self._ids for name in names):
            return "repeated"
        self._ids.update(names)
        self._texts.add(key)
        return None


def _names(row: Row) -> tuple[str, ...]:
    pair = pair_key(row.user_id, row.business_id)
    return (row.id,) if row.id == pair else (row.id, pair)
