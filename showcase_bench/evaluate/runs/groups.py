"""The runs of one model with all its seeds, and their score files, checked to fit each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from showcase_bench.canonical import canonical_json
from showcase_bench.errors import StoreError
from showcase_bench.evaluate.runs.records import RunRecord
from showcase_bench.evaluate.runs.run_scores import RunScores
from showcase_bench.evaluate.runs.store import StoredRun
from showcase_bench.metrics import Metric

__all__ = ["SeedGroup", "seed_groups"]


@dataclass(frozen=True)
class SeedGroup:
    """One system: runs that differ in the seed alone."""

    runs: tuple[StoredRun, ...]
    scores: tuple[RunScores, ...]
    """One a run."""

    @property
    def record(self) -> RunRecord:
        """Of the first run."""
        return self.runs[0].record

    def statistics(self, metric: Metric) -> list[NDArray[np.float64]]:
        """Rows of each seed, float64 of shape [n, d], read each time.

        Raises
        ------
        StoreError
            A score file lacks the metric.
        """
        return [one.statistics(metric) for one in self.scores]

    def attempted(self, metric: Metric) -> tuple[int, int]:
        """Examples with and without a prediction that the metric looks at, over all seeds."""
        scores = [
            score
            for run in self.runs
            for score in run.record.scores
            if score.signature == metric.signature
        ]
        return sum(one.n_scored for one in scores), sum(one.n_unscored for one in scores)


def seed_groups(runs: Sequence[StoredRun]) -> Iterator[SeedGroup]:
    """Group ``runs``, ordered by model, arguments and seed, into systems, and open their scores.

    Raises
    ------
    StoreError
        A score file is damaged, or covers other examples than the first one.
    """

    def key(run: StoredRun) -> tuple[str, bytes]:
        return run.record.inputs.model, canonical_json(run.record.inputs.arguments)

    first: tuple[StoredRun, RunScores] | None = None
    for _, group in groupby(runs, key=key):
        members = tuple(group)
        scores = []
        for run in members:
            found = RunScores(run)
            first = first or (run, found)
            if found is not first[1] and not found.has_examples_of(first[1]):
                raise StoreError(
                    f"{run.folder} and {first[0].folder} were scored on different examples; "
                    "delete one of them and run again"
                )
            scores.append(found)
        yield SeedGroup(members, tuple(scores))
