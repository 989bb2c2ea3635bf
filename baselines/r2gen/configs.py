"""Sizes and training of R2Gen."""

from __future__ import annotations

from dataclasses import dataclass

from baselines.neural.model import Common, configuration, replaced
from baselines.neural.training import Training
from baselines.r2gen.layers import Sizes

__all__ = ["Config", "config_of"]


@dataclass(frozen=True)
class Config:
    """One configuration."""

    training: Training
    decoding: str
    sizes: Sizes
    trunk: str
    """One of :data:`baselines.r2gen.visual.TRUNKS`."""
    most_photos: int
    """Photos of a set that are looked at, the first in the order of their ids."""
    least_count: int = 1
    """A word of the vocabulary occurs at least as often in training."""
    most_words: int = 20_000
    """Size of the vocabulary, without special tokens."""
    most_tokens: int = 64
    """What is longer is cut off in training."""


CONFIGS = {
    "mini": Config(
        Training(
            epochs=5,
            histories=True,
            threads=1,
            batch_size=32,
            learning_rate=2e-3,
            optimizer="adam",
            schedule="cosine",
            warmup=0.05,
        ),
        decoding="beam(size=8,min_tokens=24,no_repeat_ngram=4)",
        sizes=Sizes(
            width=128,
            heads=4,
            inner=256,
            layers=1,
            dropout=0.1,
            memory_rows=3,
            memory_heads=4,
            visual_scale=0.0,
        ),
        trunk="mini-clip",
        most_photos=4,
        least_count=2,
    ),
    "paper": Config(
        Training(
            epochs=100,
            batch_size=16,
            learning_rate=1e-4,
            optimizer="adam",
            amsgrad=True,
            weight_decay=5e-5,
            clip=None,
            patience=50,
        ),
        decoding="beam(size=3)",
        sizes=Sizes(
            width=512,
            heads=8,
            inner=512,
            layers=3,
            dropout=0.1,
            memory_rows=3,
            memory_heads=8,
            visual_scale=0.5,
        ),
        trunk="resnet101",
        most_photos=8,
        least_count=3,
    ),
}


def config_of(name: str, common: Common, *, decoding: str | None) -> Config:
    """A configuration with the user's arguments in place; None leaves what it says.

    Raises
    ------
    UsageError
        The name is unknown or an argument is out of its range.
    """
    config = configuration(name, CONFIGS)
    return replaced(config, training=common.apply(config.training), decoding=decoding)
