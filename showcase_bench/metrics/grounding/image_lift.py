"""Image lift: is the text about the photos it is shown with, rather than about others."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.metrics.base import (
    Control,
    Cost,
    Floats,
    Group,
    Need,
    Scale,
    require_encoder,
    require_one_of,
)
from showcase_bench.metrics.batch import Batch
from showcase_bench.metrics.embedding.clip_similarity import (
    mean_by,
    photo_cosines,
    shown_cosines,
)
from showcase_bench.metrics.grounding.other_photos import DRAWS, elsewhere, has_elsewhere, unshown
from showcase_bench.metrics.kinds import MeanMetric

__all__ = ["ImageLift", "image_lift_business", "image_lift_other"]

_AGAINST = ("business", "other")


class _Lift(NamedTuple):
    values: Floats
    counted: NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class ImageLift(MeanMetric):
    """Mean cosine of the text with the photos shown, less its mean cosine with other photos; ours.

    The other photos are those of the example's pool that are not shown, or five of other
    businesses (as many as there are, where fewer). The gold photos of the example count as any
    other: so the expected value of photos drawn at random from the pool is exactly 0, and that
    floor holds for every text. Texts are encoded without a prompt.

    Against photos of the business, a text that names what any photo of the place shows gains
    nothing; against other businesses it does. The draw of these depends on the ids of the example
    and of the photos of the whole task alone, so that all systems, and slices, meet the same ones.

    Photos that cannot be read are left out. Examples where a text is shown with photos and none of
    the photos shown, or none of the others, can be read are left out of the mean, as are those
    where there can be no other photo: a pool of fewer than two, or no photo of another business.
    In the rest, a missing text or no photos shown scores -2.

    Raises
    ------
    UsageError
        ``encoder`` is not a name, or ``against`` is unknown.
    """

    against: str
    """Whose the other photos are: ``business``, the same one's, or ``other`` businesses'."""
    encoder: str = "mini-clip"

    label: ClassVar[str] = "image-lift"
    named_by: ClassVar[Mapping[str, str]] = {"against": "-"}
    summary: ClassVar[str] = "how much closer the text is to the photos shown than to others"
    group: ClassVar[Group] = "grounding"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (-2.0, 2.0)
    scale: ClassVar[Scale] = "unit"
    needs: ClassVar[frozenset[Need]] = frozenset(
        {"images", "text", "pools", "features", "embeddings"}
    )
    cost: ClassVar[Cost] = "high"
    facts: ClassVar[Mapping[str, str]] = {
        "sim": "cos",
        "prompt": "none",
        "draws": str(DRAWS),
        "impl": "sb",
    }
    oracle: ClassVar[str] = "brute force"
    encoder_field: ClassVar[str | None] = "encoder"
    floor: ClassVar[Control | None] = "other photos"
    """``photos elsewhere`` where the lift is against other businesses."""

    def __post_init__(self) -> None:
        require_encoder(self.encoder, "image-lift")
        require_one_of(self.against, _AGAINST, "against of image-lift")
        floor = "other photos" if self.against == "business" else "photos elsewhere"
        object.__setattr__(self, "floor", floor)  # of a class elsewhere, of a parameter here

    def counted(self, batch: Batch) -> NDArray[np.bool_]:
        """Examples that have photos to compare; bool of shape [n]."""
        return self._lift(batch).counted

    def values(self, batch: Batch) -> Floats:
        """Lift of each example, float64 of shape [n]; 0 where nothing is scored.

        Raises
        ------
        UsageError
            Photos and texts are shown, and the batch has no features or no embeddings.
        """
        return self._lift(batch).values

    def _lift(self, batch: Batch) -> _Lift:
        key = ("image lift", self.against, self.encoder)
        return batch.memo(key, lambda: self._compute(batch))

    def _compute(self, batch: Batch) -> _Lift:
        attempted = batch.has_text & batch.has_images
        shown = shown_cosines(batch, self.encoder, None, "text")
        own, has_own = mean_by(shown.cosines, shown.owners[shown.texts], len(batch))
        if self.against == "business":
            photos = unshown(batch, attempted)
            possible = np.array([len(set(pool)) > 1 for pool in batch.pools], dtype=bool)
        else:
            photos = elsewhere(batch, attempted)
            possible = has_elsewhere(batch)
        owners = np.flatnonzero(attempted)
        texts = [batch.hypotheses[row] or "" for row in owners.tolist()]
        pairs = photo_cosines(batch, texts, owners, photos, self.encoder)
        other, has_other = mean_by(pairs.cosines, pairs.owners[pairs.texts], len(batch))
        compared = has_own & has_other
        return _Lift(np.where(compared, own - other, 0.0), np.where(attempted, compared, possible))


image_lift_business = partial(ImageLift, against="business")
image_lift_other = partial(ImageLift, against="other")
