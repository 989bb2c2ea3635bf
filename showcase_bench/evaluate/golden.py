"""The golden examples with the encoders of this machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from showcase_bench.encoders import EncoderShelf
from showcase_bench.encoders.feature_store import FeatureStore
from showcase_bench.encoders.text_store import TextStore
from showcase_bench.metrics import Batch
from showcase_bench.metrics.golden import golden_batch, golden_pixels
from showcase_bench.types import NoProgress, Progress

__all__ = ["encoded_golden_batch"]


class _GoldenPhotos:
    key = "golden-photos-v1"

    def load(self, image_id: str) -> NDArray[np.uint8]:
        return golden_pixels(image_id)


def encoded_golden_batch(cache: Path | None = None, progress: Progress | None = None) -> Batch:
    """The golden examples, their texts and photos encoded here and now.

    ``cache`` keeps the tables of metrics between processes, if it is given; embeddings are not
    kept, so that a check is one of this machine as it is.
    """
    shown, shelf = progress or NoProgress(), EncoderShelf()
    return golden_batch(
        cache,
        progress,
        embeddings=TextStore(None, shown, shelf),
        features=FeatureStore(_GoldenPhotos(), None, shown, shelf).features,
    )
