"""RefCLIPScore: CLIPScore together with the likeness to a reference."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from itertools import chain
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Cost, Floats, Group, Need, Scale, require_encoder
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.embedding.clip_similarity import (
    cosines,
    prompted,
    require_prompt,
    text_vectors,
)
from showcase_bench.metrics.embedding.clipscore import WEIGHT, ClipScores, clip_scores
from showcase_bench.metrics.kinds import MeanMetric

__all__ = ["RefClipScore"]


@dataclasses.dataclass(frozen=True)
class RefClipScore(MeanMetric):
    """Harmonic mean of CLIPScore and the largest cosine with a reference (Hessel et al. 2021).

    ``2 c r / (c + r)`` with ``c`` the CLIPScore of the example, its factor 2.5 inside and its mean
    over the photos shown taken first, and ``r`` the largest ``max(cos(text, reference), 0)`` over
    the references; 0 where either is 0. As in the authors' released code, the text and the
    references are encoded behind the same prompt. Examples without a reference, or with a text
    and photos none of which can be read, are left out; a missing text, or no photos shown, scores
    0.

    Raises
    ------
    UsageError
        ``encoder`` is not a name, or ``prompt`` is unknown.
    """

    encoder: str = "mini-clip"
    prompt: str | None = "depicts"
    """``depicts``, or none: the texts alone."""

    label: ClassVar[str] = "refclipscore"
    summary: ClassVar[str] = "how well the text goes with the photos and with a reference, by CLIP"
    group: ClassVar[Group] = "embedding"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 2 * WEIGHT / (WEIGHT + 1))
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset(
        {"images", "text", "references", "features", "embeddings"}
    )
    cost: ClassVar[Cost] = "high"
    facts: ClassVar[Mapping[str, str]] = {"w": str(WEIGHT), "agg": "mean", "impl": "sb"}
    citation: ClassVar[str] = (
        "Hessel et al., CLIPScore: a reference-free evaluation metric for image captioning, "
        "EMNLP 2021"
    )
    oracle: ClassVar[str] = "open_clip"
    encoder_field: ClassVar[str | None] = "encoder"

    def __post_init__(self) -> None:
        require_encoder(self.encoder, "refclipscore")
        require_prompt(self.prompt, "refclipscore")

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with a reference, less those with unreadable photos only; bool of shape [n]."""
        return batch.has_reference & self._of_photos(batch).counted

    def values(self, batch: Batch) -> Floats:
        """Score of each example, float64 of shape [n]; 0 where nothing is scored.

        Raises
        ------
        UsageError
            Photos and texts are shown, and the batch has no features or no embeddings.
        """
        photos = self._of_photos(batch).values
        known = batch.memo(
            ("reference cosines", self.encoder, self.prompt),
            lambda: _best_reference(batch, self.encoder, self.prompt),
        )
        total = photos + known
        return 2 * photos * known / np.where(total > 0, total, 1.0)

    def _of_photos(self, batch: Batch) -> ClipScores:
        return clip_scores(batch, self.encoder, self.prompt)


def _best_reference(batch: Batch, encoder: str, prompt: str | None) -> Floats:
    """Largest cosine of each text with a reference, at least 0; 0 where not attempted; [n]."""
    attempted = batch.has_text & batch.has_images & batch.has_reference
    rows = np.flatnonzero(attempted)
    texts = [batch.hypotheses[row] or "" for row in rows.tolist()]
    known = [batch.references[row] for row in rows.tolist()]
    vectors = text_vectors(batch, prompted([*texts, *chain(*known)], prompt), encoder)
    sizes = np.array([len(one) for one in known], dtype=np.int64)
    of_text = np.repeat(np.arange(len(texts)), sizes)
    of_reference = len(texts) + np.arange(len(of_text))
    best = np.zeros(len(batch))
    np.maximum.at(best, rows[of_text], cosines(vectors, of_text, vectors, of_reference))
    return best
