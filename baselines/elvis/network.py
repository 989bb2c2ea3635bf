"""ELVis' network: the probability that a user took a photo.

Díez et al., "Towards explainable personalized recommendations by learning from users' photos",
Information Sciences 520, 2020.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.neural.authorship import AuthorshipNetwork
from baselines.neural.contracts import Batch, Losses

__all__ = ["ElvisNetwork"]


class ElvisNetwork(AuthorshipNetwork):
    """A user's embedding beside a projected photo, and a perceptron over both.

    Parameters
    ----------
    users
        Rows of the embedding, that of unknown users included.
    features
        Numbers of a photo's features.
    width
        Of the embedding, of the projected photo, and of the hidden layer.
    dropout
        Share of the numbers that training drops before each layer of the perceptron.
    """

    def __init__(self, *, users: int, features: int, width: int, dropout: float) -> None:
        super().__init__()
        self.users = nn.Embedding(users, width)
        self.images = nn.Linear(features, width)
        self.mixed = nn.Linear(2 * width, width)
        self.out = nn.Linear(width, 1)
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.users.weight, std=width**-0.5)

    def score(self, user: Tensor, images: Tensor) -> Tensor:
        """Log odds that the users took the photos: [b] and [b, m, d] to [b, m]."""
        shown = self.images(images).relu()
        whose = self.users(user)[:, None].expand_as(shown)
        mixed = self.mixed(self.dropout(torch.cat([whose, shown], dim=-1))).relu()
        odds: Tensor = self.out(self.dropout(mixed)).squeeze(-1)
        return odds

    def forward(self, batch: Batch) -> Losses:
        """Log loss of the user's photo and of photos of others, half of the weight each.

        ``batch`` holds ``user`` [b], ``image`` [b, d] and ``others`` [b, m, d].
        """
        own = self.score(batch["user"], batch["image"][:, None])
        others = self.score(batch["user"], batch["others"])
        right = functional.binary_cross_entropy_with_logits(own, torch.ones_like(own))
        wrong = functional.binary_cross_entropy_with_logits(others, torch.zeros_like(others))
        parts = {"own": float(right.detach()), "others": float(wrong.detach())}
        return Losses((right + wrong) / 2, float(len(own)), parts)
