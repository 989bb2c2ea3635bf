"""Truncation rate: texts that an encoder does not read to their end."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from showcase_bench.metrics.base import Cost, Floats, Group, Need, Scale, require_encoder
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.embedding.clip_similarity import (
    prompted,
    require_prompt,
)
from showcase_bench.metrics.kinds import MeanMetric

__all__ = ["TruncationRate"]


@dataclasses.dataclass(frozen=True)
class TruncationRate(MeanMetric):
    """Share of the texts that have more tokens than the encoder looks at; ours.

    The texts are those that ``clipscore`` encodes, behind the same prompt; its words and the
    special tokens count. Belongs beside ``clipscore``, which sees the beginning of such texts
    only. A missing text scores 1.

    Raises
    ------
    UsageError
        ``encoder`` is not a name, or ``prompt`` is unknown.
    """

    encoder: str = "mini-clip"
    prompt: str | None = "depicts"
    """``depicts``, or none: the text alone."""

    label: ClassVar[str] = "truncation-rate"
    summary: ClassVar[str] = "share of the texts that are too long for the encoder"
    group: ClassVar[Group] = "embedding"
    higher_is_better: ClassVar[bool | None] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"text", "embeddings"})
    cost: ClassVar[Cost] = "medium"
    facts: ClassVar[Mapping[str, str]] = {"impl": "sb"}
    oracle: ClassVar[str] = "open_clip"
    encoder_field: ClassVar[str | None] = "encoder"

    def __post_init__(self) -> None:
        require_encoder(self.encoder, "truncation-rate")
        require_prompt(self.prompt, "truncation-rate")

    def values(self, batch: Batch) -> Floats:
        """1 where the text is cut, else 0; float64 of shape [n].

        Raises
        ------
        UsageError
            There are texts, and the batch has no embeddings.
        """
        cut = np.zeros(len(batch))
        texts = [text for text in batch.hypotheses if text is not None]
        if texts:
            embeddings = batch.required_embeddings
            counts = embeddings.token_counts(prompted(texts, self.prompt), self.encoder)
            cut[batch.has_text] = counts > embeddings.most_tokens(self.encoder)
        return cut
