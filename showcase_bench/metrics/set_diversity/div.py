"""Diversity of the images that are shown together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.metrics.base import (
    Floats,
    Group,
    Need,
    Scale,
    require_at_least,
    require_encoder,
)
from showcase_bench.metrics.batch import Batch, Features
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.metrics.set_diversity.shown import shown_at

__all__ = ["Div"]

_PAIRS = 1 << 13  # pairs of places looked at together


class _Dissimilarity(NamedTuple):
    mean: Floats
    has_pair: NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Div(MeanMetric):
    """Mean pairwise ``1 - cosine`` of the features of the first k images shown (Yan et al. 2023).

    Photos that cannot be read (rows of zeros) are left out of the pairs, and examples with fewer
    than two images left are left out of the mean.

    Raises
    ------
    UsageError
        ``k`` is below 2, or ``encoder`` is not a name.
    """

    k: int
    encoder: str = "color-layout"

    label: ClassVar[str] = "div"
    named_by: ClassVar[Mapping[str, str]] = {"k": "@"}
    encoder_field: ClassVar[str | None] = "encoder"
    summary: ClassVar[str] = "mean pairwise dissimilarity of the images shown together"
    group: ClassVar[Group] = "set diversity"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 2.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"images", "features"})
    facts: ClassVar[Mapping[str, str]] = {"distance": "1-cos", "impl": "sb"}
    citation: ClassVar[str] = (
        "Yan et al., Personalized showcases: generating multi-modal explanations for "
        "recommendations, SIGIR 2023"
    )
    oracle: ClassVar[str] = "brute force"

    def __post_init__(self) -> None:
        require_at_least(self.k, 2, "k of div")
        require_encoder(self.encoder, "div")

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples with at least two readable images among the first k; bool of shape [n]."""
        return self._dissimilarity(batch).has_pair

    def values(self, batch: Batch) -> Floats:
        """Mean over the pairs of each example, float64 of shape [n]; 0 without a pair.

        Raises
        ------
        UsageError
            Images are shown, and the batch has no image features.
        """
        return self._dissimilarity(batch).mean

    def _dissimilarity(self, batch: Batch) -> _Dissimilarity:
        key = ("div", self.k, self.encoder)
        return batch.memo(key, lambda: _mean_dissimilarity(batch, self.k, self.encoder))


def _mean_dissimilarity(batch: Batch, k: int, encoder: str) -> _Dissimilarity:
    n = len(batch)
    shown = shown_at(batch, k)
    mean, has_pair = np.zeros(n), np.zeros(n, dtype=bool)
    if not shown.images:
        return _Dissimilarity(mean, has_pair)
    if batch.features is None:
        raise UsageError("div needs the features of the images, and this batch has none")
    counts = np.bincount(shown.rows, minlength=n)
    width = int(counts.max())
    places = np.arange(len(shown.rows)) - (np.cumsum(counts) - counts)[shown.rows]
    step = max(1, _PAIRS // width**2)
    for start in range(0, n, step):
        stop = min(start + step, n)
        block = slice(*np.searchsorted(shown.rows, [start, stop]).tolist())
        if block.start == block.stop:
            continue
        codes, index = np.unique(shown.codes[block], return_inverse=True)
        unit = _unit_features(batch.features, [shown.images[code] for code in codes], encoder)
        vectors = np.zeros((stop - start, width, unit.shape[1]))
        vectors[shown.rows[block] - start, places[block]] = unit[index]
        mean[start:stop], has_pair[start:stop] = _over_pairs(vectors)
    return _Dissimilarity(mean, has_pair)


def _unit_features(features: Features, images: list[str], encoder: str) -> Floats:
    """Features scaled to length 1, float64 of shape [len(images), d]; zeros stay zeros."""
    rows = np.asarray(features(images, encoder), dtype=np.float64)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    return unit


def _over_pairs(vectors: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Mean of ``1 - cosine`` over the pairs of non-zero vectors, of [n, k, d]; 0 without a pair."""
    alive: NDArray[np.bool_] = np.any(vectors != 0, axis=2)
    pairs = alive[:, :, np.newaxis] & alive[:, np.newaxis, :] & ~np.eye(alive.shape[1], dtype=bool)
    cosines = np.clip(vectors @ vectors.transpose(0, 2, 1), -1.0, 1.0)
    total = np.where(pairs, 1.0 - cosines, 0.0).sum(axis=(1, 2))
    count = pairs.sum(axis=(1, 2))
    return total / np.maximum(count, 1), count > 0
