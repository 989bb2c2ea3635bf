"""Sizes and training of PEPLER."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from baselines.common.arguments import require_number
from baselines.neural.model import Common, configuration, replaced
from baselines.neural.training import Training
from baselines.pepler.network import Sizes

__all__ = ["Config", "Stage", "config_of"]


@dataclass(frozen=True)
class Stage:
    """One part of the training."""

    name: str
    training: Training
    language_model: bool = True
    """Whether the language model is trained as well."""


_SMALL = Sizes(width=128, heads=4, layers=2, dropout=0.1)


@dataclass(frozen=True)
class Config:
    """One configuration."""

    stages: tuple[Stage, ...]
    decoding: str
    weights: str = ""
    """Name of a pretrained language model; empty for a fresh one."""
    sizes: Sizes = _SMALL
    """Of a fresh language model."""
    id_dropout: float = 0.1
    """Share of the users, and of the businesses, that training takes for unknown."""
    most_words: int = 20_000
    """Size of the vocabulary of a fresh language model, without special tokens."""
    most_tokens: int = 64
    """What is longer is cut off in training."""


def _paper_stage(name: str, *, language_model: bool) -> Stage:
    training = Training(epochs=50, batch_size=128, learning_rate=1e-3, patience=5)
    return Stage(name, training, language_model)


CONFIGS = {
    "mini": Config(
        (
            Stage(
                "full",
                Training(
                    epochs=11,
                    batch_size=32,
                    learning_rate=2e-3,
                    weight_decay=0.01,
                    schedule="cosine",
                    warmup=0.05,
                    histories=True,
                    threads=1,
                ),
            ),
        ),
        decoding="beam(size=8,min_tokens=24,no_repeat_ngram=4)",
    ),
    "paper": Config(
        (
            _paper_stage("prompt", language_model=False),
            _paper_stage("full", language_model=True),
        ),
        decoding="greedy",
        weights="gpt2",
    ),
}


def config_of(name: str, common: Common, **own: Any) -> Config:
    """A configuration with the user's arguments in place; None leaves what it says.

    Raises
    ------
    UsageError
        The name is unknown or an argument is out of its range.
    """
    config = configuration(name, CONFIGS)
    stages = tuple(replace(one, training=common.apply(one.training)) for one in config.stages)
    if own.get("id_dropout") is not None:
        own["id_dropout"] = require_number(own["id_dropout"], "id_dropout", 0, 1)
    return replaced(config, stages=stages, **own)
