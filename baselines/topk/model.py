"""The k most relevant photos."""

from __future__ import annotations

from collections.abc import Sequence

from baselines.common.selection import Candidates, top_k
from baselines.common.selector import Selector

__all__ = ["TopK"]


class TopK(Selector):
    """The k photos of the pool that are most relevant to the user; see the README beside.

    Parameters
    ----------
    encoder
        Name of the image encoder.
    alpha
        Strength of the ridge penalty of the relevance model; more than 0.
    history_weight
        Weight of the user's known photos beside their words; at least 0.
    max_terms
        Size of the relevance model's vocabulary; at least 1.
    """

    def __init__(
        self,
        encoder: str = "color-layout",
        alpha: float = 10.0,
        history_weight: float = 1.0,
        max_terms: int = 4096,
    ) -> None:
        super().__init__(encoder, alpha, history_weight, max_terms)

    def _choose(self, problems: Sequence[Candidates]) -> Sequence[list[int]]:
        return [top_k(one.relevance, one.k) for one in problems]
