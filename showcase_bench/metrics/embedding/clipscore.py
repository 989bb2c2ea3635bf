"""CLIPScore: how well a text goes with the photos shown beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import (
    Cost,
    Floats,
    Group,
    Need,
    Scale,
    require_encoder,
    require_one_of,
)
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.embedding.clip_similarity import (
    PairCosines,
    mean_by,
    require_prompt,
    shown_cosines,
)
from showcase_bench.metrics.kinds import MeanMetric

__all__ = ["WEIGHT", "ClipScore", "ClipScores", "clip_scores"]

WEIGHT = 2.5
"""The factor w of the paper."""

_WINDOWS = ("text", "sentence")
_AGGREGATES = ("mean", "max")


class ClipScores(NamedTuple):
    """CLIPScore of each example."""

    values: Floats
    """float64 of shape [n]; 0 where there is no pair of a text and a readable photo."""
    counted: NDArray[np.bool_]
    """All but those with a text and photos none of which can be read; bool of shape [n]."""


@dataclasses.dataclass(frozen=True)
class ClipScore(MeanMetric):
    """``2.5 * max(cos(photo, text), 0)``, mean over the photos shown (Hessel et al. 2021).

    The scores of the photos are averaged, not their vectors. The text is encoded behind the
    paper's prompt, ``"A photo depicts "`` with the space at its end and the text as it is. What
    exceeds the encoder's tokens (77 for CLIP) is cut off: ``truncation-rate`` says how often, and
    ``window=sentence`` prevents it. Photos that cannot be read are left out, and an example that
    shows no other ones is left out of the mean. The empty text is scored as any other; a missing
    text, or no photos shown, scores 0. The paper's numbers are those of
    ``encoder=open_clip:ViT-B-32/openai``.

    Raises
    ------
    UsageError
        ``encoder`` is not a name, or ``prompt``, ``window`` or ``aggregate`` is unknown.
    """

    encoder: str = "mini-clip"
    prompt: str | None = "depicts"
    """``depicts``, or none: the text alone."""
    window: str = "text"
    """``text``: one score for the whole text. ``sentence``: the mean over its sentences, each
    behind the prompt; a sentence with more tokens than the encoder looks at is halved until its
    parts fit, and these count as sentences."""
    aggregate: str = "mean"
    """Over the photos: ``mean``, or ``max``, the photo that goes best with the text or sentence."""

    label: ClassVar[str] = "clipscore"
    summary: ClassVar[str] = "how well the text goes with the photos shown, by CLIP"
    group: ClassVar[Group] = "embedding"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, WEIGHT)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"images", "text", "features", "embeddings"})
    cost: ClassVar[Cost] = "high"
    facts: ClassVar[Mapping[str, str]] = {"w": str(WEIGHT), "impl": "sb"}
    citation: ClassVar[str] = (
        "Hessel et al., CLIPScore: a reference-free evaluation metric for image captioning, "
        "EMNLP 2021"
    )
    oracle: ClassVar[str] = "open_clip"
    encoder_field: ClassVar[str | None] = "encoder"

    def __post_init__(self) -> None:
        require_encoder(self.encoder, "clipscore")
        require_prompt(self.prompt, "clipscore")
        require_one_of(self.window, _WINDOWS, "window of clipscore")
        require_one_of(self.aggregate, _AGGREGATES, "aggregate of clipscore")

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """All but the examples that show a text with unreadable photos only; bool of shape [n]."""
        return self._scores(batch).counted

    def values(self, batch: Batch) -> Floats:
        """Score of each example, float64 of shape [n]; 0 where nothing is scored.

        Raises
        ------
        UsageError
            Photos and texts are shown, and the batch has no features or no embeddings.
        """
        return self._scores(batch).values

    def _scores(self, batch: Batch) -> ClipScores:
        return clip_scores(
            batch, self.encoder, self.prompt, window=self.window, aggregate=self.aggregate
        )


def clip_scores(
    batch: Batch,
    encoder: str,
    prompt: str | None,
    *,
    window: str = "text",
    aggregate: str = "mean",
) -> ClipScores:
    """CLIPScore with the parameters of :class:`ClipScore`; found once a batch."""
    key = ("clip scores", encoder, prompt, window, aggregate)
    return batch.memo(
        key, lambda: _combine(batch, shown_cosines(batch, encoder, prompt, window), aggregate)
    )


def _combine(batch: Batch, pairs: PairCosines, aggregate: str) -> ClipScores:
    scores = WEIGHT * np.maximum(pairs.cosines, 0.0)
    by_text, paired = mean_by(scores, pairs.texts, len(pairs.owners))
    if aggregate == "max":
        by_text = np.zeros(len(pairs.owners))
        np.maximum.at(by_text, pairs.texts, scores)
    values, scored = mean_by(by_text[paired], pairs.owners[paired], len(batch))
    return ClipScores(values, scored | ~(batch.has_text & batch.has_images))
