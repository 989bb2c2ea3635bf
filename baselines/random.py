"""Control: photos at random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from baselines.common.order import first_of_pool, photos_in_hash_order
from showcase_bench import ImageStore, Model, Progress, Query, Showcase, Split

__all__ = ["Random"]


class Random(Model):
    """k photos of the pool, uniformly at random; no text.

    The floor of every selection metric. Photos are drawn by the SHA-256 of (seed, query id, image
    id), so a query's photos depend on nothing else.
    """

    role = "control"

    def __init__(self) -> None:
        self._seed = 0

    def fit(
        self, train: Split, val: Split, *, seed: int, workdir: Path, progress: Progress
    ) -> None:
        """Keep the seed."""
        self._seed = seed

    def predict(self, queries: Sequence[Query], images: ImageStore) -> Iterator[Showcase]:
        """Yield the first k photos of the hash order."""
        for query in queries:
            order = photos_in_hash_order(query, self._seed)
            yield Showcase(query.id, first_of_pool(query, order))
