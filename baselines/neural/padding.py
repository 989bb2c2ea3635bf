"""Lists of tokens as tensors."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["IGNORED", "padded", "shifted"]

IGNORED = -100
"""Target of a place that no loss looks at."""


def padded(rows: Sequence[Sequence[int]], fill: int) -> Tensor:
    """Rows filled up behind to the longest of them; int64 of shape [len(rows), longest]."""
    longest = max(map(len, rows), default=0)
    filled = [[*row, *[fill] * (longest - len(row))] for row in rows]
    return torch.tensor(filled, dtype=torch.int64).reshape(len(rows), longest)


def shifted(
    texts: Sequence[Sequence[int]], begin: int, end: int, pad: int
) -> tuple[Tensor, Tensor]:
    """What a network reads, and what it is to say next.

    Returns
    -------
    words
        The texts behind ``begin``, filled up with ``pad``; int64 of shape [n, longest + 1].
    targets
        The texts before ``end``, filled up with :data:`IGNORED`; of the same shape.
    """
    words = padded([[begin, *text] for text in texts], pad)
    targets = padded([[*text, end] for text in texts], IGNORED)
    return words, targets
