"""Texts from any causal language model of transformers, continued with cached keys and values."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache, PreTrainedModel

from baselines.neural.contracts import Stepper
from showcase_bench.errors import UsageError

__all__ = ["CausalState", "CausalStepper", "Condition", "prompts"]


class Condition(NamedTuple):
    """What the texts of some rows are conditioned on; padding may stand anywhere."""

    embeddings: Tensor | None = None
    """Before the first token, [b, p, d]; None for nothing."""
    mask: Tensor | None = None
    """True or 1 where ``embeddings`` are no padding, [b, p]; None where all are."""
    memory: Tensor | None = None
    """What cross-attention looks at, [b, m, d]; None for a network without."""
    memory_mask: Tensor | None = None
    """As ``mask``, [b, m]; at least one of each row is no padding."""


class CausalState(NamedTuple):
    """What earlier tokens leave behind."""

    cache: DynamicCache | EncoderDecoderCache
    mask: Tensor
    """1 where a cached place is no padding, int64 [b, n]."""
    lengths: Tensor
    """Places that are no padding, int64 [b]: the position of the next token."""
    memory: Tensor | None
    memory_mask: Tensor | None


class CausalStepper(Stepper[CausalState]):
    """Continues texts with a causal language model, such as GPT-2 or Llama.

    A text is the condition's embeddings, the token that begins it, and what is chosen. Positions
    count what is no padding, so padding changes nothing but rounding. A state stays as it is when
    it is continued or selected from.

    Parameters
    ----------
    lm
        The network, in evaluation mode; its own device and type are used.
    prefix
        Gives the condition of some rows.
    begin_token
        First token of every text.
    """

    def __init__(
        self,
        lm: PreTrainedModel,
        prefix: Callable[[Sequence[int]], Condition],
        begin_token: int,
    ) -> None:
        self._lm: Any = lm
        self._prefix = prefix
        self._begin = begin_token
        self._most = int(getattr(lm.config, "max_position_embeddings", 2**62))

    def begin(self, rows: Sequence[int]) -> tuple[Tensor, CausalState]:
        """Logits of the first token after the one that begins, [len(rows), V], and the state.

        Raises
        ------
        UsageError
            A condition is longer than the network's positions.
        """
        condition = self._prefix(rows)
        table = self._lm.get_input_embeddings()
        device = table.weight.device
        first = torch.full((len(rows), 1), self._begin, device=device)
        embeddings, mask = table(first), torch.ones_like(first)
        if condition.embeddings is not None:
            before = condition.embeddings.to(device, embeddings.dtype)
            real = torch.ones(before.shape[:2], dtype=torch.int64, device=device)
            if condition.mask is not None:
                real = condition.mask.to(device, torch.int64)
            embeddings = torch.cat([before, embeddings], dim=1)
            mask = torch.cat([real, mask], dim=1)
        lengths = mask.sum(dim=1)
        self._require_room(mask, lengths)
        memory, memory_mask = condition.memory, condition.memory_mask
        output = self._lm(
            inputs_embeds=embeddings,
            attention_mask=mask,
            position_ids=(mask.cumsum(dim=1) - 1).clamp(min=0),
            use_cache=True,
            **_attended(memory, memory_mask),
        )
        state = CausalState(output.past_key_values, mask, lengths, memory, memory_mask)
        return output.logits[:, -1], state

    def step(self, tokens: Tensor, state: CausalState) -> tuple[Tensor, CausalState]:
        """Append one token to each text: logits of the next, [b, V], and the state.

        Raises
        ------
        UsageError
            A text is longer than the network's positions.
        """
        mask = torch.cat([state.mask, torch.ones_like(state.mask[:, :1])], dim=1)
        lengths = state.lengths + 1
        self._require_room(mask, lengths)
        output = self._lm(
            input_ids=tokens.to(mask.device)[:, None],
            attention_mask=mask,
            position_ids=state.lengths[:, None],
            past_key_values=_copied(state.cache),
            use_cache=True,
            **_attended(state.memory, state.memory_mask),
        )
        following = state._replace(cache=output.past_key_values, mask=mask, lengths=lengths)
        return output.logits[:, -1], following

    def select(self, state: CausalState, rows: Tensor) -> CausalState:
        """The state of some texts; rows may repeat."""
        cache = _copied(state.cache)
        cache.batch_select_indices(rows.to(state.mask.device))
        memory, memory_mask = state.memory, state.memory_mask
        return CausalState(
            cache,
            state.mask[rows],
            state.lengths[rows],
            None if memory is None else memory[rows],
            None if memory_mask is None else memory_mask[rows],
        )

    def _require_room(self, mask: Tensor, lengths: Tensor) -> None:
        if mask.shape[1] > self._most and int(lengths.max()) > self._most:
            raise UsageError(
                f"a text and what stands before it have {int(lengths.max())} tokens, but the "
                f"network has {self._most} positions; lower max_tokens of the decoding"
            )


def prompts(lm: PreTrainedModel, tokens: Sequence[Sequence[int]]) -> Condition:
    """The condition of texts that go on from prompts, which may be empty and of any lengths."""
    table: Any = lm.get_input_embeddings()
    device = table.weight.device
    width = max((len(prompt) for prompt in tokens), default=0)
    padded = [[*prompt, *[0] * (width - len(prompt))] for prompt in tokens]
    ids = torch.tensor(padded, dtype=torch.int64, device=device).reshape(len(tokens), width)
    lengths = torch.tensor([len(prompt) for prompt in tokens], dtype=torch.int64, device=device)
    return Condition(table(ids), torch.arange(width, device=device) < lengths[:, None])


def _attended(memory: Tensor | None, mask: Tensor | None) -> dict[str, Tensor]:
    """Arguments of a network that attends to a memory; a network without takes none."""
    if memory is None:
        return {}
    given = {"encoder_hidden_states": memory}
    if mask is not None:
        given["encoder_attention_mask"] = mask.to(torch.int64)
    return given


def _copied(cache: Any) -> Any:
    """The cache with layers of its own, which share keys and values until they are replaced."""
    if isinstance(cache, EncoderDecoderCache):
        return EncoderDecoderCache(
            _copied(cache.self_attention_cache), _copied(cache.cross_attention_cache)
        )
    twin = copy.copy(cache)
    twin.layers = [copy.copy(layer) for layer in cache.layers]
    return twin
