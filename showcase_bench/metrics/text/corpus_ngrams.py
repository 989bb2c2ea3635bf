"""The n-grams of a whole corpus, numbered once, and those of some texts under the same numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.text.corpus import TextCorpus
from showcase_bench.metrics.text.encoded import Vocabulary
from showcase_bench.metrics.text.table import Ids, Rows, TextTable, TokenIds, gathered

__all__ = ["CorpusLevel", "CorpusNgrams", "KnownLevel", "KnownNgrams", "corpus_ngrams"]

Ints = NDArray[np.int64]
_AT_ONCE = 1 << 13
"""Examples whose texts are tokenised together."""


class CorpusLevel(NamedTuple):
    """N-grams of one length, numbered in the order in which the corpus has them."""

    occurrences: Ints
    """How often the corpus has each; int64 of shape [n-grams]."""
    examples: NDArray[np.int32]
    """In how many examples at least one text has it."""
    stems: NDArray[np.int32]
    """The n-gram one token shorter that it begins with; zeros for those of one token."""
    keys: Ints
    """A table of open addresses: ``stem * words + last token``, or a free place."""
    values: NDArray[np.int32]
    """The n-gram at each of these places."""

    @property
    def size(self) -> int:
        """Number of different n-grams."""
        return len(self.stems)


class CorpusNgrams:
    """N-grams of any length of all texts of a corpus, found on first use.

    A pickled one keeps the lengths that it was asked for before, and can find no other.

    Parameters
    ----------
    corpus
        Its texts are gone over once.
    tokenizer
        Name of a tokenizer.
    table
        Tokenises a small corpus; a larger one is tokenised in parts that are not kept, but in the
        folder of the table.
    """

    def __init__(self, corpus: TextCorpus, tokenizer: str, table: TextTable) -> None:
        self.words = Vocabulary()
        """The tokens of the texts, by number."""
        tokens: list[Ids] = []
        lengths: list[Ints] = []
        counts: list[int] = []
        shared = table if len(corpus.texts) <= _AT_ONCE else None
        for some in _parts(corpus.texts):
            own = shared or TextTable(table.cache)
            rows = own.rows(chain.from_iterable(some))
            found = own.tokens(tokenizer, rows)
            ids, offsets = gathered(found, rows)
            tokens.append(_renumbered(ids, found.vocabulary, self.words))
            lengths.append(np.diff(offsets))
            counts += map(len, some)
        self.examples = sum(count > 0 for count in counts)
        """How many examples have a text."""
        self._tokens = np.concatenate([np.zeros(0, dtype=np.int32), *tokens])
        self._offsets = np.cumsum(np.concatenate([np.zeros(1, dtype=np.int64), *lengths]))
        self._example = np.repeat(np.arange(len(counts)), counts)
        self._numbers = self._tokens
        self.tokens = len(self._tokens)
        """How many tokens the texts have."""
        self._levels: list[CorpusLevel] = []

    def __getstate__(self) -> dict[str, Any]:
        nothing = np.zeros(0, dtype=np.int32)
        kept = {"words": self.words.listed, "examples": self.examples, "tokens": self.tokens}
        return {**kept, "_levels": self._levels, "_tokens": nothing}

    def __setstate__(self, state: dict[str, Any]) -> None:
        words = Vocabulary()
        for word in state.pop("words"):
            words[word]
        self.__dict__.update(state, words=words)

    def level(self, order: int) -> CorpusLevel:
        """The n-grams of ``order`` tokens."""
        from showcase_bench.metrics.text.counts import number_longer, tally

        while len(self._levels) < order:
            at, types = len(self._levels), max(len(self.words), 1)
            keys, values = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32)
            stems = np.zeros(len(self.words), dtype=np.int32)
            if at:
                self._numbers, stems, keys, values = number_longer(
                    self._numbers, self._tokens, types, self._offsets, at
                )
            counted = tally(self._numbers, self._offsets, self._example, at, len(stems))
            self._levels.append(CorpusLevel(*counted, stems, keys, values))
        return self._levels[order - 1]

    def whole_texts(self) -> frozenset[bytes]:
        """The numbers of the tokens of each text that has one, as bytes."""
        ends = self._offsets.tolist()
        return frozenset(self._tokens[a:b].tobytes() for a, b in pairwise(ends) if b > a)


def corpus_ngrams(corpus: TextCorpus, tokenizer: str, order: int, table: TextTable) -> CorpusNgrams:
    """The n-grams of up to ``order`` tokens of a corpus, made once for all batches."""
    made = corpus.memo(("n-grams", tokenizer), lambda: CorpusNgrams(corpus, tokenizer, table))
    made.level(order)
    return made


class KnownLevel(NamedTuple):
    """N-grams of one length in each document of some texts, numbered as those of a corpus.

    Document d has the distinct n-grams ``ids[bounds[d] : bounds[d + 1]]``, ascending.
    """

    bounds: Ints
    ids: NDArray[np.int32]
    """Numbers of the corpus; those that the corpus does not have come after them."""
    counts: NDArray[np.int32]
    """How often the document has it."""
    known: int
    """Every number below this one is of the corpus."""

    @property
    def documents(self) -> NDArray[np.int64]:
        """Document of each entry of :attr:`ids`."""
        return np.repeat(np.arange(len(self.bounds) - 1), np.diff(self.bounds))


class KnownNgrams:
    """Documents out of a table of texts, with their n-grams under the numbers of a corpus."""

    def __init__(self, corpus: CorpusNgrams, tokens: TokenIds, rows: Rows) -> None:
        among = np.zeros(len(tokens.starts), dtype=bool)
        among[rows] = True
        distinct = np.flatnonzero(among)
        self._document_of = np.zeros(len(tokens.starts), dtype=np.int64)
        self._document_of[distinct] = np.arange(len(distinct))
        self.lengths = tokens.lengths[distinct]
        """Tokens of each document; int64."""
        self.rows = distinct
        """Row of each document in the table."""
        self._corpus = corpus
        flat, self._offsets = gathered(tokens, distinct)
        self._tokens = _looked_up(flat, tokens.vocabulary, corpus.words)
        self._numbers = self._tokens
        self._levels: list[KnownLevel] = []

    def documents(self, rows: Rows) -> Ints:
        """Document of each row of the table of texts; the rows must be among the documents."""
        return self._document_of[rows]

    def level(self, order: int) -> KnownLevel:
        """The n-grams of ``order`` tokens."""
        from showcase_bench.metrics.text.counts import count_each, number_known

        while len(self._levels) < order:
            at, types = len(self._levels), len(self._corpus.words)
            known = self._corpus.level(at + 1)
            if at:
                self._numbers = number_known(
                    self._numbers,
                    self._tokens,
                    self._offsets,
                    at,
                    types,
                    self._corpus.level(at).size,
                    known.keys,
                    known.values,
                    known.size,
                )
            counted = count_each(self._numbers, self._offsets, at + 1)
            self._levels.append(KnownLevel(*counted, known.size))
        return self._levels[order - 1]

    def token_bytes(self) -> list[bytes]:
        """The numbers of the tokens of each document, as bytes; see ``whole_texts``."""
        ends = self._offsets.tolist()
        return [self._tokens[start:end].tobytes() for start, end in pairwise(ends)]


def _parts(texts: Sequence[tuple[str, ...]]) -> Iterator[Sequence[tuple[str, ...]]]:
    for start in range(0, len(texts), _AT_ONCE):
        yield texts[start : start + _AT_ONCE]


def _renumbered(ids: Ids, listed: Sequence[str], words: Vocabulary) -> Ids:
    """Tokens under the numbers of ``words``, to which new ones are added as they appear."""
    used, first, turn = np.unique(ids, return_index=True, return_inverse=True)
    numbers = np.zeros(len(used), dtype=np.int32)
    for place in np.argsort(first).tolist():
        numbers[place] = words[listed[used[place]]]
    return numbers[turn]


def _looked_up(ids: Ids, listed: Sequence[str], words: Vocabulary) -> Ids:
    """Tokens under the numbers of ``words``; unknown ones have numbers of their own behind them."""
    used, turn = np.unique(ids, return_inverse=True)
    found = [words.get(listed[one], -1) for one in used.tolist()]
    numbers = np.array(found, dtype=np.int32)
    unknown = numbers < 0
    numbers[unknown] = len(words) + np.arange(int(unknown.sum()))
    return numbers[turn]
