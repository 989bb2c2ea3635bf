"""The contrastive losses of the framework, on matrices of similarities.

Both are InfoNCE (van den Oord et al. 2018) over the rows of a batch, as Yan et al. (SIGIR 2023,
arXiv 2207.00422) use it. With the similarity s_ij of anchor i and text j, temperature t, the rows
N(i) that may serve as negatives of i, and further negatives h_i of its own::

    loss_i = -log( exp(s_ii / t) / (exp(s_ii / t) + sum_{j in N(i)} f_ij exp(s_ij / t)
                                                  + sum_m exp(h_im / t)) )
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import normalize

__all__ = ["info_nce", "log_weights", "negatives"]


def negatives(users: Tensor, targets: Tensor) -> Tensor:
    """Which rows may be negatives of which: those of another user with another target text.

    Parameters
    ----------
    users, targets
        Numbers of the user and of the text of each row, int64 of shape [b].

    Returns
    -------
    Tensor
        bool of shape [b, b], symmetric; False on the diagonal.
    """
    same_user = users[:, None] == users[None, :]
    same_target = targets[:, None] == targets[None, :]
    return ~(same_user | same_target)


def log_weights(history: Tensor, alpha: float) -> Tensor:
    """Logarithm of f(i, j) = alpha ** (1 - cos(R_i, R_j)), float of shape [b, b].

    Users with unlike histories weigh more as negatives of each other, up to alpha squared; with
    ``alpha=1`` all weigh the same.

    Parameters
    ----------
    history
        Mean feature R of each user's history, shape [b, d]; a row of zeros has the cosine 0 with
        every row.
    alpha
        At least 1.
    """
    unit = normalize(history, dim=1)
    return (1 - unit @ unit.T) * math.log(alpha)


def info_nce(
    similar: Tensor,
    allowed: Tensor,
    anchors: Tensor,
    temperature: float,
    *,
    log_weight: Tensor | None = None,
    hard: Tensor | None = None,
    has_hard: Tensor | None = None,
) -> Tensor:
    """Mean loss over the anchors, a scalar; 0 where there is no anchor.

    Parameters
    ----------
    similar
        Similarity of anchor i (row) and text j (column), shape [b, b]; the diagonal holds the
        positive pairs.
    allowed
        Negatives of each anchor, bool of shape [b, b]; the diagonal is not looked at.
    anchors
        Rows that have a loss, bool of shape [b]. The texts of the others still serve as negatives.
    temperature
        Above 0; divides every similarity.
    log_weight
        Logarithm of f, shape [b, b]; None is 0, plain InfoNCE. The positive pair has no weight.
    hard, has_hard
        Similarity of anchor i and negatives of its own, shape [b, m], and which there are.
    """
    if not bool(anchors.any()):
        return similar.sum() * 0.0
    scaled = similar / temperature
    weighted = scaled if log_weight is None else scaled + log_weight
    itself = torch.eye(len(similar), dtype=torch.bool, device=similar.device)
    columns = [torch.where(itself, scaled, weighted.masked_fill(~allowed, -math.inf))]
    if hard is not None and has_hard is not None:
        columns.append((hard / temperature).masked_fill(~has_hard, -math.inf))
    total = torch.cat(columns, dim=1).logsumexp(dim=1)
    losses: Tensor = total - scaled.diagonal()
    return losses[anchors].mean()
