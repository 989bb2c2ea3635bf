"""CLIP-Align: agreement of text and photos by a CLIP that knows the task."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Cost, Floats, Group, Need, Scale, require_encoder
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.embedding.clip_similarity import (
    mean_by,
    shown_cosines,
)
from showcase_bench.metrics.kinds import MeanMetric

__all__ = ["ClipAlign"]


@dataclasses.dataclass(frozen=True)
class ClipAlign(MeanMetric):
    """Mean cosine between the text and the photos shown, by a CLIP fine-tuned on the task.

    Yan et al. (2023) report a metric of this name and do not publish its definition; this one is
    ours: the encoder is a CLIP trained on photos and reviews of the task's training split, the
    text is encoded without a prompt, and the plain cosines, negative ones too, are averaged over
    the photos shown. The default encoder is trained on the training split of ``mini`` and means
    nothing elsewhere: fine-tune one for each task. Its own name is in the signature, so numbers of
    different encoders do not mix.

    Photos that cannot be read are left out, and an example that shows no other ones is left out
    of the mean. A missing text, or no photos shown, scores -1.

    Raises
    ------
    UsageError
        ``encoder`` is not a name.
    """

    encoder: str = "mini-clip"

    label: ClassVar[str] = "clip-align"
    summary: ClassVar[str] = "cosine of the text and the photos shown, by a CLIP of the task"
    group: ClassVar[Group] = "embedding"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"images", "text", "features", "embeddings"})
    cost: ClassVar[Cost] = "high"
    facts: ClassVar[Mapping[str, str]] = {"prompt": "none", "agg": "mean", "impl": "sb"}
    citation: ClassVar[str] = (
        "Yan et al., Personalized showcases: generating multi-modal explanations for "
        "recommendations, SIGIR 2023"
    )
    oracle: ClassVar[str] = "open_clip"
    encoder_field: ClassVar[str | None] = "encoder"

    def __post_init__(self) -> None:
        require_encoder(self.encoder, "clip-align")

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """All but the examples that show a text with unreadable photos only; bool of shape [n]."""
        scored = self._means(batch)[1]
        return scored | ~(batch.has_text & batch.has_images)

    def values(self, batch: Batch) -> Floats:
        """Mean cosine of each example, float64 of shape [n]; 0 where nothing is scored.

        Raises
        ------
        UsageError
            Photos and texts are shown, and the batch has no features or no embeddings.
        """
        return self._means(batch)[0]

    def _means(self, batch: Batch) -> tuple[Floats, NDArray[np.bool_]]:
        pairs = shown_cosines(batch, self.encoder, None, "text")
        return mean_by(pairs.cosines, pairs.owners[pairs.texts], len(batch))
