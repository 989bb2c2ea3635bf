"""The configurations by name; no number of the paper's is known, all are ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from baselines.neural.pretrained import SMOLLM
from baselines.neural.settings import Training
from baselines.showcase.encoder import Body
from baselines.showcase.network import Contrast

__all__ = ["CONFIGS", "Config", "Language"]


@dataclass(frozen=True)
class Language:
    """Where the language model comes from."""

    kind: Literal["fresh", "cross", "prefix"]
    """``fresh``: a GPT-2 with random weights that attends to the condition; ``cross``: a pretrained
    GPT-2 that does; ``prefix``: any pretrained causal model, frozen, told by a prefix."""
    source: str = ""
    """Default of the argument ``weights``."""
    width: int = 0
    """These and the next are those of a fresh one."""
    heads: int = 1
    depth: int = 0
    dropout: float = 0.0
    positions: int = 0
    """Tokens of the longest text, begin included."""


@dataclass(frozen=True)
class Config:
    """All that a configuration decides."""

    encoder: str
    body: Body
    language: Language
    contrast: Contrast
    training: Training
    decoding: str
    most_photos: int = 10
    most_reviews: int = 5
    most_tokens: int = 100
    """Longer texts are cut in training."""


CONFIGS = {
    "mini": Config(
        encoder="mini-clip",
        body=Body(width=128, heads=4, depth=1, dropout=0.1),
        language=Language("fresh", width=128, heads=4, depth=2, dropout=0.1, positions=128),
        contrast=Contrast(ccl=0.2, pcl=0.2, alpha=2.0, tau=0.1, width=128),
        training=Training(
            epochs=6,
            batch_size=16,
            learning_rate=2e-3,
            weight_decay=0.01,
            schedule="cosine",
            warmup=0.1,
            histories=True,
            threads=1,
        ),
        decoding="beam(size=8,min_tokens=24,no_repeat_ngram=4)",
    ),
    "paper": Config(
        encoder="open_clip:ViT-B-32/openai",
        body=Body(width=512, heads=8, depth=2, dropout=0.1),
        language=Language("cross", source="gpt2"),
        contrast=Contrast(ccl=0.2, pcl=0.2, alpha=2.0, tau=0.1, width=256),
        training=Training(
            epochs=10,
            batch_size=64,
            learning_rate=5e-5,
            weight_decay=0.01,
            schedule="linear",
            warmup=0.05,
        ),
        decoding="beam(size=3,no_repeat_ngram=3)",
        most_tokens=128,
    ),
    "smollm": Config(
        encoder="mini-clip",
        body=Body(width=128, heads=4, depth=1, dropout=0.1),
        language=Language("prefix", source=SMOLLM),
        contrast=Contrast(ccl=0.0, pcl=0.0, alpha=2.0, tau=0.1, width=128),
        training=Training(epochs=1, batch_size=16, learning_rate=2e-3, warmup=0.1),
        decoding="greedy(max_tokens=40,no_repeat_ngram=3)",
        most_tokens=40,
    ),
}
