"""PETER's network: a small transformer over [user, item, (feature), begin, words].

Li, Zhang and Chen, "Personalized Transformer for Explainable Recommendation", ACL 2021.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.neural.contracts import Batch, Losses
from baselines.neural.padding import IGNORED

__all__ = ["Inputs", "PeterNetwork", "PeterState", "PeterStepper", "Sizes", "peter_mask"]

_FIRST_WEIGHTS = 0.1


@dataclass(frozen=True)
class Sizes:
    """Sizes of the network, and weights of its losses; the defaults are the paper's."""

    width: int = 512
    """A multiple of ``heads``."""
    heads: int = 2
    layers: int = 2
    hidden: int = 2048
    """Width inside the feed-forward layers."""
    dropout: float = 0.2
    context_weight: float = 1.0
    rating_weight: float = 0.1
    id_rate: float = 1.0
    """Learning rate of the users' and items' rows, as a multiple of that of all else."""


class Inputs(NamedTuple):
    """Who, where and, for ``peter-feature``, about what; int64 of shape [b] each."""

    user: Tensor
    item: Tensor
    feature: Tensor | None = None
    """Row of the words' embedding; None leaves the place of the feature out."""

    @property
    def places(self) -> int:
        """Places before the text."""
        return 2 if self.feature is None else 3


class PeterState(NamedTuple):
    """Keys and values of all places so far: of each layer [b, heads, places, width / heads]."""

    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]

    @property
    def places(self) -> int:
        """Places that are held."""
        return self.keys[0].shape[2]


def peter_mask(new: int, past: int = 0) -> Tensor:
    """Which place may see which: bool of shape [new, past + new].

    Every place sees itself and what is before it; the first (the user) also sees the second (the
    item), so that a rating can be told from the user's place.
    """
    seen = torch.ones(new, past + new, dtype=torch.bool).tril(past)
    if past == 0 and new > 1:
        seen[0, 1] = True
    return seen


def _positions(start: int, end: int, like: Tensor) -> Tensor:
    """Sinusoidal codes of the places ``start`` to ``end``; [end - start, width]."""
    width = like.shape[-1]
    place = torch.arange(start, end, device=like.device, dtype=torch.float32)[:, None]
    pair = torch.arange(0, width, 2, device=like.device, dtype=torch.float32)
    angle = place * torch.exp(pair * (-math.log(10_000.0) / width))
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)[:, :width].to(like.dtype)


class _Layer(nn.Module):
    """Self-attention and feed-forward, each normalised after its residual, as in the paper."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.heads = sizes.heads
        self.dropout = sizes.dropout
        self.attend = nn.Linear(sizes.width, 3 * sizes.width)
        self.joined = nn.Linear(sizes.width, sizes.width)
        self.wide = nn.Linear(sizes.width, sizes.hidden)
        self.narrow = nn.Linear(sizes.hidden, sizes.width)
        self.after_attention = nn.LayerNorm(sizes.width)
        self.after_feed = nn.LayerNorm(sizes.width)

    def forward(
        self, x: Tensor, mask: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """[b, n, width] into the same, and keys and values of all places so far."""
        split = self.attend(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query, keys, values = split.unbind(0)
        if past is not None:
            keys = torch.cat([past[0], keys], dim=2)
            values = torch.cat([past[1], values], dim=2)
        seen = functional.scaled_dot_product_attention(
            query, keys, values, mask, self.dropout if self.training else 0.0
        )
        x = self.after_attention(x + self._drop(self.joined(seen.transpose(1, 2).flatten(2))))
        fed = self.narrow(self._drop(functional.relu(self.wide(x))))
        return self.after_feed(x + self._drop(fed)), keys, values

    def _drop(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.dropout, self.training)


class PeterNetwork(nn.Module):
    """Predicts the words, the words as a bag from the item's place, and the rating.

    Parameters
    ----------
    sizes
        Widths, depth, dropout and loss weights.
    users, items, words
        Rows of the embeddings, those of what is unknown included.
    """

    def __init__(self, sizes: Sizes, *, users: int, items: int, words: int) -> None:
        super().__init__()
        self.sizes = sizes
        self.users = nn.Embedding(users, sizes.width)
        self.items = nn.Embedding(items, sizes.width)
        self.words = nn.Embedding(words, sizes.width)
        self.layers = nn.ModuleList(_Layer(sizes) for _ in range(sizes.layers))
        self.to_words = nn.Linear(sizes.width, words)
        self.to_hidden = nn.Linear(sizes.width, sizes.width)
        self.to_rating = nn.Linear(sizes.width, 1)
        for table in (self.users, self.items, self.words, self.to_words):
            nn.init.uniform_(table.weight, -_FIRST_WEIGHTS, _FIRST_WEIGHTS)
        nn.init.zeros_(self.to_words.bias)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Ids apart from the rest: their rows are seen far less often than words are."""
        ids = [self.users.weight, self.items.weight]
        rest = [one for one in self.parameters() if not any(one is own for own in ids)]
        return [{"params": ids, "scale": self.sizes.id_rate}, {"params": rest, "scale": 1.0}]

    def begin(self, inputs: Inputs, words: Tensor) -> tuple[Tensor, PeterState]:
        """Read what is before the text and the words so far, int64 of shape [b, t].

        Returns hidden states, [b, inputs.places + t, width], and the state.
        """
        before = [self.users(inputs.user), self.items(inputs.item)]
        if inputs.feature is not None:
            before.append(self.words(inputs.feature))
        rows = torch.cat([torch.stack(before, dim=1), self.words(words)], dim=1)
        return self._through(rows, None)

    def go_on(self, words: Tensor, state: PeterState) -> tuple[Tensor, PeterState]:
        """Read more words, [b, t]: hidden states of these, [b, t, width], and the new state."""
        return self._through(self.words(words), state)

    def rating(self, hidden: Tensor) -> Tensor:
        """Stars, [b], from hidden states that begin with the user's."""
        rated: Tensor = self.to_rating(self.to_hidden(hidden[:, 0]).sigmoid()).squeeze(-1)
        return rated

    def forward(self, batch: Batch) -> Losses:
        """Loss of words, bag of words and rating; in evaluation mode, that of words alone.

        So the best epoch is the one that writes best: the bag of words is overfitted long before.
        ``batch`` holds ``user``, ``item`` and perhaps ``feature`` of shape [b]; ``words``, the
        text behind the begin token, and ``targets``, the text before the end token, of shape
        x; ``bag``, as
        ``targets`` without the end token; ``rating``, float of shape [b], NaN where unknown.
        """
        inputs = Inputs(batch["user"], batch["item"], batch.get("feature"))
        hidden, _ = self.begin(inputs, batch["words"])
        logits = self.to_words(hidden[:, inputs.places :])
        words = functional.cross_entropy(
            logits.flatten(0, 1), batch["targets"].flatten(), ignore_index=IGNORED
        )
        context = _bag_loss(self.to_words(hidden[:, 1]), batch["bag"])
        known = batch["rating"].isfinite()
        stars = batch["rating"].where(known, 0.0)
        rating = ((self.rating(hidden) - stars).square() * known).sum() / known.sum().clamp(min=1)
        total = words
        if self.training:
            total = total + self.sizes.context_weight * context + self.sizes.rating_weight * rating
        parts = {"words": words.detach(), "context": context.detach(), "rating": rating.detach()}
        weight = float((batch["targets"] != IGNORED).sum())
        return Losses(total, weight, {name: float(part) for name, part in parts.items()})

    def _through(self, rows: Tensor, state: PeterState | None) -> tuple[Tensor, PeterState]:
        past = 0 if state is None else state.places
        new = rows.shape[1]
        x = rows * math.sqrt(self.sizes.width) + _positions(past, past + new, rows)
        x = functional.dropout(x, self.sizes.dropout, self.training)
        mask = peter_mask(new, past).to(x.device)
        keys, values = [], []
        for i, layer in enumerate(self.layers):
            x, key, value = layer(x, mask, None if state is None else (state[0][i], state[1][i]))
            keys.append(key)
            values.append(value)
        return x, PeterState(tuple(keys), tuple(values))


def _bag_loss(logits: Tensor, bag: Tensor) -> Tensor:
    """Mean over all words of the bags, [b, t], of their log loss under [b, V]; 0 without words."""
    kept = bag != IGNORED
    chosen = logits.log_softmax(dim=-1).gather(1, bag.where(kept, 0))
    return -(chosen * kept).sum() / kept.sum().clamp(min=1)


class PeterStepper:
    """Continues the texts of given inputs; see :class:`baselines.neural.contracts.Stepper`."""

    def __init__(self, network: PeterNetwork, inputs: Inputs, begin_token: int) -> None:
        self._network = network
        self._inputs = inputs
        self._begin = begin_token

    def begin(self, rows: Sequence[int]) -> tuple[Tensor, PeterState]:
        """Read user, item, perhaps feature, and the begin token."""
        device = self._network.words.weight.device
        place = torch.tensor(rows, dtype=torch.int64)
        user, item, feature = self._inputs
        chosen = Inputs(
            user[place].to(device),
            item[place].to(device),
            None if feature is None else feature[place].to(device),
        )
        first = torch.full((len(rows), 1), self._begin, dtype=torch.int64, device=device)
        return self._last(*self._network.begin(chosen, first))

    def step(self, tokens: Tensor, state: PeterState) -> tuple[Tensor, PeterState]:
        """Read one word of each text."""
        return self._last(*self._network.go_on(tokens[:, None], state))

    def select(self, state: PeterState, rows: Tensor) -> PeterState:
        """Keep the state of these texts."""
        return PeterState(
            tuple(one[rows] for one in state.keys), tuple(one[rows] for one in state.values)
        )

    def _last(self, hidden: Tensor, state: PeterState) -> tuple[Tensor, PeterState]:
        return self._network.to_words(hidden[:, -1]), state
