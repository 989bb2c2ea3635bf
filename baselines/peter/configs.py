"""Sizes and training of PETER."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from baselines.common.arguments import require_number
from baselines.neural.model import Common, configuration, replaced
from baselines.neural.tables import Tables
from baselines.neural.training import Training
from baselines.peter.network import PeterNetwork, Sizes

__all__ = ["Config", "config_of"]


@dataclass(frozen=True)
class Config:
    """One configuration."""

    training: Training
    decoding: str
    sizes: Sizes
    user_dropout: float = 0.1
    """Share of the users that training takes for unknown."""
    item_dropout: float = 0.1
    most_words: int = 20_000
    """Size of the vocabulary, without special tokens."""
    most_tokens: int = 64
    """What is longer is cut off in training."""

    def build(self, tables: Tables) -> PeterNetwork:
        """A fresh network for these words and ids."""
        return PeterNetwork(
            self.sizes,
            users=len(tables.users),
            items=len(tables.items),
            words=len(tables.codec),
        )


CONFIGS = {
    "mini": Config(
        Training(
            epochs=8,
            batch_size=16,
            learning_rate=2e-3,
            weight_decay=0.01,
            schedule="cosine",
            warmup=0.05,
            histories=True,
            threads=1,
        ),
        decoding="beam(size=8,min_tokens=24,no_repeat_ngram=4)",
        sizes=Sizes(width=128, hidden=256, dropout=0.1, id_rate=20.0),
        user_dropout=0.5,
        item_dropout=0.05,
    ),
    "paper": Config(
        Training(
            epochs=100,
            batch_size=128,
            learning_rate=1.0,
            optimizer="sgd",
            schedule="plateau",
            plateau_factor=0.25,
            patience=5,
            clip=1.0,
        ),
        decoding="greedy",
        sizes=Sizes(),
    ),
}


def config_of(config: str, common: Common, **own: Any) -> Config:
    """A configuration with the user's arguments in place; None leaves what it says.

    Raises
    ------
    UsageError
        The name is unknown or an argument is out of its range.
    """
    chosen = configuration(config, CONFIGS)
    for name in ("user_dropout", "item_dropout"):
        if own.get(name) is not None:
            own[name] = require_number(own[name], name, 0, 1)
    return replaced(chosen, training=common.apply(chosen.training), **own)
