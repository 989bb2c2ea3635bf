"""Draws of other users, at the same business or elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.draws import first_from, place
from showcase_bench.evaluate.task.column import Column
from showcase_bench.metrics.visits import Visits

__all__ = ["OtherUsers"]


class OtherUsers:
    """Draws a row of another user, at the same business where there is one.

    Parameters
    ----------
    visits
        All rows of the data set.
    wanted
        Which rows may be drawn, bool of shape [rows].
    """

    def __init__(self, visits: Visits, wanted: NDArray[np.bool_]) -> None:
        self._visits, self._crowd, self._wanted = visits, visits.crowd, wanted
        self._all = np.flatnonzero(wanted)
        by_user = self._crowd.user_of[self._all]
        self._of_user = np.bincount(by_user, minlength=len(self._crowd.users))

    def at_business(self, one: str, user: str, business: str) -> int | None:
        """Number of a row of another user at ``business``; None where there is none.

        Drawn by the SHA-256 of the example's id ``one`` and the row's user.
        """
        users = self._visits.users
        here = ((users[row], row) for row in self._here(business).tolist())
        others = ((place(one, other), row) for other, row in here if other != user)
        return min(others, default=(b"", None))[1]

    def elsewhere(self, one: str, user: str, business: str) -> int | None:
        """Number of a row of another user at another business; None where there is none."""
        crowd, here = self._crowd, self._here(business)
        (own,) = crowd.find_users([user]).tolist()
        unfit = len(here) + (self._of_user[own] if own >= 0 else 0)
        if unfit - (crowd.user_of[here] == own).sum() == len(self._all):
            return None
        where = crowd.business_of[here[0]] if len(here) else -1

        def fits(row: int) -> bool:
            return bool(crowd.user_of[row] != own and crowd.business_of[row] != where)

        start = int.from_bytes(place(one, "elsewhere")[:8])
        every = Column(len(self._all), lambda place: int(self._all[place]))
        return first_from(every, start, fits)

    def _here(self, business: str) -> NDArray[np.int32]:
        """The rows at a business that may be drawn."""
        here = self._crowd.rows_at(business)
        return here[self._wanted[here]]
