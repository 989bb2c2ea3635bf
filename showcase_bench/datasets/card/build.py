"""The data card: what a data set holds, and every trap in it as a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from itertools import combinations
from statistics import fmean
from typing import Any

from showcase_bench.datasets.card.near_duplicates import THRESHOLD
from showcase_bench.datasets.card.paper import compare_with_paper, paper_version
from showcase_bench.datasets.card.photos import PhotoScan, near_duplicate_report
from showcase_bench.datasets.card.tally import Tally
from showcase_bench.datasets.card.text import card_markdown
from showcase_bench.datasets.card.traps import list_traps
from showcase_bench.datasets.dataset import Dataset
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.types import NoProgress, Progress

__all__ = ["card_markdown", "data_card"]

_NO_PROGRESS = NoProgress()


def data_card(
    dataset: Dataset,
    policy: SplitPolicy,
    *,
    decode: bool = True,
    compare: str | None = None,
    threshold: int = THRESHOLD,
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
        Whether to load every photo once, report the ones that cannot be shown, and look for
        photos that are alike. The slow part.
    compare
        Version of GEST whose sizes, as its paper prints them, stand beside ours: ``raw``, ``s1``
        or ``s2``; ``none`` for no comparison. By default the data set's name decides.
    threshold
        Bits in which the perceptual hashes of two photos that look alike may differ.
    progress
        Tracks rows and photos.

    Returns
    -------
    dict
        Of JSON values only, with keys in a fixed order: ``name``, ``file``, ``sha256``,
        ``policy``, ``total``, ``paper``, ``splits`` (by name), ``shared`` (by pair of splits),
        ``photos``, ``traps`` and ``preparation``. A mean over nothing is None; so are ``paper``
        without a comparison, and ``photos.unreadable`` and ``photos.near_duplicates`` without
        ``decode``.

    Raises
    ------
    UsageError
        ``compare`` is no version of GEST, or ``threshold`` is out of range.
    """
    version = paper_version(dataset.name) if compare is None else compare
    tallies = {name: Tally(dataset, name, policy, progress) for name in dataset.split_names}
    total = _total(dataset, tallies)
    card: dict[str, Any] = {
        "name": dataset.name,
        "file": dataset.path.name,
        "sha256": dataset.revision,
        "policy": asdict(policy),
        "total": total,
        "paper": None if version in (None, "none") else compare_with_paper(total, version),
        "splits": {
            name: {
                "rows_under_policy": len(dataset.examples(name, policy)),
                **tally.report(tallies["train"]),
            }
            for name, tally in tallies.items()
        },
        "shared": {
            f"{a} and {b}": _shared(tallies[a], tallies[b]) for a, b in combinations(tallies, 2)
        },
        "photos": {
            "distinct": len(dataset.image_ids()),
            "of_several_rows": dataset.counts["file"].get("photos_of_several_rows", 0),
            "unreadable": None,
            "near_duplicates": None,
        },
    }
    if decode:
        card["photos"] |= _scanned(dataset, policy, tallies, threshold, progress)
    card["traps"] = list_traps(card)
    card["preparation"] = {name: dict(counts) for name, counts in dataset.counts.items()}
    return card


def _total(dataset: Dataset, tallies: Mapping[str, Tally]) -> dict[str, Any]:
    words = [n for tally in tallies.values() for n in tally.words]
    return {
        "images": len(dataset.image_ids()),
        "reviews": len(words),
        "users": len(set().union(*(tally.users for tally in tallies.values()))),
        "businesses": len(set().union(*(tally.businesses for tally in tallies.values()))),
        "mean_words": fmean(words) if words else None,
    }


def _shared(a: Tally, b: Tally) -> dict[str, int]:
    return {
        "users": len(a.users.keys() & b.users.keys()),
        "businesses": len(a.businesses.keys() & b.businesses.keys()),
        "photos": len(a.gold.keys() & b.gold.keys()),
    }


def _scanned(
    dataset: Dataset,
    policy: SplitPolicy,
    tallies: Mapping[str, Tally],
    threshold: int,
    progress: Progress,
) -> dict[str, Any]:
    """What only the pixels tell."""
    names = dataset.tables.photo_ids
    gold = {name: {names[i] for i in tally.gold} for name, tally in tallies.items()}
    scan = PhotoScan(dataset, progress)
    return {
        "unreadable": scan.unreadable(gold),
        "near_duplicates": near_duplicate_report(dataset, policy, scan, gold, threshold, progress),
    }
