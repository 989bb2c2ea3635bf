"""Which test holds for a pair of systems, and its p-value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import cast

import numpy as np
from numpy.typing import NDArray

from showcase_bench.compare.results import Test
from showcase_bench.compare.settings import Settings
from showcase_bench.compare.systems import Contender
from showcase_bench.metrics import Metric
from showcase_bench.metrics.kinds import SetMetric
from showcase_bench.stats import (
    Differences,
    System,
    cluster_sign_flip,
    randomization_test,
    set_randomization_test,
)
from showcase_bench.stats.clusters import FEW, ClusterPlan, count_clusters
from showcase_bench.stats.set_randomization import ItemLists

__all__ = ["Clustering", "choose_test", "tested"]

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]


class Clustering:
    """The columns of clusters of a comparison, looked through once for all its metrics.

    Parameters
    ----------
    columns
        By name, the cluster of each of n examples as an integer from 0 without gaps.

    Raises
    ------
    UsageError
        A column is not of shape [n], or there are more than two.
    """

    def __init__(self, columns: Mapping[str, Codes], n: int) -> None:
        self.told = tuple((name, count_clusters(column)) for name, column in columns.items())
        """Name and number of clusters of each column."""
        self.shared = tuple(
            column
            for (_, number), column in zip(self.told, columns.values(), strict=True)
            if 1 < number < n
        )
        """The columns in which examples share a cluster, and which have more than one."""
        self.few = min(self.shared, key=count_clusters, default=None)
        """The one of these with fewest clusters, where these are too few for robust errors."""
        if self.few is not None and count_clusters(self.few) >= FEW:
            self.few = None
        self.plan = ClusterPlan.of(tuple(columns.values()), n)


def choose_test(a: Contender, b: Contender, metric: Metric, clusters: Clustering) -> Test:
    """Name the test of a pair that holds for its data.

    - A column with fewer than 50 clusters: sign-flip of its clusters, whatever else, since robust
      errors are too small then.
    - More than one seed of a system: a t-test with the variance of training in it.
    - Examples grouped in two columns, by user and by business: a t-test with two-way robust
      errors. No random swap keeps the dependence in both.
    - Else a random swap of outputs, of whole clusters where there is one column of them; for
      metrics of a whole set their items are counted anew, and where that is not possible, a
      t-test on the jackknife takes its place.
    """
    if clusters.few is not None:
        return "cluster sign-flip"
    if a.seeds > 1 or b.seeds > 1:
        return "Welch-Satterthwaite t"
    if len(clusters.shared) > 1:
        return "two-way cluster-robust t"
    if metric.kind == "set":
        if _items_at_hand(a, b, metric):
            return "swap of sets"
        return "cluster-robust t" if clusters.shared else "t"
    if clusters.shared:
        return "approximate randomization of clusters"
    return "approximate randomization"


def _items_at_hand(a: Contender, b: Contender, metric: Metric) -> bool:
    if a.outputs is None or b.outputs is None or not isinstance(metric, SetMetric):
        return False
    # Of no batches it lists nothing, and is None only where it cannot list items at all.
    return metric.items([]) is not None


def tested(
    metric: Metric,
    contenders: Sequence[Contender],
    tests: Sequence[Sequence[Test]],
    found: Differences,
    systems: Sequence[System],
    clusters: Clustering,
    asked: Settings,
) -> Floats:
    """P-values of all pairs, float64 of shape [s, s], symmetric, 1 on the diagonal."""
    p = found.p.copy()
    if len(contenders) < 2:
        return p
    kinds = {test for row in tests for test in row}
    if clusters.few is not None:
        for a, b in combinations(range(len(contenders)), 2):
            influence = systems[a].influence.mean(axis=1) - systems[b].influence.mean(axis=1)
            delta = float(found.delta[a, b])
            flipped = cluster_sign_flip(delta, influence, clusters.few, asked.trials, asked.seed)
            p[a, b] = p[b, a] = flipped
        return p
    cluster = next(iter(clusters.shared), None)
    single = [at for at, one in enumerate(contenders) if one.seeds == 1]
    swapped: Floats | None = None
    if "swap of sets" in kinds:
        swapped = _swapped_sets(cast(SetMetric, metric), contenders, cluster, asked)
    elif kinds & {"approximate randomization", "approximate randomization of clusters"}:
        rows = np.stack([contenders[at].rows[metric.signature][0] for at in single], axis=1)
        swapped = randomization_test(
            rows, metric.score, trials=asked.trials, seed=asked.seed, cluster=cluster
        )
    if swapped is not None:
        p[np.ix_(single, single)] = swapped
    return p


def _swapped_sets(
    metric: SetMetric, contenders: Sequence[Contender], cluster: Codes | None, asked: Settings
) -> Floats:
    items = metric.items([one.outputs.batch for one in contenders if one.outputs]) or []
    sizes = np.stack([one.rows[metric.signature][0][:, 2] for one in contenders], axis=1)
    return set_randomization_test(
        [ItemLists(one.bounds, one.items) for one in items],
        sizes,
        metric.value,
        n_items=max((one.n_items for one in items), default=0),
        trials=asked.trials,
        seed=asked.seed,
        cluster=cluster,
    )
