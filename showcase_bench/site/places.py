"""Photos of businesses, so that a photo is named once and elsewhere only counted off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from showcase_bench.site.chunks import ChunkWriter
from showcase_bench.site.thumbnails import PhotoEntry, Thumbnails
from showcase_bench.types import Example, Progress

__all__ = ["PLACES", "PhotoPlaces"]

PLACES = 64
"""Businesses in a chunk."""


@dataclass(frozen=True)
class _Shown:
    """Photos of one example: its business's, then its own."""

    business: int
    extra: tuple[str, ...]
    """Photos of the pool that not all examples of the business have."""
    outside: tuple[str, ...]
    """Photos that the user posted and the pool lacks."""
    numbers: dict[str, int]
    """Position of each photo."""


class PhotoPlaces:
    """Businesses with the photos that all pools of their examples share.

    Raises
    ------
    Nothing of its own; examples may be none.
    """

    def __init__(self, examples: Sequence[Example]) -> None:
        shared: dict[str, set[str]] = {}
        for example in examples:
            pool = set(example.query.pool)
            known = shared.get(example.query.business_id)
            shared[example.query.business_id] = pool if known is None else known & pool
        self.businesses = tuple(shared)
        self._photos = {name: tuple(sorted(photos)) for name, photos in shared.items()}
        order = {name: number for number, name in enumerate(self.businesses)}
        self._shown = [self._of(example, order[example.query.business_id]) for example in examples]

    def _of(self, example: Example, business: int) -> _Shown:
        shared = self._photos[example.query.business_id]
        extra = sorted(set(example.query.pool) - set(shared))
        outside = sorted(set(example.gold.image_ids) - set(example.query.pool))
        numbers = {photo: at for at, photo in enumerate([*shared, *extra, *outside])}
        return _Shown(business, tuple(extra), tuple(outside), numbers)

    def business(self, example: int) -> int:
        """Number of the business of an example."""
        return self._shown[example].business

    def extra(self, example: int) -> tuple[str, ...]:
        """Photos of its pool that come after the business's."""
        return self._shown[example].extra

    def outside(self, example: int) -> tuple[str, ...]:
        """Photos of the user's that come last, since they are not in the pool."""
        return self._shown[example].outside

    def positions(self, example: int, photos: Iterable[str]) -> list[int]:
        """Where ``photos`` stand among those of an example; unknown ones are left out."""
        numbers = self._shown[example].numbers
        return [numbers[photo] for photo in photos if photo in numbers]

    def write(self, writer: ChunkWriter, thumbnails: Thumbnails, progress: Progress) -> None:
        """Write ``places/<block>``: each business with its photos."""
        blocks = range(0, len(self.businesses), PLACES)
        for block, start in enumerate(progress.track(blocks, label="Photos of businesses")):
            names = self.businesses[start : start + PLACES]
            entries: list[tuple[str, list[PhotoEntry]]] = [
                (name, [thumbnails.entry(photo) for photo in self._photos[name]]) for name in names
            ]
            writer.packed(f"places/{block}", entries)
