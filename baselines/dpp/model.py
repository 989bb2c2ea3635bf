"""Determinantal point process."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.common.arguments import require_number
from baselines.common.selection import Candidates, greedy_dpp_batch
from baselines.common.selector import Selector
from showcase_bench.errors import UsageError

__all__ = ["DPP"]


class DPP(Selector):
    """Photos by greedy MAP of a determinantal point process (Chen et al. 2018); see the README.

    Parameters
    ----------
    theta
        Weight of relevance, from 0 (diversity alone) to below 1; near 1 it is ``topk``.
    encoder, alpha, history_weight, max_terms
        As for ``topk``.
    """

    def __init__(
        self,
        theta: float = 0.9,
        encoder: str = "color-layout",
        alpha: float = 10.0,
        history_weight: float = 1.0,
        max_terms: int = 4096,
    ) -> None:
        super().__init__(encoder, alpha, history_weight, max_terms)
        self._theta = require_number(theta, "theta", 0, 1)
        if self._theta == 1:
            raise UsageError("theta is 1; it must be below 1. For relevance alone, use topk")

    def _choose(self, problems: Sequence[Candidates]) -> Sequence[list[int]]:
        return greedy_dpp_batch(problems, self._theta)
