"""Sizes and training of Ref2Seq."""

from __future__ import annotations

from dataclasses import dataclass

from baselines.neural.training import Training
from baselines.ref2seq.network import Sizes

__all__ = ["CONFIGS", "Config"]


@dataclass(frozen=True)
class Config:
    """One configuration."""

    training: Training
    decoding: str
    sizes: Sizes
    most_segments: int = 5
    """Sentences a side."""
    segment_tokens: int = 20
    """Longer sentences are cut off."""
    most_reviews: int = 50
    """Training reviews that are kept of a business."""
    most_words: int = 20_000
    """Size of the vocabulary, without special tokens."""
    most_tokens: int = 64
    """What is longer of a text is cut off in training."""


CONFIGS = {
    "mini": Config(
        Training(
            epochs=9,
            batch_size=32,
            learning_rate=6e-3,
            weight_decay=0.01,
            schedule="cosine",
            warmup=0.05,
            histories=True,
            threads=1,
            clip=5.0,
        ),
        decoding="beam(size=8,min_tokens=24,no_repeat_ngram=4)",
        sizes=Sizes(width=128, attention=32, layers=1, dropout=0.1),
    ),
    "paper": Config(
        Training(epochs=20, batch_size=512, learning_rate=2e-4, optimizer="adam", clip=5.0),
        decoding="beam(size=10)",
        sizes=Sizes(),
    ),
}
