"""The network of R2Gen: patches in, words out, a memory beside the decoder."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.neural.contracts import Batch, Losses
from baselines.neural.padding import IGNORED
from baselines.r2gen.layers import DecoderLayer, EncoderLayer, KeysValues, Sizes
from baselines.r2gen.memory import RelationalMemory
from baselines.r2gen.visual import PhotoBatch, Trunk

__all__ = ["R2GenNetwork", "R2GenState", "R2GenStepper"]


class R2GenState(NamedTuple):
    """What a text has left behind."""

    memory: Tensor
    """Shape [b, rows, width]."""
    own: tuple[KeysValues, ...]
    """Of the words so far, for each layer."""
    photos: tuple[KeysValues, ...]
    """Of the encoded patches, for each layer."""
    present: Tensor
    """Which patches there are, bool of shape [b, 1, 1, places]."""


class R2GenNetwork(nn.Module):
    """Transformer from the patches of a set of photos to words, with a relational memory.

    Chen, Song, Chang, Wan: "Generating Radiology Reports via Memory-driven Transformer", EMNLP
    2020. The patches of all photos stand in one sequence without places, so that the order of the
    photos means nothing; a learned vector stands before them, alone where no photo can be read.

    Parameters
    ----------
    sizes
        Size of the network.
    trunk
        What makes patches of photos.
    vocabulary
        Number of tokens, special ones included.
    begin
        Number of the token that stands before a text.
    """

    def __init__(self, sizes: Sizes, trunk: Trunk, vocabulary: int, *, begin: int) -> None:
        super().__init__()
        width = sizes.width
        self.sizes, self.begin = sizes, begin
        self.trunk = trunk.requires_grad_(sizes.visual_scale > 0)
        self.project = nn.Sequential(
            nn.LayerNorm(trunk.channels),
            nn.Linear(trunk.channels, width),
            nn.ReLU(),
            nn.Dropout(sizes.dropout),
        )
        self.no_photo = nn.Parameter(torch.randn(width) * width**-0.5)
        self.encoder = nn.ModuleList(EncoderLayer(sizes) for _ in range(sizes.layers))
        self.encoded = nn.LayerNorm(width)
        self.words = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.words.weight, std=width**-0.5)
        self.memory = RelationalMemory(sizes.memory_rows, width, sizes.memory_heads)
        self.decoder = nn.ModuleList(DecoderLayer(sizes) for _ in range(sizes.layers))
        self.decoded = nn.LayerNorm(width)
        self.dropout = nn.Dropout(sizes.dropout)
        self.output = nn.Linear(width, vocabulary)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The trunk with its own share of the learning rate, and the rest."""
        rest = [one for name, one in self.named_parameters() if not name.startswith("trunk.")]
        return [
            {"params": list(self.trunk.parameters()), "scale": self.sizes.visual_scale},
            {"params": rest, "scale": 1.0},
        ]

    def patches(self, photos: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors of the learned place and of all patches, and which are there.

        Parameters
        ----------
        photos
            uint8 of shape [b, most, 3, side, side].
        present
            Bool of shape [b, most].

        Returns
        -------
        tuple
            Float of shape [b, 1 + most * places, width] and bool of shape [b, 1, 1, the same].
        """
        first = self.no_photo.expand(len(photos), 1, -1)
        there = present.new_ones(len(photos), 1)
        if not present.any():
            return first, there[:, None, None]
        found = self.project(self.trunk(photos[present]))
        spread = found.new_zeros(*present.shape, *found.shape[1:])
        spread[present] = found
        mask = torch.cat([there, present.repeat_interleave(found.shape[1], dim=1)], dim=1)
        return torch.cat([first, spread.flatten(1, 2)], dim=1), mask[:, None, None]

    def look(self, photos: Tensor, present: Tensor) -> R2GenState:
        """State before the first token; the photos as :meth:`patches` takes them."""
        x, mask = self.patches(photos, present)
        for layer in self.encoder:
            x = layer(x, mask)
        x = self.encoded(x)
        heads = self.sizes.heads
        nothing = x.new_zeros(len(x), heads, 0, self.sizes.width // heads)
        return R2GenState(
            self.memory.first(len(x)),
            tuple((nothing, nothing) for _ in self.decoder),
            tuple(layer.photos.remember(x) for layer in cast(list[DecoderLayer], self.decoder)),
            mask,
        )

    def read(self, tokens: Tensor, state: R2GenState) -> tuple[Tensor, R2GenState]:
        """Go on with tokens [b, t]: vectors [b, t, width] that the next words are told from."""
        before, new = state.own[0][0].shape[2], tokens.shape[1]
        words = self.words(tokens)
        memories, memory = self.memory(state.memory, words)
        places = torch.arange(before, before + new, device=tokens.device)
        x = self.dropout(words * math.sqrt(self.sizes.width) + _waves(places, self.sizes.width))
        causal = places[:, None] >= torch.arange(before + new, device=tokens.device)
        own = []
        for layer, past, photos in zip(self.decoder, state.own, state.photos, strict=True):
            x, longer = layer(x, memories, past, causal, photos, state.present)
            own.append(longer)
        return self.decoded(x), state._replace(memory=memory, own=tuple(own))

    def forward(self, batch: Batch) -> Losses:
        """Mean cross-entropy of the tokens.

        ``batch`` has ``photos`` and ``present`` as :meth:`patches` takes them, and ``words``
        and ``targets`` as :func:`~baselines.neural.padding.shifted` makes them.
        """
        targets = batch["targets"]
        state = self.look(batch["photos"], batch["present"])
        vectors, _ = self.read(batch["words"], state)
        kept = targets != IGNORED
        loss = functional.cross_entropy(self.output(vectors[kept]), targets[kept])
        return Losses(loss, float(kept.sum()), {})


class R2GenStepper:
    """Continues texts about sets of photos.

    Parameters
    ----------
    network
        In evaluation mode.
    photos
        Brings the photos of some rows; asked once for each row that is begun.
    """

    def __init__(
        self, network: R2GenNetwork, photos: Callable[[Sequence[int]], PhotoBatch]
    ) -> None:
        self.network = network
        self._photos = photos

    def begin(self, rows: Sequence[int]) -> tuple[Tensor, R2GenState]:
        """Look at the photos and give the begin token."""
        device = self.network.no_photo.device
        photos, present = self._photos(rows)
        state = self.network.look(photos.to(device), present.to(device))
        first = torch.full((len(rows),), self.network.begin, device=device)
        return self.step(first, state)

    def step(self, tokens: Tensor, state: R2GenState) -> tuple[Tensor, R2GenState]:
        """Append one token to each text."""
        vectors, after = self.network.read(tokens[:, None], state)
        return self.network.output(vectors[:, 0]), after

    def select(self, state: R2GenState, rows: Tensor) -> R2GenState:
        """The state of some texts."""
        return R2GenState(
            state.memory[rows],
            tuple((keys[rows], values[rows]) for keys, values in state.own),
            tuple((keys[rows], values[rows]) for keys, values in state.photos),
            state.present[rows],
        )


def _waves(places: Tensor, width: int) -> Tensor:
    """Sines and cosines of the places [t] at falling frequencies, [t, width] (Vaswani et al.)."""
    rates = 10_000.0 ** (-torch.arange(0, width, 2, device=places.device) / width)
    angles = places[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
