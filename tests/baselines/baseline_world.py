"""A small hand-made world for the tests of the baselines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from showcase_bench import Example, Gold, NoProgress, Query, Review
from showcase_bench.errors import ImageError

DIM = 16


class Store:
    """Features by image id: given ones, zeros for "bad...", else random ones of the id."""

    key = "in memory"

    def __init__(self, given: dict[str, Sequence[float]] | None = None) -> None:
        self.given = given or {}
        self.asked: set[str] = set()

    def load(self, image_id: str) -> np.ndarray:
        raise ImageError(image_id, "has no pixels")

    def features(self, image_ids: Sequence[str], encoder: str) -> np.ndarray:
        assert encoder == "color-layout"
        self.asked.update(image_ids)
        rows = np.zeros((len(image_ids), DIM), dtype=np.float32)
        for row, image_id in zip(rows, image_ids, strict=True):
            if image_id in self.given:
                row[: len(self.given[image_id])] = self.given[image_id]
            elif not image_id.startswith("bad"):
                seed = list(image_id.encode("utf-8", "surrogatepass"))
                row[:] = np.abs(np.random.default_rng(seed).standard_normal(DIM))
            norm = np.linalg.norm(row)
            row /= norm if norm else 1
        return rows


class ListSplit(list):
    """Examples in a list."""

    def __init__(self, examples: Sequence[Example] = (), images: Store | None = None) -> None:
        super().__init__(examples)
        self.name = "train"
        self.images = images or Store()


def review(text: str, *image_ids: str) -> Review:
    return Review("h", "u", None, text, image_ids)


def query(
    id: str = "q",
    user: str = "u",
    business: str = "b",
    pool: Sequence[str] = (),
    history: Sequence[Review | str] = (),
    k: int = 3,
) -> Query:
    past = tuple(one if isinstance(one, Review) else review(one) for one in history)
    return Query(id, user, business, past, tuple(pool), k)


def row(
    id: str, user: str, business: str, text: str | Sequence[str], images: Sequence[str] = ()
) -> Example:
    texts = (text,) if isinstance(text, str) else tuple(text)
    return Example(query(id, user, business, pool=images), Gold(tuple(images), texts))


def fit(model: Any, train: ListSplit, seed: int = 0) -> Any:
    model.fit(train, ListSplit([], train.images), seed=seed, workdir=Path(), progress=NoProgress())
    return model


def world(images: Store | None = None) -> ListSplit:
    """Forty reviews of six businesses by nine users, some without text or photos."""
    words = ["pizza", "ramen", "terrace", "cheap", "friendly", "quiet", "wine", "寿司", "naïve"]
    rng = np.random.default_rng(5)
    examples = []
    for i in range(40):
        text = " ".join(rng.choice(words, size=6)) + ". Great food!" if i % 7 else " "
        photos = [f"p{i}-{j}" for j in range(i % 4)] + (["bad-train"] if i == 3 else [])
        examples.append(row(f"r{i}", f"u{i % 9}", f"b{i % 6}", text, photos))
    return ListSplit(examples, images)


def queries() -> list[Query]:
    """Ordinary and hard queries: no history, no pool, unseen business, long, Unicode, broken."""
    train = world()
    pools: dict[str, list[str]] = {}
    for example in train:
        pools.setdefault(example.query.business_id, []).extend(example.gold.image_ids)
    hard = [
        query("empty", "u1", "b0"),
        query("no-history", "new", "b1", pool=[*pools["b1"], "t1", "t2"]),
        query("no-pool", "new", "b1", history=["ramen and wine"]),
        query("unseen", "u2", "nowhere", pool=["n3", "n1", "n2", "n4"], history=["pizza"]),
        query("unseen-new", "new", "nowhere", pool=["n2", "n1"]),
        query("one-photo", "u1", "b2", pool=["only"], history=["quiet"], k=3),
        query("short-pool", "u1", "b2", pool=["s2", "s1"], history=["quiet"], k=5),
        query("broken", "u4", "b3", pool=["bad2", "bad1", "x"], history=["cheap"], k=3),
        query("all-broken", "u4", "b3", pool=["bad2", "bad1"], history=["cheap"], k=1),
        query(
            "ünï-寿司", "ü", "b4", pool=[*pools["b4"], "写真", "\U0001f35c"], history=["寿司 " * 4]
        ),
        query("long", "u5", "b5", pool=[f"l{i}" for i in range(400)], history=["wine " * 5000]),
        query("blank", "u6", "b5", pool=pools["b5"], history=["", " \n"]),
        query("shown", "u7", "b5", pool=pools["b5"], history=[review("", "p1-0", "bad-h")], k=2),
    ]
    usual = [
        query(
            f"q{i}",
            f"u{i % 9}",
            f"b{i % 6}",
            pool=[*pools[f"b{i % 6}"], f"t{i}-0", f"t{i}-1"],
            history=[f"{word} was good" for word in ("pizza", "ramen", "quiet")[: i % 4]],
            k=1 + i % 4,
        )
        for i in range(20)
    ]
    return hard + usual
