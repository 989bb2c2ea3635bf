"""Texts from a network that gives the probabilities of the next token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import torch

from baselines.neural.beams import beam_search
from baselines.neural.constraints import Constraints, exact_scores
from baselines.neural.contracts import Codec, Stepper
from baselines.neural.decoding import Decoding
from baselines.neural.sampling import chooser

__all__ = ["decode"]

S = TypeVar("S")


def decode(
    stepper: Stepper[S],
    keys: Sequence[str],
    decoding: Decoding,
    codec: Codec,
    *,
    seed: int,
    sizes: Sequence[int] | None = None,
) -> list[list[int]]:
    """Write one text for each key.

    A text depends on its own row of the network and, where chance decides, on the seed and its
    key; not on the other texts, their order or the size of a batch. Finished texts leave the batch.
    Gradients are not recorded.

    Parameters
    ----------
    stepper
        The network; its row i is ``keys[i]``.
    keys
        Names of the texts, such as query ids; may be empty.
    decoding
        How tokens are chosen.
    codec
        Meaning of the tokens: which of them end a text, and which are never written.
    seed
        Of the random numbers; greedy and beam decoding use none.
    sizes
        Lengths of what the texts are conditioned on: texts of like length share a batch. None
        keeps the order of ``keys``.

    Returns
    -------
    Tokens of each text in the order of ``keys``, without pad, begin and end; at most
    ``decoding.max_tokens``.

    Raises
    ------
    ContractError
        The network gives numbers that are not finite, or has another vocabulary than the codec.
    ValueError
        ``sizes`` are not as many as ``keys``.
    """
    if sizes is not None and len(sizes) != len(keys):
        raise ValueError(f"{len(sizes)} sizes for {len(keys)} texts")
    order = sorted(range(len(keys)), key=lambda row: (sizes[row] if sizes is not None else 0, row))
    constraints = Constraints(decoding, codec)
    texts: list[list[int]] = [[] for _ in keys]
    with torch.inference_mode():
        for start in range(0, len(order), decoding.batch_size):
            rows = order[start : start + decoding.batch_size]
            names = [keys[row] for row in rows]
            if decoding.method == "beam":
                written = beam_search(stepper, rows, names, decoding, constraints)
            else:
                written = _write(stepper, rows, names, decoding, constraints, seed)
            for row, text in zip(rows, written, strict=True):
                texts[row] = text
    return texts


def _write(
    stepper: Stepper[S],
    rows: Sequence[int],
    keys: Sequence[str],
    decoding: Decoding,
    constraints: Constraints,
    seed: int,
) -> list[list[int]]:
    choose = chooser(decoding, keys, seed)
    texts: list[list[int]] = [[] for _ in rows]
    running = list(range(len(rows)))
    logits, state = stepper.begin(rows)
    so_far = torch.empty(len(rows), 0, dtype=torch.int64)
    while True:
        scores = exact_scores(logits, [keys[text] for text in running])
        so_far = so_far.to(scores.device)
        ban = constraints.forbidden(so_far, scores.shape[1])
        scores = constraints.penalised(scores, so_far).masked_fill(ban, -torch.inf)
        tokens = choose(scores, running)
        for text, token in zip(running, tokens.tolist(), strict=True):
            if token != constraints.end:
                texts[text].append(token)
        so_far = torch.cat([so_far, tokens[:, None]], dim=1)
        going = (tokens != constraints.end).nonzero()[:, 0]
        if not len(going) or so_far.shape[1] == decoding.max_tokens:
            return texts
        if len(going) < len(running):
            running = [running[text] for text in going.tolist()]
            tokens, so_far = tokens[going], so_far[going]
            state = stepper.select(state, going.to(logits.device))
        logits, state = stepper.step(tokens.to(logits.device), state)
