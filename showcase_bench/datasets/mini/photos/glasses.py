"""Drinks and ice cream in a glass, seen from the side."""

from __future__ import annotations

from showcase_bench.datasets.mini.photos.brush import Scene, vary
from showcase_bench.datasets.mini.photos.counter import backdrop
from showcase_bench.datasets.mini.photos.ground import Color, direction, scaled
from showcase_bench.datasets.mini.photos.look import hexed

__all__ = ["scoops", "tall_glass", "wide_glass"]

_DARK = (0.08, 0.06, 0.05)
_WHITE = (0.99, 0.98, 0.95)


def scoops(scene: Scene, *, color: Color) -> None:
    """Three scoops of ice cream in a glass."""
    canvas, rng = scene.canvas, scene.rng
    backdrop(scene, 0.25)
    canvas.ellipse(0.0, 0.88, 0.36, 0.08, _DARK, soft=0.1, alpha=0.4)
    canvas.polygon([(0.2, -0.55), (0.32, -0.5), (0.22, 0.0), (0.12, 0.0)], hexed(0xD9A860))
    for x, y in ((-0.24, -0.05), (0.24, -0.05), (0.0, -0.36)):
        canvas.ellipse(x, y, 0.29, 0.28, vary(color, rng), shade=0.28)
        scene.crumbs(9, (scaled(color, 0.9), scaled(color, 1.1)), 0.22, 0.035, (x, y))
        scene.gloss(x, y, 0.28, 0.5)
    canvas.polygon(
        [(-0.54, 0.02), (0.54, 0.02), (0.2, 0.52), (-0.2, 0.52)], hexed(0xD7E4E8), alpha=0.7
    )
    canvas.polygon([(-0.5, 0.05), (-0.38, 0.05), (-0.16, 0.46), (-0.24, 0.46)], _WHITE, alpha=0.5)
    canvas.line((0.0, 0.52), (0.0, 0.82), 0.09, hexed(0xCFDDE2))
    canvas.ellipse(0.0, 0.84, 0.3, 0.07, hexed(0xDCE8EB), shade=0.1)
    canvas.ellipse(-0.05, -0.64, 0.07, 0.07, hexed(0xC4203A), shade=0.4)


def tall_glass(scene: Scene, *, drink: Color, cream: bool) -> None:
    """A tall drink with a straw; milkshakes wear cream and a cherry."""
    canvas, rng = scene.canvas, scene.rng
    backdrop(scene, 0.3)
    canvas.ellipse(0.1, 0.86, 0.45, 0.1, _DARK, soft=0.15, alpha=0.45)
    straw = scene.look.accent
    canvas.line((0.05, 0.3), (0.32, -0.95), 0.07, straw)
    canvas.line((0.09, 0.1), (0.3, -0.93), 0.02, _WHITE, alpha=0.6)
    canvas.polygon(
        [(-0.42, -0.5), (0.42, -0.5), (0.3, 0.86), (-0.3, 0.86)], hexed(0xDDE7EA), alpha=0.6
    )
    canvas.polygon([(-0.38, -0.36), (0.38, -0.36), (0.27, 0.8), (-0.27, 0.8)], drink)
    canvas.ellipse(0.0, -0.36, 0.38, 0.07, scaled(drink, 1.12))
    canvas.polygon([(0.1, -0.36), (0.38, -0.36), (0.27, 0.8), (0.08, 0.8)], _DARK, alpha=0.12)
    canvas.line((-0.3, -0.3), (-0.22, 0.7), 0.05, _WHITE, alpha=0.55)
    if cream:
        for x, y, r in (
            (-0.2, -0.46, 0.2),
            (0.2, -0.46, 0.2),
            (0.0, -0.56, 0.22),
            (0.0, -0.72, 0.14),
        ):
            canvas.ellipse(x, y, r, r * 0.75, _WHITE, shade=0.16)
        canvas.ellipse(0.0, -0.86, 0.08, 0.08, hexed(0xC4203A), shade=0.4)
        scene.crumbs(12, (hexed(0x5A2E1A), straw), 0.2, 0.02, (0.0, -0.55))
    else:
        scene.crumbs(10, (hexed(0xA8702A), hexed(0x6FA04A)), 0.12, 0.02, (0.0, -0.37))
        scene.leaf(-0.2, -0.46, 0.13, hexed(0x4E9A46), rng.unit())


def wide_glass(scene: Scene) -> None:
    """A margarita with a salted rim and lime."""
    canvas, rng = scene.canvas, scene.rng
    backdrop(scene, 0.3)
    canvas.ellipse(0.05, 0.88, 0.36, 0.08, _DARK, soft=0.12, alpha=0.45)
    drink = hexed(0xCFE07A) if rng.chance(0.7) else hexed(0xF08A7A)
    canvas.line((0.0, 0.25), (0.0, 0.82), 0.06, hexed(0xDCE6E8))
    canvas.ellipse(0.0, 0.84, 0.34, 0.08, hexed(0xDCE6E8), shade=0.1)
    canvas.polygon(
        [(-0.66, -0.42), (0.66, -0.42), (0.3, 0.0), (-0.3, 0.0)], hexed(0xE4EEEF), alpha=0.5
    )
    canvas.polygon([(-0.56, -0.34), (0.56, -0.34), (0.28, -0.02), (-0.28, -0.02)], drink)
    canvas.polygon(
        [(-0.28, -0.04), (0.28, -0.04), (0.12, 0.28), (-0.12, 0.28)], scaled(drink, 0.93)
    )
    canvas.ellipse(0.0, -0.34, 0.56, 0.09, scaled(drink, 1.1))
    canvas.ring(0.0, -0.42, 0.66, 0.11, 0.03, _WHITE)
    for _ in range(40):
        c, s = direction(rng.unit())
        canvas.ellipse(0.66 * c, -0.42 + 0.11 * s, 0.025, 0.022, _WHITE)
    scene.lemon(0.56, -0.5, hexed(0x9CCB45), 0.2)
    for cx in (-0.2, 0.12):
        canvas.box(cx, -0.3, 0.1, 0.07, _WHITE, corner=0.02, turn=rng.unit(), alpha=0.45)
    canvas.line((-0.44, -0.3), (-0.2, 0.0), 0.035, _WHITE, alpha=0.6)
