"""Photos of the place itself: the dining room and the front."""

from __future__ import annotations

from showcase_bench.datasets.mini.photos.brush import Scene, spot, vary
from showcase_bench.datasets.mini.photos.ground import Color, blend, scaled
from showcase_bench.datasets.mini.photos.look import hexed
from showcase_bench.datasets.mini.photos.texture import field
from showcase_bench.datasets.mini.rng import Stream

__all__ = ["exterior", "interior"]

_DARK = (0.06, 0.05, 0.05)
_WARM = (1.0, 0.88, 0.62)
_BRICK = ("rustic", "industrial")


def interior(scene: Scene) -> None:
    """A dining room: wall, floor, window or pictures, lamps, tables and chairs, plants."""
    canvas, rng, look = scene.canvas, scene.rng, scene.look
    house = Stream(look.seed, "interior")
    line = 0.12 + 0.08 * house.unit()
    canvas.fill(look.wall)
    if look.style in _BRICK:
        _bricks(scene, line, scaled(look.wall, 0.72))
    elif look.style == "elegant":
        for panel in range(6):
            x = -1.25 + 0.5 * panel
            canvas.box(x, line - 0.6, 0.19, 0.5, scaled(look.wall, 1.25), alpha=0.5)
            canvas.box(x, line - 0.6, 0.17, 0.48, look.wall)
    _floor(scene, line)
    if house.chance(0.65):
        _window(scene, house.between(-0.5, 0.5), line - 0.55, rng.chance(0.3))
    else:
        for step in range(3):
            x = -0.65 + 0.65 * step
            canvas.box(x, line - 0.5, 0.17, 0.22, _DARK)
            canvas.box(
                x, line - 0.5, 0.145, 0.195, vary(blend(look.accent, look.wall, 0.3), house, 0.5)
            )
            canvas.ellipse(x, line - 0.46, 0.07, 0.1, scaled(look.accent, 1.3))
    if look.style == "garden" or house.chance(0.35):
        for x in (-0.92, 0.92):
            _plant(scene, x, line + 0.3)
    _lamps(scene, house)
    for x, y, grow in (
        (-0.62, line + 0.2, 0.75),
        (0.3, line + 0.28, 0.9),
        (-0.3, line + 0.62, 1.3),
    ):
        _table(scene, x + rng.between(-0.05, 0.05), y, grow)


def _bricks(scene: Scene, bottom: float, mortar: Color) -> None:
    canvas = scene.canvas
    with canvas.above(bottom):
        shades = field(Stream(scene.look.seed, "bricks").bits(), canvas.size, 9, 14)
        canvas.wash(shades * 0.5, mortar)
        for row in range(12):
            y = bottom - 0.12 * (row + 1)
            canvas.line((-1.5, y), (1.5, y), 0.014, mortar)
        joints = [
            (-1.3 + 0.32 * col + (0.16 if row % 2 else 0.0), bottom - 0.12 * (row + 1))
            for row in range(12)
            for col in range(9)
        ]
        canvas.strokes([(x, y, x, y + 0.12, mortar) for x, y in joints], 0.014)


def _floor(scene: Scene, line: float) -> None:
    canvas, look = scene.canvas, scene.look
    canvas.box(0.0, line + 1.2, 2.6, 1.2, look.floor, shade=0.1)
    for step in range(8):
        x = -2.1 + 0.6 * step
        canvas.line((x * 0.5, line), (x * 1.6, 1.3), 0.014, _DARK, alpha=0.3)
    canvas.box(0.0, line - 0.02, 2.6, 0.03, scaled(look.wall, 0.55))
    canvas.box(0.0, line + 0.14, 2.6, 0.12, _DARK, soft=0.2, alpha=0.25)


def _window(scene: Scene, x: float, y: float, night: bool) -> None:
    canvas = scene.canvas
    frame = hexed(0x3B3330) if scene.look.style in ("industrial", "modern") else hexed(0xEDE6D8)
    canvas.box(x, y, 0.46, 0.36, frame)
    canvas.box(x, y, 0.42, 0.32, hexed(0x1E2A44) if night else hexed(0xBBDDF0))
    if not night:
        canvas.ellipse(x - 0.2, y + 0.22, 0.22, 0.12, hexed(0x86B06A), soft=0.1)
        canvas.ellipse(x + 0.18, y + 0.2, 0.26, 0.14, hexed(0x9CC07C), soft=0.1)
        canvas.box(x, y + 0.31, 0.42, 0.01, hexed(0x7F9A60))
    canvas.box(x, y, 0.018, 0.33, frame)
    canvas.box(x, y, 0.43, 0.014, frame)


def _plant(scene: Scene, x: float, y: float) -> None:
    canvas, rng = scene.canvas, scene.rng
    for _ in range(9):
        dx, dy = spot(rng, 0.24)
        scene.leaf(x + dx, y - 0.34 + dy, 0.16, hexed(0x3F7F3A), rng.unit())
    canvas.polygon(
        [(x - 0.14, y - 0.12), (x + 0.14, y - 0.12), (x + 0.1, y + 0.16), (x - 0.1, y + 0.16)],
        hexed(0xB5623C),
    )


def _lamps(scene: Scene, house: Stream) -> None:
    canvas, look = scene.canvas, scene.look
    globe = house.chance(0.5)
    count = 2 + house.below(3)
    for step in range(count):
        x = -0.8 + 1.6 * (step + 0.5) / count
        y = -0.62 + 0.1 * house.unit()
        canvas.line((x, -1.3), (x, y), 0.014, _DARK)
        canvas.ellipse(x, y + 0.05, 0.34, 0.3, _WARM, soft=0.4, alpha=0.5)
        if globe:
            canvas.ellipse(x, y + 0.04, 0.1, 0.1, (1.0, 0.95, 0.8))
        else:
            canvas.polygon(
                [
                    (x - 0.04, y - 0.08),
                    (x + 0.04, y - 0.08),
                    (x + 0.14, y + 0.06),
                    (x - 0.14, y + 0.06),
                ],
                look.accent,
            )
            canvas.ellipse(x, y + 0.07, 0.1, 0.03, (1.0, 0.96, 0.82))


def _table(scene: Scene, x: float, y: float, grow: float) -> None:
    canvas, look = scene.canvas, scene.look
    wood = hexed(0x6A4429) if look.surface != "wood" else look.table
    canvas.ellipse(x, y + 0.34 * grow, 0.4 * grow, 0.09 * grow, _DARK, soft=0.15, alpha=0.45)
    for side in (-1.0, 1.0):
        sx = x + side * 0.42 * grow
        canvas.box(
            sx, y - 0.06 * grow, 0.1 * grow, 0.15 * grow, look.accent, corner=0.04, shade=0.15
        )
        canvas.box(
            sx, y + 0.12 * grow, 0.12 * grow, 0.035 * grow, scaled(look.accent, 0.75), corner=0.02
        )
        for leg in (-0.09, 0.09):
            canvas.line(
                (sx + leg * grow, y + 0.14 * grow), (sx + leg * grow, y + 0.34 * grow), 0.025, _DARK
            )
    canvas.line((x, y), (x, y + 0.34 * grow), 0.05 * grow, _DARK)
    canvas.ellipse(x, y + 0.03, 0.34 * grow, 0.1 * grow, scaled(wood, 0.6))
    canvas.ellipse(x, y, 0.34 * grow, 0.1 * grow, wood, shade=0.12)
    canvas.ellipse(x - 0.1 * grow, y, 0.08 * grow, 0.025 * grow, look.plate)
    canvas.ellipse(x + 0.12 * grow, y - 0.01, 0.08 * grow, 0.025 * grow, look.plate)
    canvas.box(x + 0.01, y - 0.06 * grow, 0.016 * grow, 0.05 * grow, hexed(0x7E2233))


def exterior(scene: Scene) -> None:
    """The front of the place by day or by night: sign, awning, door and windows."""
    canvas, rng, look = scene.canvas, scene.rng, scene.look
    house = Stream(look.seed, "exterior")
    night = rng.chance(0.35)
    _sky(scene, night)
    face = scaled(look.wall, 0.45 if night else 1.0)
    top = -0.62 - 0.2 * house.unit()
    canvas.box(0.0, (top + 0.62) * 0.5, 0.95, (0.62 - top) * 0.5, face, shade=0.08)
    if look.style in _BRICK:
        with canvas.inside(0.0, 0.0, 1.6, 1.1):
            for row in range(int((0.62 - top) / 0.11)):
                y = 0.62 - 0.11 * row
                canvas.line((-0.95, y), (0.95, y), 0.012, scaled(face, 0.78))
    canvas.box(0.0, top, 1.0, 0.045, scaled(face, 0.7))
    _sign(scene, house, top + 0.22, night)
    glass = _WARM if night else hexed(0xA9C6D2)
    door = house.pick((-0.62, 0.0, 0.62))
    for x in (-0.62, 0.0, 0.62):
        if x == door:
            canvas.box(x, 0.3, 0.17, 0.33, scaled(look.accent, 0.7))
            canvas.box(x, 0.2, 0.12, 0.19, glass)
            canvas.ellipse(x + 0.12, 0.36, 0.022, 0.022, hexed(0xE8C860))
        else:
            canvas.box(x, 0.24, 0.27, 0.24, scaled(face, 0.55))
            canvas.box(x, 0.24, 0.245, 0.215, glass, shade=0.15)
            canvas.box(x, 0.24, 0.012, 0.22, scaled(face, 0.55))
            canvas.line((x - 0.17, 0.36), (x - 0.03, 0.08), 0.035, (1.0, 1.0, 1.0), alpha=0.35)
    _awning(scene, night)
    _street(scene, house, night)


def _sky(scene: Scene, night: bool) -> None:
    canvas, rng = scene.canvas, scene.rng
    if night:
        canvas.fill(hexed(0x18213F))
        canvas.box(0.0, 0.4, 2.6, 0.5, hexed(0x3B3E63), soft=0.9)
        scene.crumbs(14, ((0.9, 0.9, 1.0),), 0.9, 0.01, (0.0, -0.7))
        return
    canvas.fill(hexed(0x8FC0E8))
    canvas.box(0.0, 0.6, 2.6, 0.6, hexed(0xDCEBF4), soft=1.0)
    for _ in range(2):
        x, y = rng.between(-0.9, 0.9), rng.between(-1.0, -0.7)
        for puff in range(4):
            canvas.ellipse(x + 0.15 * puff, y, 0.16, 0.09, (1.0, 1.0, 1.0), soft=0.1, alpha=0.7)


def _sign(scene: Scene, house: Stream, y: float, night: bool) -> None:
    canvas, look = scene.canvas, scene.look
    half = 0.45 + 0.3 * house.unit()
    lettering = house.pick((hexed(0xFFF6E0), hexed(0xF5CF5B), hexed(0xFFFFFF)))
    if night:
        canvas.box(0.0, y, half, 0.13, lettering, soft=0.35, alpha=0.5)
    canvas.box(0.0, y, half, 0.13, scaled(look.accent, 0.8), corner=0.04)
    letters = int(half / 0.075)
    for letter in range(letters):
        x = (letter - 0.5 * (letters - 1)) * 0.125
        shape = house.below(4)
        if shape == 0:
            canvas.ring(x, y, 0.04, 0.06, 0.026, lettering)
            continue
        canvas.line((x - 0.035, y - 0.06), (x - 0.035, y + 0.06), 0.026, lettering)
        if shape == 1:
            canvas.line((x - 0.035, y + 0.06), (x + 0.035, y + 0.06), 0.024, lettering)
        elif shape == 2:
            canvas.line((x - 0.035, y - 0.06), (x + 0.04, y + 0.06), 0.024, lettering)
        else:
            canvas.line((x + 0.035, y - 0.06), (x + 0.035, y + 0.06), 0.026, lettering)
            canvas.line((x - 0.035, y), (x + 0.035, y), 0.022, lettering)


def _awning(scene: Scene, night: bool) -> None:
    canvas, look = scene.canvas, scene.look
    dim = 0.6 if night else 1.0
    colors = (scaled(look.accent, dim), scaled((0.97, 0.95, 0.9), dim))
    for stripe in range(14):
        x = -0.91 + 0.14 * stripe
        canvas.polygon(
            [(x - 0.066, -0.19), (x + 0.066, -0.19), (x + 0.075, 0.02), (x - 0.075, 0.02)],
            colors[stripe % 2],
        )
        canvas.ellipse(x, 0.02, 0.072, 0.045, colors[stripe % 2])
    canvas.box(0.0, 0.1, 0.95, 0.04, _DARK, soft=0.1, alpha=0.35)


def _street(scene: Scene, house: Stream, night: bool) -> None:
    canvas = scene.canvas
    dim = 0.45 if night else 1.0
    canvas.box(0.0, 0.72, 2.6, 0.1, scaled(hexed(0xB9B3A8), dim))
    canvas.box(0.0, 1.2, 2.6, 0.4, scaled(hexed(0x6A6C70), dim))
    for step in range(4):
        canvas.box(-0.9 + 0.6 * step, 0.93, 0.16, 0.018, scaled(hexed(0xE8E2C8), dim))
    if night:
        canvas.ellipse(0.0, 0.75, 0.8, 0.12, _WARM, soft=0.25, alpha=0.4)
    for x in (-0.88, 0.88):
        if house.chance(0.6):
            _plant(scene, x, 0.62)
