"""Ref2Seq's network: two reference encoders and a decoder that attends to both.

Ni, Li and McAuley, "Justifying Recommendations using Distantly-Labeled Reviews and Fine-Grained
Aspects", EMNLP-IJCNLP 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from baselines.neural.contracts import Batch, Losses
from baselines.neural.padding import IGNORED

__all__ = ["Attention", "Encoded", "Ref2SeqNetwork", "Ref2SeqState", "Ref2SeqStepper", "Sizes"]


@dataclass(frozen=True)
class Sizes:
    """Sizes of the network; the defaults are the original's."""

    width: int = 256
    """Of the embedding and of all hidden states."""
    attention: int = 256
    """Of what attention compares the decoder's state and a place in."""
    layers: int = 2
    dropout: float = 0.3


class Encoded(NamedTuple):
    """One side's references."""

    places: Tensor
    """Hidden states of all tokens of all segments, [b, m, width]."""
    mask: Tensor
    """Which of them hold a token, bool of shape [b, m]."""
    keys: Tensor
    """What attention compares the decoder's state with, [b, m, attention]."""
    summary: Tensor
    """Mean of the segments' last states, of each layer: [layers, b, width]; 0 without segments."""


class Ref2SeqState(NamedTuple):
    """References and the decoder's hidden state, [layers, b, width]."""

    user: Encoded
    item: Encoded
    hidden: Tensor


class Attention(nn.Module):
    """Additive attention: v · tanh(W state + U place).

    Without the tanh, as in the released code, the state would add the same number to the score of
    every place, and the softmax would take it out again.
    """

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.of_state = nn.Linear(width, size, bias=False)
        self.of_place = nn.Linear(width, size)
        self.score = nn.Linear(size, 1, bias=False)

    def weights(self, states: Tensor, keys: Tensor, mask: Tensor) -> Tensor:
        """Weights of the places, [b, t, m], for states [b, t, width].

        They sum to 1 over the unmasked places, and are all 0 where every place is masked. ``keys``
        are ``of_place`` of the places.
        """
        mixed = torch.tanh(self.of_state(states)[:, :, None] + keys[:, None])
        scores = self.score(mixed).squeeze(-1)
        seen = mask[:, None]
        lowest = torch.finfo(scores.dtype).min
        weights: Tensor = scores.masked_fill(~seen, lowest).softmax(dim=-1) * seen
        return weights

    def forward(self, states: Tensor, references: Encoded) -> Tensor:
        """What is attended to, [b, t, width]."""
        return self.weights(states, references.keys, references.mask) @ references.places


class _Encoder(nn.Module):
    """A bidirectional GRU over segments, both directions summed."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.layers = sizes.layers
        self.gru = nn.GRU(
            sizes.width,
            sizes.width,
            sizes.layers,
            batch_first=True,
            bidirectional=True,
            dropout=sizes.dropout if sizes.layers > 1 else 0.0,
        )

    def forward(self, embedded: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Encode segments that are padded behind.

        Parameters
        ----------
        embedded
            [b, s, n, width].
        lengths
            Tokens of each segment, int64 of shape [b, s]; 0 where there is none.

        Returns
        -------
        Hidden states, [b, s, n, width], zeros behind the end; and each layer's mean over the
        segments of its last states, [layers, b, width].
        """
        b, s, n, width = embedded.shape
        there = lengths.flatten().nonzero().squeeze(-1)
        places = embedded.new_zeros(b * s, n, width)
        last = embedded.new_zeros(self.layers, b * s, width)
        if len(there):
            packed = pack_padded_sequence(
                embedded.flatten(0, 1)[there],
                lengths.flatten()[there].cpu(),
                batch_first=True,
                enforce_sorted=False,
            )
            out, hidden = self.gru(packed)
            filled, _ = pad_packed_sequence(out, batch_first=True, total_length=n)
            both = filled[..., :width] + filled[..., width:]
            places = places.index_copy(0, there, both)
            ends = hidden[0::2] + hidden[1::2]
            last = last.index_copy(1, there, ends)
        segments = (lengths > 0).sum(dim=1).clamp(min=1)
        mean = last.view(self.layers, b, s, width).sum(dim=2) / segments[:, None]
        return places.view(b, s, n, width), mean


class Ref2SeqNetwork(nn.Module):
    """References of the user and of the item into a text.

    Parameters
    ----------
    sizes
        Width, depth and dropout.
    words
        Size of the vocabulary.
    """

    def __init__(self, sizes: Sizes, words: int) -> None:
        super().__init__()
        width = sizes.width
        self.dropout = sizes.dropout
        self.words = nn.Embedding(words, width)
        self.user_encoder = _Encoder(sizes)
        self.item_encoder = _Encoder(sizes)
        self.user_attention = Attention(width, sizes.attention)
        self.item_attention = Attention(width, sizes.attention)
        self.start = nn.Linear(2 * width, width)
        self.decoder = nn.GRU(
            width,
            width,
            sizes.layers,
            batch_first=True,
            dropout=sizes.dropout if sizes.layers > 1 else 0.0,
        )
        self.join = nn.Linear(3 * width, width)
        self.to_words = nn.Linear(width, words)

    def read(self, batch: Batch) -> Ref2SeqState:
        """Encode ``user`` and ``item``, int64 of shape [b, s, n], padded behind.

        ``user_lengths`` and ``item_lengths``, [b, s], count the tokens of each segment; a row may
        have no segment at all.
        """
        user = self._encode(
            self.user_encoder, self.user_attention, batch["user"], batch["user_lengths"]
        )
        item = self._encode(
            self.item_encoder, self.item_attention, batch["item"], batch["item_lengths"]
        )
        hidden = torch.tanh(self.start(torch.cat([user.summary, item.summary], dim=-1)))
        return Ref2SeqState(user, item, hidden)

    def write(self, words: Tensor, state: Ref2SeqState) -> tuple[Tensor, Ref2SeqState]:
        """Read words, int64 of shape [b, t]: logits of the next ones, [b, t, V], and the state."""
        out, hidden = self.decoder(self._drop(self.words(words)), state.hidden.contiguous())
        user = self.user_attention(out, state.user)
        item = self.item_attention(out, state.item)
        joined = torch.tanh(self.join(torch.cat([self._drop(out), user, item], dim=-1)))
        return self.to_words(self._drop(joined)), state._replace(hidden=hidden)

    def forward(self, batch: Batch) -> Losses:
        """Mean log loss of the words; ``words`` and ``targets`` of shape [b, t]."""
        logits, _ = self.write(batch["words"], self.read(batch))
        targets = batch["targets"]
        total = functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED
        )
        return Losses(total, float((targets != IGNORED).sum()), {})

    def _encode(
        self, encoder: nn.Module, attention: Attention, tokens: Tensor, lengths: Tensor
    ) -> Encoded:
        places, summary = encoder(self._drop(self.words(tokens)), lengths)
        mask = torch.arange(tokens.shape[2], device=tokens.device) < lengths[:, :, None]
        flat, held = _to_front(places.flatten(1, 2), mask.flatten(1))
        return Encoded(flat, held, attention.of_place(flat), summary)

    def _drop(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.dropout, self.training)


def _to_front(places: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Move what is unmasked to the front of each row, and cut off where all rows are masked."""
    longest = max(int(mask.sum(dim=1).max()), 1)
    order = (~mask).to(torch.uint8).argsort(dim=1, stable=True)[:, :longest]
    moved = places.gather(1, order[:, :, None].expand(-1, -1, places.shape[2]))
    return moved, mask.gather(1, order)


def _pick(encoded: Encoded, rows: Tensor) -> Encoded:
    """The references of some rows, which may repeat."""
    return Encoded(
        encoded.places[rows],
        encoded.mask[rows],
        encoded.keys[rows],
        encoded.summary[:, rows],
    )


class Ref2SeqStepper:
    """Continues texts after their references; see :class:`baselines.neural.contracts.Stepper`.

    Parameters
    ----------
    network
        In evaluation mode.
    references
        Makes ``user``, ``item`` and their lengths for some rows.
    begin_token
        The first word that the decoder reads.
    """

    def __init__(
        self,
        network: Ref2SeqNetwork,
        references: Callable[[Sequence[int]], Batch],
        begin_token: int,
    ) -> None:
        self._network = network
        self._references = references
        self._begin = begin_token

    def begin(self, rows: Sequence[int]) -> tuple[Tensor, Ref2SeqState]:
        """Read the references and the begin token."""
        device = self._network.words.weight.device
        batch = {name: one.to(device) for name, one in self._references(rows).items()}
        first = torch.full((len(rows),), self._begin, dtype=torch.int64, device=device)
        return self.step(first, self._network.read(batch))

    def step(self, tokens: Tensor, state: Ref2SeqState) -> tuple[Tensor, Ref2SeqState]:
        """Read one word of each text."""
        logits, after = self._network.write(tokens[:, None], state)
        return logits[:, -1], after

    def select(self, state: Ref2SeqState, rows: Tensor) -> Ref2SeqState:
        """Keep the state of these texts."""
        hidden = state.hidden[:, rows]
        return Ref2SeqState(_pick(state.user, rows), _pick(state.item, rows), hidden)
