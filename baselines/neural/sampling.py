"""Choosing the next token of many texts: the most probable one, or one drawn by chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from baselines.neural.decoding import Decoding
from showcase_bench.draws import place

__all__ = ["Chooser", "best", "chooser", "draw", "generator"]


class Chooser(Protocol):
    """Chooses the next token of some texts."""

    def __call__(self, logits: Tensor, texts: Sequence[int]) -> Tensor:
        """Tokens, int64 [b], from logits, float64 [b, V]; minus infinity is never chosen.

        ``texts`` are the numbers of the texts, of which each has its own random numbers.
        """
        ...


def chooser(decoding: Decoding, keys: Sequence[str], seed: int) -> Chooser:
    """What chooses the tokens of the texts with these keys, for a decoding without beams."""
    if decoding.method == "greedy":
        return lambda logits, texts: logits.argmax(dim=1)
    numbers = [generator(seed, key) for key in keys]

    def chance(logits: Tensor, texts: Sequence[int]) -> Tensor:
        uniforms = np.array([numbers[text].random() for text in texts])
        kept = _cut(logits / decoding.temperature, decoding)
        return draw(kept, torch.from_numpy(uniforms)).to(logits.device)

    return chance


def generator(seed: int, key: str) -> np.random.Generator:
    """Random numbers of the text with this key; they depend on nothing else."""
    return np.random.default_rng(int.from_bytes(place(seed, key), "big"))


def draw(logits: Tensor, uniforms: Tensor) -> Tensor:
    """Draw one token per row by the inverse of the distribution function, on the CPU.

    Parameters
    ----------
    logits
        float64 [b, V], in each row at least one above minus infinity.
    uniforms
        float64 [b], at least 0 and below 1.

    Returns
    -------
    int64 [b]: the first token up to which the tokens hold more than the share ``uniforms``.
    """
    numbers = logits.cpu().numpy()
    weights = np.exp(numbers - numbers.max(axis=1, keepdims=True))
    sums = weights.cumsum(axis=1)
    wanted = uniforms.numpy() * sums[:, -1]
    before = (sums <= wanted[:, None]).sum(axis=1)
    last = weights.shape[1] - 1 - (weights[:, ::-1] > 0).argmax(axis=1)
    return torch.from_numpy(np.minimum(before, last))


def best(values: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """The largest values of each row and their places; of equal ones those at lower places.

    Parameters
    ----------
    values
        [b, V].
    most
        How many are wanted; fewer where a row is shorter.

    Returns
    -------
    Values and places, both [b, min(most, V)], in no particular order.
    """
    most = min(most, values.shape[1])
    top, places = values.topk(most, dim=1)
    tied = (values >= top[:, -1:]).sum(dim=1) > most
    if bool(tied.any()):
        ordered, order = values[tied].sort(dim=1, descending=True, stable=True)
        top[tied], places[tied] = ordered[:, :most], order[:, :most]
    return top, places


def _cut(logits: Tensor, decoding: Decoding) -> Tensor:
    if decoding.method == "top-k":
        values, places = best(logits, decoding.k)
        return torch.full_like(logits, -torch.inf).scatter(1, places, values)
    if decoding.method == "nucleus" and decoding.p < 1:
        values, places = logits.sort(dim=1, descending=True, stable=True)
        shares = values.softmax(dim=1)
        before = shares.cumsum(dim=1) - shares
        kept = values.masked_fill(before >= decoding.p, -torch.inf)
        return logits.scatter(1, places, kept)
    return logits
