"""One pass over the rows of a split: all that the data card says about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import fmean, median
from typing import Any

from showcase_bench.datasets.card.histograms import histogram
from showcase_bench.datasets.columns import ExampleBatch
from showcase_bench.datasets.dataset import Dataset
from showcase_bench.datasets.masking import Mask, text_key
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.datasets.pools import distractors
from showcase_bench.types import Progress

__all__ = ["Tally"]

_ANSWERS = (Mask.OWN, Mask.BY_ID, Mask.BY_TEXT)


class Tally:
    """Counts of one split.

    They are those of the examples that :class:`~showcase_bench.datasets.examples.ExampleBuilder`
    makes, but read from the columns: no history text is decoded and no pool put in order.

    Parameters
    ----------
    dataset
        Any data set.
    name
        One of its splits.
    policy
        Decides pools, histories and k.
    progress
        Tracks the rows.
    """

    def __init__(
        self, dataset: Dataset, name: str, policy: SplitPolicy, progress: Progress
    ) -> None:
        self.users: Counter[str] = Counter()
        self.businesses: Counter[int] = Counter()
        self.gold: Counter[int] = Counter()
        """Number of each photo of the split, to how many rows have it."""
        self.words: list[int] = []
        self._tables = dataset.tables
        self._policy = policy
        self._counts = dataset.counts[name]
        self._pairs: set[tuple[str, int]] = set()
        self._texts: Counter[bytes] = Counter()
        self._ratings: list[float] = []
        self._pools: list[int] = []
        self._golds: list[int] = []
        self._given: list[int] = []
        self._shown: list[int] = []
        self._masks = bytearray()
        self._rows_masked = 0
        self._own_pools: dict[int, int] = {}
        self._foreign: Counter[str] = Counter()
        rows = self._tables.splits[name]
        for i in progress.track(range(len(rows)), label=f"card: {name}", total=len(rows)):
            batch, row = rows.at(i)
            self._add_row(batch, row)
            self._add_history(batch, row)
            self._add_pool(batch.ids[row], batch.businesses[row])

    def _add_row(self, batch: ExampleBatch, row: int) -> None:
        user, business = batch.users[row], batch.businesses[row]
        self.users[user] += 1
        self.businesses[business] += 1
        self._pairs.add((user, business))
        span = batch.photo_spans.span(row)
        self.gold.update(batch.photos[span.start : span.stop])
        self._golds.append(len(span))
        rating = batch.rating(row)
        if rating is not None:
            self._ratings.append(rating)
        text = batch.texts[row]
        self.words.append(len(text.split()))
        key = text_key(text)
        if key is not None:
            self._texts[key] += 1

    def _add_history(self, batch: ExampleBatch, row: int) -> None:
        span = batch.history_spans.span(row)
        masks = bytes(batch.masks[span.start : span.stop])
        self._masks += masks
        self._rows_masked += any(mask in masks for mask in _ANSWERS)
        dropped = masks.count(Mask.EMPTY)
        shown = masks.count(Mask.KEPT) if self._policy.mask_history else len(masks) - dropped
        limit = self._policy.history_limit
        self._given.append(len(masks))
        self._shown.append(shown if limit is None else min(shown, limit))

    def _add_pool(self, example_id: str, business: int) -> None:
        if business not in self._own_pools:
            self._own_pools[business] = len(self._tables.photos_of(business))
        size = self._own_pools[business]
        if self._policy.pool == "cross":
            own, number = self._tables.photos_of(business), self._policy.distractors
            others = distractors(example_id, own, self._tables.catalogue, number)
            self._foreign.update(others)
            size += len(others)
        self._pools.append(size)

    def report(self, train: Tally) -> dict[str, Any]:
        """Facts of the split, given the training split.

        ``texts_of_training_rows`` is None for the training split itself.
        """
        n, answers = len(self.words), {mask: self._masks.count(mask) for mask in _ANSWERS}
        return {
            "rows": n,
            "users": len(self.users),
            "businesses": len(self.businesses),
            "photos": len(self.gold),
            "mean_rating": _mean(self._ratings),
            "rows_without_rating": n - len(self._ratings),
            "mean_words": _mean(self.words),
            "empty_texts": n - self._texts.total(),
            "duplicate_texts": self._texts.total() - len(self._texts),
            "texts_of_training_rows": (
                None if train is self else _rows_in(self._texts, train._texts)
            ),
            "dropped_duplicate_rows": self._counts.get("dropped_duplicate_rows", 0),
            "repeated_user_business_pairs": n - len(self._pairs),
            "gold_photos": _spread(self._golds),
            "rows_without_photos": self._golds.count(0),
            "pool": _spread(self._pools),
            "pools_smaller_than_k": sum(size < self._policy.k for size in self._pools),
            "pools_without_choice": sum(
                pool <= min(self._policy.k, gold)
                for pool, gold in zip(self._pools, self._golds, strict=True)
            ),
            "history": {
                "mean_in_file": _mean(self._given),
                "mean_shown": _mean(self._shown),
                "rows_without": self._shown.count(0),
                "texts": len(self._masks),
                "empty_texts": self._masks.count(Mask.EMPTY),
            },
            "answers_in_history": {
                "texts": sum(answers.values()),
                "rows": self._rows_masked,
                **{mask.name.lower(): found for mask, found in answers.items()},
            },
            "rows_with_user_in_train": _rows_in(self.users, train.users),
            "rows_with_business_in_train": _rows_in(self.businesses, train.businesses),
            "unseen_photos": self._leak(train),
            "distributions": {
                "history": histogram("history", self._shown),
                "pool": histogram("pool", self._pools),
                "gold": histogram("gold", self._golds),
                "words": histogram("words", self.words),
            },
        }

    def _leak(self, train: Tally) -> dict[str, Any]:
        """How far "no training row has this photo" gives the gold away."""
        names = self._tables.photo_ids
        seen = {names[number] for number in train.gold}
        offered, gold = sum(self._pools), self.gold.total()
        unseen = sum(n for one, n in self._foreign.items() if one not in seen)
        for business, rows in self.businesses.items():
            unseen += rows * sum(one not in seen for one in self._tables.photos_of(business))
        gold_unseen = sum(n for number, n in self.gold.items() if number not in train.gold)
        return {
            "pool_items": offered,
            "gold_items": gold,
            "unseen_pool_items": unseen,
            "unseen_gold_items": gold_unseen,
            "gold_share_of_pool": gold / offered if offered else None,
            "gold_share_of_unseen": gold_unseen / unseen if unseen else None,
        }


def _rows_in(here: Counter[Any], there: Counter[Any]) -> int:
    return sum(n for one, n in here.items() if one in there)


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _spread(values: Sequence[int]) -> dict[str, float | None]:
    if not values:
        return {"min": None, "median": None, "mean": None, "max": None}
    return {
        "min": min(values),
        "median": float(median(values)),
        "mean": fmean(values),
        "max": max(values),
    }
