"""Training reviews as controls look at them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from showcase_bench import Example, Gold, Query

__all__ = [
    "TrainingReview",
    "by_business",
    "reference_text",
    "reference_texts",
    "training_reviews",
    "with_histories",
]


class TrainingReview(NamedTuple):
    """What a training row says about its business."""

    id: str
    user_id: str
    business_id: str
    text: str | None
    """First text that is not blank; None where there is none."""
    image_ids: tuple[str, ...]


def reference_texts(gold: Gold) -> list[str]:
    """Reference texts that are not blank."""
    return [text for text in gold.texts if text.strip()]


def reference_text(gold: Gold) -> str | None:
    """First reference text that is not blank, or None."""
    return next(iter(reference_texts(gold)), None)


def training_reviews(train: Iterable[Example]) -> list[TrainingReview]:
    """Return the reviews of a split in its order."""
    return [
        TrainingReview(
            query.id, query.user_id, query.business_id, reference_text(gold), gold.image_ids
        )
        for query, gold in ((example.query, example.gold) for example in train)
    ]


def by_business(reviews: Iterable[TrainingReview]) -> Mapping[str, list[TrainingReview]]:
    """Group by business, keeping the order."""
    groups: dict[str, list[TrainingReview]] = {}
    for review in reviews:
        groups.setdefault(review.business_id, []).append(review)
    return groups


def with_histories(train: Sequence[Example]) -> list[Example]:
    """The rows of a split, and one for each further review in the histories of their users.

    Such a row has the history that comes before its review, and neither pool nor photos. Reviews
    that are rows themselves, that are blank or that do not name their business add nothing.
    """
    known = {example.query.id for example in train}
    further: dict[str, Example] = {}
    for query in (example.query for example in train):
        for place, review in enumerate(query.history):
            if review.id in known or review.business_id is None or not review.text.strip():
                continue
            earlier = query.history[:place]
            asked = Query(review.id, review.user_id, review.business_id, earlier, (), query.k)
            further.setdefault(review.id, Example(asked, Gold((), (review.text,), review.rating)))
    return [*train, *further.values()]
