"""Draws of other users, at the same business or elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from showcase_bench.draws import first_from, place
from showcase_bench.evaluate.column import Column
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
        own, here = self._numbers(user, business)
        users = self._visits.users
        others = here[self._crowd.user_of[here] != own].tolist()
        return min(others, key=lambda row: (place(one, users[row]), row), default=None)

    def elsewhere(self, one: str, user: str, business: str) -> int | None:
        """Number of a row of another user at another business; None where there is none."""
        own, here = self._numbers(user, business)
        crowd = self._crowd
        unfit = len(here) + (self._of_user[own] if own >= 0 else 0)
        if unfit - (crowd.user_of[here] == own).sum() == len(self._all):
            return None
        where = crowd.business_of[here[0]] if len(here) else -1

        def fits(row: int) -> bool:
            return bool(crowd.user_of[row] != own and crowd.business_of[row] != where)

        start = int.from_bytes(place(one, "elsewhere")[:8])
        every = Column(len(self._all), lambda place: int(self._all[place]))
        return first_from(every, start, fits)

    def _numbers(self, user: str, business: str) -> tuple[int, NDArray[np.int32]]:
        """Number of a user, and the rows at a business that may be drawn."""
        (own,), (where,) = self._crowd.find_users([user]), self._crowd.find_businesses([business])
        here = self._crowd.at_business.of(where)
        return int(own), here[self._wanted[here]]
