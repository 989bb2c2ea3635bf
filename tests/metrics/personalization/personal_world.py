"""A small world of users, and embeddings that are counts of words."""

import hashlib

import numpy as np

from showcase_bench.metrics import Batch
from showcase_bench.metrics.batch import Visit


class WordVectors:
    """A text is the normalised sum of the random vectors of its words; counts what it encodes."""

    folder = None

    def __init__(self, dim=16):
        self.dim = dim
        self.asked = []

    def identify(self, encoder):
        return f"{encoder.partition('@')[0]}@00000000"

    def vectors(self, texts, encoder):
        self.asked += texts
        return np.array([self._vector(text) for text in texts], np.float32).reshape(-1, self.dim)

    def _vector(self, text):
        total = np.full(self.dim, 1e-3)
        for word in text.split():
            seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4])
            total += np.random.default_rng(seed).standard_normal(self.dim)
        return total / np.linalg.norm(total)


def make_batch(examples, visits, **more):
    """From examples (id, user, business, history, text) and visits (user, business, history)."""
    columns = [tuple(column) for column in zip(*examples, strict=True)] or [()] * 5
    ids, users, businesses, histories, texts = columns
    more.setdefault("embeddings", WordVectors())
    return Batch(
        ids,
        texts,
        ((),) * len(ids),
        users=users,
        businesses=businesses,
        histories=histories,
        visits=tuple(Visit(*one, None) for one in visits),
        **more,
    )


def value(metric, batch):
    return float(metric.score(metric.statistics(batch).sum(axis=0)))
