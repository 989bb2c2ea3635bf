"""A small world with features of photos and texts, for tests of trained models."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from baseline_world import ListSplit, query, review

from showcase_bench import Example, Gold, NoProgress, Query
from showcase_bench.errors import ImageError

DIM = 16
DISHES = ("ramen", "pizza", "tacos", "curry", "sushi", "salad")
WORDS = ("crisp", "spicy", "warm", "cheap", "friendly", "quiet")


def _unit(*key: str) -> np.ndarray:
    rng = np.random.default_rng(zlib.crc32("\0".join(key).encode("utf-8", "surrogatepass")))
    row = rng.standard_normal(DIM)
    return row / np.linalg.norm(row)


def dish_of(image_id: str) -> str:
    """A photo's id begins with its dish."""
    return image_id.partition("-")[0]


class NeuralStore:
    """Features for any encoder: photos of a dish are alike, and like the texts that name it."""

    key = "in memory"

    def load(self, image_id: str) -> np.ndarray:
        if image_id.startswith("bad"):
            raise ImageError(image_id, "has no pixels")
        rng = np.random.default_rng(zlib.crc32(image_id.encode("utf-8", "surrogatepass")))
        place = DISHES.index(dish_of(image_id)) if dish_of(image_id) in DISHES else 0
        pixels = rng.integers(0, 60, (40, 50, 3)) + 25 * place
        return pixels.astype(np.uint8)

    def features(self, image_ids: Sequence[str], encoder: str) -> np.ndarray:
        rows = np.zeros((len(image_ids), DIM), dtype=np.float32)
        for row, one in zip(rows, image_ids, strict=True):
            if not one.startswith("bad"):
                row[:] = _unit(dish_of(one)) + 0.3 * _unit(one)
                row /= np.linalg.norm(row)
        return rows

    def text_features(self, texts: Sequence[str], encoder: str) -> np.ndarray:
        rows = np.zeros((len(texts), DIM), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:] = 0.3 * _unit("text", text)
            for dish in DISHES:
                if dish in text.lower():
                    row += _unit(dish)
            row /= np.linalg.norm(row)
        return rows


def example(i: int, *, seen: bool = True) -> Example:
    """Row ``i``: a user with a favourite word, a business with two dishes, one photo or two."""
    user, business = f"u{i % 8}" if seen else f"new{i}", f"b{i % 5}"
    dish = DISHES[(i + i // 5) % 2 + i % 5]
    word = WORDS[i % 8 % len(WORDS)]
    own = tuple(f"{dish}-{i}-{j}" for j in range(1 + i % 2))
    pool = [*own, *(f"{one}-{i}-x" for one in DISHES[:3])]
    history = [review(f"The {DISHES[i % 6]} was {word}.", *own[:1] * (i % 3 == 0))] * (i % 4)
    text = f"The {dish} was {word}. I loved the {dish}!"
    asked = query(f"q{i}", user, business, pool, history, k=2)
    return Example(asked, Gold(own, (text,), float(1 + i % 5)))


def split(n: int = 48, start: int = 0, name: str = "train") -> ListSplit:
    """Rows ``start`` to ``start + n``, among them one without text."""
    rows = [example(i) for i in range(start, start + n)]
    if n > 3:
        rows[3] = Example(rows[3].query, Gold(rows[3].gold.image_ids, ("",), 3.0))
    made = ListSplit(rows, NeuralStore())
    made.name = name
    return made


def queries() -> list[Query]:
    """Ordinary queries and hard ones: cold, no history, no pool, one photo, broken, huge."""
    hard = [
        query("cold", "nobody", "b1", ["ramen-1"], ["The ramen was crisp."]),
        query("cold-business", "u1", "nowhere", ["pizza-1", "pizza-2"], ["quiet"]),
        query("all-cold", "nobody", "nowhere", ["tacos-1"], []),
        query("no-history", "u2", "b2", ["sushi-1", "sushi-2"]),
        query("no-pool", "u3", "b3", [], ["The sushi was warm."]),
        query("one-photo", "u4", "b4", ["curry-9"], ["The curry was warm."]),
        query("broken", "u5", "b0", ["bad-1", "bad-2"], ["The curry was warm."]),
        query("half-broken", "u5", "b0", ["bad-1", "salad-2"], ["The curry was warm."]),
        query("long", "u6", "b1", ["ramen-1"], ["word " * 10_000] * 30),
        query("ünï", "ü", "b1", ["寿司-1"], ["寿司 🍣 \u202e naïve", "", " \n"]),
    ]
    return [example(i).query for i in range(100, 108)] + hard


def chosen_of(asked: Sequence[Query]) -> list[tuple[str, ...]]:
    """The first photos of each pool."""
    return [one.pool[: one.k] for one in asked]


def fit(model: Any, workdir: Path, n: int = 48, seed: int = 0) -> Any:
    """Fit on ``n`` rows and validate on 12 others."""
    model.fit(split(n), split(12, 200, "val"), seed=seed, workdir=workdir, progress=NoProgress())
    return model
