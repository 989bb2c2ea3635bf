"""Coverage of the catalogue of images."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError
from showcase_bench.metrics.base import Floats, Group, Need, Scale, require_at_least
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.kinds import SetItems, SetMetric, require_same_examples
from showcase_bench.metrics.set_diversity.shown import Shown, shown_at

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
        catalogue = _catalogue(batch)
        shown = shown_at(batch, self.k)
        rows, codes = shown.rows, shown.codes
        known = _numbers(shown, catalogue) >= 0
        holders = np.bincount(codes)[codes]
        stats = np.zeros((n, 4))
        stats[:, 0] = np.bincount(rows, known / holders, minlength=n)
        stats[:, 1] = np.bincount(rows, known & (holders == 1), minlength=n)
        stats[:, 2] = len(catalogue) / max(n, 1)
        return stats

    def items(self, batches: Sequence[Batch]) -> list[SetItems] | None:
        """The images of the catalogue that each example shows.

        Raises
        ------
        UsageError
            The batches differ in their examples or in the catalogue, or share no table.
        """
        require_same_examples(batches)
        if not batches:
            return []
        catalogue = _catalogue(batches[0])
        if any(_catalogue(batch).keys() != catalogue.keys() for batch in batches):
            raise UsageError("the pools of the batches of several systems must be the same")
        return [_items(shown_at(batch, self.k), catalogue, len(batch)) for batch in batches]

    def value(self, numerator: Floats, denominator: Floats) -> Floats:
        """Compute the share of the catalogue, elementwise; NaN where the catalogue is empty."""
        # Full coverage may exceed 1 by the rounding of the parts.
        return np.minimum(super().value(numerator, denominator), self.bounds[1])


def _catalogue(batch: Batch) -> dict[str, int]:
    """Number of each image of the pools."""
    images = dict.fromkeys(chain.from_iterable(batch.pools))
    return dict(zip(images, range(len(images)), strict=True))


def _numbers(shown: Shown, catalogue: Mapping[str, int]) -> NDArray[np.int64]:
    """Number of each image shown, -1 outside of the catalogue; int64 of shape [m]."""
    found = [catalogue.get(image, -1) for image in shown.images]
    return np.array(found, dtype=np.int64)[shown.codes]


def _items(shown: Shown, catalogue: Mapping[str, int], n: int) -> SetItems:
    numbers = _numbers(shown, catalogue)
    known = numbers >= 0
    sizes = np.bincount(shown.rows[known], minlength=n)
    return SetItems(np.append(0, np.cumsum(sizes)), numbers[known], len(catalogue))
