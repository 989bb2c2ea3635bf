"""Faults of the photos: others of the business, of another business, any of the pool."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from showcase_bench.audit.base import Change, ExampleFault, Part
from showcase_bench.audit.draws import Draws
from showcase_bench.audit.world import Row, World
from showcase_bench.draws import first_from

__all__ = ["OtherBusinessPhotos", "OtherPhotos", "RandomPhotos"]


@dataclass(frozen=True)
class OtherPhotos(ExampleFault):
    """Photos of the same pool that are not of the review, as many as were shown.

    A smaller pool gives fewer; one without any other photo leaves the example as it is.
    """

    name: ClassVar[str] = "other-photos"
    part: ClassVar[Part] = "images"
    summary: ClassVar[str] = "photos of the same pool that the user did not take"

    def change(self, world: World, place: int, draws: Draws) -> Change | None:
        """Other photos of the pool."""
        own = frozenset(world.scored[place].photos)
        return _shown(world, place, draws, (one for one in world.pools[place] if one not in own))


@dataclass(frozen=True)
class OtherBusinessPhotos(ExampleFault):
    """Photos of one other business, none of them in the pool, as many as were shown.

    A business that has as many is taken where there is one.
    """

    name: ClassVar[str] = "other-business-photos"
    part: ClassVar[Part] = "images"
    summary: ClassVar[str] = "photos of another business"

    def lacking(self, world: World) -> str | None:
        """It needs photos of at least two businesses."""
        if len(world.photos_of) < 2:
            return "the photos of all splits are of fewer than two businesses"
        return super().lacking(world)

    def change(self, world: World, place: int, draws: Draws) -> Change | None:
        """Photos from elsewhere."""
        one, own = world.clean[place], world.scored[place]
        pool = frozenset(world.pools[place])

        def photos(row: Row) -> list[str]:
            if row.business == own.business:
                return []
            return [photo for photo in world.photos_of.get(row.business, ()) if photo not in pool]

        start = draws.number("business", one.id)
        chosen = first_from(
            world.rows, start, lambda row: len(photos(row)) >= len(one.image_ids)
        ) or first_from(world.rows, start, lambda row: bool(photos(row)))
        return None if chosen is None else _shown(world, place, draws, photos(chosen))


@dataclass(frozen=True)
class RandomPhotos(ExampleFault):
    """Photos drawn from the pool, as many as were shown; those may be among them."""

    name: ClassVar[str] = "random-photos"
    part: ClassVar[Part] = "images"
    summary: ClassVar[str] = "photos drawn from the pool, the right ones among the candidates"

    def change(self, world: World, place: int, draws: Draws) -> Change | None:
        """Any photos of the pool."""
        return _shown(world, place, draws, world.pools[place])


def _shown(world: World, place: int, draws: Draws, photos: Iterable[str]) -> Change | None:
    one = world.clean[place]
    chosen = draws.ordered(photos, "photo", one.id)[: len(one.image_ids)]
    return Change(replace(one, image_ids=tuple(chosen))) if chosen else None
