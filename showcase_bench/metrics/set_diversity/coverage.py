"""Coverage of the catalogue of images."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from itertools import chain
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import Floats, Group, Need, Scale, require_at_least
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import SetMetric
from showcase_bench.metrics.set_diversity.shown import shown_at

__all__ = ["Coverage"]


@dataclasses.dataclass(frozen=True)
class Coverage(SetMetric):
    """Different images at the first k places of all examples, over those of all pools.

    The catalogue is what the pools hold together. It does not depend on the system: taking an
    example away takes away what only this example shows and leaves the catalogue as it is. An
    image outside of the catalogue does not count. Coverage grows with the number of examples:
    compare systems on the same ones only. Without any pool there is no value.

    Raises
    ------
    UsageError
        ``k`` is not an integer of at least 1.
    """

    k: int

    label: ClassVar[str] = "coverage"
    named_by: ClassVar[Mapping[str, str]] = {"k": "@"}
    summary: ClassVar[str] = "share of the images of all pools that some example shows"
    group: ClassVar[Group] = "set diversity"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset({"images", "pools"})
    citation: ClassVar[str] = (
        "Ge, Delgado-Battenfeld and Jannach, Beyond accuracy: evaluating recommender systems by "
        "coverage and serendipity, RecSys 2010"
    )
    oracle: ClassVar[str] = "brute force"

    def __post_init__(self) -> None:
        require_at_least(self.k, 1, "k of coverage")

    def scored(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples that show an image and have a pool; bool of shape [n]."""
        has_pool = np.array([bool(pool) for pool in batch.pools], dtype=bool)
        scored: NDArray[np.bool_] = super().scored(batch) & has_pool
        return scored

    def statistics(self, batch: Batch) -> Floats:
        """Rows ``[part, lost, size, 0]``, float64 of shape [n, 4].

        ``part``: the images that the example shows, each divided by the number of examples that
        show it; ``lost``: those that no other example shows; ``size``: the number of images of
        the catalogue over the number of examples.
        """
        n = len(batch)
        catalogue = frozenset(chain.from_iterable(batch.pools))
        images, rows, codes = shown_at(batch, self.k)
        known = np.array([image in catalogue for image in images], dtype=bool)[codes]
        holders = np.bincount(codes)[codes]
        stats = np.zeros((n, 4))
        stats[:, 0] = np.bincount(rows, known / holders, minlength=n)
        stats[:, 1] = np.bincount(rows, known & (holders == 1), minlength=n)
        stats[:, 2] = len(catalogue) / max(n, 1)
        return stats

    def value(self, numerator: Floats, denominator: Floats) -> Floats:
        """Compute the share of the catalogue, elementwise; NaN where the catalogue is empty."""
        # Full coverage may exceed 1 by the rounding of the parts.
        return np.minimum(super().value(numerator, denominator), self.bounds[1])
