"""A small image encoder without weights: colours, where they are, and the edges.

Enough to tell a drink from a dining room, and photos of one kind of dish from those of another;
it knows nothing about meaning. In the tradition of colour histograms (Swain and Ballard 1991),
the MPEG-7 colour layout descriptor (Kasutani and Yamada 2001) and histograms of oriented
gradients (Dalal and Triggs 2005), all on a 32 x 32 thumbnail.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from showcase_bench.encoders.base import ImageEncoder
from showcase_bench.errors import UsageError

__all__ = ["ColorLayout"]

Floats = NDArray[np.float64]

_SIDE = 32
_CELLS = 4
_BINS = 4
_ORIENTATIONS = 8
_WEIGHTS = {"histogram": 1.0, "layout": 1.0, "gradient": 1.0}


class ColorLayout(ImageEncoder):
    """Colour histogram, colour layout and gradient histogram of a thumbnail; 240 numbers.

    The photo is averaged down to 32 x 32 pixels (aspect ratio given up, so photos of any size
    and shape compare). Three blocks follow, each L2-normalised before it is weighted:

    - *histogram*, 4 x 4 x 4: lightness, red-green and blue-yellow, each pixel spread linearly
      over its neighbouring bins; square roots of the shares (Hellinger distance);
    - *layout*, 4 x 4 cells x 3: mean lightness, red-green and blue-yellow of each cell, around
      mid-grey;
    - *gradient*, 4 x 4 cells x 8: orientation of the lightness gradient modulo half a turn,
      weighted by its magnitude; square roots. Zeros in a photo without edges.

    The vector is normalised as a whole. It depends on the photo alone, bit by bit, not on the
    other photos of the call.
    """

    summary: ClassVar[str] = "colours, layout and edges of a thumbnail; no weights"

    @property
    def signature(self) -> str:
        """Thumbnail, blocks, weights and version."""
        weights = "+".join(f"{name}={weight:g}" for name, weight in _WEIGHTS.items())
        return f"color-layout|side:{_SIDE}|filter:box|blocks:{weights}|dim:{self.dim}|v:1"

    @property
    def identity(self) -> str:
        """``color-layout``: there are no weights."""
        return "color-layout"

    @property
    def dim(self) -> int:
        """240."""
        return _BINS**3 + _CELLS**2 * (3 + _ORIENTATIONS)

    def encode_images(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Vectors of shape [len(pixels), 240], float32, each of length 1.

        Parameters
        ----------
        pixels
            RGB photos, uint8 of shape [height, width, 3], of any size from one pixel up.

        Raises
        ------
        UsageError
            An array has another shape or dtype, or no pixel.
        """
        if not pixels:
            return np.zeros((0, self.dim), dtype=np.float32)
        opponent = _opponent(np.stack([_thumbnail(one) for one in pixels]))
        blocks = {
            "histogram": _histogram(opponent),
            "layout": _layout(opponent),
            "gradient": _gradient(opponent[..., 0]),
        }
        joined = np.concatenate(
            [weight * _unit(blocks[name]) for name, weight in _WEIGHTS.items()], axis=1
        )
        return _unit(joined).astype(np.float32)


def _thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
        raise UsageError(
            f"a photo must be uint8 [height, width, 3], not {pixels.dtype} {list(pixels.shape)}"
        )
    image = Image.fromarray(np.ascontiguousarray(pixels))
    small = image.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.uint8)


def _opponent(thumbnails: NDArray[np.uint8]) -> Floats:
    """Lightness, red-green and blue-yellow, each within [-1, 1]; [n, 32, 32, 3].

    Integers divided by a constant, so that sums over cells do not depend on their order.
    """
    red, green, blue = (thumbnails[..., i].astype(np.int64) for i in range(3))
    planes = np.empty((*thumbnails.shape[:3], 3), dtype=np.float64)
    planes[..., 0] = (2 * (red + green + blue) - 765) / 765
    planes[..., 1] = (red - green) / 255
    planes[..., 2] = (red + green - 2 * blue) / 510
    return planes


def _histogram(opponent: Floats) -> Floats:
    n = len(opponent)
    # Food photos crowd around grey: the square root gives weak colours more of the bins.
    spread = np.sign(opponent) * np.sqrt(np.abs(opponent))
    spread[..., 0] = opponent[..., 0]
    place = (spread.reshape(n, -1, 3) + 1) / 2 * (_BINS - 1)
    low = np.minimum(place.astype(np.int64), _BINS - 2)
    high_share = place - low
    first = np.arange(n)[:, None] * _BINS**3
    counts = np.zeros(n * _BINS**3)
    for corner in np.ndindex(2, 2, 2):
        cell = low + np.array(corner)
        index = first + (cell[..., 0] * _BINS + cell[..., 1]) * _BINS + cell[..., 2]
        shares = np.where(np.array(corner) == 1, high_share, 1 - high_share).prod(axis=-1)
        counts += np.bincount(index.ravel(), shares.ravel(), minlength=len(counts))
    histogram: Floats = np.sqrt(counts.reshape(n, -1))
    return histogram


def _layout(opponent: Floats) -> Floats:
    n, step = len(opponent), _SIDE // _CELLS
    rows = opponent.reshape(n, _CELLS, step, _CELLS, step, 3)
    cells = np.ascontiguousarray(rows.transpose(0, 1, 3, 5, 2, 4)).reshape(n, -1, step * step)
    means: Floats = cells.mean(axis=2)
    return means


def _gradient(lightness: Floats) -> Floats:
    n, step = len(lightness), _SIDE // _CELLS
    padded = np.pad(lightness, ((0, 0), (1, 1), (1, 1)), mode="edge")
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    magnitude = np.sqrt(across * across + down * down)
    place = (np.arctan2(down, across) % np.pi) / np.pi * _ORIENTATIONS
    low = place.astype(np.int64)
    high_share = place - low
    line = np.arange(_SIDE) // step
    cell = np.arange(n)[:, None, None] * _CELLS**2 + line[:, None] * _CELLS + line
    sums = np.zeros(n * _CELLS**2 * _ORIENTATIONS)
    for bins, share in ((low, 1 - high_share), (low + 1, high_share)):
        index = cell * _ORIENTATIONS + bins % _ORIENTATIONS
        sums += np.bincount(index.ravel(), (share * magnitude).ravel(), minlength=len(sums))
    gradient: Floats = np.sqrt(sums.reshape(n, -1))
    return gradient


def _unit(rows: Floats) -> Floats:
    """Rows of length 1; a row of zeros stays."""
    norms = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    return rows / np.where(norms > 0, norms, 1.0)
