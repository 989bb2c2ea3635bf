"""The other users: who stands in for whom when texts, histories or photos are swapped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from showcase_bench.draws import first_from, place
from showcase_bench.evaluate.workspace import Workspace
from showcase_bench.metrics.batch import Swap, Visit
from showcase_bench.types import Query, Showcase

__all__ = ["OtherUsers", "swapped_queries", "swaps_of"]


class OtherUsers:
    """Draws a row of another user, at the same business where there is one.

    Parameters
    ----------
    visits
        All rows of the data set.
    wanted
        Which rows may be drawn.
    """

    def __init__(self, visits: Sequence[Visit], wanted: Callable[[Visit], bool]) -> None:
        self._visits = visits
        self._all = [number for number, visit in enumerate(visits) if wanted(visit)]
        self._at: dict[str, list[int]] = {}
        for number in self._all:
            self._at.setdefault(visits[number].business, []).append(number)

    def at_business(self, one: str, user: str, business: str) -> int | None:
        """Number of a row of another user at ``business``; None where there is none.

        Drawn by the SHA-256 of the example's id ``one`` and the row's user.
        """
        others = [n for n in self._at.get(business, ()) if self._visits[n].user != user]
        return min(others, key=lambda n: (place(one, self._visits[n].user), n), default=None)

    def elsewhere(self, one: str, user: str, business: str) -> int | None:
        """Number of a row of another user at another business; None where there is none."""

        def fits(number: int) -> bool:
            visit = self._visits[number]
            return visit.user != user and visit.business != business

        start = int.from_bytes(place(one, "elsewhere")[:8])
        return first_from(self._all, start, fits)


def swapped_queries(workspace: Workspace) -> list[Query | None]:
    """Each query of the scored split on behalf of another user of the business.

    It has the user id and the history of a row at the same business, drawn among those with a
    history; None where there is none.
    """
    rows = workspace.rows
    visits = [
        Visit(q.user_id, q.business_id, tuple(review.text for review in q.history), None)
        for q in (row.query for row in rows)
    ]
    others = OtherUsers(visits, lambda visit: bool(visit.history))
    swapped: list[Query | None] = []
    for query in workspace.queries:
        number = others.at_business(query.id, query.user_id, query.business_id)
        other = None if number is None else rows[number].query
        swapped.append(
            None if other is None else replace(query, user_id=other.user_id, history=other.history)
        )
    return swapped


def swaps_of(
    queries: Sequence[Query | None], showcases: Sequence[Showcase]
) -> tuple[Swap | None, ...]:
    """Pair what a system gave for the swapped ``queries`` that exist with their histories."""
    given = iter(showcases)
    swaps: list[Swap | None] = []
    for query in queries:
        if query is None:
            swaps.append(None)
            continue
        showcase = next(given)
        history = tuple(review.text for review in query.history)
        swaps.append(Swap(history, showcase.text, showcase.image_ids))
    return tuple(swaps)
