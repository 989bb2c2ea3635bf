"""The language model of a configuration: made fresh, or pretrained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedModel

from baselines.neural.contracts import Codec
from baselines.neural.pretrained import build_causal, causal_facts, load_causal
from baselines.neural.randomness import seeded
from baselines.neural.words import Words
from baselines.showcase.config import Language
from baselines.showcase.decoders import CrossDecoder, Decoder, PrefixDecoder

__all__ = ["Learned", "build_decoder", "learn_language"]


@dataclass(frozen=True)
class Learned:
    """A language model before training."""

    codec: Codec
    facts: dict[str, Any]
    """Its shape, for :func:`build_decoder`."""
    pretrained: PreTrainedModel | None
    """None where weights are to be drawn."""


def learn_language(language: Language, texts: Sequence[str]) -> Learned:
    """Tokens and shape; of pretrained models also the weights.

    Parameters
    ----------
    texts
        What a fresh model's words are learned from.

    Raises
    ------
    UsageError, MissingDependencyError
        The pretrained model cannot be read, or the hub cannot be reached.
    """
    if language.kind == "fresh":
        words = Words.learn(texts)
        return Learned(words, _fresh(language, words), None)
    with seeded(0):  # layers that are drawn here are drawn again where the decoder is built
        lm, codec = load_causal(language.source, cross_attention=language.kind == "cross")
    return Learned(codec, causal_facts(lm), lm)


def build_decoder(
    language: Language, facts: dict[str, Any], memory: int, pretrained: PreTrainedModel | None
) -> Decoder:
    """The language model with its way to the condition; weights that are not known are drawn.

    Parameters
    ----------
    memory
        Length of a row of the condition.
    pretrained
        From :func:`learn_language`. Without it, a frozen model is loaded from its source, and any
        other is drawn in the shape of ``facts``, to take the weights of a checkpoint.
    """
    if language.kind == "prefix":
        lm = load_causal(language.source).lm if pretrained is None else pretrained
        return PrefixDecoder(lm, memory)
    if language.kind == "fresh":
        return CrossDecoder(GPT2LMHeadModel(GPT2Config(**facts)), memory)
    lm = build_causal(facts)
    if pretrained is not None:
        known = pretrained.state_dict()
        own = {name: weights for name, weights in known.items() if "cross" not in name}
        lm.load_state_dict(own, strict=False)
    return CrossDecoder(lm, memory)


def _fresh(language: Language, words: Words) -> dict[str, Any]:
    return {
        "vocab_size": len(words),
        "n_positions": language.positions,
        "n_embd": language.width,
        "n_layer": language.depth,
        "n_head": language.heads,
        "activation_function": "gelu_pytorch_tanh",  # GPT-2's own, in one operation
        "initializer_range": language.width**-0.5 / 2,  # GPT-2's 0.02 is right for its width, 768
        "resid_pdrop": language.dropout,
        "embd_pdrop": language.dropout,
        "attn_pdrop": language.dropout,
        "bos_token_id": words.begin,
        "eos_token_id": words.end,
        "add_cross_attention": True,
    }
