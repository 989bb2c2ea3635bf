"""Layers of R2Gen's transformer, pre-norm, with keys and values that can be kept."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.r2gen.memory import ConditionalNorm

__all__ = ["Attention", "DecoderLayer", "EncoderLayer", "KeysValues", "Sizes"]

KeysValues = tuple[Tensor, Tensor]
"""Each of shape [b, heads, places, width / heads]."""


@dataclass(frozen=True)
class Sizes:
    """Size of the network."""

    width: int
    """Length of the vectors of words and patches; even, a multiple of both numbers of heads."""
    heads: int
    inner: int
    """Width inside the feed-forward layers."""
    layers: int
    """Of the encoder, and as many of the decoder."""
    dropout: float
    memory_rows: int
    memory_heads: int
    visual_scale: float
    """Learning rate of the trunk as a share of that of the rest; 0 leaves the trunk as it is."""


class Attention(nn.Module):
    """Attention with several heads."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query = nn.Linear(width, width)
        self.keys_values = nn.Linear(width, 2 * width)
        self.mix = nn.Linear(width, width)

    def remember(self, x: Tensor) -> KeysValues:
        """Keys and values of vectors [b, places, width]."""
        keys, values = self.keys_values(x).chunk(2, dim=-1)
        return self._split(keys), self._split(values)

    def forward(self, x: Tensor, remembered: KeysValues, mask: Tensor) -> Tensor:
        """What each of ``x``, [b, t, width], finds where the mask [..., t, places] is true."""
        found = functional.scaled_dot_product_attention(
            self._split(self.query(x)),
            *remembered,
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
        )
        mixed: Tensor = self.mix(found.transpose(1, 2).flatten(2))
        return mixed

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)


class EncoderLayer(nn.Module):
    """Pre-norm transformer layer over the patches."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(sizes.width) for _ in range(2))
        self.attention = Attention(sizes.width, sizes.heads, sizes.dropout)
        self.inner = _feed_forward(sizes)
        self.dropout = nn.Dropout(sizes.dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Patches [b, places, width], of which ``mask``, [b, 1, 1, places], are there."""
        normed = self.norms[0](x)
        x = x + self.dropout(self.attention(normed, self.attention.remember(normed), mask))
        x = x + self.dropout(self.inner(self.norms[1](x)))
        return x


class DecoderLayer(nn.Module):
    """Pre-norm transformer layer over the words, its norms driven by the memory."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        joined = sizes.memory_rows * sizes.width
        self.norms = nn.ModuleList(ConditionalNorm(sizes.width, joined) for _ in range(3))
        self.words = Attention(sizes.width, sizes.heads, sizes.dropout)
        self.photos = Attention(sizes.width, sizes.heads, sizes.dropout)
        self.inner = _feed_forward(sizes)
        self.dropout = nn.Dropout(sizes.dropout)

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        own: KeysValues,
        causal: Tensor,
        photos: KeysValues,
        present: Tensor,
    ) -> tuple[Tensor, KeysValues]:
        """New words [b, t, width] after those of ``own``; returns them and the longer ``own``."""
        normed = self.norms[0](x, memory)
        keys, values = self.words.remember(normed)
        own = torch.cat([own[0], keys], dim=2), torch.cat([own[1], values], dim=2)
        x = x + self.dropout(self.words(normed, own, causal))
        x = x + self.dropout(self.photos(self.norms[1](x, memory), photos, present))
        return x + self.dropout(self.inner(self.norms[2](x, memory))), own


def _feed_forward(sizes: Sizes) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(sizes.width, sizes.inner),
        nn.ReLU(),
        nn.Dropout(sizes.dropout),
        nn.Linear(sizes.inner, sizes.width),
    )
