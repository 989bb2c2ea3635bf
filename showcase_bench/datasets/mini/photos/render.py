"""Which drawing shows which dish, and how a photo is framed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from showcase_bench.datasets.mini.photos import bakery, boards, bowls, counter, glasses, plates
from showcase_bench.datasets.mini.photos.brush import Scene
from showcase_bench.datasets.mini.photos.canvas import Canvas
from showcase_bench.datasets.mini.photos.ground import direction
from showcase_bench.datasets.mini.photos.lens import expose
from showcase_bench.datasets.mini.photos.look import PhotoSpec, hexed
from showcase_bench.datasets.mini.photos.menu import menu
from showcase_bench.datasets.mini.photos.scenes import exterior, interior
from showcase_bench.datasets.mini.rng import Stream

__all__ = ["DISH_DRAWINGS", "RENDER_VERSION", "render"]

RENDER_VERSION = 1
"""Raised by every change that can move a pixel."""

_Drawing = Callable[[Scene], None]

DISH_DRAWINGS: Mapping[str, _Drawing] = MappingProxyType(
    {
        "margherita": partial(plates.pizza, pepperoni=False),
        "pepperoni-pizza": partial(plates.pizza, pepperoni=True),
        "carbonara": partial(
            plates.pasta, noodle=hexed(0xF0D48A), sauce=hexed(0xF6E6B4), topping="bacon"
        ),
        "bolognese": partial(
            plates.pasta, noodle=hexed(0xE8BC68), sauce=hexed(0x9E3417), topping="meat"
        ),
        "lasagna": plates.lasagna,
        "caprese": plates.caprese,
        "tiramisu": partial(
            counter.cake_slice,
            sponge=hexed(0xB98550),
            cream=hexed(0xF7EBD2),
            top=hexed(0xF3E3C4),
            finish="dust",
        ),
        "ramen": partial(bowls.noodle_soup, broth=hexed(0xD3A768), ramen=True),
        "nigiri": boards.nigiri,
        "tuna-roll": boards.sushi_rolls,
        "gyoza": partial(boards.dumplings, steamed=False),
        "miso-soup": bowls.miso_soup,
        "matcha-ice-cream": partial(glasses.scoops, color=hexed(0x9DB967)),
        "tacos": boards.tacos,
        "burrito": partial(
            counter.wrap,
            filling=(hexed(0x5A2E1C), hexed(0xF2ECDC), hexed(0xC8452C), hexed(0x7FA53C)),
            paper=hexed(0xC5C9CC),
            sauce=hexed(0xA8321F),
        ),
        "guacamole": bowls.chips_and_dip,
        "churros": partial(counter.stacked_sticks, sugar=True),
        "margarita": glasses.wide_glass,
        "burger": counter.burger,
        "fries": counter.fries,
        "wings": plates.wings,
        "steak": plates.steak,
        "milkshake": partial(glasses.tall_glass, drink=hexed(0xEBA9B4), cream=True),
        "butter-chicken": partial(
            bowls.curry,
            sauce=hexed(0xD9742A),
            chunks=hexed(0xC7662B),
            cubes=False,
            bread=True,
        ),
        "palak-paneer": partial(
            bowls.curry,
            sauce=hexed(0x55752A),
            chunks=hexed(0xF6ECCF),
            cubes=True,
            bread=False,
        ),
        "biryani": partial(
            bowls.rice_plate,
            grain=hexed(0xEFCB6E),
            mix=(hexed(0xE08A2A), hexed(0x7A3A1C), hexed(0xC0392B)),
            meat=hexed(0x8A4A22),
        ),
        "samosas": boards.samosas,
        "garlic-naan": boards.naan,
        "mango-lassi": partial(glasses.tall_glass, drink=hexed(0xF4B640), cream=False),
        "soup-dumplings": partial(boards.dumplings, steamed=True),
        "fried-rice": partial(
            bowls.rice_plate,
            grain=hexed(0xE6D3A3),
            mix=(hexed(0x5FA046), hexed(0xE8862E), hexed(0xF6D255)),
            meat=hexed(0xF0A184),
        ),
        "kung-pao": partial(
            bowls.stir_fry,
            meat=hexed(0xA3562A),
            bits=(hexed(0xC4261D), hexed(0x4F8F37), hexed(0xD9541E)),
        ),
        "beef-noodles": partial(bowls.noodle_soup, broth=hexed(0x8A4320), ramen=False),
        "spring-rolls": partial(counter.stacked_sticks, sugar=False),
        "mapo-tofu": partial(
            bowls.curry,
            sauce=hexed(0xA52A12),
            chunks=hexed(0xF8EBD6),
            cubes=True,
            bread=False,
        ),
        "lamb-kebab": plates.kebab,
        "falafel": plates.falafel,
        "hummus": bowls.hummus,
        "greek-salad": bowls.salad,
        "shawarma": partial(
            counter.wrap,
            filling=(hexed(0xB57B45), hexed(0xF0E8D4), hexed(0x6FAE3E), hexed(0xC8366A)),
            paper=hexed(0xB9783F),
            sauce=hexed(0xF3EDE0),
        ),
        "baklava": bakery.baklava,
        "cappuccino": bakery.coffee,
        "croissant": bakery.croissant,
        "avocado-toast": boards.avocado_toast,
        "pancakes": counter.pancakes,
        "club-sandwich": counter.club_sandwich,
        "chocolate-cake": partial(
            counter.cake_slice,
            sponge=hexed(0x5A2F1B),
            cream=hexed(0x8A5536),
            top=hexed(0x3E1F12),
            finish="curl",
        ),
        "cheesecake": partial(
            counter.cake_slice,
            sponge=hexed(0xF7E6BC),
            cream=hexed(0xF9EDD0),
            top=hexed(0xFBF3DF),
            finish="berry",
        ),
        "smoothie-bowl": bowls.smoothie_bowl,
    }
)
"""Slug of a dish to what draws it."""

_FRAMING = MappingProxyType(
    {
        "above": (1.2, 0.92, 0.08),
        "side": (1.08, 0.88, 0.1),
        "place": (1.3, 0.95, 0.2),
        "menu": (1.1, 0.9, 0.08),
    }
)
"""Strongest and weakest magnification, and shift to the side, for each kind of view."""

_STANDING = frozenset(
    {
        "tiramisu",
        "matcha-ice-cream",
        "margarita",
        "burger",
        "fries",
        "milkshake",
        "mango-lassi",
        "pancakes",
        "club-sandwich",
        "chocolate-cake",
        "cheesecake",
    }
)


def _view(spec: PhotoSpec) -> str:
    if spec.kind == "dish":
        return "side" if spec.dish in _STANDING else "above"
    return "menu" if spec.kind == "menu" else "place"


def render(spec: PhotoSpec, size: int, noise: float) -> NDArray[np.uint8]:
    """Pixels of one photo, uint8 of shape [size, size, 3]; a pure function of its arguments."""
    rng = Stream(spec.seed, "photo")
    light = direction(rng.between(0.53, 0.97))
    nearest, farthest, aside = _FRAMING[_view(spec)]
    canvas = Canvas(
        size,
        zoom=rng.between(farthest, nearest),
        shift=(rng.between(-aside, aside), rng.between(-0.06, 0.06)),
        squash=rng.between(0.78, 1.0) if _view(spec) == "above" else 1.0,
        light=light,
    )
    scene = Scene(canvas, spec.look, rng)
    scenes: dict[str, _Drawing] = {"interior": interior, "exterior": exterior, "menu": menu}
    draw = DISH_DRAWINGS[spec.dish] if spec.kind == "dish" else scenes[spec.kind]
    draw(scene)
    return expose(canvas, noise, rng)
