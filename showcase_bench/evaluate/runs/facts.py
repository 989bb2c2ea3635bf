"""What is known of each example beside its texts and photos, for slices of a board."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from showcase_bench.evaluate.runs.score_table import ScoreTable
from showcase_bench.evaluate.task.column import Column
from showcase_bench.evaluate.task.workspace import Workspace

__all__ = ["FACTS", "example_facts", "score_table"]

FACTS = ("history", "pool", "warm", "rating")


def example_facts(workspace: Workspace) -> dict[str, NDArray[np.float64]]:
    """Facts of the scored examples in the order of the split, float64 of shape [n] each.

    ``history``: earlier reviews with a text that a model may see; ``pool``: candidate photos;
    ``warm``: 1 where the user wrote a training review, else 0; ``rating``: stars that the user
    gave, NaN where the data have none.
    """
    known: set[str] = set()
    if "train" in workspace.dataset.split_names:
        learned = workspace.split("train").rows
        known.update(learned.user(i) for i in range(len(learned)))
    rows, n = workspace.scored_split.rows, len(workspace.scored_split)
    table = np.zeros((n, len(FACTS)))
    for i in range(n):
        rating = rows.gold(i).rating
        table[i] = (
            sum(bool(review.text) for review in rows.history(i)),
            len(rows.candidates(i)),
            rows.user(i) in known,
            np.nan if rating is None else rating,
        )
    return dict(zip(FACTS, np.ascontiguousarray(table.T), strict=True))


def score_table(
    workspace: Workspace,
    statistics: Mapping[str, NDArray[np.float64]],
    facts: Mapping[str, NDArray[np.float64]],
) -> ScoreTable:
    """The score file of one run; ``statistics`` and ``facts`` in the order of the split."""
    rows, n = workspace.scored_split.rows, len(workspace.scored_split)
    return ScoreTable(
        ids=Column(n, rows.id),
        users=Column(n, rows.user),
        businesses=Column(n, rows.business),
        statistics=statistics,
        facts=facts,
    )
