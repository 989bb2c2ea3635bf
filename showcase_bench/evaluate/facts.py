"""What is known of each example beside its texts and photos, for slices of a board."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from showcase_bench.evaluate.store import ScoreTable
from showcase_bench.evaluate.workspace import Workspace

__all__ = ["FACTS", "example_facts", "score_table"]

FACTS = ("history", "pool", "warm", "rating")


def example_facts(workspace: Workspace) -> dict[str, NDArray[np.float64]]:
    """Facts of the scored examples in the order of the split, float64 of shape [n] each.

    ``history``: earlier reviews with a text that a model may see; ``pool``: candidate photos;
    ``warm``: 1 where the user wrote a training review, else 0; ``rating``: stars that the user
    gave, NaN where the data have none.
    """
    names = workspace.dataset.split_names
    learned = workspace.split("train") if "train" in names else ()
    known = {row.query.user_id for row in learned}
    examples = workspace.scored_split.examples()
    rows = [
        (
            sum(bool(review.text) for review in one.query.history),
            len(one.query.pool),
            one.query.user_id in known,
            np.nan if one.gold.rating is None else one.gold.rating,
        )
        for one in examples
    ]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(FACTS))
    return dict(zip(FACTS, np.ascontiguousarray(table.T), strict=True))


def score_table(
    workspace: Workspace,
    statistics: Mapping[str, NDArray[np.float64]],
    facts: Mapping[str, NDArray[np.float64]],
) -> ScoreTable:
    """The score file of one run; ``statistics`` and ``facts`` in the order of the split."""
    queries = workspace.queries
    return ScoreTable(
        ids=tuple(query.id for query in queries),
        users=tuple(query.user_id for query in queries),
        businesses=tuple(query.business_id for query in queries),
        statistics=statistics,
        facts=facts,
    )
