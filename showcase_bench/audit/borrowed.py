"""Faults that give an example what belongs to another: text of others, or stock phrases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from showcase_bench.audit.base import Change, ExampleFault, Part
from showcase_bench.audit.draws import Draws
from showcase_bench.audit.world import Row, World
from showcase_bench.draws import first_from
from showcase_bench.sentences import sentences

__all__ = ["Generic", "OtherBusiness", "OtherUser"]


@dataclass(frozen=True)
class OtherUser(ExampleFault):
    """The review that another user wrote about the same business, of any split.

    Where nobody else did, that of another user about another business, which is counted.
    """

    name: ClassVar[str] = "other-user"
    part: ClassVar[Part] = "texts"
    summary: ClassVar[str] = "the text of another user about the same business"

    def lacking(self, world: World) -> str | None:
        """It needs texts of at least two users."""
        if len({row.user for row in world.rows if row.text}) < 2:
            return "the texts of all splits are of fewer than two users"
        return super().lacking(world)

    def change(self, world: World, place: int, draws: Draws) -> Change | None:
        """Another text about the same business, else about any."""
        one, own = world.clean[place], world.scored[place]
        near = [row for row in world.of_business[own.business] if _foreign(row, own)]
        if near:
            chosen = near[draws.number("text", one.id) % len(near)]
            return Change(replace(one, text=chosen.text))
        return _from_elsewhere(world, place, draws, fallback=True)


@dataclass(frozen=True)
class OtherBusiness(ExampleFault):
    """The review that another user wrote about another business, of any split."""

    name: ClassVar[str] = "other-business"
    part: ClassVar[Part] = "texts"
    summary: ClassVar[str] = "the text of another user about another business"

    def lacking(self, world: World) -> str | None:
        """It needs texts about at least two businesses."""
        if len({row.business for row in world.rows if row.text}) < 2:
            return "the texts of all splits are about fewer than two businesses"
        return super().lacking(world)

    def change(self, world: World, place: int, draws: Draws) -> Change | None:
        """Another user's text about another business."""
        return _from_elsewhere(world, place, draws, fallback=False)


@dataclass(frozen=True)
class Generic(ExampleFault):
    """Each sentence replaced by one of the ten that most training reviews have.

    A text keeps its number of sentences.
    """

    name: ClassVar[str] = "generic"
    part: ClassVar[Part] = "texts"
    summary: ClassVar[str] = "each sentence replaced by one of the training split's most frequent"

    def lacking(self, world: World) -> str | None:
        """It needs training texts."""
        if not world.frequent_sentences:
            return "the training split has no sentence"
        return super().lacking(world)

    def change(self, world: World, place: int, draws: Draws) -> Change:
        """As many stock sentences as the text has."""
        one, stock = world.clean[place], world.frequent_sentences
        number = max(len(sentences(one.text or "")), 1)
        drawn = [draws.number("sentence", one.id, i) % len(stock) for i in range(number)]
        return Change(replace(one, text=" ".join(stock[i] for i in drawn)))


def _foreign(row: Row, own: Row) -> bool:
    return bool(row.text) and row.user != own.user and row.text != own.text


def _from_elsewhere(world: World, place: int, draws: Draws, *, fallback: bool) -> Change | None:
    one, own = world.clean[place], world.scored[place]

    def fits(row: Row) -> bool:
        return row.business != own.business and _foreign(row, own)

    chosen = first_from(world.rows, draws.number("elsewhere", one.id), fits)
    return None if chosen is None else Change(replace(one, text=chosen.text), fallback)
