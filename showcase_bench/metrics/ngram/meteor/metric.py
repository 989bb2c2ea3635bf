"""METEOR as the captioning literature reports it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from showcase_bench.metrics.base import Cost, Floats, Group, Kind, Metric, Need, Scale
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.ngram.meteor.formula import COLUMNS, score
from showcase_bench.metrics.ngram.meteor.tables import MeteorTables, load_tables

__all__ = ["Meteor"]

_TOKENIZER = "meteor"


@dataclasses.dataclass(frozen=True)
class Meteor(Metric):
    """METEOR 1.5 of the whole set, equal bit by bit to what pycocoevalcap's jar prints.

    English, with exact, stem, synonym and paraphrase matches, on PTB tokens that METEOR's own
    normaliser splits further. The score of the set is the formula over summed statistics, and not
    the mean of the texts'. Of several references the one with the best score counts. A missing
    text counts as the empty text; examples without a reference are left out. Texts of several
    thousand words are aligned in part. Denkowski and Lavie 2014.
    """

    label: ClassVar[str] = "meteor"
    summary: ClassVar[str] = "METEOR 1.5: matches of words, stems, synonyms and paraphrases"
    group: ClassVar[Group] = "n-gram"
    kind: ClassVar[Kind] = "corpus"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "references"})
    facts: ClassVar[Mapping[str, str]] = {
        "tok": "ptb",
        "norm": "yes",
        "lang": "en",
        "refs": "best",
        "tables": "1.5",
        "impl": "sb",
    }
    citation: ClassVar[str] = (
        "Denkowski and Lavie, Meteor Universal: language specific translation evaluation for any "
        "target language, WMT 2014"
    )
    oracle: ClassVar[str] = "pycocoevalcap 1.2 Meteor (meteor-1.5.jar)"
    cost: ClassVar[Cost] = "high"

    def statistics(self, batch: Batch) -> Floats:
        """Rows of the columns of the formula and ``counted``, float64 of shape [n, 24].

        Zeros without a reference.

        Raises
        ------
        MissingDependencyError
            pycocoevalcap, which carries the tables, is missing or damaged.
        """
        from showcase_bench.metrics.ngram.meteor.align import statistics

        if not batch.has_reference.any():
            return np.zeros((len(batch), len(COLUMNS) + 1))
        tokens, table = batch.token_ids(_TOKENIZER), batch.table

        def load() -> MeteorTables:
            return load_tables(table.cache, table.progress)

        rows = statistics(tokens, batch.pairing, table.memo("meteor tables", load))
        return np.column_stack([rows, batch.has_reference])

    def score(self, sums: Floats) -> Floats:
        """METEOR of summed rows, [..., 24] to [...]; NaN where none is counted."""
        value: Floats = np.where(sums[..., -1] > 0, score(sums[..., :-1]), np.nan)
        return value
