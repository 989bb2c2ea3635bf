"""The planted truth, for instruments: ceilings and sanity checks. Models never see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from showcase_bench.datasets.mini.config import MiniConfig
from showcase_bench.datasets.mini.reviews import SPLITS, build_world
from showcase_bench.datasets.mini.rows import ordered_visits
from showcase_bench.datasets.mini.world import appeal

__all__ = ["RowTruth", "truth"]


@dataclass(frozen=True, slots=True)
class RowTruth:
    """What is planted behind one row of the file."""

    id: str
    """``<user>_<business>``."""
    utility: Mapping[str, float]
    """The user's preference for each photo of the business, above 0 and at most 1, relative to
    what this user likes best there. Photos of the same subject are equally liked."""
    subject: Mapping[str, str]
    """What each photo shows: the slug of a dish, ``interior``, ``exterior`` or ``menu``."""
    n_sentences: int
    n_generic: int
    """Sentences of the review that would fit any restaurant."""


def truth(config: MiniConfig) -> dict[str, list[RowTruth]]:
    """The truth of every row, in the order of :func:`build_rows`.

    The utilities do not depend on the ``personalization`` knob, which only sets how far behaviour
    follows them; the ids of ``utility`` are sorted.
    """
    pools: dict[str, list[tuple[str, str]]] = {}
    for timeline in build_world(config).timelines:
        for visit in timeline:
            pools.setdefault(visit.business.id, []).extend(visit.photos)
    subjects = {business: dict(sorted(photos)) for business, photos in pools.items()}
    truths: dict[str, list[RowTruth]] = {split: [] for split in SPLITS}
    for split, visits in ordered_visits(config).items():
        for visit, _ in visits:
            subject = subjects[visit.business.id]
            wish = appeal(visit.user, visit.business)
            truths[split].append(
                RowTruth(
                    id=visit.review_id,
                    utility={image_id: wish[content] for image_id, content in subject.items()},
                    subject=subject,
                    n_sentences=visit.written.n_sentences,
                    n_generic=visit.written.n_generic,
                )
            )
    return truths
