"""Rows of a validation or test split that a policy leaves out, by the trap that they fall into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from showcase_bench.datasets.columns import ExampleBatch
from showcase_bench.datasets.masking import text_key
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.datasets.pools import distractors
from showcase_bench.datasets.tables import SplitTable, Tables

__all__ = ["kept_rows"]


def kept_rows(tables: Tables, split: str, policy: SplitPolicy) -> list[int] | None:
    """Numbers of the rows that stay, in order; None where all do, as always in training."""
    if split == "train" or not policy.exclude:
        return None
    rows = tables.splits[split]
    facts = _Facts(tables, policy)
    tests = [facts.tests[name] for name in policy.exclude.split(",")]
    kept = []
    for i in range(len(rows)):
        batch, row = rows.at(i)
        # Every test sees every row: the one for repeated texts remembers what it saw.
        found = [test(batch, row) for test in tests]
        if not any(found):
            kept.append(i)
    return kept


class _Facts:
    """What tells whether a row falls into a trap."""

    def __init__(self, tables: Tables, policy: SplitPolicy) -> None:
        self._tables = tables
        self._policy = policy
        self._seen: set[bytes] = set()
        self.tests: Mapping[str, Callable[[ExampleBatch, int], bool]] = {
            "cold-business": lambda batch, row: batch.businesses[row] not in self._businesses,
            "cold-user": lambda batch, row: batch.users[row] not in self._users,
            "no-choice": self._no_choice,
            "no-photos": lambda batch, row: not len(batch.photo_spans.span(row)),
            "no-text": lambda batch, row: text_key(batch.texts[row]) is None,
            "repeated-text": self._repeated,
            "small-pool": lambda batch, row: self._pool(batch, row) < self._policy.k,
            "training-text": lambda batch, row: text_key(batch.texts[row]) in self._texts,
        }

    @property
    def _train(self) -> SplitTable:
        return self._tables.splits["train"]

    @cached_property
    def _users(self) -> frozenset[str]:
        return frozenset(b.users[r] for b, r in map(self._train.at, range(len(self._train))))

    @cached_property
    def _businesses(self) -> frozenset[int]:
        return frozenset(b.businesses[r] for b, r in map(self._train.at, range(len(self._train))))

    @cached_property
    def _texts(self) -> frozenset[bytes]:
        keys = (text_key(b.texts[r]) for b, r in map(self._train.at, range(len(self._train))))
        return frozenset(key for key in keys if key is not None)

    def _pool(self, batch: ExampleBatch, row: int) -> int:
        own = self._tables.photos_of(batch.businesses[row])
        if self._policy.pool == "business":
            return len(own)
        number = self._policy.distractors
        others = distractors(batch.ids[row], own, self._tables.catalogue, number)
        return len(own) + len(others)

    def _no_choice(self, batch: ExampleBatch, row: int) -> bool:
        gold = len(batch.photo_spans.span(row))
        return self._pool(batch, row) <= min(self._policy.k, gold)

    def _repeated(self, batch: ExampleBatch, row: int) -> bool:
        key = text_key(batch.texts[row])
        if key is None:
            return False
        repeated = key in self._seen
        self._seen.add(key)
        return repeated
