"""Queries on behalf of other users, and what systems give for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from showcase_bench.datasets.examples import ExampleBuilder
from showcase_bench.evaluate.task.all_rows import AllRows
from showcase_bench.evaluate.task.column import Column
from showcase_bench.evaluate.task.other_users import OtherUsers
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.metrics.batch import Swap
from showcase_bench.types import Query, Showcase

__all__ = ["SwappedQueries", "swapped_queries"]


class SwappedQueries(Column[Query | None]):
    """Queries on behalf of other users, made as they are asked for; None where there is none.

    Parameters
    ----------
    rows
        The examples.
    everyone
        All rows of the data set.
    whose
        For each example the number of the row whose user and history the query has; -1 where
        there is none.
    """

    def __init__(self, rows: ExampleBuilder, everyone: AllRows, whose: NDArray[np.int32]) -> None:
        self._rows, self._everyone, self._whose = rows, everyone, whose
        self.examples = np.flatnonzero(whose >= 0)
        """Numbers of the examples that there is a query for, ascending."""
        super().__init__(len(whose), lambda i: self._query(i) if whose[i] >= 0 else None)

    @property
    def asked(self) -> Column[Query]:
        """The queries that there are."""
        examples = self.examples
        return Column(len(examples), lambda number: self._query(int(examples[number])))

    def _query(self, i: int) -> Query:
        def of_other(split: ExampleBuilder, row: int) -> Query:
            return replace(own, user_id=split.user(row), history=split.history(row))

        own = self._rows.query(i)
        return self._everyone.of(of_other, int(self._whose[i]))

    def swaps(self, showcases: Sequence[Showcase]) -> Column[Swap | None]:
        """Pair what a system gave for the queries that there are with their histories.

        Raises
        ------
        ValueError
            There are more or fewer showcases than queries.
        """
        if len(showcases) != len(self.examples):
            raise ValueError(f"{len(showcases)} answers to {len(self.examples)} swapped queries")

        def swap(i: int) -> Swap | None:
            if self._whose[i] < 0:
                return None
            showcase = showcases[int(np.searchsorted(self.examples, i))]
            history = self._everyone.of(ExampleBuilder.history_texts, int(self._whose[i]))
            return Swap(history, showcase.text, showcase.image_ids)

        return Column(len(self), swap)


def swapped_queries(workspace: Workspace) -> SwappedQueries:
    """Each query of the scored split on behalf of another user of the business.

    It has the user id and the history of a row at the same business, drawn among those with a
    history; None where there is none. Who that is, is drawn at once.
    """
    rows, visits = workspace.scored_split.rows, workspace.visits
    others = OtherUsers(visits, visits.crowd.has_history)

    def drawn(i: int) -> int:
        number = others.at_business(rows.id(i), rows.user(i), rows.business(i))
        return -1 if number is None else number

    whose = np.fromiter(map(drawn, range(len(rows))), np.int32, len(rows))
    return SwappedQueries(rows, workspace.rows, whose)
