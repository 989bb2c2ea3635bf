"""Which review a photo may go with, judged by its caption: a rule of ours, not ownership."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain

__all__ = ["CaptionIndex"]

_DIGITS = 12
_WORD = re.compile(r"\w+")


class CaptionIndex:
    """TF-IDF vectors of the reviews of one business, searched by caption.

    Words are runs of letters, digits and underscores in lower case. A word that ``df`` of the
    ``n`` reviews use weighs ln((1 + n) / (1 + df)) + 1 times its count, and vectors have length 1:
    what scikit-learn's ``TfidfVectorizer`` does by default, except that words of one letter
    count, and that words of the caption that no review has count too, in the caption's length.

    Parameters
    ----------
    texts
        The reviews; may be empty.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(_words(text)) for text in texts]
        df = Counter(chain.from_iterable(counts))
        self._unknown = math.log(1 + len(counts)) + 1.0
        self._idf = {word: math.log((1 + len(counts)) / (1 + n)) + 1.0 for word, n in df.items()}
        self._postings: dict[str, list[tuple[int, float]]] = {word: [] for word in df}
        for place, one in enumerate(counts):
            for word, weight in self._vector(one).items():
                self._postings[word].append((place, weight))

    def best(self, caption: str, min_similarity: float) -> int | None:
        """Number of the review with the highest cosine similarity to a caption.

        Of equal ones the first is taken. None where no similarity is above zero and at least
        ``min_similarity`` (0 to 1), so also for a caption without words.
        """
        scores: dict[int, float] = defaultdict(float)
        for word, weight in self._vector(Counter(_words(caption))).items():
            for place, other in self._postings.get(word, ()):
                scores[place] += weight * other
        if not scores:
            return None
        # Sums of equal parts in another order differ in their last digits, and are still equal.
        score, place = min((-round(score, _DIGITS), place) for place, score in scores.items())
        return place if -score >= min_similarity else None

    def _vector(self, counts: Mapping[str, int]) -> dict[str, float]:
        idf, unknown = self._idf, self._unknown
        weights = {word: n * idf.get(word, unknown) for word, n in counts.items()}
        length = math.sqrt(math.fsum([weight * weight for weight in weights.values()]))
        return {word: weight / length for word, weight in weights.items()}


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
