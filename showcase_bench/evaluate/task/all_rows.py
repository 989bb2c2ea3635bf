"""The rows of all splits of a data set, one split after another, and who was where by them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TypeVar

from showcase_bench.datasets.columns import locate
from showcase_bench.datasets.examples import ExampleBuilder
from showcase_bench.evaluate.task.column import Column
from showcase_bench.metrics.visits import Visits
from showcase_bench.types import Example

__all__ = ["AllRows", "visits_of"]

T = TypeVar("T")


class AllRows(Column[Example]):
    """The examples of all splits, each made as it is asked for.

    Parameters
    ----------
    splits
        In their order.
    """

    def __init__(self, splits: Sequence[ExampleBuilder]) -> None:
        filled = [split for split in splits if len(split)]
        ends = list(accumulate(map(len, filled), initial=0))
        self._splits, self._starts = filled, ends[:-1]
        super().__init__(ends[-1], lambda row: self.of(ExampleBuilder.example, row))

    def of(self, read: Callable[[ExampleBuilder, int], T], row: int) -> T:
        """What ``read`` finds at a row, by its number among all rows."""
        split, place = locate(self._starts, row)
        return read(self._splits[split], place)

    def column(self, read: Callable[[ExampleBuilder, int], T]) -> Column[T]:
        """What ``read`` finds at each row, as it is asked for."""
        return Column(len(self), lambda row: self.of(read, row))


def visits_of(rows: AllRows) -> Visits:
    """Who was where; texts of histories and reviews are read as they are asked for."""
    return Visits(
        rows.column(ExampleBuilder.user),
        rows.column(ExampleBuilder.business),
        rows.column(ExampleBuilder.history_texts),
        rows.column(_text),
    )


def _text(split: ExampleBuilder, row: int) -> str | None:
    text = split.text(row)
    return text if text.strip() else None
