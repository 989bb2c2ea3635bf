"""BRIE as a selector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from baselines.brie.network import BrieNetwork
from baselines.neural.authorship import AuthorshipConfig, AuthorshipModel, Sampling
from baselines.neural.training import Training

__all__ = ["Brie"]


class Brie(AuthorshipModel):
    """Photos that the user would most likely have taken; see the README beside.

    Needs users of the training split: all others are one unknown user.
    """

    kind = "brie"
    network_type = BrieNetwork
    configs: ClassVar[Mapping[str, AuthorshipConfig]] = {
        "mini": AuthorshipConfig(
            Training(epochs=15, batch_size=128, learning_rate=1e-3, optimizer="adam", threads=1),
            encoder="mini-clip",
            width=64,
            dropout=0.2,
            sampling=Sampling(same=10, other=0),
        ),
        "paper": AuthorshipConfig(
            Training(epochs=15, batch_size=16_384, learning_rate=1e-3, optimizer="adam"),
            encoder="open_clip:ViT-B-32/openai",
            width=64,
            dropout=0.75,
            sampling=Sampling(10, 10),
        ),
    }
