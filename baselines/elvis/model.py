"""ELVis as a selector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from baselines.elvis.network import ElvisNetwork
from baselines.neural.authorship import AuthorshipConfig, AuthorshipModel, Sampling
from baselines.neural.training import Training

__all__ = ["Elvis"]


class Elvis(AuthorshipModel):
    """Photos that the user would most likely have taken; see the README beside.

    Needs users of the training split: all others are one unknown user.
    """

    kind = "elvis"
    network_type = ElvisNetwork
    configs: ClassVar[Mapping[str, AuthorshipConfig]] = {
        "mini": AuthorshipConfig(
            Training(epochs=15, batch_size=128, learning_rate=1e-3, optimizer="adam", threads=1),
            encoder="mini-clip",
            width=64,
            dropout=0.2,
            sampling=Sampling(),
        ),
        "paper": AuthorshipConfig(
            Training(epochs=100, batch_size=1024, learning_rate=1e-3, optimizer="adam"),
            encoder="open_clip:ViT-B-32/openai",
            width=256,
            dropout=0.2,
            sampling=Sampling(10, 10),
        ),
    }
