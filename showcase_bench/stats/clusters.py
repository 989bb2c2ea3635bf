"""Clusters of examples that are not independent of each other: by user, by business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from showcase_bench.errors import UsageError

__all__ = [
    "FEW",
    "ClusterPlan",
    "Clusters",
    "Codes",
    "cluster_sums",
    "count_clusters",
    "encode_clusters",
    "telling",
]

Clusters: TypeAlias = Sequence[ArrayLike]
"""Up to two columns of cluster labels (integers or strings), each of shape [n]."""
Codes: TypeAlias = NDArray[np.int64]

FEW = 50
"""With fewer clusters than this, cluster-robust standard errors are too small."""

_MOST_COLUMNS = 2


def encode_clusters(clusters: Clusters, n: int) -> list[Codes]:
    """Each column as integers from 0 without gaps; int64 arrays of shape [n].

    Raises
    ------
    UsageError
        A column is not of shape [n], or there are more than two.
    """
    if len(clusters) > _MOST_COLUMNS:
        raise UsageError(f"at most {_MOST_COLUMNS} columns of clusters, not {len(clusters)}")
    columns = []
    for place, labels in enumerate(clusters):
        column = np.asarray(labels)
        if column.shape != (n,):
            raise UsageError(
                f"cluster column {place} has the shape {column.shape}; "
                f"one label for each of the {n} examples is needed"
            )
        columns.append(np.unique(column, return_inverse=True)[1].astype(np.int64))
    return columns


def count_clusters(column: Codes) -> int:
    """Number of clusters of an encoded column."""
    return int(column.max(initial=-1)) + 1


def telling(columns: Sequence[Codes]) -> list[Codes]:
    """The columns with two or more clusters; the others cannot tell anything."""
    return [column for column in columns if count_clusters(column) > 1]


def _crossed(first: Codes, second: Codes) -> Codes:
    """Encoded clusters of the examples that share both; int64 of shape [n]."""
    both = first * count_clusters(second) + second
    codes: Codes = np.unique(both, return_inverse=True)[1].astype(np.int64)
    return codes


class _Groups(NamedTuple):
    """The rows of each cluster one behind the other."""

    order: Codes
    starts: Codes

    @classmethod
    def of(cls, column: Codes) -> _Groups:
        order = np.argsort(column, kind="stable")
        return cls(order, np.searchsorted(column[order], np.arange(count_clusters(column))))

    def sums(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        sums: NDArray[np.float64] = np.add.reduceat(table[self.order], self.starts, axis=0)
        return sums


def cluster_sums(table: NDArray[np.float64], column: Codes) -> NDArray[np.float64]:
    """Sums of the rows of each cluster, [n, ...] to [clusters, ...]; every code must occur."""
    return _Groups.of(column).sums(table)


@dataclass(frozen=True)
class ClusterPlan:
    """Clusters that were looked through once, for the errors of many scores."""

    n: int
    columns: tuple[Codes, ...]
    """Encoded, also those that cannot tell anything."""

    @classmethod
    def of(cls, clusters: Clusters | ClusterPlan, n: int) -> ClusterPlan:
        """The plan of columns of labels; raises as :func:`encode_clusters`."""
        if isinstance(clusters, ClusterPlan):
            if clusters.n != n:
                raise UsageError(f"clusters of {clusters.n} examples, and there are {n}")
            return clusters
        return cls(n, tuple(encode_clusters(clusters, n)))

    @cached_property
    def units(self) -> int:
        """Clusters of the column with fewest, of those with two or more; else ``n``."""
        return min((count_clusters(column) for column in telling(self.columns)), default=self.n)

    @cached_property
    def known(self) -> bool:
        """Whether an error can be estimated: there are two independent units or more."""
        return self.n > 1 and (not self.columns or bool(telling(self.columns)))

    def sums(self, table: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Sums of the rows by each column that tells something, and of two by both together."""
        return [group.sums(table) for group in self._groups]

    @cached_property
    def _groups(self) -> list[_Groups]:
        columns = telling(self.columns)
        if len(columns) == _MOST_COLUMNS:
            columns.append(_crossed(*columns))
        return [_Groups.of(column) for column in columns]
