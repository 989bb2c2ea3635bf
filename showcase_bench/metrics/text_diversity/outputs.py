"""The predicted texts of a batch as documents with n-grams, for all metrics of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.text.ngrams import Level, NgramTable
from showcase_bench.metrics.text.table import Rows, TokenIds

__all__ = [
    "Outputs",
    "common_ngrams",
    "outputs",
    "per_document",
    "set_rows",
    "token_bytes",
    "token_numbers",
    "totals",
]

Ints = NDArray[np.int64]
_SMALLEST = 1e-200
"""Sums of smaller numbers are not split, as the parts would be too small for a float64."""


class Outputs(NamedTuple):
    """Distinct predicted texts, called documents, and the examples that have them."""

    table: NgramTable
    document: Ints
    """Document of each example, int64 of shape [n]; of the empty text where it is missing."""
    copies: Ints
    """Attempted examples of each document; int64 of shape [documents]."""
    rows: Rows
    """Row of each document in the table of texts."""

    @property
    def lengths(self) -> Ints:
        """Tokens of each document."""
        return self.table.lengths

    def sizes(self, order: int) -> Ints:
        """Number of n-grams of ``order`` tokens of each document; int64 of shape [documents]."""
        return np.maximum(self.lengths - order + 1, 0)


def outputs(batch: Batch, tokenizer: str) -> Outputs:
    """The predicted texts of the batch; made once per batch and tokenizer."""

    def make() -> Outputs:
        hypotheses = batch.hypothesis_rows
        table = NgramTable(batch.table.tokens(tokenizer, hypotheses), hypotheses)
        document = table.documents(hypotheses)
        size = len(table.lengths)
        rows = np.zeros(size, dtype=np.int64)
        rows[document] = hypotheses
        copies = np.bincount(document[batch.has_text], minlength=size)
        return Outputs(table, document, copies, rows)

    return batch.memo(("hypothesis ngrams", tokenizer), make)


def common_ngrams(batches: Sequence[Batch], tokenizer: str) -> NgramTable:
    """N-grams of the predicted texts of all the batches, at least one; made once per tokenizer.

    The batches share one table of texts.
    """
    table = batches[0].table
    rows = np.unique(np.concatenate([batch.hypothesis_rows for batch in batches]))
    key = ("ngrams of systems", tokenizer, rows.tobytes())
    return table.memo(key, lambda: NgramTable(table.tokens(tokenizer, rows), rows))


def totals(places: NDArray[np.integer], values: NDArray[Any], size: int) -> Floats:
    """Sum the values by their place, each below ``size``; float64 of shape [size].

    The bits do not depend on the order of the values, which follows from how words are numbered,
    and so from all that was scored before.
    """
    largest = float(np.abs(values).max(initial=0))
    if values.dtype.kind != "f" or largest < _SMALLEST:
        return np.bincount(places, weights=values, minlength=size).astype(np.float64, copy=False)
    # In two parts of 30 bits each, whose sums are exact up to 2**23 values.
    unit = np.exp2(np.ceil(np.log2(largest)) - 30)
    high = np.rint(values / unit)
    low = np.rint((values - high * unit) * (2.0**30 / unit))
    above, below = (np.bincount(places, weights=part, minlength=size) for part in (high, low))
    summed: Floats = above * unit + below * (unit / 2.0**30)
    return summed


def per_document(level: Level, values: NDArray[Any]) -> Floats:
    """Sum the values of the entries of ``level`` by document; float64 of shape [documents]."""
    return totals(level.documents, values, len(level.bounds) - 1)


def set_rows(found: Outputs, batch: Batch, *columns: Floats | Ints) -> Floats:
    """Rows of a set metric from columns by document; zeros for examples without a text.

    float64 of shape [n, columns].
    """
    rows = np.column_stack(columns).astype(np.float64)[found.document]
    return np.where(batch.has_text[:, np.newaxis], rows, 0.0)


def token_bytes(tokens: TokenIds, rows: Rows) -> list[bytes]:
    """The tokens of each row as bytes: equal exactly where the tokens are."""
    bounds = zip(tokens.starts[rows].tolist(), tokens.lengths[rows].tolist(), strict=True)
    return [tokens.ids[start : start + length].tobytes() for start, length in bounds]


def token_numbers(tokens: TokenIds, rows: Rows) -> Ints:
    """A number for the tokens of each row, the same exactly where the tokens are; int64.

    Numbers follow each other from 0.
    """
    distinct, place = np.unique(rows, return_inverse=True)
    numbers: dict[bytes, int] = {}
    found = [numbers.setdefault(one, len(numbers)) for one in token_bytes(tokens, distinct)]
    return np.array(found, dtype=np.int64)[place]
