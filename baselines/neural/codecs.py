"""Codecs from the facts of a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from baselines.neural.contracts import Codec
from baselines.neural.pieces import Pieces
from baselines.neural.words import Words
from showcase_bench.errors import StoreError

__all__ = ["codec_of"]


def codec_of(facts: Mapping[str, Any]) -> Codec:
    """The codec that gave these facts.

    Raises
    ------
    StoreError
        They are of no codec, or damaged.
    """
    kind = facts.get("kind")
    try:
        if kind == "words":
            return Words(facts["words"])
        if kind == "pieces":
            return Pieces(
                facts["tokenizer"], begin=facts["begin"], end=facts["end"], pad=facts["pad"]
            )
    except (KeyError, TypeError) as error:
        raise StoreError(
            f"the description of the tokens is damaged ({error}); fit the model again"
        ) from error
    raise StoreError(
        f"the tokens are of the kind {kind!r}, which this version does not know; fit the model "
        "again or install a newer version"
    )
