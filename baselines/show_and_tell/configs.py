"""Sizes and training of Show and Tell."""

from __future__ import annotations

from dataclasses import dataclass

from baselines.common.arguments import require_text
from baselines.neural.model import Common, configuration, replaced
from baselines.neural.training import Training
from baselines.show_and_tell.network import Sizes

__all__ = ["Config", "config_of"]


@dataclass(frozen=True)
class Config:
    """One configuration."""

    training: Training
    decoding: str
    sizes: Sizes
    encoder: str
    """Gives the features of photos."""
    least_count: int = 1
    """A word of the vocabulary occurs at least as often in training."""
    most_words: int = 20_000
    """Size of the vocabulary, without special tokens."""
    most_tokens: int = 64
    """What is longer is cut off in training."""


CONFIGS = {
    "mini": Config(
        Training(
            epochs=8,
            batch_size=32,
            learning_rate=5e-3,
            schedule="cosine",
            warmup=0.05,
            histories=True,
            threads=1,
        ),
        decoding="beam(size=8,min_tokens=24,no_repeat_ngram=4)",
        sizes=Sizes(embedding=256, hidden=256, dropout=0.2),
        encoder="mini-clip",
        least_count=2,
    ),
    "paper": Config(
        Training(epochs=30, batch_size=128, learning_rate=1e-3, optimizer="adam", clip=5.0),
        decoding="beam(size=3)",
        sizes=Sizes(embedding=512, hidden=512, dropout=0.5),
        encoder="open_clip:ViT-B-32/openai",
        least_count=3,
    ),
}


def config_of(name: str, common: Common, *, decoding: str | None, encoder: str) -> Config:
    """A configuration with the user's arguments in place.

    Parameters
    ----------
    decoding
        None leaves what the configuration says.
    encoder
        The empty string leaves what the configuration says.

    Raises
    ------
    UsageError
        The name is unknown or an argument is out of its range.
    """
    config = configuration(name, CONFIGS)
    return replaced(
        config,
        training=common.apply(config.training),
        decoding=decoding,
        encoder=None if encoder == "" else require_text(encoder, "encoder"),
    )
