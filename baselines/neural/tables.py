"""Words, users and businesses as the numbers that a network of ids knows them by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from baselines.neural.codecs import codec_of
from baselines.neural.ids import IdTable
from showcase_bench import Query

__all__ = ["Tables"]


class Tables:
    """Made from a model's facts: ``codec``, and ``users`` and ``items`` of :func:`learn_ids`."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.codec = codec_of(facts["codec"])
        self.users = IdTable(facts["users"])
        self.items = IdTable(facts["items"])

    def rows(
        self,
        queries: Sequence[Query],
        rng: np.random.Generator | None = None,
        user_dropout: float = 0.0,
        item_dropout: float = 0.0,
    ) -> tuple[Tensor, Tensor]:
        """Rows of the users and of the businesses; int64 of shape [len(queries)] each.

        With ``rng``, these shares of them are taken for unknown.
        """
        users = self.users.rows([one.user_id for one in queries], rng, user_dropout)
        items = self.items.rows([one.business_id for one in queries], rng, item_dropout)
        return torch.from_numpy(users), torch.from_numpy(items)
