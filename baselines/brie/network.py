"""BRIE's network: users and photos in one space, ranked pairwise.

Paz-Ruza et al., "Sustainable transparency on recommender systems: Bayesian ranking of images for
explainability", Information Fusion 111, 2024.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from baselines.neural.authorship import AuthorshipNetwork
from baselines.neural.contracts import Batch, Losses

__all__ = ["BrieNetwork"]


class BrieNetwork(AuthorshipNetwork):
    """The dot product of a user's embedding and a projected photo.

    Parameters
    ----------
    users
        Rows of the embedding, that of unknown users included.
    features
        Numbers of a photo's features.
    width
        Of the common space.
    dropout
        Share of the numbers of both sides that training drops.
    """

    def __init__(self, *, users: int, features: int, width: int, dropout: float) -> None:
        super().__init__()
        self.users = nn.Embedding(users, width)
        self.images = nn.Linear(features, width, bias=False)
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.users.weight, std=width**-0.5)

    def score(self, user: Tensor, images: Tensor) -> Tensor:
        """Preference of the users for the photos: [b] and [b, m, d] to [b, m]."""
        whose = self.dropout(self.users(user))[:, None]
        preference: Tensor = (whose * self.dropout(self.images(images))).sum(dim=-1)
        return preference

    def forward(self, batch: Batch) -> Losses:
        """Mean of ``-log sigmoid(own - other)`` over all photos of others (Rendle et al. 2009).

        ``batch`` holds ``user`` [b], ``image`` [b, d] and ``others`` [b, m, d].
        """
        own = self.score(batch["user"], batch["image"][:, None])
        others = self.score(batch["user"], batch["others"])
        loss = -functional.logsigmoid(own - others).mean()
        won = float((own > others).float().mean())
        return Losses(loss, float(len(own)), {"won": won})
