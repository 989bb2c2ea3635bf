"""Statistics of METEOR for many texts with several references each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.batch import Pairing
from showcase_bench.metrics.ngram.meteor.counting import Limits, Texts, count_pairs
from showcase_bench.metrics.ngram.meteor.formula import COLUMNS, score
from showcase_bench.metrics.ngram.meteor.tables import MeteorTables
from showcase_bench.metrics.ngram.meteor.words import describe
from showcase_bench.metrics.text.table import TokenIds

__all__ = ["best_references", "statistics"]

Floats = NDArray[np.float64]


def statistics(tokens: TokenIds, pairing: Pairing, tables: MeteorTables) -> Floats:
    """Additive statistics of each hypothesis against its best reference.

    Parameters
    ----------
    tokens
        Tokens of the texts, under the tokenizer ``meteor``.
    pairing
        Hypotheses and their references; the one with the highest score is taken, the first of
        equals.

    Returns
    -------
    float64 of shape [n, 23] with the columns :data:`~.formula.COLUMNS`. They are those of the
    peer's SCORE line, but that a pair that matches word by word in one chunk has no chunks, as
    in the peer's system score. An empty hypothesis counts the words of its reference; without a
    reference the row is zero. Texts beyond :class:`.counting.Limits` are aligned in part.
    """
    rows = best_references(tokens, pairing, tables)
    rows[:, 20] = _counted_chunks(rows)
    return rows


def best_references(tokens: TokenIds, pairing: Pairing, tables: MeteorTables) -> Floats:
    """Rows like those of :func:`statistics`, with the chunks of the peer's SCORE lines."""
    counts = np.diff(pairing.offsets)
    pairs = count_pairs(
        Texts(tokens.ids, tokens.starts, tokens.lengths),
        np.repeat(pairing.hypotheses, counts),
        np.ascontiguousarray(pairing.references),
        describe(tokens.vocabulary, tables),
        tables.tree,
        Limits(),
    )
    scored = pairs.copy()
    scored[:, 20] = _counted_chunks(pairs)
    owners = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((np.arange(len(pairs)), -score(scored), owners))
    rows = np.zeros((len(counts), len(COLUMNS)))
    rows[counts > 0] = pairs[order[pairing.offsets[:-1][counts > 0]]]
    return rows


def _counted_chunks(rows: Floats) -> Floats:
    whole = (rows[:, 0] == rows[:, 21]) & (rows[:, 1] == rows[:, 22]) & (rows[:, 20] == 1)
    result: Floats = np.where(whole, 0.0, rows[:, 20])
    return result
