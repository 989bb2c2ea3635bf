"""What the selectors ``topk``, ``mmr`` and ``dpp`` share."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from baselines.common.arguments import require_at_least, require_number, require_text
from baselines.common.order import first_of_pool
from baselines.common.relevance import Relevance
from baselines.common.selection import Candidates
from showcase_bench import ImageStore, Model, Progress, Query, Showcase, Split

__all__ = ["Selector"]

_AT_ONCE = 256
_SMALLEST_ALPHA = 1e-6


class Selector(Model):
    """Chooses photos by relevance to the user's history and by features; attempts no text.

    Relevance is defined in :class:`baselines.common.relevance.Relevance`. Diversity is measured
    on the encoder's own features, not centred, as the metric ``div`` does. Photos that cannot be
    read come last, in the order of their ids.

    Raises
    ------
    UsageError
        An argument is out of its range.
    """

    def __init__(self, encoder: str, alpha: float, history_weight: float, max_terms: int) -> None:
        self._relevance = Relevance(
            require_text(encoder, "encoder"),
            require_number(alpha, "alpha", _SMALLEST_ALPHA),
            require_number(history_weight, "history_weight", 0),
            require_at_least(max_terms, "max_terms", 1),
        )

    def fit(
        self, train: Split, val: Split, *, seed: int, workdir: Path, progress: Progress
    ) -> None:
        """Learn the relevance model; there is no randomness in it."""
        self._relevance.fit(train)

    def predict(self, queries: Sequence[Query], images: ImageStore) -> Iterator[Showcase]:
        """Yield the chosen photos in the order of choice."""
        scored = self._relevance.scored_pools(queries, images)
        while chunk := list(islice(scored, _AT_ONCE)):
            problems = [
                Candidates(relevance, pool.features, pool.query.k) for pool, relevance in chunk
            ]
            for (pool, _), chosen in zip(chunk, self._choose(problems), strict=True):
                ids = [pool.ids[i] for i in chosen]
                yield Showcase(pool.query.id, first_of_pool(pool.query, ids, pool.unreadable))

    @abc.abstractmethod
    def _choose(self, problems: Sequence[Candidates]) -> Sequence[list[int]]:
        """Positions of at most k candidates for each problem; candidates are sorted by id."""
