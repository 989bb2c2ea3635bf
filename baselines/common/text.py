"""Sentences and TF-IDF vectors of review texts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

__all__ = ["Tfidf", "sentences"]

_WORD = r"\w\w+"
_BOUNDARY = re.compile(
    r"(?:(?<=[.!?…])|(?<=[.!?…][\"'”’»)\]]))\s+"
    r"|(?<=[。！？])(?![。！？”’」』）])"
    r"|(?<=[。！？][”’」』）])"
)


def sentences(text: str) -> list[str]:
    r"""Cut a review into sentences.

    A sentence ends at a line break; at ``.``, ``!``, ``?`` or ``…``, perhaps with a closing quote
    or bracket, before white space; and after ``。``, ``！`` or ``？``. Abbreviations are not known:
    "at 8 p.m. sharp" is cut in two. White space inside is made single blanks; pieces without a
    letter or digit are dropped.

    Examples
    --------
    >>> sentences("Great food!  Will\tcome back... 10/10 :)\n:)")
    ['Great food!', 'Will come back...', '10/10 :)']
    """
    pieces = (piece for line in text.splitlines() for piece in _BOUNDARY.split(line))
    clean = (" ".join(piece.split()) for piece in pieces)
    return [piece for piece in clean if any(char.isalnum() for char in piece)]


class Tfidf:
    """TF-IDF vectors over the words of the texts that it was fitted on.

    Words are runs of two or more word characters, lower-cased; weights are (1 + ln tf) times the
    smoothed inverse document frequency; rows have length 1. A text's vector does not depend on
    the other texts of the call.

    Parameters
    ----------
    max_terms
        Keep only so many of the most frequent words; None keeps all.
    """

    def __init__(self, max_terms: int | None = None) -> None:
        self._max_terms = max_terms
        self._vectorizer: TfidfVectorizer | None = None

    def fit(self, texts: Sequence[str]) -> None:
        """Learn words and weights; texts without a single word make every vector zero."""
        self._vectorizer = None
        if any(re.search(_WORD, text) for text in texts):
            self._vectorizer = TfidfVectorizer(
                token_pattern=_WORD, max_features=self._max_terms, sublinear_tf=True
            ).fit(texts)

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Vectors, float64 of shape [len(texts), terms]; zero rows for texts without known words.

        Unfitted, or fitted on no word, there are no terms.
        """
        if self._vectorizer is None or not texts:
            terms = 0 if self._vectorizer is None else len(self._vectorizer.vocabulary_)
            return csr_matrix((len(texts), terms), dtype=float)
        return csr_matrix(self._vectorizer.transform(texts))
