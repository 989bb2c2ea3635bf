"""The picture of a competition: a showcase of three photos and two lines of words."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from showcase_bench.datasets.mini.photos import PhotoSpec, make_look, render
from showcase_bench.datasets.mini.rng import Stream

__all__ = ["draw_logo"]

_PHOTO = 128
_GAP = 16
_DISHES = (("ramen", "modern"), ("margherita", "rustic"), ("burger", "garden"))
_PAPER, _INK, _FAINT = (250, 247, 242), (60, 54, 48), (205, 196, 184)


def draw_logo() -> bytes:
    """A PNG, 448 by 240 pixels; the same bytes each time."""
    width = len(_DISHES) * (_PHOTO + _GAP) + _GAP
    canvas: NDArray[np.uint8] = np.empty((240, width, 3), dtype=np.uint8)
    canvas[:] = _PAPER
    for number, (dish, style) in enumerate(_DISHES):
        spec = PhotoSpec("dish", dish, make_look(style, Stream(0, "logo", dish)), number)
        left = _GAP + number * (_PHOTO + _GAP)
        canvas[_GAP - 2 : _GAP + _PHOTO + 2, left - 2 : left + _PHOTO + 2] = _FAINT
        canvas[_GAP : _GAP + _PHOTO, left : left + _PHOTO] = render(spec, _PHOTO, 0.0)
    top = 2 * _GAP + _PHOTO
    for row, words in enumerate(((64, 112, 40, 96), (88, 32, 120))):
        left = _GAP
        for word in words:
            canvas[top + row * 28 : top + row * 28 + 12, left : left + word] = _INK
            left += word + 12
    picture = io.BytesIO()
    Image.fromarray(canvas).save(picture, format="PNG", optimize=False)
    return picture.getvalue()
