"""Texts into vectors with a CLIP model that open_clip built, without computing on padding.

A causal text transformer that reads its result off the end-of-text token (Radford et al. 2021)
gives the same vector whatever follows that token. Texts are sorted by length and each batch is cut
a little behind its longest one, where open_clip itself always computes all 77 places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.encoders.torch_tools import ROWS, autocast, autocast_precision, to_unit

__all__ = ["can_cut", "encode_clip_texts"]

_STEP = 8


class _Tower(NamedTuple):
    """The parts of a text transformer that can be cut."""

    parts: Any
    """Module with the embeddings, the transformer, the last norm and the projection."""
    end: int | None
    """Number of the end-of-text token, if it is not simply the highest number of a text."""


def can_cut(torch: Any, model: Any) -> bool:
    """Whether the model's text side is of the kind that :func:`encode_clip_texts` cuts short."""
    return _tower(torch, model) is not None


def encode_clip_texts(
    torch: Any,
    model: Any,
    token_rows: Sequence[Sequence[int]],
    device: str,
    batch: int = 128,
) -> NDArray[np.float32]:
    """L2-normalised vectors of tokenised texts, float32 of shape [len(token_rows), d].

    Equal to the model's ``encode_text`` of the padded rows but for rounding (measured: below
    1e-5). A model of another kind (see :func:`can_cut`) computes on rows padded with zeros to its
    context length.

    Parameters
    ----------
    torch
        The module.
    model
        What open_clip built, on ``device`` and in evaluation mode.
    token_rows
        Token numbers of each text: start token first, end-of-text token last, at most as many as
        the model's context length.
    device
        ``cpu`` (single precision) or ``cuda`` (mixed precision).
    batch
        Texts that go through the model at once, a multiple of ``ROWS``.

    A text is computed beside others of about its length, at a length that follows from its own, so
    that its vector depends on nothing else.
    """
    tower = _tower(torch, model)
    rows = [list(row) for row in token_rows] or [[0]]
    whole = tower is None
    most = int(model.context_length) if tower is None else len(tower.parts.positional_embedding)
    found = np.empty((0, 0), dtype=np.float32)
    with torch.inference_mode(), autocast(torch, device, autocast_precision(device)):
        for length, places in _batches(rows, most, batch, whole=whole):
            chosen = [rows[i] for i in places]
            chosen += [chosen[0]] * (-len(chosen) % ROWS)
            padded = _padded(torch, chosen, length).to(device)
            made = model.encode_text(padded) if tower is None else _encode_cut(torch, tower, padded)
            vectors = to_unit(torch, made)[: len(places)]
            if not len(found):
                found = np.empty((len(rows), vectors.shape[1]), dtype=np.float32)
            found[places] = vectors
    return found[: len(token_rows)]


def _batches(
    rows: Sequence[Sequence[int]], most: int, batch: int, *, whole: bool
) -> Iterator[tuple[int, list[int]]]:
    """Lengths, and texts to be computed at each; multiples of 8, or ``most`` if ``whole``."""
    of_length: dict[int, list[int]] = {}
    for place, row in enumerate(rows):
        length = most if whole else min(-(-len(row) // _STEP) * _STEP, most)
        of_length.setdefault(length, []).append(place)
    for length, places in sorted(of_length.items()):
        for start in range(0, len(places), batch):
            yield length, places[start : start + batch]


def _padded(torch: Any, rows: Sequence[Sequence[int]], length: int) -> Any:
    padded = np.zeros((len(rows), length), dtype=np.int64)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return torch.from_numpy(padded)


def _tower(torch: Any, model: Any) -> _Tower | None:
    if isinstance(getattr(model, "text_pool_type", None), str):
        parts, pool, end = model, model.text_pool_type, getattr(model, "text_eos_id", None)
    else:
        parts = getattr(model, "text", None)
        pool, end = getattr(parts, "pool_type", None), getattr(parts, "eos_id", None)
        if getattr(parts, "cls_emb", None) is not None or getattr(parts, "output_tokens", False):
            return None
    needed = ("token_embedding", "positional_embedding", "transformer", "ln_final", "attn_mask")
    if pool not in ("argmax", "eos") or any(getattr(parts, one, None) is None for one in needed):
        return None
    mask = parts.attn_mask
    ahead = torch.ones_like(mask, dtype=torch.bool).triu(1)
    causal = bool(torch.isneginf(mask[ahead]).all() and (mask[~ahead] == 0).all())
    return _Tower(parts, end if pool == "eos" else None) if causal else None


def _encode_cut(torch: Any, tower: _Tower, tokens: Any) -> Any:
    """Vectors at the end-of-text tokens of [texts, places]; nothing else is projected."""
    parts, length = tower.parts, tokens.shape[1]
    dtype = parts.transformer.get_cast_dtype()
    places = parts.positional_embedding[:length].to(dtype)
    states = parts.token_embedding(tokens).to(dtype) + places
    states = parts.transformer(states, attn_mask=parts.attn_mask[:length, :length])
    ends = (tokens if tower.end is None else (tokens == tower.end).int()).argmax(dim=-1)
    states = parts.ln_final(states[torch.arange(len(tokens), device=tokens.device), ends])
    projection = parts.text_projection
    if projection is None:
        return states
    return projection(states) if isinstance(projection, torch.nn.Linear) else states @ projection
