"""Arrays in, intervals and ranks out; nothing here knows of tasks, models or metrics."""

from __future__ import annotations

from showcase_bench.stats.intervals import interval, standard_error
from showcase_bench.stats.ranks import (
    RankInterval,
    pairwise_significant,
    rank_intervals,
    tie_letters,
)

__all__ = [
    "RankInterval",
    "interval",
    "pairwise_significant",
    "rank_intervals",
    "standard_error",
    "tie_letters",
]
