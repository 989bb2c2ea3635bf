"""From a drawn scene to a photograph: light, lens and sensor."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from showcase_bench.datasets.mini.photos.canvas import Canvas
from showcase_bench.datasets.mini.photos.ground import Plane
from showcase_bench.datasets.mini.photos.texture import grain
from showcase_bench.datasets.mini.rng import Stream

__all__ = ["expose"]


_LEAST_BLUR = 0.12
"""Less than this cannot be seen and is left out."""


@lru_cache(maxsize=8)
def _frame(size: int) -> tuple[Plane, Plane, Plane]:
    axis = (np.arange(size, dtype=np.float32) + 0.5) * (2.0 / size) - 1.0
    x, y = axis[None, :], axis[:, None]
    return x, y, x * x + y * y


def expose(canvas: Canvas, noise: float, rng: Stream) -> NDArray[np.uint8]:
    """Photograph of the canvas, uint8 of shape [size, size, 3]; the canvas is used up.

    ``noise`` (0..1) scales the colour cast, the unevenness of the light, blur and grain.
    """
    size, rgb = canvas.size, canvas.rgb
    warmth, exposure = rng.between(-1.0, 1.0) * noise, rng.between(-1.0, 1.0) * noise
    fall, corners = rng.between(0.05, 0.25), rng.between(0.05, 0.2) * (0.5 + noise)
    soft, grainy = rng.unit() * noise, (0.01 + 0.06 * noise) * rng.between(0.5, 1.0)
    if soft > _LEAST_BLUR:
        _blur(rgb, soft)
    x, y, far = _frame(size)
    lit = x * (canvas.light[0] * fall) + y * (canvas.light[1] * fall) + (1.0 + 0.2 * exposure)
    lit -= far * (0.5 * corners)
    rgb *= lit
    rgb *= np.array(
        [1.0 + 0.14 * warmth, 1.0 + 0.02 * warmth, 1.0 - 0.16 * warmth], dtype=np.float32
    ).reshape(3, 1, 1)
    rgb += grain(rng.bits(), size) * grainy
    rgb *= 255.0
    rgb += 0.5
    np.maximum(rgb, 0.0, out=rgb)
    np.minimum(rgb, 255.0, out=rgb)
    pixels: NDArray[np.uint8] = np.ascontiguousarray(rgb.astype(np.uint8).transpose(1, 2, 0))
    return pixels


def _blur(rgb: Plane, amount: float) -> None:
    """Blend with the neighbours, along rows and then along columns, in place."""
    side = amount * 0.25
    flow = rgb[:, :, 1:] - rgb[:, :, :-1]
    flow *= side
    rgb[:, :, :-1] += flow
    rgb[:, :, 1:] -= flow
    flow = rgb[:, 1:] - rgb[:, :-1]
    flow *= side
    rgb[:, :-1] += flow
    rgb[:, 1:] -= flow
