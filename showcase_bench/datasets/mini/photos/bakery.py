"""Pastry and coffee seen from above."""

from __future__ import annotations

from showcase_bench.datasets.mini.photos.brush import Scene, vary
from showcase_bench.datasets.mini.photos.ground import direction, scaled
from showcase_bench.datasets.mini.photos.look import hexed

__all__ = ["baklava", "coffee", "croissant"]

_DARK = (0.1, 0.07, 0.05)
_WHITE = (0.98, 0.97, 0.94)


def coffee(scene: Scene) -> None:
    """A cappuccino with a leaf drawn in the foam."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    saucer = scene.look.plate
    canvas.shadow(0.0, 0.0, 0.86, 0.86, 0.5)
    canvas.ellipse(0.0, 0.0, 0.86, 0.86, saucer, shade=0.08)
    canvas.ring(0.0, 0.0, 0.8, 0.8, 0.025, scaled(saucer, 0.85))
    side = 1.0 if rng.chance(0.5) else -1.0
    canvas.ring(0.66 * side, 0.12, 0.15, 0.13, 0.07, saucer)
    canvas.shadow(0.0, 0.0, 0.6, 0.6, 0.45)
    canvas.ellipse(0.0, 0.0, 0.6, 0.6, scaled(saucer, 1.02), shade=0.1)
    canvas.ellipse(0.0, 0.0, 0.54, 0.54, hexed(0x5E3418))
    canvas.ellipse(0.0, 0.0, 0.51, 0.51, hexed(0x9A5F2E), soft=0.05)
    if rng.chance(0.5):
        for step in range(5):
            y = -0.26 + 0.115 * step
            wide = 0.2 + 0.035 * step
            canvas.ellipse(0.0, y, wide, 0.085, hexed(0xF3E3C7))
            canvas.ellipse(0.0, y - 0.045, wide * 0.8, 0.05, hexed(0xA66C38))
        canvas.line((0.0, -0.4), (0.0, 0.4), 0.035, hexed(0xF3E3C7))
    else:
        for x in (-0.14, 0.14):
            canvas.ellipse(x, -0.1, 0.18, 0.19, hexed(0xF3E3C7))
        canvas.polygon([(-0.3, -0.04), (0.3, -0.04), (0.0, 0.36)], hexed(0xF3E3C7))
    canvas.line((-0.5 * side, 0.58), (-0.95 * side, 0.2), 0.05, hexed(0xBFC3C6))
    canvas.ellipse(-0.45 * side, 0.62, 0.12, 0.075, hexed(0xCDD1D4), turn=0.1, shade=0.3)


def croissant(scene: Scene) -> None:
    """One or two croissants, curved and striped."""
    rng = scene.rng
    scene.table()
    scene.plate(0.95)
    twins = rng.chance(0.4)
    for cx, cy, grow in ((-0.22, 0.1, 0.8), (0.26, 0.42, 0.75)) if twins else ((0.0, 0.28, 1.0),):
        _crescent(scene, cx, cy, grow)
    scene.crumbs(22, (hexed(0xD9A055), hexed(0xB9772F)), 0.6, 0.018)


def _crescent(scene: Scene, cx: float, cy: float, grow: float) -> None:
    canvas, rng = scene.canvas, scene.rng
    sizes = (0.09, 0.15, 0.21, 0.26, 0.21, 0.15, 0.09)
    order = (0, 6, 1, 5, 2, 4, 3)
    for step in order:
        c, s = direction(0.5 + 0.03 + step * 0.073)
        x, y, r = cx + c * 0.5 * grow, cy + s * 0.42 * grow, sizes[step] * grow
        canvas.ellipse(x + 0.03, y + 0.06, r, r, _DARK, soft=0.08, alpha=0.35)
        tone = vary(hexed(0xCB8838), rng)
        turn = 0.53 + step * 0.073
        canvas.ellipse(x, y, r * 1.12, r * 0.86, tone, turn=turn, shade=0.35)
        for stripe in range(3):
            far = (-0.45 + 0.45 * stripe) * r
            ax, ay = x - s * far, y + c * far
            canvas.line(
                (ax - c * r * 0.7, ay - s * r * 0.7),
                (ax + c * r * 0.7, ay + s * r * 0.7),
                0.022,
                hexed(0x8C5018) if stripe % 2 else hexed(0xEBB868),
                alpha=0.75,
            )


def baklava(scene: Scene) -> None:
    """Diamonds of layered pastry with pistachio."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.plate(0.94)
    spots = ((-0.3, -0.3), (0.3, -0.3), (0.0, -0.02), (-0.34, 0.3), (0.34, 0.3))
    for cx, cy in spots:
        wide, tall, side = 0.34, 0.22, 0.15
        right, left, front = (cx + wide, cy), (cx - wide, cy), (cx, cy + tall)
        canvas.shadow(cx, cy + 0.14, wide, tall, 0.35)
        tone = vary(hexed(0xD08F34), rng)
        lower = [(p[0], p[1] + side) for p in (front, left, right)]
        canvas.polygon([left, front, lower[0], lower[1]], scaled(tone, 0.78))
        canvas.polygon([front, right, lower[2], lower[0]], scaled(tone, 0.62))
        for sheet in range(3):
            drop = side * (0.25 + 0.25 * sheet)
            canvas.line(
                (left[0], left[1] + drop), (front[0], front[1] + drop), 0.014, hexed(0xF0C878)
            )
            canvas.line(
                (front[0], front[1] + drop), (right[0], right[1] + drop), 0.014, hexed(0xC58B3C)
            )
        canvas.polygon([(cx, cy - tall), right, front, left], scaled(tone, 1.1))
        canvas.line((cx - 0.2, cy - 0.03), (cx + 0.05, cy - 0.14), 0.03, _WHITE, alpha=0.4)
        scene.crumbs(11, (hexed(0x7FA33C), hexed(0x5B8430), hexed(0xA5C25A)), 0.09, 0.028, (cx, cy))
