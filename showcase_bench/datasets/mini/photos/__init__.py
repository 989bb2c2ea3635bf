"""Photos drawn from numpy alone, the same pixels on every platform."""

from showcase_bench.datasets.mini.photos.look import PLACE_STYLES, Look, PhotoSpec, make_look
from showcase_bench.datasets.mini.photos.render import DISH_DRAWINGS, RENDER_VERSION, render

__all__ = [
    "DISH_DRAWINGS",
    "PLACE_STYLES",
    "RENDER_VERSION",
    "Look",
    "PhotoSpec",
    "make_look",
    "render",
]
