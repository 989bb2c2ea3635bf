"""Diversity of the images that are shown together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.metrics.base import Floats, Group, MeanMetric, Need, Scale, require_at_least
from showcase_bench.metrics.batch import Batch

__all__ = ["Div"]

_CHUNK = 1024


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
        if not isinstance(self.encoder, str) or not self.encoder or "|" in self.encoder:
            raise UsageError(f"encoder of div must be a name without '|', not {self.encoder!r}")

    @property
    def name(self) -> str:
        """``div@`` and the cutoff."""
        return f"div@{self.k}"

    @property
    def in_name(self) -> frozenset[str]:
        """The cutoff is in the name."""
        return frozenset({"k"})

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
    shown = [tuple(dict.fromkeys(ids))[:k] for ids in batch.selected]
    index = {image: row for row, image in enumerate(dict.fromkeys(i for ids in shown for i in ids))}
    mean, has_pair = np.zeros(len(batch)), np.zeros(len(batch), dtype=bool)
    if not index:
        return _Dissimilarity(mean, has_pair)
    if batch.features is None:
        raise UsageError("div needs the features of the images, and this batch has none")
    features = np.asarray(batch.features(list(index), encoder), dtype=np.float64)
    norms = np.linalg.norm(features, axis=1, keepdims=True)
    unit = np.divide(features, norms, out=np.zeros_like(features), where=norms > 0)
    # One more row of zeros stands for the places that show nothing.
    unit = np.vstack([unit, np.zeros((1, unit.shape[1]))])
    places = np.full((len(batch), k), len(index), dtype=np.int64)
    for row, ids in enumerate(shown):
        places[row, : len(ids)] = [index[image] for image in ids]
    for start in range(0, len(batch), _CHUNK):
        rows = slice(start, start + _CHUNK)
        mean[rows], has_pair[rows] = _over_pairs(unit[places[rows]])
    return _Dissimilarity(mean, has_pair)


def _over_pairs(vectors: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Mean of ``1 - cosine`` over the pairs of non-zero vectors, of [n, k, d]; 0 without a pair."""
    alive: NDArray[np.bool_] = np.any(vectors != 0, axis=2)
    pairs = alive[:, :, np.newaxis] & alive[:, np.newaxis, :] & ~np.eye(alive.shape[1], dtype=bool)
    cosines = np.clip(vectors @ vectors.transpose(0, 2, 1), -1.0, 1.0)
    total = np.where(pairs, 1.0 - cosines, 0.0).sum(axis=(1, 2))
    count = pairs.sum(axis=(1, 2))
    return total / np.maximum(count, 1), count > 0
