"""Features that texts name: word sequences mined from the training reviews."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.personalization.feature_cache import Forms, kept_or_mined
from showcase_bench.metrics.personalization.mining import (
    MOST,
    PhraseCounts,
    count_phrases,
    frequent,
)
from showcase_bench.metrics.personalization.phrases import METHOD, PARSER_VERSION, words

__all__ = ["FACTS", "FeatureIndex", "Named", "feature_index", "named_features", "named_in_gold"]

FACTS: Mapping[str, str] = {
    "mined": METHOD,
    "textblob": PARSER_VERSION,
    "most": f"{MOST[0]}/{MOST[1]}",
    "match": "all",
    "impl": "sb",
}
"""What defines the features of all metrics of them, for signatures."""


class Named(NamedTuple):
    """Features that each example names, once each, by example and feature."""

    rows: NDArray[np.int64]
    """Example of each pair, ascending; shape [pairs]."""
    features: NDArray[np.int64]
    """Number of the feature; shape [pairs]."""


class FeatureIndex:
    """Finds the features that a text names.

    A feature is named where one of its forms occurs as consecutive words; all occurrences count,
    so that "pork tacos" names both the feature pork taco and the feature taco.

    Parameters
    ----------
    forms
        The features and the word sequences that they occur as, which no two share.
    """

    def __init__(self, forms: Forms) -> None:
        self.names = tuple(forms)
        self._feature: dict[str, int] = {}
        self._longest: dict[str, int] = {}
        for number, every in enumerate(forms.values()):
            for form in every:
                first, *rest = form.split(" ")
                self._feature[form] = number
                self._longest[first] = max(self._longest.get(first, 0), 1 + len(rest))

    def __len__(self) -> int:
        return len(self.names)

    def find(self, text: str) -> set[int]:
        """Numbers of the features that ``text`` names."""
        found = set()
        listed = words(text)
        for start, word in enumerate(listed):
            for end in range(start + 1, start + 1 + self._longest.get(word, 0)):
                number = self._feature.get(" ".join(listed[start:end]))
                if number is not None:
                    found.add(number)
        return found


def feature_index(batch: Batch, min_count: int) -> FeatureIndex:
    """The features of the batch's training texts, mined once and kept with them.

    They are the heads of the noun phrases in at least ``min_count`` of the texts and in at most a
    fifth of them; without training texts there are none. Mining takes about 10 microseconds a
    word, shown by the progress of the batch's table.

    Raises
    ------
    MissingDependencyError
        TextBlob is not installed, and the features are not kept on disk.
    """
    table, training, corpus = batch.table, batch.training, batch.required_training_corpus

    def counts() -> PhraseCounts:
        return count_phrases(training, table.progress)

    def mine() -> Forms:
        return frequent(table.memo(("noun phrases", corpus), counts), min_count)

    def make() -> FeatureIndex:
        made_from: list[str | int] = [METHOD, PARSER_VERSION, min_count, corpus.key]
        return FeatureIndex(kept_or_mined(made_from, mine, table.cache) if training else {})

    return corpus.memo(("features", min_count), make)


def named_features(batch: Batch, min_count: int) -> Named:
    """Features that the predicted texts name; a missing text names none. Raises as the index."""
    return batch.memo(
        ("named features", min_count),
        lambda: _named(feature_index(batch, min_count), ((t or "",) for t in batch.hypotheses)),
    )


def named_in_gold(batch: Batch, min_count: int) -> Named:
    """Features that any reference of each example names; shared by the systems."""
    return batch.table.memo(
        ("gold features", min_count, batch.required_training_corpus, batch.references),
        lambda: _named(feature_index(batch, min_count), batch.references),
    )


def _named(index: FeatureIndex, texts: Iterable[Iterable[str]]) -> Named:
    rows: list[int] = []
    features: list[int] = []
    for row, some in enumerate(texts):
        found = sorted(set().union(*map(index.find, some)))
        rows += [row] * len(found)
        features += found
    return Named(np.array(rows, dtype=np.int64), np.array(features, dtype=np.int64))
