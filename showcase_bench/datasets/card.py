"""The data card: what a data set holds, and every trap in it as a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import combinations
from statistics import fmean, median
from typing import Any

from showcase_bench.datasets.card_text import card_markdown
from showcase_bench.datasets.dataset import Dataset
from showcase_bench.datasets.masking import Mask, text_key
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.errors import ImageError
from showcase_bench.types import Example, NoProgress, Progress

__all__ = ["card_markdown", "data_card"]

_NO_PROGRESS = NoProgress()
_MOST_NAMED = 5


def data_card(
    dataset: Dataset,
    policy: SplitPolicy,
    *,
    decode: bool = True,
    progress: Progress = _NO_PROGRESS,
) -> dict[str, Any]:
    """Describe a data set as examples under ``policy`` see it.

    Parameters
    ----------
    dataset
        Any data set.
    policy
        Decides pools, histories and k.
    decode
        Whether to load every photo once and report the ones that cannot be shown. The slow part.
    progress
        Tracks rows and photos.

    Returns
    -------
    dict
        Of JSON values only, with keys in a fixed order: ``name``, ``file``, ``sha256``,
        ``policy``, ``splits`` (by name), ``shared`` (by pair of splits), ``photos`` and
        ``preparation``. A mean over nothing is None, and so is ``photos.unreadable`` without
        ``decode``.
    """
    tallies = {name: _Tally(dataset, name, policy, progress) for name in dataset.split_names}
    train = tallies["train"]
    return {
        "name": dataset.name,
        "file": dataset.path.name,
        "sha256": dataset.revision,
        "policy": asdict(policy),
        "splits": {name: tally.report(train, policy) for name, tally in tallies.items()},
        "shared": {
            f"{a} and {b}": _shared(tallies[a], tallies[b]) for a, b in combinations(tallies, 2)
        },
        "photos": {
            "distinct": len(dataset.image_ids()),
            "of_several_rows": dataset.counts["file"].get("photos_of_several_rows", 0),
            "unreadable": _unreadable(dataset, progress) if decode else None,
        },
        "preparation": {name: dict(counts) for name, counts in dataset.counts.items()},
    }


class _Tally:
    """One pass over a split."""

    def __init__(
        self, dataset: Dataset, name: str, policy: SplitPolicy, progress: Progress
    ) -> None:
        self.users: Counter[str] = Counter()
        self.businesses: Counter[str] = Counter()
        self.photos: set[str] = set()
        self._counts = dataset.counts[name]
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._texts: Counter[bytes] = Counter()
        self._ratings: list[float] = []
        self._words: list[int] = []
        self._pools: list[int] = []
        self._golds: list[int] = []
        self._given: list[int] = []
        self._shown: list[int] = []
        self._masks: Counter[Mask] = Counter()
        self._rows_masked = 0
        # Which pool items no training row owns is known after the training split only.
        self._offered: Counter[str] = Counter()
        self._owned: Counter[str] = Counter()
        builder = dataset.examples(name, policy)
        rows = progress.track(range(len(builder)), label=f"card: {name}", total=len(builder))
        for i in rows:
            self._add(builder.example(i), builder.masks(i))

    def _add(self, example: Example, masks: Sequence[Mask]) -> None:
        query, gold = example.query, example.gold
        self.users[query.user_id] += 1
        self.businesses[query.business_id] += 1
        self._pairs[query.user_id, query.business_id] += 1
        self.photos.update(gold.image_ids)
        self._offered.update(query.pool)
        self._owned.update(gold.image_ids)
        if gold.rating is not None:
            self._ratings.append(gold.rating)
        key = text_key(gold.texts[0])
        if key is not None:
            self._texts[key] += 1
        self._words.append(len(gold.texts[0].split()))
        self._pools.append(len(query.pool))
        self._golds.append(len(gold.image_ids))
        self._given.append(len(masks))
        self._shown.append(len(query.history))
        self._masks.update(masks)
        self._rows_masked += any(mask in _ANSWERS for mask in masks)

    def report(self, train: _Tally, policy: SplitPolicy) -> dict[str, Any]:
        """Facts of the split, given the training split."""
        n = len(self._words)
        return {
            "rows": n,
            "users": len(self.users),
            "businesses": len(self.businesses),
            "photos": len(self.photos),
            "mean_rating": _mean(self._ratings),
            "rows_without_rating": n - len(self._ratings),
            "mean_words": _mean(self._words),
            "empty_texts": n - self._texts.total(),
            "duplicate_texts": self._texts.total() - len(self._texts),
            "dropped_duplicate_rows": self._counts.get("dropped_duplicate_rows", 0),
            "repeated_user_business_pairs": n - len(self._pairs),
            "gold_photos": _spread(self._golds),
            "rows_without_photos": self._golds.count(0),
            "pool": _spread(self._pools),
            "pools_smaller_than_k": sum(size < policy.k for size in self._pools),
            "pools_without_choice": sum(
                pool <= min(policy.k, gold)
                for pool, gold in zip(self._pools, self._golds, strict=True)
            ),
            "history": {
                "mean_in_file": _mean(self._given),
                "mean_shown": _mean(self._shown),
                "rows_without": self._shown.count(0),
                "empty_texts": self._masks[Mask.EMPTY],
            },
            "answers_in_history": {
                "texts": sum(self._masks[mask] for mask in _ANSWERS),
                "rows": self._rows_masked,
                **{mask.name.lower(): self._masks[mask] for mask in _ANSWERS},
            },
            "rows_with_user_in_train": _rows_in(self.users, train.users),
            "rows_with_business_in_train": _rows_in(self.businesses, train.businesses),
            "unseen_photos": self._leak(train.photos),
        }

    def _leak(self, seen: set[str]) -> dict[str, Any]:
        """How far "no training row has this photo" gives the gold away."""
        offered, gold = self._offered.total(), self._owned.total()
        unseen = sum(n for one, n in self._offered.items() if one not in seen)
        gold_unseen = sum(n for one, n in self._owned.items() if one not in seen)
        return {
            "pool_items": offered,
            "gold_items": gold,
            "unseen_pool_items": unseen,
            "unseen_gold_items": gold_unseen,
            "gold_share_of_pool": gold / offered if offered else None,
            "gold_share_of_unseen": gold_unseen / unseen if unseen else None,
        }


_ANSWERS = (Mask.OWN, Mask.BY_ID, Mask.BY_TEXT)


def _shared(a: _Tally, b: _Tally) -> dict[str, int]:
    return {
        "users": len(a.users.keys() & b.users.keys()),
        "businesses": len(a.businesses.keys() & b.businesses.keys()),
        "photos": len(a.photos & b.photos),
    }


def _unreadable(dataset: Dataset, progress: Progress) -> dict[str, Any]:
    ids = dataset.image_ids()
    named: dict[str, list[str]] = {}
    for image_id in progress.track(ids, label="card: photos", total=len(ids)):
        try:
            dataset.images.load(image_id)
        except ImageError as error:
            named.setdefault(error.reason, []).append(image_id)
    return {
        "total": sum(map(len, named.values())),
        "reasons": {
            reason: {"photos": len(named[reason]), "first": named[reason][:_MOST_NAMED]}
            for reason in sorted(named)
        },
    }


def _rows_in(here: Counter[str], there: Counter[str]) -> int:
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
