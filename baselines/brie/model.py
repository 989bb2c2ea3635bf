"""BRIE as a selector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from baselines.brie.network import BrieNetwork
from baselines.neural.authorship import AuthorshipModel, Sampling
from baselines.neural.model import Common, configuration
from baselines.neural.training import Training

__all__ = ["Brie"]


@dataclass(frozen=True)
class _Config:
    training: Training
    encoder: str
    width: int
    dropout: float
    sampling: Sampling


_CONFIGS = {
    "mini": _Config(
        Training(epochs=15, batch_size=128, learning_rate=1e-3, optimizer="adam"),
        encoder="mini-clip",
        width=64,
        dropout=0.2,
        sampling=Sampling(same=10, other=0),
    ),
    "paper": _Config(
        Training(epochs=15, batch_size=16_384, learning_rate=1e-3, optimizer="adam"),
        encoder="open_clip:ViT-B-32/openai",
        width=64,
        dropout=0.75,
        sampling=Sampling(10, 10),
    ),
}


class Brie(AuthorshipModel[BrieNetwork]):
    """Photos that the user would most likely have taken; see the README beside.

    Needs users of the training split: all others are one unknown user.

    Parameters
    ----------
    config
        ``mini`` or ``paper``.
    encoder
        Name of the image encoder; empty is the configuration's.
    epochs, batch_size, learning_rate
        Of training; None is what the configuration says.

    Raises
    ------
    UsageError
        An argument is out of its range.
    """

    kind: ClassVar[str] = "brie"

    def __init__(
        self,
        config: str = "mini",
        encoder: str = "",
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
    ) -> None:
        self.config = configuration(config, _CONFIGS)
        training = Common(epochs, batch_size, learning_rate).apply(self.config.training)
        super().__init__(training, encoder or self.config.encoder, self.config.sampling)

    def _build(self) -> BrieNetwork:
        return BrieNetwork(
            users=len(self._table),
            features=len(self.facts["centre"]),
            width=self.config.width,
            dropout=self.config.dropout,
        )
