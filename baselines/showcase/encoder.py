"""Photos and earlier reviews, read together by self-attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from baselines.neural.contracts import Batch

__all__ = ["Body", "ConditionEncoder", "Memory", "masked_mean"]


@dataclass(frozen=True)
class Body:
    """Sizes of the encoder."""

    width: int
    heads: int
    depth: int
    """Layers of self-attention."""
    dropout: float


class Memory(NamedTuple):
    """What the decoder may look at."""

    rows: Tensor
    """float32 of shape [b, m, d]."""
    mask: Tensor
    """bool of shape [b, m]; True for rows that count, at least one of each text."""
    images: Tensor | None
    """Mean of the encoded photos, [b, d]; of a stand-in where there are none. None where photos
    are not looked at."""
    history: Tensor | None
    """The same of the reviews."""


class ConditionEncoder(nn.Module):
    """Projections of both kinds of features, and stacked self-attention over [photos; reviews].

    A kind that is missing in a query is stood in for by one learned vector, so that attention
    always has something to look at. There are no positions: neither photos nor reviews have an
    order.

    Parameters
    ----------
    body
        Sizes.
    features
        Length of a feature.
    images, history
        Which kinds there are; at least one.
    """

    def __init__(self, body: Body, features: int, *, images: bool, history: bool) -> None:
        super().__init__()
        self.images = _Kind(features, body) if images else None
        self.history = _Kind(features, body) if history else None
        layer = nn.TransformerEncoderLayer(
            body.width,
            body.heads,
            4 * body.width,
            body.dropout,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.layers = nn.TransformerEncoder(
            layer, body.depth, norm=nn.LayerNorm(body.width), enable_nested_tensor=False
        )

    def forward(self, batch: Batch) -> Memory:
        """Encode ``photos``, ``has_photo``, ``reviews`` and ``has_review`` of a batch."""
        parts, masks = [], []
        if self.images is not None:
            rows, mask = self.images(batch["photos"], batch["has_photo"])
            parts.append(rows)
            masks.append(mask)
        if self.history is not None:
            rows, mask = self.history(batch["reviews"], batch["has_review"])
            parts.append(rows)
            masks.append(mask)
        mask = torch.cat(masks, dim=1)
        encoded = self.layers(torch.cat(parts, dim=1), src_key_padding_mask=~mask)
        # The layers leave anything in places that do not count.
        encoded = encoded * mask[..., None]
        split = masks[0].shape[1] if self.images is not None else 0
        return Memory(
            encoded,
            mask,
            None if self.images is None else masked_mean(encoded[:, :split], mask[:, :split]),
            None if self.history is None else masked_mean(encoded[:, split:], mask[:, split:]),
        )


class _Kind(nn.Module):
    """Features of one kind, projected, with a stand-in where there are none."""

    def __init__(self, features: int, body: Body) -> None:
        super().__init__()
        self.project = nn.Linear(features, body.width)
        self.norm = nn.LayerNorm(body.width)
        self.nothing = nn.Parameter(torch.randn(body.width))
        self.dropout = nn.Dropout(body.dropout)
        self._scale = features**0.5  # features have length 1; the layer expects numbers around 1

    def forward(self, features: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """[b, m, f] and [b, m] to rows [b, m + 1, d] and which of them count, [b, m + 1]."""
        rows = self.dropout(self.norm(self.project(features * self._scale)))
        nothing = self.nothing.expand(len(rows), 1, -1)
        mask = torch.cat([present, ~present.any(dim=1, keepdim=True)], dim=1)
        return torch.cat([rows, nothing], dim=1), mask


def masked_mean(rows: Tensor, mask: Tensor) -> Tensor:
    """Mean of the rows that count, [b, m, d] and [b, m] to [b, d]; zeros where none does."""
    kept = (rows * mask[..., None]).sum(dim=1)
    return kept / mask.sum(dim=1, keepdim=True).clamp(min=1)
