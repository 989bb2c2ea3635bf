"""Two ways to tell a language model of a condition: cross-attention, and a prefix."""

from __future__ import annotations

import abc
from typing import Any

import torch
from torch import Tensor, nn

from baselines.neural.causal import Condition
from baselines.showcase.encoder import Memory

__all__ = ["CrossDecoder", "Decoder", "PrefixDecoder"]


class Decoder(nn.Module, abc.ABC):
    """A causal language model that is told of a condition.

    Parameters
    ----------
    width
        Length of its hidden states.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    @property
    @abc.abstractmethod
    def model(self) -> Any:
        """The language model, as transformers has it."""

    @abc.abstractmethod
    def condition(self, memory: Memory) -> Condition:
        """What the model is given before or beside a text, of each row."""

    @abc.abstractmethod
    def hidden(self, tokens: Tensor, memory: Memory | None) -> Tensor:
        """Last hidden states of texts, padded at the end, [b, t] to [b, t, width].

        Without ``memory``, the model reads the text alone.
        """

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of the next token, [..., width] to [..., V]."""
        scores: Tensor = self.model.lm_head(hidden)
        return scores


class CrossDecoder(Decoder):
    """A GPT-2 whose layers attend to the condition (``add_cross_attention=True``).

    Parameters
    ----------
    lm
        A ``GPT2LMHeadModel``; trained with the rest.
    memory
        Length of a row of the condition.
    """

    def __init__(self, lm: Any, memory: int) -> None:
        super().__init__(lm.config.n_embd)
        self.lm = lm
        self.bridge = nn.Linear(memory, self.width)

    @property
    def model(self) -> Any:
        """The GPT-2."""
        return self.lm

    def condition(self, memory: Memory) -> Condition:
        """Rows for cross-attention."""
        return Condition(
            embeddings=None, mask=None, memory=self.bridge(memory.rows), memory_mask=memory.mask
        )

    def hidden(self, tokens: Tensor, memory: Memory | None) -> Tensor:
        """Last hidden states; without ``memory``, cross-attention is left out."""
        given = {}
        if memory is not None:
            condition = self.condition(memory)
            given["encoder_hidden_states"] = condition.memory
            given["encoder_attention_mask"] = memory.mask.long()
        words = self.lm.get_input_embeddings()(tokens)
        body = self.lm.transformer
        states: Tensor = body(inputs_embeds=words, use_cache=False, **given).last_hidden_state
        return states


class PrefixDecoder(Decoder):
    """A frozen language model; the condition stands before the text, as if it were words.

    The model is no part of the state of the network: it is neither trained nor saved.

    Parameters
    ----------
    lm
        Any causal language model of transformers.
    memory
        Length of a row of the condition.
    """

    def __init__(self, lm: Any, memory: int) -> None:
        super().__init__(lm.config.hidden_size)
        lm.requires_grad_(False)
        lm.eval()
        self._outside = (lm,)  # in a tuple, so that torch does not count it as a part
        self.project = nn.Linear(memory, self.width)
        self.norm = nn.LayerNorm(self.width)
        words = lm.get_input_embeddings().weight  # rows are to be as long as words are
        nn.init.constant_(self.norm.weight, float(words.detach().float().std()))

    @property
    def model(self) -> Any:
        """The language model, on the device of the rest."""
        (lm,) = self._outside
        device = self.project.weight.device
        return lm if lm.device == device else lm.to(device)

    def condition(self, memory: Memory) -> Condition:
        """Rows before the first word."""
        return Condition(
            embeddings=self.norm(self.project(memory.rows)),
            mask=memory.mask,
            memory=None,
            memory_mask=None,
        )

    def hidden(self, tokens: Tensor, memory: Memory | None) -> Tensor:
        """Last hidden states of the text; the places of rows that do not count are passed over."""
        lm = self.model
        words = lm.get_input_embeddings()(tokens)
        if memory is None:
            states: Tensor = lm.model(inputs_embeds=words, use_cache=False).last_hidden_state
            return states
        rows = self.norm(self.project(memory.rows))
        mask = torch.cat([memory.mask, torch.ones_like(tokens, dtype=torch.bool)], dim=1).long()
        states = lm.model(
            inputs_embeds=torch.cat([rows.to(words.dtype), words], dim=1),
            attention_mask=mask,
            position_ids=(mask.cumsum(dim=1) - 1).clamp(min=0),
            use_cache=False,
        ).last_hidden_state
        return states[:, rows.shape[1] :]
