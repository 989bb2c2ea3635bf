"""Users and businesses as row numbers of an embedding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from baselines.common.reviews import reference_texts
from showcase_bench import Example

__all__ = ["UNKNOWN", "IdTable", "learn_ids"]

UNKNOWN = 0
"""Row of ids that training did not see."""


def learn_ids(train: Sequence[Example]) -> dict[str, list[str]]:
    """Users and businesses (``items``) of the training rows that have a text, as JSON."""
    written = [one.query for one in train if reference_texts(one.gold)]
    return {
        "users": list(dict.fromkeys(one.user_id for one in written)),
        "items": list(dict.fromkeys(one.business_id for one in written)),
    }


class IdTable:
    """Row numbers of ids: 0 for unknown ones, then those of training in the order of first sight.

    The row of unknown ids is trained as well: in training, ids are dropped at random
    (:meth:`rows` with ``rng``), so that it stands for a user or business of whom nothing is known.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids = tuple(dict.fromkeys(ids))
        self._rows = {one: row for row, one in enumerate(self.ids, start=UNKNOWN + 1)}

    def __len__(self) -> int:
        """Rows of the embedding, that of unknown ids included."""
        return len(self.ids) + 1

    def rows(
        self, ids: Sequence[str], rng: np.random.Generator | None = None, dropout: float = 0.0
    ) -> NDArray[np.int64]:
        """Row of each id, int64 of shape [len(ids)]; with ``rng``, a share ``dropout`` unknown."""
        rows = np.array([self._rows.get(one, UNKNOWN) for one in ids], dtype=np.int64)
        if rng is not None and dropout:
            rows[rng.random(len(rows)) < dropout] = UNKNOWN
        return rows
