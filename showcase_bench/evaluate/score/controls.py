"""Systems that frame a score: the references, given to their users or to others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from showcase_bench.draws import place
from showcase_bench.evaluate.score.frame import Frame
from showcase_bench.evaluate.task.column import Column
from showcase_bench.metrics.base import Control
from showcase_bench.types import Showcase

__all__ = ["control_showcases", "reference_showcases"]


def reference_showcases(frame: Frame) -> Column[Showcase]:
    """The ceiling: each example's first reference with its gold photos of the pool."""
    pools = frame.unordered_pools

    def reference(row: int) -> Showcase:
        texts, gold = frame.references[row], frame.gold_images[row]
        shown = _first(gold, pools[row], frame.k)
        return Showcase(frame.ids[row], shown, texts[0] if texts else None)

    return Column(len(frame), reference)


def control_showcases(frame: Frame, control: Control) -> Column[Showcase]:
    """The floor: the ceiling with its texts from other users, or beside other photos.

    Another user's text is that of a review of the same business where there is one, of any split,
    else of another business. Other photos are as many, out of the same pool and not gold, where
    the pool has them; photos from elsewhere are out of the pool of another business. Both are
    drawn by SHA-256 of the example's and the photo's id. Each is made as it is asked for.
    """
    references, pools = reference_showcases(frame), frame.unordered_pools

    def beside(photos: Callable[[int], Collection[str]]) -> Column[Showcase]:
        def control(row: int) -> Showcase:
            one = references[row]
            return Showcase(one.id, _drawn(one, photos(row)), one.text)

        return Column(len(references), control)

    if control == "other photos":
        return beside(lambda row: set(pools[row]) - set(frame.gold_images[row]))
    if control == "photos elsewhere":
        return beside(lambda row: _pool_elsewhere(frame, row))

    def of_another(row: int) -> Showcase:
        one = references[row]
        return Showcase(one.id, one.image_ids, _text_of_another(frame, row))

    return Column(len(references), of_another)


def _text_of_another(frame: Frame, row: int) -> str | None:
    example = frame.ids[row], frame.users[row], frame.businesses[row]
    number = frame.reviewers.at_business(*example)
    if number is None:
        number = frame.reviewers.elsewhere(*example)
    return None if number is None else frame.visits.texts[number]


def _first(images: Sequence[str], pool: Sequence[str], k: int) -> tuple[str, ...]:
    known = set(pool)
    return tuple(image for image in images if image in known)[:k]


def _pool_elsewhere(frame: Frame, row: int) -> Collection[str]:
    """Pool of another example, of another business; empty where no other has a pool."""
    start = int.from_bytes(place(frame.ids[row], "elsewhere")[:8])
    found = frame.with_pools.next_elsewhere(row, start)
    return () if found is None else frame.unordered_pools[found]


def _drawn(shown: Showcase, photos: Collection[str]) -> tuple[str, ...]:
    ordered = sorted(photos, key=lambda photo: (place(shown.id, photo), photo))
    return tuple(ordered[: len(shown.image_ids)])
