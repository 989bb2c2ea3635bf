"""Control: one generic sentence for everybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from baselines.common.text import sentences
from showcase_bench import ImageStore, Model, Progress, Query, Showcase, Split

__all__ = ["ModalSentence"]


class ModalSentence(Model):
    """The most frequent sentence of the training reviews for every query; no images.

    What a generator that has collapsed would say: what it reaches on an overlap metric is the
    worth of being generic, and its diversity is the lowest possible. Sentences are counted as
    :func:`baselines.common.text.sentences` cuts them, case and punctuation included; of equally
    frequent ones the first in code-point order is taken. Without a training sentence no text is
    attempted.
    """

    role = "control"

    def __init__(self) -> None:
        self._sentence: str | None = None

    def fit(
        self, train: Split, val: Split, *, seed: int, workdir: Path, progress: Progress
    ) -> None:
        """Count the sentences of all reference texts of the training split."""
        counts = Counter(
            sentence
            for example in train
            for text in example.gold.texts
            for sentence in sentences(text)
        )
        self._sentence = min(counts, key=lambda one: (-counts[one], one), default=None)

    def predict(self, queries: Sequence[Query], images: ImageStore) -> Iterator[Showcase]:
        """Yield the same sentence every time."""
        for query in queries:
            yield Showcase(query.id, text=self._sentence)
