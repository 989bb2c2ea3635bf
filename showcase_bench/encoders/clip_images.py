"""Photos into vectors with a CLIP model that open_clip built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from showcase_bench.encoders.torch_tools import encode_photos

__all__ = ["encode_clip_images"]


def encode_clip_images(
    torch: Any,
    model: Any,
    transform: Callable[[Any], Any],
    pixels: Sequence[NDArray[np.uint8]],
    device: str,
    batch: int = 64,
) -> NDArray[np.float32]:
    """L2-normalised vectors of photos, float32 of shape [len(pixels), d].

    Parameters
    ----------
    torch
        The module.
    model
        What has ``encode_image``; on ``device`` and in evaluation mode.
    transform
        Makes the model's input, [3, height, width], of a PIL image.
    pixels
        RGB photos, uint8 of shape [height, width, 3], from one pixel up. Of a photo more than 32
        times as long as wide the middle is looked at.
    device
        ``cpu`` (single precision) or ``cuda`` (mixed precision).
    batch
        Photos that go through the model at once; does not change the vectors beyond rounding.
    """
    return encode_photos(torch, model.encode_image, transform, pixels, device, batch)
