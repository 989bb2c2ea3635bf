"""Dishes seen from above on a plate or a board."""

from __future__ import annotations

from showcase_bench.datasets.mini.photos.brush import Scene, spot, vary
from showcase_bench.datasets.mini.photos.ground import Color, direction, scaled
from showcase_bench.datasets.mini.photos.look import hexed

__all__ = [
    "caprese",
    "falafel",
    "kebab",
    "lasagna",
    "pasta",
    "pizza",
    "steak",
    "wings",
]

_DARK = (0.1, 0.07, 0.05)


def pizza(scene: Scene, *, pepperoni: bool) -> None:
    """A whole pizza, cut in eight."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    canvas.shadow(0.0, 0.0, 0.9, 0.9, 0.55)
    canvas.ellipse(0.0, 0.0, 0.9, 0.9, hexed(0xD9D4C8) if rng.chance(0.4) else hexed(0xA97C4C))
    canvas.ellipse(0.0, 0.0, 0.82, 0.82, hexed(0xD39A52), shade=0.15)
    for step in range(16):
        c, s = direction(step / 16.0 + 0.02 * rng.unit())
        tint = hexed(0x8A4B1E) if rng.chance(0.35) else hexed(0xE3B066)
        canvas.ellipse(0.75 * c, 0.75 * s, 0.09, 0.07, tint, soft=0.08, alpha=0.7)
    canvas.ellipse(0.0, 0.0, 0.67, 0.67, hexed(0xB9341D))
    with canvas.inside(0.0, 0.0, 0.655, 0.655):
        melted = hexed(0xF2C766) if pepperoni else hexed(0xF7E9C8)
        for _ in range(46 if pepperoni else 14):
            x, y = spot(rng, 0.62)
            r = rng.between(0.12, 0.2) if pepperoni else rng.between(0.1, 0.16)
            canvas.ellipse(x, y, r, r * 0.85, vary(melted, rng), soft=0.04, alpha=0.9)
    for angle in range(4):
        c, s = direction(angle / 8.0 + 0.03)
        canvas.line((-0.8 * c, -0.8 * s), (0.8 * c, 0.8 * s), 0.018, hexed(0x7A3014), alpha=0.55)
    for step in range(13 if pepperoni else 8):
        outer = step < (9 if pepperoni else 5)
        c, s = direction(step / (9.0 if pepperoni else 5.0) + 0.04 * rng.unit())
        far = (0.52 if outer else 0.2) + rng.between(-0.04, 0.04)
        if pepperoni:
            canvas.ellipse(far * c, far * s, 0.105, 0.1, hexed(0x8E1F16))
            canvas.ellipse(far * c, far * s, 0.088, 0.083, hexed(0xC23A26), shade=0.2)
            scene.crumbs(3, (hexed(0xE0705A),), 0.05, 0.016, (far * c, far * s))
        else:
            scene.leaf(far * c, far * s, 0.12, hexed(0x2F7D32), rng.unit())


def pasta(scene: Scene, *, noodle: Color, sauce: Color, topping: str) -> None:
    """A nest of spaghetti with sauce; ``topping`` is ``bacon`` or ``meat``."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.plate(0.92)
    canvas.shadow(0.0, 0.0, 0.55, 0.52, 0.3)
    canvas.ellipse(0.0, 0.0, 0.56, 0.54, scaled(noodle, 0.72))
    with canvas.inside(0.0, 0.0, 0.6, 0.57):
        for _ in range(34):
            x, y = spot(rng, 0.38)
            r = rng.between(0.14, 0.4)
            tone = vary(noodle, rng, 0.14)
            canvas.ring(x, y, r, r * rng.between(0.6, 1.0), 0.042, tone)
    if topping == "meat":
        for _ in range(9):
            x, y = spot(rng, 0.2)
            canvas.ellipse(x, y, 0.17, 0.13, vary(sauce, rng, 0.1), turn=rng.unit(), soft=0.03)
        scene.crumbs(26, (hexed(0x5F2413), hexed(0x7A321B), hexed(0x94401F)), 0.3, 0.04)
        scene.leaf(0.02, -0.03, 0.13, hexed(0x3B8A3A), rng.unit())
    else:
        scene.cubes(16, hexed(0xB8543F), 0.44, 0.045)
        canvas.ellipse(0.0, -0.02, 0.12, 0.11, hexed(0xF2A51E), shade=0.2)
        scene.gloss(0.0, -0.02, 0.12, 0.7)
        scene.crumbs(22, ((0.16, 0.14, 0.12),), 0.5, 0.012)
    scene.crumbs(24, (hexed(0xFFF6DA), hexed(0xF6E7BC)), 0.4, 0.018)


def caprese(scene: Scene) -> None:
    """Tomato, mozzarella and basil in a circle."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.plate(0.92)
    for step in range(10):
        c, s = direction(step / 10.0)
        x, y = 0.44 * c, 0.44 * s
        canvas.ellipse(x + 0.02, y + 0.03, 0.2, 0.2, _DARK, soft=0.06, alpha=0.25)
        if step % 2:
            canvas.ellipse(x, y, 0.19, 0.19, hexed(0xFBF8EF), shade=0.1)
        else:
            scene.tomato(x, y, 0.2)
    for step in range(5):
        c, s = direction(step / 5.0 + 0.05)
        scene.leaf(0.4 * c, 0.4 * s, 0.13, hexed(0x2F8034), rng.unit())
    for angle in range(3):
        scene.leaf(0.0, 0.0, 0.14, hexed(0x3C9440), angle / 3.0 + 0.1)
    for _ in range(8):
        x, y = spot(rng, 0.55)
        canvas.line((x, y), (x + 0.12, y + 0.05), 0.03, hexed(0x3A1A12), alpha=0.8)


def lasagna(scene: Scene) -> None:
    """A square slab with its layers showing."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.plate(0.94)
    canvas.ellipse(0.02, 0.28, 0.66, 0.3, hexed(0xB2371E), soft=0.08)
    layers = (0xE9C987, 0xA63A1F, 0xF0D9A0, 0x8F3319, 0xE9C987, 0xA63A1F)
    for row, code in enumerate(layers):
        y = 0.12 + 0.065 * row
        canvas.box(0.0, y, 0.5, 0.04, vary(hexed(code), rng), corner=0.03)
    canvas.polygon([(-0.42, -0.38), (0.42, -0.38), (0.52, 0.12), (-0.52, 0.12)], hexed(0xE0A243))
    for _ in range(26):
        x, y = rng.between(-0.42, 0.42), rng.between(-0.33, 0.08)
        tint = rng.pick((hexed(0xF4CE74), hexed(0xB9641F), hexed(0xF7DE9B), hexed(0xC8452A)))
        canvas.ellipse(x, y, rng.between(0.04, 0.11), 0.045, tint, soft=0.05, alpha=0.85)
    scene.leaf(0.03, -0.15, 0.13, hexed(0x2F7D32), rng.unit())


def steak(scene: Scene) -> None:
    """A grilled steak with asparagus and potatoes."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    if rng.chance(0.5):
        scene.board(0.92, 0.72)
    else:
        scene.plate(0.95)
    canvas.ellipse(-0.08, 0.0, 0.57, 0.4, _DARK, turn=0.04, soft=0.12, alpha=0.5)
    canvas.ellipse(-0.12, -0.06, 0.56, 0.4, hexed(0xC9A27A), turn=0.04)
    canvas.ellipse(-0.12, -0.06, 0.53, 0.37, hexed(0x5D3220), turn=0.04, shade=0.3)
    canvas.ellipse(0.14, 0.08, 0.3, 0.26, hexed(0x653723), shade=0.25, soft=0.05)
    with canvas.inside(-0.12, -0.06, 0.51, 0.35):
        for mark in range(7):
            x = -0.68 + 0.2 * mark
            canvas.line((x, 0.36), (x + 0.26, -0.46), 0.05, hexed(0x24110A), alpha=0.8)
    canvas.box(-0.14, -0.12, 0.09, 0.08, hexed(0xF6DE8A), corner=0.03, turn=0.07, shade=0.15)
    scene.herbs(10, 0.16, (-0.12, -0.1))
    for stalk in range(4):
        y = 0.44 + 0.07 * stalk
        canvas.line((-0.5, y - 0.04), (0.16, y), 0.055, vary(hexed(0x4F8A36), rng, 0.12))
        canvas.ellipse(0.17, y, 0.07, 0.035, hexed(0x3A6B2B))
    for _ in range(5):
        x, y = spot(rng, 0.14)
        scene.lump(0.5 + x, 0.36 + y, 0.11, hexed(0xE2B34F))


def wings(scene: Scene) -> None:
    """Glazed chicken wings with celery and a dip."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.plate(0.95)
    for stick in range(3):
        x = 0.36 + 0.1 * stick
        canvas.line((x, -0.5), (x + 0.14, 0.05), 0.075, vary(hexed(0x9CC56A), rng, 0.1))
    for step in range(9):
        c, s = direction(step * 0.382)
        far = 0.1 + 0.045 * step
        x, y = -0.14 + far * c, 0.0 + far * s
        tone = vary(hexed(0xC4511A), rng, 0.14)
        c, s = direction(rng.unit())
        canvas.ellipse(x + 0.03, y + 0.05, 0.17, 0.14, _DARK, soft=0.07, alpha=0.4)
        canvas.line((x, y), (x + 0.2 * c, y + 0.2 * s), 0.11, scaled(tone, 0.85))
        canvas.ellipse(x, y, 0.15, 0.125, tone, shade=0.4)
        scene.gloss(x, y, 0.15, 0.6)
        canvas.ellipse(x + 0.22 * c, y + 0.22 * s, 0.04, 0.04, hexed(0xEFD9B5))
    scene.dip((0.46, 0.38), hexed(0xF5F1E2), 0.2)
    scene.herbs(5, 0.1, (0.46, 0.38))


def kebab(scene: Scene) -> None:
    """Three skewers of meat and peppers over rice."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.plate(0.96)
    canvas.ellipse(0.0, 0.36, 0.5, 0.24, hexed(0xEAD9A6), shade=0.1)
    scene.sticks(50, (hexed(0xF7EFCF), hexed(0xD9BE78)), 0.22, 0.05, 0.02, (0.1, 0.36))
    for skewer in range(3):
        y = -0.42 + 0.26 * skewer
        canvas.line((-0.86, y + 0.06), (0.86, y - 0.06), 0.025, hexed(0xB9B6B0))
        for chunk in range(7):
            x = -0.57 + 0.19 * chunk
            at = y - 0.07 * x
            if chunk % 3 == 2:
                tint = rng.pick((hexed(0x4E8B3A), hexed(0xC9352A), hexed(0xE3A32B)))
                canvas.box(x, at, 0.045, 0.1, tint, corner=0.03, shade=0.15)
            else:
                canvas.box(x + 0.02, at + 0.05, 0.1, 0.1, _DARK, corner=0.04, soft=0.05, alpha=0.4)
                brown = vary(hexed(0x7A3F1F), rng, 0.2)
                canvas.box(x, at, 0.095, 0.1, brown, corner=0.045, shade=0.35)
    scene.tomato(-0.52, 0.42, 0.15)
    scene.herbs(12, 0.5)


def falafel(scene: Scene) -> None:
    """Fried chickpea balls, one cut open, with tahini."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.plate(0.94)
    for _ in range(9):
        x, y = spot(rng, 0.55)
        scene.leaf(x, y, 0.2, hexed(0x6FA545), rng.unit())
    for step in range(8):
        c, s = direction(step / 7.0 + 0.05)
        far = 0.08 if step == 7 else 0.42
        x, y = far * c - 0.06, far * s - 0.04
        scene.lump(x, y, 0.17, hexed(0x8B5A26), 0.0)
        scene.crumbs(8, (hexed(0x6A4018), hexed(0xB5803F), hexed(0xA16C2E)), 0.12, 0.026, (x, y))
        if step == 7:
            canvas.ellipse(x, y, 0.13, 0.12, hexed(0xA3AE4B), shade=0.1)
    scene.dip((0.4, 0.42), hexed(0xEEE3C8), 0.22)
