"""Vectors out of hashes: of photos and texts, for any encoder's name, without weights."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from showcase_bench.types import Precision, TokenVectors

__all__ = ["HashEmbeddings", "unit_vector"]

_START, _END = 1, 2
_MOST_TOKENS = 20


@lru_cache(maxsize=20_000)
def unit_vector(name: str, size: int = 8) -> NDArray[np.float32]:
    """A vector of length 1 that depends on ``name`` alone; float32 of shape [size]."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    seed = np.frombuffer(digest, np.uint32).tolist()
    drawn = np.random.default_rng(seed).standard_normal(size).astype(np.float32)
    unit: NDArray[np.float32] = drawn / np.linalg.norm(drawn)
    return unit


class HashEmbeddings:
    """Embeddings of texts for metrics: a vector for each text, and for each word, by its hash."""

    folder: Path | None = None

    def identify(self, encoder: str) -> str:
        """The encoder's name with a hash that is the same for all."""
        return encoder.partition("@")[0] + "@01234567"

    def vectors(self, texts: Sequence[str], encoder: str) -> NDArray[np.float32]:
        """Float32 of shape [len(texts), 8]."""
        plain = encoder.partition("@")[0]
        rows = [unit_vector(f"{plain} {text}") for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), 8)

    def token_counts(self, texts: Sequence[str], encoder: str) -> NDArray[np.int64]:
        """Words and two marks."""
        return np.array([len(text.split()) + 2 for text in texts], dtype=np.int64)

    def most_tokens(self, encoder: str) -> int:
        """Few, so that some texts are cut."""
        return 6

    def default_layer(self, encoder: str) -> int:
        """A layer."""
        return 6

    def token_ids(
        self, texts: Sequence[str], encoder: str
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of the words, by hash, and offsets."""
        rows = [[_START, *map(self._number, text.split()[:_MOST_TOKENS]), _END] for text in texts]
        offsets = np.cumsum([0, *map(len, rows)]).astype(np.int64)
        return np.array([one for row in rows for one in row], dtype=np.int64), offsets

    def token_vectors(
        self,
        texts: Sequence[str],
        encoder: str,
        layer: int,
        *,
        precision: Precision = "fp32",
        keep: bool = False,
    ) -> TokenVectors:
        """A vector for each number and layer."""
        ids, offsets = self.token_ids(texts, encoder)
        rows = [unit_vector(f"{layer} {one}") for one in ids.tolist()]
        return TokenVectors(ids, np.array(rows, dtype=np.float32).reshape(len(rows), 8), offsets)

    @staticmethod
    def _number(word: str) -> int:
        digest = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
        return 3 + int.from_bytes(digest[:4]) % 30_000
