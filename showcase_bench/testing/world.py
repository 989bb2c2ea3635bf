"""The kits' world: six users at four restaurants, and queries that are easy to get wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from showcase_bench.testing.photos import BROKEN, KitImages
from showcase_bench.types import Example, Gold, Query, Review

__all__ = ["Case", "KitSplit", "Trait", "cases", "training_split", "validation_split"]

Trait = Literal[
    "ordinary", "no-history", "empty-pool", "one-photo", "unreadable-photos", "cold", "odd-text"
]
"""What is special about a query."""

_DISHES = ("ramen", "pizza", "tacos", "curry", "sushi", "salad")
_WORDS = ("crisp", "spicy", "warm", "cheap", "friendly", "quiet")


class Case(NamedTuple):
    """A query that a model is asked, and what the other kinds of models are given beside it."""

    example: Example
    chosen: tuple[str, ...]
    """Photos that a writer is handed."""
    trait: Trait

    @property
    def query(self) -> Query:
        """The query."""
        return self.example.query


class KitSplit(list[Example]):
    """A split in a list."""

    def __init__(self, name: str, examples: Sequence[Example], images: KitImages) -> None:
        super().__init__(examples)
        self.name = name
        self.images = images


def training_split(images: KitImages, *, empty: bool = False) -> KitSplit:
    """Twenty-four reviews, one of them without text and one without photos; or none."""
    rows = [] if empty else [_example(number) for number in range(24)]
    if rows:
        rows[3] = Example(rows[3].query, Gold(rows[3].gold.image_ids, ("",), 3.0))
        rows[5] = Example(rows[5].query, Gold((), rows[5].gold.texts, 2.0))
    return KitSplit("train", rows, images)


def validation_split(images: KitImages, *, empty: bool = False) -> KitSplit:
    """Six reviews of the same users; or none."""
    rows = [] if empty else [_example(number) for number in range(24, 30)]
    return KitSplit("val", rows, images)


def cases() -> list[Case]:
    """Ordinary queries and hard ones, in a fixed order; ids tell what is hard about each."""
    past = ["The ramen was crisp.", "Warm pizza. I will come back!"]
    broken = [f"{BROKEN}-1", f"{BROKEN}-2"]
    hard: list[tuple[Trait, Query]] = [
        ("no-history", _query("no-history", "u1", "b1", ["sushi-1", "sushi-2", "tacos-3"], [])),
        ("no-history", _query("blank-history", "u2", "b2", ["curry-1", "salad-4"], ["", " \n"])),
        ("empty-pool", _query("empty-pool", "u3", "b3", [], past)),
        ("empty-pool", _query("empty-pool-no-history", "new", "b3", [], [])),
        ("one-photo", _query("one-photo", "u4", "b0", ["pizza-9"], past)),
        ("unreadable-photos", _query("all-unreadable", "u5", "b1", broken, past)),
        ("unreadable-photos", _query("some-unreadable", "u5", "b1", [*broken, "ramen-3"], past)),
        ("cold", _query("new-user-new-place", "new", "nowhere", ["tacos-1", "pizza-2"], past)),
        ("cold", _query("nothing-known", "newer", "elsewhere", ["curry-5"], [])),
        (
            "odd-text",
            _query("ünïcode-寿司", "ü", "b1", ["寿司-1", "🍜-2"], ["寿司 🍣 naïve \u202e"]),
        ),
        ("odd-text", _query("long-history", "u0", "b0", ["ramen-8"], ["word " * 3000, *past * 9])),
    ]
    usual = [_example(number).query for number in range(30, 36)]
    asked: list[tuple[Trait, Query]] = [
        ("ordinary" if query.history else "no-history", query) for query in usual
    ]
    made = []
    for number, (trait, query) in enumerate([*asked, *hard]):
        gold = Gold(query.pool[:1], ("The pizza was crisp.",), 4.0)
        chosen = query.pool[: (query.k, 1, 0)[number % 3]] if trait == "ordinary" else query.pool
        made.append(Case(Example(query, gold), chosen[: query.k], trait))
    return made


def _example(number: int) -> Example:
    """Row ``number``: a user with a favourite word, a business with two dishes."""
    user, business = f"u{number % 6}", f"b{number % 4}"
    dish = _DISHES[(number % 4 + number // 4 % 2) % 6]
    word = _WORDS[number % 6]
    own = tuple(f"{dish}-{number}{letter}" for letter in "ab"[: 1 + number % 2])
    pool = [*own, *(f"{one}-{number}x" for one in _DISHES[:3])]
    past = [f"The {_DISHES[(number + i) % 6]} was {word}." for i in range(number % 4)]
    query = _query(f"q{number}", user, business, pool, past, k=1 + number % 3)
    text = f"The {dish} was {word}. I loved the {dish}!"
    return Example(query, Gold(own, (text,), float(1 + number % 5)))


def _query(
    name: str, user: str, business: str, pool: Sequence[str], past: Sequence[str], k: int = 2
) -> Query:
    history = tuple(Review(f"{name}-h{i}", user, f"b{i % 4}", text) for i, text in enumerate(past))
    return Query(name, user, business, history, tuple(pool), k)
