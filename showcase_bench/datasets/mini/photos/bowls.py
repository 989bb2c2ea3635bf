"""Dishes seen from above in a bowl: soups, curries, rice, salads."""

from __future__ import annotations

from showcase_bench.datasets.mini.photos.brush import Scene, spot, vary
from showcase_bench.datasets.mini.photos.ground import Color, direction, scaled
from showcase_bench.datasets.mini.photos.look import hexed

__all__ = [
    "chips_and_dip",
    "curry",
    "hummus",
    "miso_soup",
    "noodle_soup",
    "rice_plate",
    "salad",
    "smoothie_bowl",
    "stir_fry",
]

_DARK = (0.1, 0.07, 0.05)
_WHITE = (0.98, 0.97, 0.94)


def noodle_soup(scene: Scene, *, broth: Color, ramen: bool) -> None:
    """Noodles in broth: ramen with egg, pork and seaweed, or beef with greens."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.bowl(broth, 0.92, hexed(0x1F1D22) if ramen and rng.chance(0.5) else None)
    noodle = hexed(0xF1D88E) if ramen else hexed(0xEFE4C8)
    with canvas.inside(0.0, 0.02, 0.74, 0.74):
        for _ in range(17):
            x, y = spot(rng, 0.4)
            r = rng.between(0.2, 0.55)
            canvas.ring(x, y + 0.1, r, r * 0.8, 0.045, vary(noodle, rng, 0.1))
        for _ in range(9):
            x, y = spot(rng, 0.68)
            canvas.ring(x, y, 0.05, 0.05, 0.012, hexed(0xF8DFA0), alpha=0.7)
    if ramen:
        canvas.box(0.5, -0.5, 0.17, 0.3, hexed(0x1C2A22), turn=0.08, corner=0.02, shade=0.2)
        for cx, cy in ((-0.42, -0.2), (-0.2, -0.45)):
            canvas.ellipse(cx + 0.02, cy + 0.04, 0.24, 0.23, _DARK, soft=0.06, alpha=0.35)
            canvas.ellipse(cx, cy, 0.24, 0.23, hexed(0x9A5B3C), shade=0.15)
            canvas.ellipse(cx, cy, 0.2, 0.19, hexed(0xD9A58A))
            canvas.ring(cx, cy, 0.12, 0.11, 0.03, hexed(0xA5664A))
        for cx, cy in ((0.32, 0.0), (0.1, 0.3)):
            canvas.ellipse(cx + 0.02, cy + 0.03, 0.2, 0.16, _DARK, turn=0.1, soft=0.05, alpha=0.3)
            canvas.ellipse(cx, cy, 0.2, 0.16, _WHITE, turn=0.1)
            canvas.ellipse(cx, cy, 0.11, 0.1, hexed(0xF08A1C), shade=0.25)
    else:
        for _ in range(7):
            x, y = spot(rng, 0.34)
            canvas.box(
                x - 0.12,
                y - 0.1,
                0.17,
                0.1,
                vary(hexed(0x6B3A22), rng, 0.15),
                turn=rng.unit(),
                corner=0.05,
                shade=0.25,
            )
        for leaf in range(3):
            scene.leaf(0.42, -0.25 + 0.2 * leaf, 0.24, hexed(0x4F9440), 0.1 + 0.08 * leaf)
    for _ in range(9):
        x, y = spot(rng, 0.42)
        canvas.ring(x - 0.1, y + 0.3, 0.04, 0.035, 0.022, hexed(0x6DB043))


def curry(scene: Scene, *, sauce: Color, chunks: Color, cubes: bool, bread: bool) -> None:
    """A bowl of thick sauce with pieces and a swirl of cream, or with cubes."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    if bread:
        canvas.ellipse(0.62, 0.6, 0.55, 0.36, _DARK, turn=0.1, soft=0.12, alpha=0.4)
        canvas.ellipse(0.6, 0.56, 0.55, 0.36, hexed(0xE9C888), turn=0.1, shade=0.1)
        for _ in range(9):
            x, y = spot(rng, 0.3)
            canvas.ellipse(0.6 + x, 0.56 + y, 0.06, 0.05, hexed(0x96602B), soft=0.05, alpha=0.8)
    scene.bowl(sauce, 0.86)
    with canvas.inside(0.0, 0.02, 0.71, 0.71):
        for _ in range(12):
            x, y = spot(rng, 0.6)
            canvas.ellipse(x, y, 0.2, 0.14, vary(sauce, rng, 0.16), soft=0.12, alpha=0.6)
        if cubes:
            scene.cubes(24, chunks, 0.6, 0.088)
        else:
            for _ in range(9):
                x, y = spot(rng, 0.5)
                scene.lump(x, y, 0.14, chunks, 0.35)
            for turn in range(3):
                r = 0.52 - 0.15 * turn
                canvas.ring(0.03 * turn, 0.02, r, r * 0.94, 0.035, hexed(0xFBEBCB), alpha=0.85)
    scene.herbs(13, 0.26)


def rice_plate(scene: Scene, *, grain: Color, mix: tuple[Color, ...], meat: Color) -> None:
    """A mound of rice with coloured bits, pieces of meat or egg, and herbs."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.bowl(scaled(grain, 0.75), 0.9)
    canvas.ellipse(0.0, -0.02, 0.66, 0.63, grain, shade=0.16, soft=0.05)
    tints = (scaled(grain, 1.12), scaled(grain, 0.84), scaled(grain, 0.95), *mix[:1])
    scene.sticks(80, tints, 0.62, 0.075, 0.03)
    for color in mix:
        scene.crumbs(11, (color,), 0.56, 0.042)
    for _ in range(8):
        x, y = spot(rng, 0.45)
        scene.lump(x, y, 0.1, meat, 0.25)
    scene.herbs(10, 0.4)


def stir_fry(scene: Scene, *, meat: Color, bits: tuple[Color, ...]) -> None:
    """Glossy pieces tossed with peppers and nuts."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.plate(0.95)
    canvas.ellipse(0.0, 0.03, 0.6, 0.55, hexed(0x5A2A12), soft=0.08, alpha=0.9)
    for step in range(32):
        x, y = spot(rng, 0.5)
        if step % 2:
            scene.lump(x, y, 0.115, meat, 0.5)
        else:
            canvas.box(
                x,
                y,
                0.09,
                0.055,
                vary(rng.pick(bits), rng, 0.12),
                turn=rng.unit(),
                corner=0.035,
                shade=0.25,
            )
    for _ in range(9):
        x, y = spot(rng, 0.48)
        canvas.ellipse(x, y, 0.055, 0.036, hexed(0xE9C995), turn=rng.unit(), shade=0.3)
    for _ in range(5):
        x, y = spot(rng, 0.45)
        c, s = direction(rng.unit())
        canvas.line((x, y), (x + 0.16 * c, y + 0.16 * s), 0.04, hexed(0xA81616))


def salad(scene: Scene) -> None:
    """Leaves, tomato, cucumber, olives, onion rings and feta."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.bowl(hexed(0x50742E), 0.92)
    greens = (hexed(0x5E9E3B), hexed(0x82B750), hexed(0x3F7D2F), hexed(0x9CC765))
    for _ in range(20):
        x, y = spot(rng, 0.58)
        scene.leaf(x, y, rng.between(0.14, 0.24), rng.pick(greens), rng.unit())
    for _ in range(6):
        x, y = spot(rng, 0.52)
        scene.cucumber(x, y, 0.14)
    for _ in range(6):
        x, y = spot(rng, 0.55)
        scene.tomato(x, y, 0.14)
    for _ in range(4):
        x, y = spot(rng, 0.5)
        canvas.ring(x, y, 0.13, 0.11, 0.028, hexed(0xB77AA6))
    for _ in range(7):
        x, y = spot(rng, 0.52)
        canvas.ellipse(x, y, 0.065, 0.06, hexed(0x2B2233), shade=0.6)
        canvas.ellipse(x, y, 0.022, 0.02, hexed(0x6F9440))
    scene.cubes(10, _WHITE, 0.46, 0.065)


def hummus(scene: Scene) -> None:
    """A swirl of chickpea paste with oil and paprika, pita beside it."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    for cx, cy in ((0.72, 0.62), (0.86, 0.3), (0.46, 0.84)):
        canvas.shadow(cx, cy, 0.3, 0.28, 0.3)
        points = [(cx - 0.3, cy - 0.18), (cx + 0.32, cy - 0.1), (cx + 0.02, cy + 0.34)]
        canvas.polygon(points, vary(hexed(0xE2BC7C), rng))
        canvas.ellipse(cx, cy, 0.06, 0.05, hexed(0xA8703A), soft=0.05)
    scene.bowl(hexed(0xDCC18B), 0.84)
    for turn in range(5):
        r = 0.62 - 0.125 * turn
        canvas.ring(0.02, 0.03, r, r * 0.95, 0.06, hexed(0xF0DDB0))
        canvas.ring(0.0, 0.0, r - 0.05, (r - 0.05) * 0.95, 0.025, hexed(0xB99A62), alpha=0.7)
    canvas.ellipse(0.02, 0.02, 0.3, 0.26, hexed(0xC9981F), soft=0.06, alpha=0.85)
    for _ in range(6):
        x, y = spot(rng, 0.15)
        scene.lump(x, y, 0.06, hexed(0xE5C98C), 0.5)
    scene.crumbs(30, (hexed(0xB5341B), hexed(0xC8502A)), 0.58, 0.02)
    scene.herbs(9, 0.34)


def miso_soup(scene: Scene) -> None:
    """A dark lacquer bowl with tofu and seaweed."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.bowl(hexed(0xB98446), 0.84, hexed(0x5E1A18) if rng.chance(0.5) else hexed(0x201C1C))
    with canvas.inside(0.0, 0.02, 0.69, 0.69):
        for _ in range(7):
            x, y = spot(rng, 0.55)
            canvas.ellipse(x, y, 0.24, 0.16, hexed(0xD9AD6C), soft=0.2, alpha=0.7)
        for _ in range(6):
            x, y = spot(rng, 0.5)
            canvas.ellipse(x, y, 0.15, 0.06, hexed(0x24402A), turn=rng.unit(), shade=0.3)
    scene.cubes(10, hexed(0xF7EFDA), 0.5, 0.095)
    for _ in range(12):
        x, y = spot(rng, 0.5)
        canvas.ring(x, y, 0.042, 0.036, 0.024, hexed(0x67B044))
    canvas.line((0.4, -1.1), (1.05, 0.3), 0.05, hexed(0x6A3B22))
    canvas.line((0.54, -1.1), (1.13, 0.24), 0.05, hexed(0x7A4528))


def chips_and_dip(scene: Scene) -> None:
    """Corn chips round a bowl of guacamole."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.plate(0.97)
    for step in range(18):
        c, s = direction(step / 9.0 + 0.03 * rng.unit())
        far = 0.72 if step < 9 else 0.56
        cx, cy = far * c, far * s
        a = direction(rng.unit())
        b, d = (-a[1], a[0]), 0.22
        tone = vary(hexed(0xE9B94E), rng, 0.1)
        points = [
            (cx + a[0] * d, cy + a[1] * d),
            (cx - a[0] * d * 0.6 + b[0] * d, cy - a[1] * d * 0.6 + b[1] * d),
            (cx - a[0] * d * 0.6 - b[0] * d, cy - a[1] * d * 0.6 - b[1] * d),
        ]
        canvas.polygon([(x + 0.025, y + 0.035) for x, y in points], _DARK, alpha=0.35)
        canvas.polygon(points, tone)
    scene.crumbs(60, (hexed(0xB9822B), hexed(0xF7DB8E)), 0.75, 0.016)
    canvas.shadow(0.0, 0.0, 0.46, 0.46, 0.5)
    canvas.ellipse(0.0, 0.0, 0.46, 0.46, hexed(0x3B3A3C), shade=0.3)
    canvas.ellipse(0.0, 0.0, 0.4, 0.4, hexed(0x8FAE3E), shade=0.12)
    for _ in range(16):
        x, y = spot(rng, 0.32)
        tint = rng.pick((hexed(0xA9C355), hexed(0x74942D), hexed(0xBBD06B)))
        canvas.ellipse(x, y, 0.08, 0.06, tint, soft=0.05, alpha=0.8)
    scene.crumbs(9, (hexed(0xCC3B2A), hexed(0xF3EFE4)), 0.3, 0.038)
    scene.herbs(8, 0.3)


def smoothie_bowl(scene: Scene) -> None:
    """A purple berry bowl with banana, berries and granola in rows."""
    canvas, rng = scene.canvas, scene.rng
    scene.table()
    scene.bowl(hexed(0x7D2F6A), 0.9)
    for step in range(5):
        x, y = -0.46 + 0.23 * step, -0.3 + 0.02 * step
        canvas.ellipse(x + 0.02, y + 0.03, 0.14, 0.13, _DARK, soft=0.05, alpha=0.3)
        canvas.ellipse(x, y, 0.14, 0.13, hexed(0xF6E8B8), shade=0.08)
        canvas.ring(x, y, 0.06, 0.055, 0.025, hexed(0xD8BE76))
    for step in range(9):
        x, y = -0.5 + 0.125 * step, 0.02 + rng.between(-0.05, 0.05)
        tint = hexed(0x33406E) if step % 3 else hexed(0xC4243B)
        canvas.ellipse(x, y, 0.075, 0.075, tint, shade=0.35)
        scene.gloss(x, y, 0.075, 0.5)
    for _ in range(34):
        x, y = rng.between(-0.45, 0.45), rng.between(0.2, 0.48)
        tint = rng.pick((hexed(0xB07A36), hexed(0xD3A45A), hexed(0x8A5A24)))
        canvas.ellipse(x, y, 0.05, 0.04, tint, turn=rng.unit(), shade=0.25)
