"""BERTScore of pairs of texts: each distinct pair once, kept in memory and on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.canonical import canonical_json
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.embedding.bertscore_matching import Weighted, match
from showcase_bench.metrics.embedding.bertscore_weights import TokenWeights, inverse_frequencies
from showcase_bench.types import Precision
from showcase_bench.vectors import VectorTable, text_key

__all__ = ["Setting", "pair_scores"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_CHUNK_BYTES = 1 << 18
"""Of text encoded together, with token vectors of some 100 MiB for each 384 numbers a token."""


class Setting(NamedTuple):
    """What the scores of a pair depend on besides its texts."""

    encoder: str
    """With the hash of its weights, such as ``minilm@53aa5117``."""
    layer: int
    idf: bool
    precision: Precision
    version: int
    """Of the metric."""


def pair_scores(batch: Batch, setting: Setting) -> Floats:
    """Precision, recall and F1 of each reference of the batch with its example's text.

    float64 of shape [m, 3], in the order of ``batch.pairing.references``; a missing text counts as
    the empty one. Pairs that were scored before, with this table or with its folder on disk, cost
    nothing.
    """
    pairing, texts = batch.pairing, batch.table.texts
    own = np.repeat(pairing.hypotheses, np.diff(pairing.offsets))
    pairs, place = np.unique(own * len(texts) + pairing.references, return_inverse=True)
    left, right = np.divmod(pairs, len(texts))
    named = {row: text_key(texts[row]) for row in np.union1d(left, right).tolist()}
    keys = [named[h] + named[r] for h, r in zip(left.tolist(), right.tolist(), strict=True)]
    kept = _kept(batch, setting)
    unknown = set(kept.missing(keys))
    if unknown:
        new = np.array([i for i, key in enumerate(keys) if key in unknown], dtype=np.int64)
        _Work(batch, setting).run(left[new], right[new], [keys[i] for i in new.tolist()], kept)
    return kept.gather(keys)[place].astype(np.float64)


def _kept(batch: Batch, setting: Setting) -> VectorTable:
    """The scores so far, shared by all batches of the table."""
    corpus, root = _corpus_key(batch, setting), batch.required_embeddings.folder
    folder = None
    if root is not None:
        identity = canonical_json([*setting, corpus])
        folder = root / "bertscore" / hashlib.sha256(identity).hexdigest()[:32]
    key = ("bertscore", setting, corpus, folder)
    return batch.table.memo(key, lambda: VectorTable(folder, "float32", dim=3))


def _corpus_key(batch: Batch, setting: Setting) -> str | None:
    return batch.corpus.key if setting.idf and batch.corpus is not None else None


class _Work:
    """Scores pairs that are not known yet."""

    def __init__(self, batch: Batch, setting: Setting) -> None:
        self._table = batch.table
        self._embeddings = batch.required_embeddings
        self._setting = setting
        self._weights = batch.table.memo(
            ("bertscore weights", setting.encoder, _corpus_key(batch, setting)),
            lambda: _weights(batch, setting),
        )

    def run(self, left: Ints, right: Ints, keys: list[str], kept: VectorTable) -> None:
        """Score the pairs of these rows of the table; what is done is kept at once."""
        parts = _chunks(self._table.texts, left, right)
        for part in self._table.progress.track(parts, label="BERTScore", total=len(parts)):
            scores = self._score(left[part], right[part])
            kept.add([keys[i] for i in part.tolist()], scores.astype(np.float32))

    def _score(self, left: Ints, right: Ints) -> Floats:
        hypotheses, own = np.unique(left, return_inverse=True)
        references, other = np.unique(right, return_inverse=True)
        return match(
            self._encoded(hypotheses, keep=False),
            self._encoded(references, keep=True),
            own,
            other,
        )

    def _encoded(self, rows: Ints, *, keep: bool) -> Weighted:
        tokens = self._embeddings.token_vectors(
            [self._table.texts[row] for row in rows.tolist()],
            self._setting.encoder,
            self._setting.layer,
            precision=self._setting.precision,
            keep=keep,
        )
        return Weighted(tokens, self._weights.of(tokens.ids, tokens.offsets))


def _weights(batch: Batch, setting: Setting) -> TokenWeights:
    embeddings = batch.required_embeddings
    special, _ = embeddings.token_ids([""], setting.encoder)
    if not setting.idf:
        return TokenWeights(special)
    corpus = batch.required_corpus

    def count() -> Floats:
        texts = list(chain.from_iterable(corpus.texts))
        return inverse_frequencies(*embeddings.token_ids(texts, setting.encoder))

    return TokenWeights(special, corpus.memo(("bertscore idf", setting.encoder), count))


def _chunks(texts: Sequence[str], left: Ints, right: Ints) -> list[Ints]:
    """Places of pairs that are scored together, with texts of like length and bounded size."""
    rows, where = np.unique(np.concatenate([left, right]), return_inverse=True)
    sizes = np.array([len(texts[row].encode("utf-8", "surrogatepass")) for row in rows.tolist()])
    own, other = np.split(sizes[where], 2)
    order = np.lexsort((right, left, own))
    first = np.diff(left[order], prepend=-1) != 0
    ends = np.cumsum(other[order] + own[order] * first)
    return np.split(order, np.flatnonzero(np.diff(ends // _CHUNK_BYTES)) + 1)
