"""Small pieces in rows, seen from above: sushi, dumplings, tacos, breads."""

from __future__ import annotations

from showcase_bench.datasets.mini.photos.brush import Scene, spot, vary
from showcase_bench.datasets.mini.photos.ground import blend, direction, scaled
from showcase_bench.datasets.mini.photos.look import hexed

__all__ = ["avocado_toast", "dumplings", "naan", "nigiri", "samosas", "sushi_rolls", "tacos"]

_DARK = (0.1, 0.07, 0.05)
_RICE = (0.96, 0.95, 0.91)


def nigiri(scene: Scene) -> None:
    """Salmon on rice, five pieces on a board."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.board(0.9, 0.62)
    for piece in range(5):
        x = -0.64 + 0.29 * piece
        turn = 0.22 + 0.02 * rng.unit()
        canvas.box(x + 0.04, 0.04, 0.33, 0.12, _DARK, corner=0.1, turn=turn, soft=0.08, alpha=0.5)
        canvas.box(x, 0.02, 0.33, 0.125, _RICE, corner=0.11, turn=turn, shade=0.1)
        fish = vary(hexed(0xF08A5A), rng)
        canvas.box(x, -0.02, 0.37, 0.105, fish, corner=0.09, turn=turn, shade=0.16)
        c, s = direction(turn)
        for stripe in range(5):
            far = -0.24 + 0.12 * stripe
            ax, ay = x + c * far, -0.02 + s * far
            canvas.line(
                (ax - 0.06, ay - 0.045), (ax + 0.06, ay + 0.035), 0.02, hexed(0xFBC9A8), alpha=0.9
            )
    canvas.ellipse(0.72, 0.42, 0.12, 0.1, hexed(0x9CC04E), shade=0.25)
    for fold in range(4):
        canvas.ellipse(-0.66 + 0.07 * fold, 0.47, 0.09, 0.06, vary(hexed(0xF4B8B4), rng))


def sushi_rolls(scene: Scene) -> None:
    """Eight cut rolls with tuna."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.board(0.92, 0.66)
    for piece in range(8):
        x = -0.6 + 0.4 * (piece % 4)
        y = -0.21 + 0.42 * (piece // 4) + rng.between(-0.02, 0.02)
        canvas.ellipse(x + 0.04, y + 0.05, 0.19, 0.19, _DARK, soft=0.08, alpha=0.5)
        canvas.ellipse(x, y, 0.185, 0.185, hexed(0x17211C), shade=0.5)
        canvas.ellipse(x, y, 0.155, 0.155, _RICE)
        scene.sticks(9, (hexed(0xDDD9CE), (1.0, 1.0, 1.0)), 0.12, 0.04, 0.018, (x, y))
        canvas.ellipse(x, y, 0.075, 0.07, vary(hexed(0xC2273A), rng), shade=0.2)
        canvas.ellipse(x + 0.03, y + 0.045, 0.03, 0.022, hexed(0x5FA046))
    canvas.ellipse(0.76, 0.54, 0.1, 0.08, hexed(0x9CC04E), shade=0.25)


def dumplings(scene: Scene, *, steamed: bool) -> None:
    """Pan-fried crescents on a plate, or pleated buns in a bamboo steamer."""
    canvas = scene.canvas
    scene.table()
    if steamed:
        canvas.shadow(0.0, 0.0, 0.9, 0.9, 0.55)
        canvas.ellipse(0.0, 0.0, 0.9, 0.9, hexed(0xC79B58), shade=0.18)
        canvas.ring(0.0, 0.0, 0.82, 0.82, 0.03, hexed(0x8A6330))
        canvas.ellipse(0.0, 0.0, 0.76, 0.76, hexed(0x93703E))
        with canvas.inside(0.0, 0.0, 0.75, 0.75):
            for slat in range(11):
                canvas.box(0.0, -0.72 + 0.145 * slat, 0.8, 0.05, hexed(0xE0C48C))
        for step in range(7):
            c, s = direction(step / 6.0 + 0.03)
            far = 0.0 if step == 6 else 0.47
            _bun(scene, far * c, far * s, 0.21)
        return
    scene.plate(0.93)
    for step in range(5):
        x, y = -0.46 + 0.23 * step, -0.12 + 0.02 * step
        _crescent(scene, x, y, 0.33)
    scene.dip((0.02, 0.53), hexed(0x3A1B10), 0.19)
    scene.herbs(8, 0.4)


def _bun(scene: Scene, x: float, y: float, r: float) -> None:
    canvas = scene.canvas
    canvas.ellipse(x + 0.03, y + 0.05, r, r, _DARK, soft=0.08, alpha=0.4)
    canvas.ellipse(x, y, r, r, hexed(0xF3E8D2), shade=0.16)
    for fold in range(9):
        c, s = direction(fold / 9.0)
        canvas.line(
            (x + c * r * 0.2, y + s * r * 0.2),
            (x + c * r * 0.78, y + s * r * 0.78),
            0.018,
            hexed(0xC7B38F),
            alpha=0.8,
        )
    canvas.ellipse(x, y, r * 0.2, r * 0.2, hexed(0xD8C6A2), shade=0.3)


def _crescent(scene: Scene, x: float, y: float, r: float) -> None:
    canvas, rng = scene.canvas, scene.rng
    turn = 0.27 + 0.02 * rng.unit()
    canvas.ellipse(x + 0.03, y + 0.04, r, r * 0.46, _DARK, turn=turn, soft=0.06, alpha=0.4)
    canvas.ellipse(x, y, r, r * 0.48, hexed(0xF0DFB8), turn=turn, shade=0.2)
    canvas.ellipse(
        x + 0.035, y, r * 0.78, r * 0.26, hexed(0xB06A28), turn=turn, soft=0.05, alpha=0.9
    )
    c, s = direction(turn)
    for fold in range(5):
        far = (-0.6 + 0.3 * fold) * r
        ax, ay = x + c * far, y + s * far
        canvas.line((ax - 0.1, ay + 0.01), (ax - 0.035, ay), 0.02, hexed(0xC9AE7C))


def samosas(scene: Scene) -> None:
    """Three fried triangles with green chutney."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.plate(0.94)
    for cx, cy, grow in ((-0.32, -0.05, 1.0), (0.3, -0.22, 0.95), (0.0, 0.24, 1.05)):
        wide, tall = 0.34 * grow, 0.36 * grow
        tone = vary(hexed(0xD29A45), rng)
        canvas.shadow(cx, cy + 0.1, wide, tall * 0.7, 0.4)
        top, right, left = (
            (cx, cy - tall),
            (cx + wide, cy + tall * 0.6),
            (cx - wide, cy + tall * 0.6),
        )
        canvas.polygon([top, right, left], tone)
        canvas.polygon([top, (cx + wide * 0.1, cy + tall * 0.62), left], scaled(tone, 0.86))
        for near, far in ((top, right), (right, left), (left, top)):
            canvas.line(near, far, 0.06, scaled(tone, 1.13))
        for _ in range(6):
            x, y = spot(rng, 0.15)
            canvas.ellipse(cx + x, cy + y + 0.06, 0.04, 0.03, hexed(0x9A6020), soft=0.03, alpha=0.7)
    scene.dip((0.47, 0.36), hexed(0x4B7F2C), 0.2)
    scene.dip((-0.5, 0.42), hexed(0x7A2B17), 0.17)


def naan(scene: Scene) -> None:
    """Two tear-shaped flat breads with char and butter."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.board(0.9, 0.78)
    for cx, cy, turn in ((-0.2, -0.12, 0.1), (0.22, 0.16, 0.16)):
        canvas.ellipse(cx + 0.05, cy + 0.06, 0.58, 0.36, _DARK, turn=turn, soft=0.1, alpha=0.45)
        canvas.ellipse(cx, cy, 0.58, 0.36, hexed(0xE6C07E), turn=turn, shade=0.12)
        canvas.ellipse(cx, cy, 0.52, 0.31, hexed(0xF0D6A0), turn=turn, soft=0.08)
        for _ in range(13):
            x, y = spot(rng, 0.34)
            tint = rng.pick((hexed(0x8A4F20), hexed(0xB9793A), hexed(0x5B2F14)))
            canvas.ellipse(
                cx + x, cy + y * 0.8, rng.between(0.03, 0.08), 0.045, tint, soft=0.05, alpha=0.8
            )
        scene.herbs(11, 0.32, (cx, cy))
    scene.dip((0.62, -0.5), hexed(0xF1C24B), 0.16)


def tacos(scene: Scene) -> None:
    """Three open corn tortillas with pork, onion and coriander."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    canvas.box(0.04, 0.06, 0.93, 0.7, _DARK, corner=0.3, soft=0.14, alpha=0.45)
    canvas.box(0.0, 0.0, 0.93, 0.7, scene.look.plate, corner=0.3, shade=0.06)
    for cx, cy in ((-0.45, -0.14), (0.43, -0.17), (0.0, 0.26)):
        canvas.shadow(cx, cy, 0.38, 0.36, 0.4)
        canvas.ellipse(cx, cy, 0.38, 0.36, hexed(0xE8C777), shade=0.14)
        for _ in range(7):
            x, y = spot(rng, 0.33)
            canvas.ellipse(cx + x, cy + y, 0.045, 0.035, hexed(0xA8763A), soft=0.03, alpha=0.6)
        canvas.ellipse(cx, cy, 0.32, 0.14, hexed(0xA85A2A), turn=0.45, soft=0.04, alpha=0.9)
        c, s = direction(0.45)
        for _ in range(18):
            far, side = rng.between(-0.29, 0.29), rng.between(-0.11, 0.11)
            tint = rng.pick((hexed(0x7D3517), hexed(0xB0481C), hexed(0xD0752F)))
            x, y = cx + c * far - s * side, cy + s * far + c * side
            canvas.ellipse(x, y, 0.06, 0.042, tint, turn=rng.unit(), shade=0.3)
        for _ in range(12):
            far, side = rng.between(-0.27, 0.27), rng.between(-0.1, 0.1)
            tint = rng.pick((hexed(0xF7F3EA), hexed(0x4E9A3C), hexed(0x3C7F30)))
            x, y = cx + c * far - s * side, cy + s * far + c * side
            canvas.ellipse(x, y, 0.033, 0.025, tint)
    scene.lemon(0.62, 0.42, hexed(0xA7CF4B), 0.15)
    scene.dip((-0.6, 0.4), hexed(0xB52A1A), 0.15)


def avocado_toast(scene: Scene) -> None:
    """Two slices of bread with avocado, radish and an egg."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.plate(0.95)
    for cx, cy, turn in ((-0.28, 0.0, 0.22), (0.3, 0.04, 0.27)):
        canvas.box(
            cx + 0.04, cy + 0.05, 0.46, 0.25, _DARK, corner=0.14, turn=turn, soft=0.1, alpha=0.4
        )
        canvas.box(cx, cy, 0.46, 0.25, hexed(0x9A5F2B), corner=0.14, turn=turn, shade=0.1)
        canvas.box(cx, cy, 0.42, 0.21, hexed(0xE7C590), corner=0.12, turn=turn)
        canvas.box(cx, cy, 0.39, 0.185, hexed(0x9DB94C), corner=0.12, turn=turn, shade=0.15)
        for _ in range(14):
            x, y = spot(rng, 0.17)
            tint = blend(hexed(0xB7CE63), hexed(0x7C9B34), rng.unit())
            canvas.ellipse(cx + x, cy + y * 1.9, 0.055, 0.04, tint, soft=0.03, alpha=0.8)
    canvas.ellipse(-0.28, -0.02, 0.2, 0.21, hexed(0xFCFAF4), shade=0.1)
    canvas.ellipse(-0.27, -0.01, 0.1, 0.1, hexed(0xF5A21D), shade=0.25)
    scene.gloss(-0.27, -0.01, 0.1, 0.8)
    for step in range(4):
        y = -0.24 + 0.16 * step
        canvas.ellipse(0.3 + 0.03 * (step % 2), y, 0.1, 0.1, hexed(0xC92F62))
        canvas.ellipse(0.3 + 0.03 * (step % 2), y, 0.085, 0.085, hexed(0xFBEFF1))
    scene.crumbs(26, (hexed(0xB0261B), (0.15, 0.12, 0.1), hexed(0xF5EAC8)), 0.4, 0.016)
