"""Maximal marginal relevance."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.common.arguments import require_number
from baselines.common.selection import Candidates, mmr
from baselines.common.selector import Selector

__all__ = ["MMR"]


class MMR(Selector):
    """Photos by maximal marginal relevance (Carbonell and Goldstein 1998); see the README beside.

    Parameters
    ----------
    trade_off
        Weight of relevance, from 0 (diversity alone, after the first photo) to 1 (``topk``).
    encoder, alpha, history_weight, max_terms
        As for ``topk``.
    """

    def __init__(
        self,
        trade_off: float = 0.7,
        encoder: str = "color-layout",
        alpha: float = 10.0,
        history_weight: float = 1.0,
        max_terms: int = 4096,
    ) -> None:
        super().__init__(encoder, alpha, history_weight, max_terms)
        self._trade_off = require_number(trade_off, "trade_off", 0, 1)

    def _choose(self, problems: Sequence[Candidates]) -> Sequence[list[int]]:
        return [mmr(one.relevance, one.features, one.k, self._trade_off) for one in problems]
