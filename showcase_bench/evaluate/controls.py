"""Systems that frame a score: the references, given to their users or to others."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from showcase_bench.draws import first_from, place
from showcase_bench.evaluate.frame import Frame
from showcase_bench.evaluate.others import OtherUsers
from showcase_bench.metrics.base import Control
from showcase_bench.types import Showcase

__all__ = ["control_showcases", "reference_showcases"]


def reference_showcases(frame: Frame) -> list[Showcase]:
    """The ceiling: each example's first reference with its gold photos of the pool."""
    rows = zip(frame.ids, frame.references, frame.gold_images, frame.pools, strict=True)
    return [
        Showcase(one, _first(gold, pool, frame.k), texts[0] if texts else None)
        for one, texts, gold, pool in rows
    ]


def control_showcases(frame: Frame, control: Control) -> list[Showcase]:
    """The floor: the ceiling with its texts from other users, or beside other photos.

    Another user's text is that of a review of the same business where there is one, of any split,
    else of another business. Other photos are as many, out of the same pool and not gold, where
    the pool has them; photos from elsewhere are out of the pool of another business. Both are
    drawn by SHA-256 of the example's and the photo's id.
    """
    references = reference_showcases(frame)
    if control == "other photos":
        return [
            Showcase(one.id, _drawn(one, set(pool) - set(gold)), one.text)
            for one, gold, pool in zip(references, frame.gold_images, frame.pools, strict=True)
        ]
    if control == "photos elsewhere":
        return [
            Showcase(one.id, _drawn(one, _pool_elsewhere(frame, row)), one.text)
            for row, one in enumerate(references)
        ]
    others = OtherUsers(frame.visits, lambda visit: visit.text is not None)
    whose = zip(frame.users, frame.businesses, strict=True)
    return [
        Showcase(one.id, one.image_ids, _text_of_another(frame, others, one.id, user, business))
        for one, (user, business) in zip(references, whose, strict=True)
    ]


def _text_of_another(
    frame: Frame, others: OtherUsers, one: str, user: str, business: str
) -> str | None:
    number = others.at_business(one, user, business)
    if number is None:
        number = others.elsewhere(one, user, business)
    return None if number is None else frame.visits[number].text


def _first(images: Sequence[str], pool: Sequence[str], k: int) -> tuple[str, ...]:
    known = set(pool)
    return tuple(image for image in images if image in known)[:k]


def _pool_elsewhere(frame: Frame, row: int) -> Collection[str]:
    """Pool of another example, of another business; empty where no other has a pool."""
    own = frame.businesses[row]
    start = int.from_bytes(place(frame.ids[row], "elsewhere")[:8])
    found = first_from(
        range(len(frame.ids)), start, lambda i: bool(frame.pools[i]) and frame.businesses[i] != own
    )
    return () if found is None else frame.pools[found]


def _drawn(shown: Showcase, photos: Collection[str]) -> tuple[str, ...]:
    ordered = sorted(photos, key=lambda photo: (place(shown.id, photo), photo))
    return tuple(ordered[: len(shown.image_ids)])
