"""Embeddings of texts out of hashes: every metric can run, and no weights are loaded."""

import hashlib
from functools import cache

import numpy as np

from showcase_bench.types import TokenVectors

START, END = 1, 2


@cache
def unit(name, d=8):
    seed = np.frombuffer(hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest(), np.uint32)
    drawn = np.random.default_rng(list(seed)).standard_normal(d).astype(np.float32)
    return drawn / np.linalg.norm(drawn)


class HashEmbeddings:
    """A vector for each text, and for each token, by its hash; tokens are words and two marks."""

    folder = None

    def identify(self, encoder):
        return encoder.partition("@")[0] + "@01234567"

    def vectors(self, texts, encoder):
        plain = encoder.partition("@")[0]
        rows = [unit(f"{plain} {text}") for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), 8)

    def token_counts(self, texts, encoder):
        return np.array([len(text.split()) + 2 for text in texts], dtype=np.int64)

    def most_tokens(self, encoder):
        return 6

    def default_layer(self, encoder):
        return 6

    def token_ids(self, texts, encoder):
        rows = [[START, *map(self._number, text.split()[:20]), END] for text in texts]
        offsets = np.cumsum([0, *map(len, rows)]).astype(np.int64)
        return np.array([one for row in rows for one in row], dtype=np.int64), offsets

    def token_vectors(self, texts, encoder, layer, *, precision="fp32", keep=False):
        ids, offsets = self.token_ids(texts, encoder)
        rows = [unit(f"{layer} {one}") for one in ids.tolist()]
        return TokenVectors(ids, np.array(rows, dtype=np.float32).reshape(len(rows), 8), offsets)

    @staticmethod
    def _number(word):
        digest = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
        return 3 + int.from_bytes(digest[:4]) % 30000
