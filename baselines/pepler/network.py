"""PEPLER's network: a causal language model behind a user and an item as continuous prompts.

Li, Zhang and Chen, "Personalized Prompt Learning for Explainable Recommendation", TOIS 2023.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from baselines.neural.causal import CausalStepper, Condition
from baselines.neural.contracts import Batch, Losses
from baselines.neural.padding import IGNORED

__all__ = ["PeplerNetwork", "Sizes", "pepler_stepper", "small_language_model"]

_FIRST_WEIGHTS = 0.1


@dataclass(frozen=True)
class Sizes:
    """Sizes of a small language model."""

    width: int
    heads: int
    layers: int
    dropout: float
    places: int = 256
    """Longest text with what stands before it, in tokens."""


def small_language_model(vocabulary: int, sizes: Sizes) -> dict[str, Any]:
    """Shape of a GPT-2 of this size, for :func:`~baselines.neural.pretrained.build_causal`."""
    return {
        "model_type": "gpt2",
        "vocab_size": vocabulary,
        "n_positions": sizes.places,
        "n_embd": sizes.width,
        "n_layer": sizes.layers,
        "n_head": sizes.heads,
        "activation_function": "gelu_pytorch_tanh",  # GPT-2's own, in one operation
        "resid_pdrop": sizes.dropout,
        "embd_pdrop": sizes.dropout,
        "attn_pdrop": sizes.dropout,
        "bos_token_id": None,
        "eos_token_id": None,
    }


class PeplerNetwork(nn.Module):
    """Reads [user, item, begin, words] and predicts the words behind ``begin``.

    Parameters
    ----------
    language_model
        Any causal language model; it becomes a part of the network.
    users, items
        Rows of the embeddings, those of what is unknown included.
    """

    def __init__(self, language_model: PreTrainedModel, *, users: int, items: int) -> None:
        super().__init__()
        self.language_model: Any = language_model
        width = int(self._words.weight.shape[1])
        self.users = nn.Embedding(users, width)
        self.items = nn.Embedding(items, width)
        for table in (self.users, self.items):
            nn.init.uniform_(table.weight, -_FIRST_WEIGHTS, _FIRST_WEIGHTS)

    @property
    def _words(self) -> Any:
        return self.language_model.get_input_embeddings()

    def tune(self, *, language_model: bool) -> None:
        """Say whether training changes the language model, besides users and items."""
        self.language_model.requires_grad_(language_model)

    def prompts(self, user: Tensor, item: Tensor) -> Tensor:
        """Embeddings before the text: int64 of shape [b] each to [b, 2, width]."""
        return torch.stack([self.users(user), self.items(item)], dim=1)

    def logits(self, user: Tensor, item: Tensor, words: Tensor) -> Tensor:
        """Of the word behind each of ``words``: int64 [b, t] to [b, t, V].

        A place sees the prompts and the words up to its own, so that padding behind a text
        changes nothing.
        """
        read = self._words(words)
        rows = torch.cat([self.prompts(user, item), read], dim=1)
        hidden = self.language_model.base_model(inputs_embeds=rows, use_cache=False)[0]
        said: Tensor = self.language_model.get_output_embeddings()(hidden[:, 2:])
        return said

    def forward(self, batch: Batch) -> Losses:
        """Log loss of the words, a mean over them.

        ``batch`` holds ``user`` and ``item``, [b]; ``words``, the text behind the begin token, and
        ``targets``, the text before the end token, [b, t].
        """
        logits = self.logits(batch["user"], batch["item"], batch["words"])
        targets = batch["targets"]
        loss = functional.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED
        )
        return Losses(loss, float((targets != IGNORED).sum()), {})


def pepler_stepper(
    network: PeplerNetwork, user: Tensor, item: Tensor, begin_token: int
) -> CausalStepper:
    """Continues texts of users and businesses, int64 rows of the embeddings of shape [n] each."""

    def prefix(rows: Sequence[int]) -> Condition:
        table = network.users.weight
        place = torch.tensor(rows, dtype=torch.int64)
        return Condition(
            network.prompts(user[place].to(table.device), item[place].to(table.device))
        )

    return CausalStepper(network.language_model, prefix, begin_token)
