"""Relational memory, and the layer norm that it drives."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["ConditionalNorm", "RelationalMemory"]


class RelationalMemory(nn.Module):
    """Rows that remember what was written so far, updated with every word.

    Chen, Song, Chang, Wan: "Generating Radiology Reports via Memory-driven Transformer", EMNLP
    2020, section 3.2. With M the memory and y the vector of the last word, the rows of M attend to
    those of [M; y], which gives Z; N = Z + M + MLP(Z + M) is the candidate; the gates of
    forgetting and of input are linear in y and tanh(M); the new memory is
    sigmoid(forget) M + sigmoid(input) tanh(N).

    Parameters
    ----------
    rows
        Number of rows.
    width
        Length of a row and of a word's vector; at least ``rows``.
    heads
        Attention heads; divides ``width``.
    """

    start: Tensor

    def __init__(self, rows: int, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.keys_values = nn.Linear(width, 2 * width)
        self.mix = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )
        self.word_gates = nn.Linear(width, 2 * width)
        self.memory_gates = nn.Linear(width, 2 * width, bias=False)
        self.register_buffer("start", torch.eye(rows, width), persistent=False)

    def first(self, texts: int) -> Tensor:
        """Memory before the first word, [texts, rows, width]: row i has a one at place i."""
        return self.start.expand(texts, -1, -1)

    def forward(self, memory: Tensor, words: Tensor) -> tuple[Tensor, Tensor]:
        """Memories after each of some words, and the last.

        Parameters
        ----------
        memory
            Before the first of them, [b, rows, width].
        words
            Shape [b, t, width].

        Returns
        -------
        tuple
            Memories with their rows joined, [b, t, rows * width], and [b, rows, width].
        """
        remembered, gates = self.keys_values(words), self.word_gates(words)
        passed = []
        for place in range(words.shape[1]):
            now = slice(place, place + 1)
            memory = self._step(memory, remembered[:, now], gates[:, now])
            passed.append(memory.flatten(1))
        return torch.stack(passed, dim=1), memory

    def _step(self, memory: Tensor, remembered: Tensor, gates: Tensor) -> Tensor:
        """Memory after a word, whose keys and values and whose part of the gates are given."""
        keys, values = torch.cat([self.keys_values(memory), remembered], dim=1).chunk(2, dim=-1)
        seen = functional.scaled_dot_product_attention(
            self._split(self.query(memory)), self._split(keys), self._split(values)
        )
        summed = memory + self.mix(seen.transpose(1, 2).flatten(2))
        candidate = summed + self.mlp(summed)
        opened = torch.sigmoid(gates + self.memory_gates(torch.tanh(memory)))
        forget, accept = opened.chunk(2, dim=-1)
        return forget * memory + accept * torch.tanh(candidate)

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


class ConditionalNorm(nn.Module):
    """Layer norm whose scale and shift move with the memory; section 3.3 of the same paper.

    With m the joined rows of the memory: y = (gamma + MLP(m)) (x - mean) / deviation + beta +
    MLP'(m).

    Parameters
    ----------
    width
        Length of what is normalised.
    condition
        Length of the joined rows.
    """

    _EPSILON = 1e-6

    def __init__(self, width: int, condition: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))
        self.shift = nn.Parameter(torch.zeros(width))
        self.more_scale = _two_layers(condition, width)
        self.more_shift = _two_layers(condition, width)

    def forward(self, x: Tensor, memory: Tensor) -> Tensor:
        """Normalise ``x``, [b, t, width], under the memories [b, t, condition]."""
        plain = functional.layer_norm(x, x.shape[-1:], eps=self._EPSILON)
        scale: Tensor = self.scale + self.more_scale(memory)
        shift: Tensor = self.shift + self.more_shift(memory)
        return scale * plain + shift


def _two_layers(condition: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(condition, width), nn.ReLU(), nn.Linear(width, width))
