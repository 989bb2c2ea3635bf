"""Vectors that need no encoder, and examples to score with them."""

import hashlib
import random

import numpy as np

from showcase_bench.metrics import Batch

WORDS = ("ramen", "sushi", "pizza", "crust", "noodles", "terrace", "quiet", "cheap", "café", "寿司")


def vector(name, d=6):
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    drawn = np.random.default_rng(seed).standard_normal(d)
    return drawn / np.linalg.norm(drawn)


class FakeEmbeddings:
    """A vector for each text by its hash; tokens are words and two marks; texts are recorded."""

    folder = None

    def __init__(self, most=8):
        self.most = most
        self.asked = []

    def identify(self, encoder):
        return encoder.partition("@")[0] + "@01234567"

    def vectors(self, texts, encoder):
        self.asked.append((list(texts), encoder))
        return np.array([vector(f"{encoder} {one}") for one in texts], dtype=np.float32)

    def token_counts(self, texts, encoder):
        return np.array([len(one.split()) + 2 for one in texts], dtype=np.int64)

    def most_tokens(self, encoder):
        return self.most


class FakeFeatures:
    """A vector for each photo by its hash; zeros for those whose id starts with ``lost``."""

    def __init__(self):
        self.asked = []

    def __call__(self, ids, encoder):
        self.asked.append((list(ids), encoder))
        rows = [vector(f"{encoder} {one}") * (not one.startswith("lost")) for one in ids]
        return np.array(rows, dtype=np.float32)


def make_clip_batch(rows, **more):
    """From rows of (text, references, shown, pool, business), each padded by nothing."""
    padded = [(*row, *((), (), (), "")[len(row) - 1 :]) for row in rows]
    columns = [tuple(one) for one in zip(*padded, strict=True)] or [()] * 5
    texts, references, shown, pools, businesses = columns
    return Batch(
        tuple(f"q{i}" for i in range(len(rows))),
        texts,
        tuple(map(tuple, references)),
        tuple(map(tuple, shown)),
        pools=tuple(map(tuple, pools)),
        businesses=businesses,
        **{"features": FakeFeatures(), "embeddings": FakeEmbeddings(), **more},
    )


def sentence(draw, most=9):
    return " ".join(draw.choices(WORDS, k=draw.randint(0, most)))


def random_rows(seed, n):
    """Texts of none to three sentences; photos lost, repeated or not shown at all."""
    draw = random.Random(seed)
    rows = []
    for _ in range(n):
        parts = [sentence(draw) + draw.choice([".", "!", ""]) for _ in range(draw.randint(0, 3))]
        text = None if draw.random() < 0.1 else " ".join(parts)
        references = [sentence(draw) for _ in range(draw.randint(0, 3))]
        business = draw.randint(0, 4)
        photos = [f"p{business}-{i}" for i in range(9)] + [f"lost{business}-{i}" for i in range(3)]
        pool = draw.sample(photos, k=draw.randint(0, 9))
        shown = draw.choices(pool, k=draw.randint(0, 4)) if pool else []
        rows.append((text, references, shown, pool, f"b{business}"))
    return rows


def readable(ids):
    return [one for one in dict.fromkeys(ids) if not one.startswith("lost")]
