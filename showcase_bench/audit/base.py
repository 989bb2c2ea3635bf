"""The fault contract: showcases in, showcases with something wrong out."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, NamedTuple

from showcase_bench.audit.draws import Draws, share
from showcase_bench.audit.world import World
from showcase_bench.types import Showcase

__all__ = ["Change", "ExampleFault", "Fault", "Part", "Perturbed", "Unit", "WordFault"]

Part = Literal["texts", "images"]
Unit = Literal["examples", "words"]


class Perturbed(NamedTuple):
    """Showcases under a fault."""

    showcases: tuple[Showcase, ...]
    affected: int
    """How many differ from the references."""
    fallbacks: int
    """How many of those were changed in the second-best way, as the fault tells."""


class Change(NamedTuple):
    """What one showcase becomes."""

    showcase: Showcase
    fallback: bool = False


@dataclass(frozen=True)
class Fault(abc.ABC):
    """One way for predictions to be wrong.

    Everything is drawn from the seed, the fault's name and the example's id, so that the same call
    gives the same showcases; what is affected at one strength is affected at every larger one.
    """

    name: ClassVar[str]
    part: ClassVar[Part]
    unit: ClassVar[Unit]
    """What strength is a share of: of the examples, or of the words of each."""
    summary: ClassVar[str]

    def lacking(self, world: World) -> str | None:
        """Why the fault cannot be made with these data; None where it can."""
        if self.part == "texts" and not any(row.text for row in world.scored):
            return "no example has a text"
        if self.part == "images" and not any(one.image_ids for one in world.clean):
            return "no example has a photo of its own in its pool"
        return None

    @abc.abstractmethod
    def apply(self, world: World, strength: float, seed: int) -> Perturbed:
        """The references of ``world`` under this fault, in their order.

        ``strength`` is above 0 and at most 1.
        """

    def touches(self, showcase: Showcase) -> bool:
        """Whether there is anything to change in a showcase."""
        return bool(showcase.image_ids if self.part == "images" else showcase.text)


class ExampleFault(Fault):
    """Changes a share of the examples as a whole: of those that have a text, or photos."""

    unit: ClassVar[Unit] = "examples"

    @abc.abstractmethod
    def change(self, world: World, place: int, draws: Draws) -> Change | None:
        """What example number ``place`` becomes; None where nothing can take its place."""

    def apply(self, world: World, strength: float, seed: int) -> Perturbed:
        """Change the share of the examples that comes first in a drawn order."""
        draws = Draws(seed, self.name)
        places = [i for i, one in enumerate(world.clean) if self.touches(one)]
        places.sort(key=lambda place: draws.number("turn", world.clean[place].id))
        chosen = places[: share(strength, len(places))]
        changes = {i: change for i in chosen if (change := self.change(world, i, draws))}
        return _perturbed(world.clean, changes)


class WordFault(Fault):
    """Changes a share of the words of every text."""

    part: ClassVar[Part] = "texts"
    unit: ClassVar[Unit] = "words"

    @abc.abstractmethod
    def rewrite(self, world: World, place: int, strength: float, draws: Draws) -> str:
        """The text of example number ``place``, which has one, under the fault."""

    def apply(self, world: World, strength: float, seed: int) -> Perturbed:
        """Rewrite every text."""
        draws = Draws(seed, self.name)
        changes = {
            i: Change(replace(one, text=self.rewrite(world, i, strength, draws)))
            for i, one in enumerate(world.clean)
            if self.touches(one)
        }
        return _perturbed(world.clean, changes)


def _perturbed(clean: Sequence[Showcase], changes: dict[int, Change]) -> Perturbed:
    showcases = tuple(changes[i].showcase if i in changes else one for i, one in enumerate(clean))
    differs = [a != b for a, b in zip(showcases, clean, strict=True)]
    fallbacks = sum(differs[i] and change.fallback for i, change in changes.items())
    return Perturbed(showcases, sum(differs), fallbacks)
