"""What the matchers need to know about each distinct token of a set of texts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.ngram.meteor.stemmer import stem
from showcase_bench.metrics.ngram.meteor.tables import MeteorTables
from showcase_bench.metrics.text.encoded import Vocabulary

__all__ = ["Words", "describe"]


class Words(NamedTuple):
    """Facts of each distinct token; the first axis of all is the token's number."""

    stem: NDArray[np.int32]
    """Tokens with equal stems have equal numbers."""
    function: NDArray[np.bool_]
    phrase_word: NDArray[np.int32]
    """Number in the paraphrase table; -1 where it is not there."""
    set_start: NDArray[np.int32]
    """Where the token's synonym sets start; int32 of shape [tokens + 1]."""
    sets: NDArray[np.int32]
    """Ids of synonym sets, token after token, ascending."""


def describe(tokens: Sequence[str], tables: MeteorTables) -> Words:
    """Look each token up in the tables."""
    stems = Vocabulary()
    sets = [tables.synonyms.sets_of(token) for token in tokens]
    counts = [len(ids) for ids in sets]
    return Words(
        stem=np.array([stems[stem(token)] for token in tokens], dtype=np.int32),
        function=np.array([token in tables.function_words for token in tokens], dtype=np.bool_),
        phrase_word=np.array([tables.words.get(token, -1) for token in tokens], dtype=np.int32),
        set_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        sets=np.fromiter(chain.from_iterable(sets), dtype=np.int32, count=sum(counts)),
    )
