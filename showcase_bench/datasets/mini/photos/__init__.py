"""Photos drawn from numpy alone, the same pixels on every platform."""

from showcase_bench.datasets.mini.photos.look import (
    ACCENTS,
    PLACE_STYLES,
    SURFACES,
    Look,
    PhotoSpec,
    make_look,
)
from showcase_bench.datasets.mini.photos.render import DISH_DRAWINGS, RENDER_VERSION, render

__all__ = [
    "ACCENTS",
    "DISH_DRAWINGS",
    "PLACE_STYLES",
    "RENDER_VERSION",
    "SURFACES",
    "Look",
    "PhotoSpec",
    "make_look",
    "render",
]
