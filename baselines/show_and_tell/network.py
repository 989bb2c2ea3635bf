"""The network of Show and Tell: an LSTM whose first input is the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.neural.contracts import Batch, Losses
from baselines.neural.padding import IGNORED

__all__ = ["Captioner", "CaptionerState", "CaptionerStepper", "Sizes", "Standard"]


@dataclass(frozen=True)
class Sizes:
    """Size of the network."""

    embedding: int
    """Length of a word's vector, and of the projected picture."""
    hidden: int
    """Length of the LSTM's state."""
    dropout: float
    """Share of the words' vectors and the LSTM's outputs dropped in training, in [0, 1)."""


@dataclass(frozen=True)
class Standard:
    """Centre and spread of the pictures of training, so that a picture speaks as loud as a word."""

    center: list[float]
    """Mean picture."""
    spread: float
    """Root of the mean squared distance from it, over all numbers; above 0."""


class CaptionerState(NamedTuple):
    """What the LSTM remembers, two arrays of shape [1, b, hidden]."""

    hidden: Tensor
    cell: Tensor


class Captioner(nn.Module):
    """LSTM language model that sees a picture once, before the first word.

    Vinyals, Toshev, Bengio, Erhan: "Show and Tell: A Neural Image Caption Generator", CVPR 2015,
    equations 10 to 13.

    Parameters
    ----------
    sizes
        Size of the network.
    standard
        Of the pictures' features; it tells their length too.
    vocabulary
        Number of tokens, special ones included.
    begin
        Number of the token that stands before a text.
    """

    center: Tensor

    def __init__(self, sizes: Sizes, standard: Standard, vocabulary: int, *, begin: int) -> None:
        super().__init__()
        self.begin = begin
        self.spread = standard.spread
        self.register_buffer("center", torch.tensor(standard.center), persistent=False)
        self.image = nn.Linear(len(standard.center), sizes.embedding)
        self.no_image = nn.Parameter(torch.randn(sizes.embedding))
        self.words = nn.Embedding(vocabulary, sizes.embedding)
        self.lstm = nn.LSTM(sizes.embedding, sizes.hidden, batch_first=True)
        with torch.no_grad():  # the forget gate begins open
            self.lstm.get_parameter("bias_ih_l0")[sizes.hidden : 2 * sizes.hidden] = 1.0
        self.dropout = nn.Dropout(sizes.dropout)
        self.output = nn.Linear(sizes.hidden, vocabulary)

    def picture(self, image: Tensor, seen: Tensor) -> Tensor:
        """Input of step 0, [b, embedding].

        Parameters
        ----------
        image
            Features, float of shape [b, d].
        seen
            Bool of shape [b]; where it is false, the learned vector of "no picture" stands in.
        """
        standard = (image - self.center) / self.spread
        return torch.where(seen[:, None], self.image(standard), self.no_image)

    def look(self, image: Tensor, seen: Tensor) -> CaptionerState:
        """State after step 0, whose output is not used."""
        return CaptionerState(*self.lstm(self.picture(image, seen)[:, None])[1])

    def read(self, tokens: Tensor, state: CaptionerState) -> tuple[Tensor, CaptionerState]:
        """Go on with tokens [b, t]: outputs of the LSTM [b, t, hidden] and the state after them."""
        hidden, after = self.lstm(self.dropout(self.words(tokens)), tuple(state))
        return self.dropout(hidden), CaptionerState(*after)

    def forward(self, batch: Batch) -> Losses:
        """Mean cross-entropy of the tokens.

        ``batch`` has ``image`` and ``seen`` as :meth:`picture` takes them, and ``words`` and
        ``targets`` as :func:`~baselines.neural.padding.shifted` makes them.
        """
        targets = batch["targets"]
        hidden, _ = self.read(batch["words"], self.look(batch["image"], batch["seen"]))
        kept = targets != IGNORED
        loss = functional.cross_entropy(self.output(hidden[kept]), targets[kept])
        return Losses(loss, float(kept.sum()), {})


class CaptionerStepper:
    """Continues texts about pictures.

    Parameters
    ----------
    network
        In evaluation mode.
    image, seen
        As :meth:`Captioner.picture` takes them, of all rows.
    """

    def __init__(self, network: Captioner, image: Tensor, seen: Tensor) -> None:
        self.network = network
        self._image, self._seen = image, seen

    def begin(self, rows: Sequence[int]) -> tuple[Tensor, CaptionerState]:
        """Show the pictures and give the begin token."""
        chosen = torch.as_tensor(rows, dtype=torch.int64, device=self._image.device)
        state = self.network.look(self._image[chosen], self._seen[chosen])
        return self.step(torch.full_like(chosen, self.network.begin), state)

    def step(self, tokens: Tensor, state: CaptionerState) -> tuple[Tensor, CaptionerState]:
        """Append one token to each text."""
        hidden, after = self.network.read(tokens[:, None], state)
        return self.network.output(hidden[:, 0]), after

    def select(self, state: CaptionerState, rows: Tensor) -> CaptionerState:
        """The state of some texts."""
        return CaptionerState(state.hidden[:, rows], state.cell[:, rows])
