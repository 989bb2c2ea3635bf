"""The training reviews as n-grams and whole texts that outputs are looked up in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.text.corpus_ngrams import KnownNgrams, corpus_ngrams
from showcase_bench.metrics.text_diversity.outputs import Ints, totals

__all__ = ["copied", "count_known"]


def count_known(batch: Batch, tokenizer: str, order: int) -> Ints:
    """How many n-grams of ``order`` tokens of each output the training texts have; repeats count.

    int64 of shape [documents], those of :func:`~.outputs.outputs`.
    """
    level = _found(batch, tokenizer, order).level(order)
    inside = level.ids < level.known
    known = totals(level.documents[inside], level.counts[inside], len(level.bounds) - 1)
    return known.astype(np.int64)


def copied(batch: Batch, tokenizer: str) -> NDArray[np.bool_]:
    """Which outputs have the tokens of a whole training text; bool of shape [documents].

    One without tokens is no copy.
    """
    corpus = batch.required_training_corpus
    ngrams = corpus_ngrams(corpus, tokenizer, 1, batch.table)
    whole = corpus.memo(("whole texts", tokenizer), ngrams.whole_texts)
    found = _found(batch, tokenizer, 1)
    return np.array([one in whole for one in found.token_bytes()], dtype=bool)


def _found(batch: Batch, tokenizer: str, order: int) -> KnownNgrams:
    """The n-grams of the outputs under the numbers of the training texts."""
    corpus = corpus_ngrams(batch.required_training_corpus, tokenizer, order, batch.table)

    def make() -> KnownNgrams:
        rows = batch.hypothesis_rows
        return KnownNgrams(corpus, batch.table.tokens(tokenizer, rows), rows)

    return batch.memo(("outputs in training", tokenizer), make)
