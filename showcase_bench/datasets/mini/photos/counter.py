"""Dishes seen from the side, standing on a table with the room behind them."""

from __future__ import annotations

from showcase_bench.datasets.mini.photos.brush import Scene, vary
from showcase_bench.datasets.mini.photos.ground import Color, blend, scaled
from showcase_bench.datasets.mini.photos.look import hexed

__all__ = [
    "backdrop",
    "burger",
    "cake_slice",
    "club_sandwich",
    "fries",
    "pancakes",
    "stacked_sticks",
    "wrap",
]

_DARK = (0.08, 0.06, 0.05)
_WHITE = (0.99, 0.98, 0.95)


def backdrop(scene: Scene, horizon: float = 0.1) -> None:
    """Table top below, the room out of focus above."""
    canvas, rng, look = scene.canvas, scene.rng, scene.look
    scene.table()
    canvas.box(0.0, horizon + 0.2, 2.4, 0.3, _DARK, soft=0.5, alpha=0.25)
    canvas.box(0.0, horizon - 1.5, 2.6, 1.5, scaled(look.wall, 0.62))
    canvas.ellipse(-0.6, horizon - 0.7, 1.0, 0.9, look.wall, soft=0.8, alpha=0.7)
    for _ in range(7):
        x, y = rng.between(-1.1, 1.1), rng.between(horizon - 1.2, horizon - 0.15)
        light = blend(hexed(0xFFE3A8), look.accent, 0.6 * rng.unit())
        canvas.ellipse(x, y, 0.13, 0.13, light, soft=0.08, alpha=rng.between(0.15, 0.45))
    canvas.box(0.0, horizon, 2.4, 0.015, _DARK, soft=0.05, alpha=0.4)


def _low_plate(scene: Scene, y: float, half: float = 0.85) -> None:
    canvas = scene.canvas
    canvas.ellipse(0.03, y + 0.08, half, 0.2, _DARK, soft=0.15, alpha=0.5)
    canvas.ellipse(0.0, y + 0.03, half, 0.17, scaled(scene.look.plate, 0.75))
    canvas.ellipse(0.0, y, half, 0.165, scene.look.plate, shade=0.05)
    canvas.ellipse(0.0, y + 0.01, half * 0.75, 0.11, scaled(scene.look.plate, 0.88))


def burger(scene: Scene) -> None:
    """A cheeseburger."""
    canvas, rng = scene.canvas, scene.rng
    backdrop(scene, 0.15)
    _low_plate(scene, 0.62, 0.92)
    if rng.chance(0.6):
        for _ in range(9):
            x = rng.between(0.55, 0.85)
            lean = rng.between(-0.12, 0.16)
            canvas.line(
                (x, 0.62),
                (x + lean, 0.2 + 0.2 * rng.unit()),
                0.06,
                vary(hexed(0xE8B94C), rng, 0.12),
            )
    bun, y = hexed(0xC9843A), 0.5
    canvas.box(-0.05, y, 0.52, 0.12, bun, corner=0.1, shade=0.15)
    canvas.box(-0.05, y - 0.07, 0.5, 0.03, hexed(0xF0D9A4))
    for patty in range(1 + rng.below(2)):
        top = y - 0.19 - 0.2 * patty
        canvas.box(-0.05, top, 0.56, 0.1, hexed(0x5A2E19), corner=0.08, shade=0.25)
        scene.crumbs(8, (hexed(0x3E1C0E), hexed(0x7A4527)), 0.09, 0.03, (-0.25, top))
        scene.crumbs(8, (hexed(0x3E1C0E), hexed(0x7A4527)), 0.09, 0.03, (0.15, top))
        canvas.box(-0.05, top - 0.1, 0.57, 0.022, hexed(0xF3B229))
        for drip in range(3):
            x = -0.42 + 0.34 * drip
            canvas.polygon(
                [(x - 0.13, top - 0.1), (x + 0.13, top - 0.1), (x, top + 0.07)], hexed(0xF3B229)
            )
    y = top - 0.16
    canvas.box(-0.05, y, 0.52, 0.045, hexed(0xC8362A), corner=0.03)
    for curl in range(9):
        canvas.ellipse(
            -0.56 + 0.128 * curl, y - 0.06, 0.09, 0.06, vary(hexed(0x6FAE3E), rng, 0.12), shade=0.2
        )
    with canvas.above(y - 0.08):
        canvas.ellipse(-0.05, y - 0.08, 0.56, 0.4, bun, shade=0.3)
        canvas.ellipse(-0.2, y - 0.32, 0.2, 0.09, hexed(0xEBB667), soft=0.12, alpha=0.7)
    for _ in range(16):
        x = rng.between(-0.38, 0.3)
        canvas.ellipse(
            x,
            y - 0.2 - 0.24 * rng.unit() * (1.0 - 2.0 * abs(x + 0.05)),
            0.025,
            0.016,
            hexed(0xF8E8C0),
        )


def club_sandwich(scene: Scene) -> None:
    """Two halves of a layered sandwich on toothpicks."""
    canvas, rng = scene.canvas, scene.rng
    backdrop(scene, 0.1)
    _low_plate(scene, 0.6, 0.95)
    for cx in (-0.4, 0.38):
        canvas.line((cx, -0.75), (cx, -0.3), 0.025, hexed(0xE3C58C))
        canvas.ellipse(cx, -0.75, 0.06, 0.06, scene.look.accent, shade=0.3)
        y = 0.52
        for layer in range(3):
            canvas.box(cx, y, 0.34, 0.055, hexed(0x9C5F2A), corner=0.03)
            canvas.box(cx, y + 0.005, 0.335, 0.038, vary(hexed(0xE5BE80), rng))
            if layer == 2:
                break
            canvas.box(cx, y - 0.1, 0.35, 0.03, hexed(0xE7A7A0) if layer else hexed(0xF0E2C6))
            canvas.box(cx, y - 0.15, 0.34, 0.03, hexed(0xC8362A))
            for curl in range(6):
                x = cx - 0.3 + 0.12 * curl
                canvas.ellipse(x, y - 0.2, 0.08, 0.045, vary(hexed(0x76B244), rng, 0.12))
            canvas.box(cx, y - 0.25, 0.345, 0.02, hexed(0x8A3A22) if layer else hexed(0xF3C448))
            y -= 0.33
    for _ in range(8):
        x = rng.between(-0.12, 0.1)
        canvas.line(
            (x, 0.66), (x + rng.between(-0.1, 0.1), 0.3), 0.055, vary(hexed(0xE8B94C), rng, 0.12)
        )


def fries(scene: Scene) -> None:
    """French fries in a paper cone or a steel cup."""
    canvas, rng = scene.canvas, scene.rng
    backdrop(scene, 0.2)
    canvas.ellipse(0.03, 0.8, 0.5, 0.12, _DARK, soft=0.15, alpha=0.5)
    for _ in range(34):
        x = rng.between(-0.42, 0.42)
        top = -0.35 - 0.4 * rng.unit() * (1.0 - 1.2 * abs(x))
        tone = vary(hexed(0xEDBE4E), rng, 0.16)
        start, end = (x * 0.6, 0.3), (x * 1.15 + rng.between(-0.1, 0.1), top)
        canvas.line((start[0] + 0.02, start[1]), (end[0] + 0.02, end[1]), 0.085, scaled(tone, 0.7))
        canvas.line(start, end, 0.075, tone)
    cup = scene.look.accent if rng.chance(0.6) else hexed(0xB9BDC1)
    canvas.polygon([(-0.5, -0.05), (0.5, -0.05), (0.36, 0.8), (-0.36, 0.8)], cup)
    for stripe in range(4):
        x = -0.3 + 0.2 * stripe
        canvas.line((x * 1.25, -0.03), (x * 0.95, 0.78), 0.05, _WHITE, alpha=0.35)
    canvas.polygon([(-0.5, -0.05), (0.0, -0.05), (-0.1, 0.8), (-0.36, 0.8)], _DARK, alpha=0.12)
    scene.dip((0.68, 0.78), hexed(0xB3221A), 0.18)


def wrap(scene: Scene, *, filling: tuple[Color, ...], paper: Color, sauce: Color) -> None:
    """A rolled flat bread cut in two, each half in foil or paper."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.board(0.92, 0.7)
    for cy, lean in ((-0.24, -0.03), (0.24, 0.03)):
        start, end = (-0.6, cy), (0.34, cy + lean)
        canvas.line(
            (start[0] + 0.04, cy + 0.07), (end[0] + 0.04, end[1] + 0.07), 0.42, _DARK, alpha=0.35
        )
        canvas.line(start, end, 0.42, hexed(0xE8CD97))
        canvas.line(
            (start[0], cy - 0.08), (end[0], end[1] - 0.08), 0.14, hexed(0xF5E3BC), alpha=0.8
        )
        for _ in range(8):
            x = rng.between(-0.2, 0.3)
            canvas.ellipse(
                x, cy + rng.between(-0.14, 0.14), 0.05, 0.03, hexed(0x9A6630), soft=0.04, alpha=0.8
            )
        canvas.box(-0.5, cy, 0.3, 0.22, paper, corner=0.09, shade=0.3)
        for crease in range(5):
            x = -0.72 + 0.11 * crease
            canvas.line(
                (x, cy - 0.19),
                (x + rng.between(-0.05, 0.08), cy + 0.19),
                0.02,
                scaled(paper, 0.72),
                alpha=0.7,
            )
        x, y = end[0] + 0.12, end[1]
        canvas.ellipse(x, y, 0.13, 0.21, hexed(0xD9B878))
        canvas.ellipse(x, y, 0.105, 0.18, scaled(filling[0], 0.7))
        for _ in range(16):
            fx, fy = rng.between(-0.08, 0.08), rng.between(-0.14, 0.14)
            canvas.ellipse(x + fx, y + fy, 0.04, 0.03, rng.pick(filling), shade=0.25)
    scene.dip((0.74, 0.0), sauce, 0.16)


def pancakes(scene: Scene) -> None:
    """A stack of pancakes with butter, syrup and berries."""
    canvas, rng = scene.canvas, scene.rng
    backdrop(scene, 0.0)
    _low_plate(scene, 0.62, 0.95)
    layers = 4 + rng.below(2)
    y = 0.5
    for _ in range(layers):
        x = rng.between(-0.03, 0.03)
        canvas.ellipse(x, y + 0.06, 0.58, 0.19, hexed(0xE9C383))
        canvas.ellipse(x, y, 0.58, 0.18, hexed(0xB56F2C))
        canvas.ellipse(x, y, 0.54, 0.155, hexed(0xCF8C3F), soft=0.05)
        y -= 0.125
    y += 0.125
    canvas.ellipse(0.0, y, 0.4, 0.11, hexed(0x8A4312), soft=0.04, alpha=0.8)
    for x, drop in ((-0.36, 0.24), (0.1, 0.3), (0.4, 0.18)):
        canvas.line((x, y + 0.09), (x, y + 0.09 + drop), 0.075, hexed(0x8A4312), alpha=0.85)
    canvas.box(0.02, y - 0.07, 0.12, 0.06, hexed(0xF8E08A), corner=0.03, shade=0.2)
    for x in (-0.66, -0.54, 0.6, 0.7):
        tint = hexed(0x39406F) if rng.chance(0.5) else hexed(0xC8283C)
        canvas.ellipse(x, 0.6, 0.075, 0.075, tint, shade=0.4)
        scene.gloss(x, 0.6, 0.075)


def cake_slice(scene: Scene, *, sponge: Color, cream: Color, top: Color, finish: str) -> None:
    """A slice with layers; ``finish`` is ``berry``, ``dust`` or ``curl``."""
    canvas, rng = scene.canvas, scene.rng
    backdrop(scene, 0.05)
    _low_plate(scene, 0.6, 0.92)
    canvas.polygon([(-0.56, -0.12), (0.12, -0.4), (0.56, -0.12)], scaled(top, 1.05))
    canvas.box(0.0, 0.23, 0.56, 0.36, sponge, corner=0.02, shade=0.12)
    layers = 2 if finish == "berry" else 3
    for layer in range(layers):
        y = -0.02 + 0.6 / (layers + 0.4) * (layer + 0.45)
        canvas.box(0.0, y, 0.56, 0.05, cream)
    if finish == "berry":
        canvas.box(0.0, 0.14, 0.56, 0.27, cream)
        canvas.box(0.0, 0.52, 0.56, 0.08, hexed(0xB27A3E))
        scene.crumbs(14, (hexed(0x8F5C28), hexed(0xCF9A58)), 0.07, 0.025, (-0.3, 0.52))
        scene.crumbs(14, (hexed(0x8F5C28), hexed(0xCF9A58)), 0.07, 0.025, (0.25, 0.52))
    canvas.box(0.0, -0.1, 0.57, 0.06, top, corner=0.04)
    if finish == "berry":
        for x in (-0.3, -0.08, 0.14):
            canvas.ellipse(x, -0.22, 0.12, 0.13, hexed(0xCB2436), shade=0.35)
            scene.gloss(x, -0.22, 0.12)
            canvas.ellipse(x, -0.33, 0.07, 0.03, hexed(0x4E9440))
    elif finish == "curl":
        for step in range(4):
            x = -0.33 + 0.22 * step
            canvas.ellipse(x, -0.2, 0.12, 0.09, scaled(top, 1.15), shade=0.35)
            canvas.ellipse(x + 0.02, -0.26, 0.06, 0.05, scaled(top, 1.35), shade=0.2)
    else:
        scene.crumbs(60, (hexed(0x5A351C), hexed(0x3E2212)), 0.2, 0.02, (-0.2, -0.17))
        scene.crumbs(60, (hexed(0x5A351C), hexed(0x6B4226)), 0.2, 0.02, (0.2, -0.17))
        canvas.box(0.0, -0.12, 0.57, 0.05, hexed(0x4A2A16))
    if rng.chance(0.5):
        canvas.line((0.7, 0.55), (0.98, 0.72), 0.04, hexed(0xC6C8CA))


def stacked_sticks(scene: Scene, *, sugar: bool) -> None:
    """Sugared churros with chocolate, or fried spring rolls with red sauce."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.plate(0.96)
    tone = hexed(0xB8722F) if sugar else hexed(0xD39A48)
    width = 0.14 if sugar else 0.2
    for step in range(6 if sugar else 5):
        y = -0.5 + (0.17 if sugar else 0.2) * step
        lean = rng.between(-0.08, 0.08)
        start, end = (-0.58 + 0.05 * step, y - lean), (0.42 - 0.02 * step, y + lean)
        body = vary(tone, rng, 0.12)
        canvas.line((start[0], start[1] + 0.06), (end[0], end[1] + 0.06), width, _DARK, alpha=0.4)
        canvas.line(start, end, width, body)
        canvas.line(
            (start[0], start[1] - 0.03),
            (end[0], end[1] - 0.03),
            width * 0.25,
            scaled(body, 1.3),
            alpha=0.8,
        )
        if sugar:
            canvas.line(
                (start[0], start[1] + 0.03), (end[0], end[1] + 0.03), 0.02, scaled(body, 0.6)
            )
            for _ in range(12):
                at = rng.unit()
                x, y2 = start[0] + (end[0] - start[0]) * at, start[1] + (end[1] - start[1]) * at
                canvas.ellipse(x, y2 + rng.between(-0.05, 0.05), 0.017, 0.014, _WHITE)
        else:
            canvas.line(
                (start[0] + 0.2, start[1] - 0.09),
                (start[0] + 0.34, start[1] + 0.1),
                0.02,
                scaled(body, 0.75),
            )
    scene.dip((0.52, 0.36), hexed(0x3A1B0E) if sugar else hexed(0xC0321E), 0.22)
    if not sugar:
        scene.leaf(-0.5, 0.5, 0.18, hexed(0x6FA545), 0.1)
        scene.leaf(-0.36, 0.56, 0.16, hexed(0x82B750), 0.3)
