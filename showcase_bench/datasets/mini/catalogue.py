"""The dishes of the embedded world: how they are called, what they are like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

__all__ = ["CUISINES", "DISHES", "GUESTS", "SCENES", "TRAITS", "Dish"]

CUISINES = (
    "italian",
    "japanese",
    "mexican",
    "american",
    "indian",
    "chinese",
    "mediterranean",
    "cafe",
)

TRAITS = (
    "bread",
    "cheese",
    "drink",
    "fried",
    "greens",
    "meat",
    "noodles",
    "rice",
    "seafood",
    "soup",
    "spicy",
    "sweet",
)
"""What a dish is liked for; users love some traits and not others."""

SCENES = ("interior", "exterior", "menu")
"""What is photographed besides dishes."""


@dataclass(frozen=True, slots=True)
class Dish:
    """A dish, its names and the words that describe it."""

    slug: str
    cuisine: str
    names: tuple[str, ...]
    """What reviewers call it; all of one number."""
    plural: bool
    traits: tuple[str, ...]
    price: int
    """Dollars at a place of medium price."""
    good: tuple[str, ...]
    """What follows "it was" in praise."""
    parts: tuple[str, ...]
    """What follows "the" when a detail is praised."""
    bad: tuple[str, ...]
    """What follows "it was" in complaint."""


GUESTS = (
    "fries",
    "cappuccino",
    "cheesecake",
    "chocolate-cake",
    "greek-salad",
    "wings",
    "burger",
    "hummus",
    "spring-rolls",
    "margarita",
    "milkshake",
    "tacos",
    "fried-rice",
    "matcha-ice-cream",
    "caprese",
    "club-sandwich",
)
"""Dishes that are also served where their cuisine is not cooked."""


def _load() -> dict[str, Dish]:
    entries = json.loads((files(__package__) / "dishes.json").read_text(encoding="utf-8"))
    return {
        entry["slug"]: Dish(
            slug=entry["slug"],
            cuisine=entry["cuisine"],
            names=tuple(entry["names"]),
            plural=entry["plural"],
            traits=tuple(entry["traits"]),
            price=entry["price"],
            good=tuple(entry["good"]),
            parts=tuple(entry["parts"]),
            bad=tuple(entry["bad"]),
        )
        for entry in entries
    }


DISHES: Mapping[str, Dish] = MappingProxyType(_load())
"""Every dish by its slug, in a fixed order."""
