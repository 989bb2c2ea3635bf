"""One pass over the photos of a data set: which cannot be shown, and which look alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from showcase_bench.datasets.card.near_duplicates import (
    HASH_NAME,
    PhotoPrint,
    distances,
    near_pairs,
    photo_print,
)
from showcase_bench.datasets.dataset import Dataset
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.errors import ImageError
from showcase_bench.types import Example, Progress

__all__ = ["PhotoScan", "near_duplicate_report"]

_MOST_NAMED = 5
_POSITIONS = NDArray[np.int64]


class PhotoScan:
    """Every photo of a data set decoded once, and forgotten but for its hashes.

    Parameters
    ----------
    dataset
        Any data set.
    progress
        Tracks the photos.
    """

    def __init__(self, dataset: Dataset, progress: Progress) -> None:
        self.ids = dataset.image_ids()
        self.prints: dict[str, PhotoPrint] = {}
        """Photo to its hashes, in the order of the ids; without those that cannot be shown."""
        self._reasons: dict[str, list[str]] = {}
        for one in progress.track(self.ids, label="card: photos", total=len(self.ids)):
            try:
                self.prints[one] = photo_print(dataset.images.load(one))
            except ImageError as error:
                self._reasons.setdefault(error.reason, []).append(one)

    def unreadable(self, splits: Mapping[str, Iterable[str]]) -> dict[str, Any]:
        """Photos that cannot be shown: in ``total``, of each split, and by reason.

        ``splits`` gives the distinct photos of each split.
        """
        return {
            "total": len(self.ids) - len(self.prints),
            "splits": {
                name: sum(one not in self.prints for one in photos)
                for name, photos in splits.items()
            },
            "reasons": {
                reason: {
                    "photos": len(self._reasons[reason]),
                    "first": self._reasons[reason][:_MOST_NAMED],
                }
                for reason in sorted(self._reasons)
            },
        }


def near_duplicate_report(
    dataset: Dataset,
    policy: SplitPolicy,
    scan: PhotoScan,
    gold: Mapping[str, set[str]],
    threshold: int,
    progress: Progress,
) -> dict[str, Any]:
    """Count photos that other photos equal or resemble.

    A photo with the same pixels as another counts there and not among the near-duplicates; a
    photo of practically one brightness (``blank``) resembles nothing. Photos that are the same by
    id are one photo and never duplicates of themselves.

    Parameters
    ----------
    dataset
        The data set that was scanned.
    policy
        Decides the pools.
    scan
        Its photos.
    gold
        Distinct photos of the rows of each split, ``train`` among them.
    threshold
        Bits in which the hashes of two photos that look alike may differ.
    progress
        Tracks the rows.

    Returns
    -------
    dict
        ``hash``, ``threshold``, and over all photos ``same_pixels``, ``near`` and ``blank``; by
        split, ``in_train`` (distinct gold photos that resemble a photo of a training row; None
        for the training split) and ``in_pool`` (gold photos that resemble a photo of their own
        pool that is not gold), each with ``same_pixels``, ``near`` and the ``first`` few.

    Raises
    ------
    UsageError
        ``threshold`` is out of range.
    """
    builders = {name: dataset.examples(name, policy) for name in dataset.split_names}
    alike = _Alike(scan.prints, gold["train"], threshold)
    splits = {}
    for name, rows in builders.items():
        pools = _PoolTwins(scan.prints, alike.any, threshold)
        for i in progress.track(range(len(rows)), label=f"card: alike, {name}", total=len(rows)):
            if not alike.any.isdisjoint(rows.gold(i).image_ids):
                pools.add(rows.example(i))
        splits[name] = {
            "in_train": None if name == "train" else alike.in_train(gold[name]),
            "in_pool": pools.report(),
        }
    return {
        "hash": HASH_NAME,
        "threshold": threshold,
        "same_pixels": len(alike.same),
        "near": len(alike.any) - len(alike.same),
        "blank": sum(one.perceptual is None for one in scan.prints.values()),
        "splits": splits,
    }


class _Alike:
    """Which photos have a twin anywhere, and which in the training split."""

    def __init__(self, prints: dict[str, PhotoPrint], train: set[str], threshold: int) -> None:
        self._prints = prints
        self._threshold = threshold
        self._by_pixels: dict[bytes, list[str]] = {}
        for one, found in prints.items():
            self._by_pixels.setdefault(found.exact, []).append(one)
        self.same = {one for ids in self._by_pixels.values() if len(ids) > 1 for one in ids}
        self._train = train
        self._pixels_in_train = Counter(p.exact for one, p in prints.items() if one in train)
        hashed = [(one, p.perceptual) for one, p in prints.items() if p.perceptual is not None]
        self._ids = [one for one, _ in hashed]
        self._hashes = np.array([code for _, code in hashed], dtype=np.uint64)
        self._is_train = np.array([one in train for one in self._ids], dtype=bool)
        everywhere, in_train = self._twins()
        self.any = self.same | {self._ids[i] for i in np.flatnonzero(everywhere)}
        """Photos with the same pixels as another, or a near-duplicate of it."""
        self._near_train = {self._ids[i] for i in np.flatnonzero(in_train)}

    def _twins(self) -> tuple[_POSITIONS, _POSITIONS]:
        """For each hashed photo, how many others resemble it, and how many of them in train."""
        codes, group = np.unique(self._hashes, return_inverse=True)
        size = np.bincount(group, minlength=len(codes))
        size_train = np.bincount(group[self._is_train], minlength=len(codes))
        close, close_train = size.copy(), size_train.copy()
        for left, right in near_pairs(codes, self._threshold):
            for a, b in ((left, right), (right, left)):
                np.add.at(close, a, size[b])
                np.add.at(close_train, a, size_train[b])
        return close[group] - 1, close_train[group] - self._is_train

    def in_train(self, photos: set[str]) -> dict[str, Any]:
        """Which of ``photos`` resemble another one of a training row."""
        same, near = [], []
        for one in sorted(photos & self.any):
            if self._pixels_in_train[self._prints[one].exact] > (one in self._train):
                same.append(one)
            elif one in self._near_train:
                near.append(one)
        first = [{"photo": one, **self._nearest(one)} for one in [*same, *near][:_MOST_NAMED]]
        return {"same_pixels": len(same), "near": len(near), "first": first}

    def _nearest(self, photo: str) -> dict[str, Any]:
        """Name the training photo that is most like ``photo``; the first by id of several."""
        own = self._prints[photo]
        for other in self._by_pixels[own.exact]:
            if other != photo and other in self._train:
                return {"like": other, "bits": 0}
        apart = distances(self._hashes, np.array(own.perceptual, dtype=np.uint64))
        allowed = self._is_train & np.array([one != photo for one in self._ids])
        best = int(np.argmin(np.where(allowed, apart, 65)))
        return {"like": self._ids[best], "bits": int(apart[best])}


class _PoolTwins:
    """Gold photos with a twin in their own pool that is not gold."""

    def __init__(self, prints: dict[str, PhotoPrint], candidates: set[str], threshold: int) -> None:
        self._prints = prints
        self._candidates = candidates
        self._threshold = threshold
        self._same = self._near = self._rows = 0
        self._first: list[dict[str, Any]] = []

    def add(self, example: Example) -> None:
        """Look at one row."""
        gold = example.gold.image_ids
        others = sorted(self._candidates.intersection(example.query.pool).difference(gold))
        found = 0
        for one in sorted(self._candidates.intersection(gold)):
            twin = self._nearest(one, others)
            if twin is None:
                continue
            other, bits, same = twin
            found += 1
            self._same += same
            self._near += not same
            if len(self._first) < _MOST_NAMED:
                row = example.query.id
                self._first.append({"row": row, "photo": one, "like": other, "bits": bits})
        self._rows += found > 0

    def _nearest(self, photo: str, others: list[str]) -> tuple[str, int, bool] | None:
        own = self._prints[photo]
        best: tuple[str, int, bool] | None = None
        for other in others:
            its = self._prints[other]
            if its.exact == own.exact:
                return other, 0, True
            if own.perceptual is None or its.perceptual is None:
                continue
            bits = (own.perceptual ^ its.perceptual).bit_count()
            if bits <= self._threshold and (best is None or bits < best[1]):
                best = other, bits, False
        return best

    def report(self) -> dict[str, Any]:
        """What was found."""
        return {
            "same_pixels": self._same,
            "near": self._near,
            "rows": self._rows,
            "first": self._first,
        }
