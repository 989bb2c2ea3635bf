"""``word-match``: shows and says what is nearest to what the user wrote before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from showcase_bench import ImageStore, Model, Progress, Query, Showcase, Split
from showcase_bench.errors import StoreError

__all__ = ["WordMatch"]

_FILE = "sentences.json"


class WordMatch(Model):
    """Photos nearest to the user's own, and the sentence about the place in the user's words.

    Parameters
    ----------
    count
        Photos to show; k where that is less.
    encoder
        What makes vectors of photos.
    """

    predict_arguments = frozenset({"count", "encoder"})

    def __init__(self, count: int = 3, encoder: str = "color-layout") -> None:
        self.count = count
        self.encoder = encoder
        self._sentences: dict[str, list[str]] = {}

    def fit(
        self, train: Split, val: Split, *, seed: int, workdir: Path, progress: Progress
    ) -> None:
        """Keep the sentences of each restaurant's training reviews; no training, no sentences."""
        sentences: dict[str, set[str]] = {}
        for example in progress.track(train, label="Reading reviews"):
            place = sentences.setdefault(example.query.business_id, set())
            for text in example.gold.texts:
                place.update(one.strip() for one in re.findall(r"[^.!?]+[.!?]*", text))
        # Sorted: the order of a set is another one in every process.
        self._sentences = {name: sorted(found - {""}) for name, found in sorted(sentences.items())}

    def save(self, folder: Path) -> None:
        """Write ``sentences.json``."""
        content = json.dumps(self._sentences, ensure_ascii=False, indent=1)
        (folder / _FILE).write_text(content, encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Read what :meth:`save` wrote.

        Raises
        ------
        StoreError
            The file is missing or damaged.
        """
        try:
            self._sentences = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StoreError(f"{folder / _FILE}: cannot be read ({error}); fit again") from error

    def predict(self, queries: Sequence[Query], images: ImageStore) -> Iterator[Showcase]:
        """One showcase per query; ``text=None`` where nothing is known of the restaurant."""
        for query in queries:
            yield Showcase(query.id, self._photos(query, images), self._text(query))

    def _photos(self, query: Query, images: ImageStore) -> tuple[str, ...]:
        """The photos nearest to the mean of those in the history, else to that of the pool."""
        if not query.pool:
            return ()
        own = [one for review in query.history for one in review.image_ids]
        vectors = images.features(query.pool, self.encoder)
        # A photo that cannot be read has a row of zeros, and comes last.
        centre = images.features(own, self.encoder).mean(axis=0) if own else vectors.mean(axis=0)
        near = vectors @ centre
        best = sorted(range(len(query.pool)), key=lambda at: (-round(float(near[at]), 6), at))
        return tuple(query.pool[at] for at in best[: min(self.count, query.k)])

    def _text(self, query: Query) -> str | None:
        sentences = self._sentences.get(query.business_id)
        if not sentences:
            return None
        words = {word for review in query.history for word in _words(review.text)}
        shared = [len(words & set(_words(sentence))) for sentence in sentences]
        return sentences[int(np.argmax(shared))]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
