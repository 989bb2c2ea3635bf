"""Random draws from the pools: what the chance level of a selection metric is computed from."""

from __future__ import annotations

from array import array
from typing import NamedTuple

import numpy as np

from showcase_bench.metrics.base import Floats
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.selection.hits import Integers, hits_at

__all__ = ["Draws", "Moments", "Situations", "pool_facts", "situations"]


class Moments(NamedTuple):
    """Mean and variance of a value over all random selections; float64 of shape [u] each."""

    mean: Floats
    variance: Floats


class Draws(NamedTuple):
    """Pools from which k images are drawn without replacement, in random order.

    Each field is int64 of shape [u].
    """

    size: Integers
    """Distinct images of the pool; at least 0."""
    within: Integers
    """Gold images in the pool; at most its size."""
    gold: Integers
    """All gold images, in the pool or not; at least 1."""

    def shown(self, k: int) -> Integers:
        """Images drawn where ``k`` are asked for, int64 of shape [u]: not more than there are."""
        return np.minimum(self.size, k)

    def places(self, k: int) -> Integers:
        """Places 1 to the last that any of the draws fills; int64 of shape [p]."""
        return np.arange(1, int(self.shown(k).max(initial=0)) + 1)

    def together(self, number: int) -> Floats:
        """Chance that given places, all of them filled, show nothing but gold; shape [u].

        The places are exchangeable, so that only their ``number`` matters:
        ``R (R - 1) ... / (N (N - 1) ...)`` with R gold images among N.
        """
        chance = np.ones(len(self.size))
        for taken in range(number):
            chance *= np.maximum(self.within - taken, 0) / np.maximum(self.size - taken, 1)
        return chance

    def without(self, k: int) -> Floats:
        """Chance that the first 0, 1, ... p places show no gold image; shape [u, p + 1].

        It stays as it is from the last place that a draw fills.
        """
        before = self.places(k) - 1
        left = np.maximum(self.size[:, np.newaxis] - before, 1)
        misses = np.maximum(left - self.within[:, np.newaxis], 0) / left
        return np.cumprod(np.hstack([np.ones((len(self.size), 1)), misses]), axis=1)


class Situations(NamedTuple):
    """The different pools of a batch; only examples with a gold image are among them."""

    draws: Draws
    """One of each kind: the chances depend on the three numbers alone."""
    kinds: Integers
    """Kind of each example, in their order; int64 of shape [m]."""


def situations(facts: Integers) -> Situations:
    """Pools of the examples with a gold image, from their :func:`pool_facts`."""
    size, within, gold = facts.T
    widths = int(within.max(initial=0)) + 1, int(gold.max(initial=0)) + 1
    codes, kinds = np.unique((size * widths[0] + within) * widths[1] + gold, return_inverse=True)
    rest, of_gold = np.divmod(codes, widths[1])
    return Situations(Draws(*np.divmod(rest, widths[0]), of_gold), kinds)


def pool_facts(batch: Batch) -> Integers:
    """The fields of :class:`Draws` for each example with a gold image; int64 of shape [m, 3].

    Those of several batches can be put one behind the other. Found once a batch.
    """
    return batch.memo("pool facts", lambda: _pool_facts(batch))


def _pool_facts(batch: Batch) -> Integers:
    counted = batch.has_gold_images
    gold = hits_at(batch, 1).gold[counted]
    sizes, within = array("q"), array("q")
    for known, pool in zip(batch.gold_images, batch.pools, strict=True):
        if known:
            images = set(pool)
            sizes.append(len(images))
            within.append(len(images.intersection(known)))
    columns = np.array(sizes, dtype=np.int64), np.array(within, dtype=np.int64), gold
    return np.stack(columns, axis=1)
