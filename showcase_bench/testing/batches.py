"""Predictions and gold for metrics: ordinary rows, and rows that are easy to get wrong."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics import Batch, TextTable
from showcase_bench.metrics.batch import Swap, Visit
from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.testing.embeddings import HashEmbeddings, unit_vector
from showcase_bench.types import Timings

__all__ = ["Row", "Stage", "hard_rows", "missing_rows", "perfect_rows", "rows", "spoilt_rows"]

_WORDS = ["good", "pizza", "the", "The", "cosy", "no.", "don't", "🍕", "寿司", "!"]
_PHOTOS = tuple(f"i{number}" for number in range(9))
_UNREADABLE = "i8"
_TRAINING = (
    "good pizza the cosy",
    "the the",
    "",
    "寿司 !",
    *(f"The {thing} is {word}." for thing in ("pizza", "place", "sushi") for word in "abcde"),
    *(f"We came on a {day}." for day in ("Monday", "Tuesday", "Friday", "Sunday")),
    *(f"{word.capitalize()} all the way." for word in "fghijklm"),
)


@cache
def _texts() -> tuple[str, ...]:
    return tuple(" ".join(random.Random(i).choices(_WORDS, k=1 + i % 9)) for i in range(40))


class Row(NamedTuple):
    """One example: what was predicted and what is right."""

    text: str | None
    references: tuple[str, ...]
    shown: tuple[str, ...]
    gold: tuple[str, ...]
    number: int
    """Its own, kept when rows are moved; users, businesses and histories follow from it."""


def rows() -> list[Row]:
    """Thirty ordinary rows, of which some are not attempted."""
    texts = _texts()
    return [
        Row(
            None if i % 11 == 10 else texts[i],
            (texts[i + 1],),
            () if i % 13 == 12 else ("i1", "i2", f"i{i % 5 + 3}"),
            ("i2",) if i % 2 else (f"i{i % 5 + 3}", "i0"),
            i,
        )
        for i in range(30)
    ]


def hard_rows() -> list[Row]:
    """Empty, repeated, cut, Unicode and very long texts; no references; unreadable photos."""
    texts = _texts()
    made = [
        ("", (texts[3],), ("i1",), ("i1",)),
        (" \n", (texts[3],), ("i1",), ()),
        (texts[4], (), ("i1", "i2"), ("i2",)),
        (texts[4], ("",), (), ("i2",)),
        (texts[5], (texts[5], texts[6], ""), (_UNREADABLE,), ("i2",)),
        (texts[5], (texts[5],), (_UNREADABLE, "i3"), (_UNREADABLE,)),
        ("good " * 400, ("good",), ("i0", "i1", "i2", "i3", "i4"), ("i4",)),
        ("\u202e🍕\u0301 寿司。", ("寿司", "🍕"), ("i3",), _PHOTOS[:4]),
        (None, (), (), ()),
    ]
    return [Row(*one, number) for number, one in enumerate(made)]


def perfect_rows() -> list[Row]:
    """What is right is predicted."""
    return [
        one._replace(text=one.references[0], shown=one.gold)
        for one in rows()
        if one.references[0].strip(" !")
    ]


def spoilt_rows() -> list[Row]:
    """Words and photos that are nowhere in what is right."""
    wrong = [tuple(photo for photo in _PHOTOS[:8] if photo not in one.gold) for one in rows()]
    return [
        one._replace(text=f"zz{one.number} qq xx vv", shown=shown[:2])
        for one, shown in zip(rows(), wrong, strict=True)
        if one.references[0].strip(" !")
    ]


def missing_rows() -> list[Row]:
    """Nothing was attempted."""
    return [one._replace(text=None, shown=()) for one in rows()]


class Stage:
    """Makes batches out of rows, with all that any metric needs beside them.

    Parameters
    ----------
    cache
        Folder where tables of texts may be kept; None keeps nothing.
    """

    def __init__(self, cache: Path | None) -> None:
        texts = _texts()
        self._cache = cache
        self.table = self.new_table()
        self.embeddings = HashEmbeddings()
        self.corpus = TextCorpus(tuple((one, f"{one} pizza") for one in texts))
        self.training = TextCorpus(tuple((one,) for one in _TRAINING))
        self.timings = Timings(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7)
        self.features = Features()
        self._visits = tuple(
            Visit(f"u{i % 17}", f"b{i % 3}", texts[i : i + i % 4], texts[i]) for i in range(36)
        )

    def new_table(self) -> TextTable:
        """A table of texts that has seen none."""
        table = TextTable()
        table.cache = self._cache
        return table

    def batch(self, some: Sequence[Row], **more: Any) -> Batch:
        """The rows as a batch; ``more`` replaces what stands beside them."""
        texts = _texts()
        beside: dict[str, Any] = {
            "features": self.features,
            "corpus": self.corpus,
            "training": _TRAINING,
            "timings": self.timings,
            "embeddings": self.embeddings,
            "visits": self._visits,
            "catalogue": tuple((f"b{i}", _PHOTOS[i::2]) for i in range(3)),
            "table": self.table,
        }
        return Batch(
            tuple(f"q{one.number}" for one in some),
            tuple(one.text for one in some),
            tuple(one.references for one in some),
            tuple(one.shown for one in some),
            tuple(one.gold for one in some),
            pools=tuple(_PHOTOS[one.number % 3 :] for one in some),
            users=tuple(f"u{one.number % 7}" for one in some),
            businesses=tuple(f"b{one.number % 3}" for one in some),
            histories=tuple(texts[one.number : one.number + (one.number + 1) % 4] for one in some),
            swaps=tuple(_swap(one.number) for one in some),
            **(beside | more),
        )


class Features:
    """Features of photos, zeros for one that cannot be read; the same array for the same ids."""

    def __init__(self) -> None:
        self._handed: dict[tuple[str, ...], NDArray[np.float32]] = {}

    def __call__(self, image_ids: Sequence[str], encoder: str) -> NDArray[np.float32]:
        """Float32 of shape [len(image_ids), 8]."""
        key = (encoder, *image_ids)
        if key not in self._handed:
            self._handed[key] = self._made(image_ids)
        return self._handed[key]

    def were_changed(self) -> bool:
        """Whether someone wrote into an array that was handed out."""
        return any(
            not np.array_equal(array, self._made(key[1:])) for key, array in self._handed.items()
        )

    @staticmethod
    def _made(image_ids: Sequence[str]) -> NDArray[np.float32]:
        rows = [np.zeros(8) if one == _UNREADABLE else unit_vector(one) for one in image_ids]
        return np.array(rows, dtype=np.float32).reshape(len(rows), 8)


def _swap(number: int) -> Swap | None:
    texts = _texts()
    if number % 5 == 4:
        return None
    return Swap((texts[number % 30 + 3],), texts[number % 30], ("i1", f"i{number % 6}"))
