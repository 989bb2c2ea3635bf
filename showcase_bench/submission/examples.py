"""What a check asks of the examples of a split: their ids, their pools, and k."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from showcase_bench.types import Query

if TYPE_CHECKING:
    from showcase_bench.evaluate.task.workspace import Workspace

__all__ = ["Examples"]


@dataclass(frozen=True)
class Examples:
    """The ids of a split, and the pools as they are asked for.

    Whole queries would take several times the time and memory of the check itself.
    """

    ids: tuple[str, ...]
    """In the order of the split."""
    k: int
    pool: Callable[[int], Collection[str]]
    """Candidates of the example of this number, from 0 on, in any order."""
    numbers: dict[str, int] = field(init=False, repr=False)
    """Id to number."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", {one: at for at, one in enumerate(self.ids)})

    @classmethod
    def of_workspace(cls, workspace: Workspace) -> Examples:
        """The scored split of an open task."""
        split = workspace.scored_split
        return cls(split.ids(), workspace.policy.k, split.candidates)

    @classmethod
    def of_queries(cls, queries: Sequence[Query]) -> Examples:
        """Queries that are at hand, at least one, all with one k."""
        pools = [query.pool for query in queries]
        return cls(tuple(query.id for query in queries), queries[0].k, pools.__getitem__)
