"""What the training loop and the decoder ask of a network and of its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from torch import Tensor

__all__ = ["Batch", "Codec", "Losses", "Rows", "Stepper"]

Batch = Mapping[str, Tensor]
"""Tensors by name; the first dimension of each counts the rows."""

S = TypeVar("S")


class Losses(NamedTuple):
    """What a network's ``forward`` gives for a batch."""

    total: Tensor
    """What is minimised; a scalar, a mean over ``weight`` things."""
    weight: float
    """How many things, such as tokens, ``total`` is a mean of: the mean over a split is weighted
    by it."""
    parts: Mapping[str, float]
    """Terms of the total, and measures beside it, for the learning curve."""


class Rows(Protocol):
    """The rows of one split, which are made into batches on demand."""

    def __len__(self) -> int: ...

    def size(self, row: int) -> int:
        """Length of a row, in tokens: rows of like size are put into one batch."""
        ...

    def batch(self, rows: Sequence[int], rng: np.random.Generator | None) -> Batch:
        """Make a batch, on the CPU.

        ``rng`` is the only source of what is random in training, such as dropped ids; None stands
        for validation, where nothing is.
        """
        ...


class Stepper(Protocol[S]):
    """A network that continues texts token by token, many at a time.

    The state ``S`` holds all that earlier tokens leave behind, keys and values included. A row's
    numbers do not depend on the other rows, but for rounding.
    """

    def begin(self, rows: Sequence[int]) -> tuple[Tensor, S]:
        """Start the texts of these rows: logits of the first token, [len(rows), V], and state."""
        ...

    def step(self, tokens: Tensor, state: S) -> tuple[Tensor, S]:
        """Append one token to each text, int64 of shape [b]: logits of the next, [b, V]."""
        ...

    def select(self, state: S, rows: Tensor) -> S:
        """The state of some texts, int64 of shape [m]; rows may repeat and be left out."""
        ...


class Codec(Protocol):
    """Texts into token numbers and back."""

    pad: int
    begin: int
    end: int
    never: frozenset[int]
    """Tokens that are not to be written, such as that of unknown words."""

    def __len__(self) -> int:
        """Size of the vocabulary, special tokens included."""
        ...

    def encode(self, text: str, most: int | None = None) -> list[int]:
        """Tokens of a text, at most ``most``, without special tokens."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """The text; special tokens are left out."""
        ...

    def facts(self) -> dict[str, Any]:
        """All that :func:`~baselines.neural.codecs.codec_of` needs to make it again, as JSON."""
        ...
