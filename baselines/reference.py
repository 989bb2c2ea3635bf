"""Ceiling: the gold itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from baselines.common.order import first_of_pool
from baselines.common.reviews import reference_text
from showcase_bench import Example, ImageStore, OracleModel, Showcase

__all__ = ["Reference"]


class Reference(OracleModel):
    """The photos that the user posted and the first reference text that is not blank.

    At most k photos, in the gold's order, those of the pool only. What it scores below a metric's
    best value is due to the pool and to k. Without a reference text, no text is attempted.
    """

    def predict_with_gold(
        self, examples: Sequence[Example], images: ImageStore
    ) -> Iterator[Showcase]:
        """Yield the gold."""
        for example in examples:
            query, gold = example.query, example.gold
            yield Showcase(query.id, first_of_pool(query, gold.image_ids), reference_text(gold))
