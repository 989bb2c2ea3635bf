"""Photos of a menu: a sheet on the table or a board on the wall."""

from __future__ import annotations

from showcase_bench.datasets.mini.photos.brush import Scene
from showcase_bench.datasets.mini.photos.ground import Color, direction, scaled
from showcase_bench.datasets.mini.photos.look import hexed
from showcase_bench.datasets.mini.rng import Stream

__all__ = ["menu"]

_DARK = (0.1, 0.07, 0.05)


def menu(scene: Scene) -> None:
    """A menu with headings, items and prices; its layout is the same in all photos of a place."""
    canvas, look = scene.canvas, scene.look
    house = Stream(look.seed, "menu")
    board = house.chance(0.4)
    if board:
        canvas.fill(scaled(look.wall, 0.85))
        canvas.box(0.03, 0.05, 0.84, 0.95, _DARK, soft=0.12, alpha=0.5)
        canvas.box(0.0, 0.0, 0.84, 0.95, hexed(0x8A5A34))
        canvas.box(0.0, 0.0, 0.78, 0.89, hexed(0x22282A))
        ink, heading = (
            hexed(0xE9E6DC),
            house.pick((hexed(0xF3C95B), hexed(0xE98A6B), hexed(0x9AD1B4))),
        )
    else:
        scene.table()
        canvas.box(0.05, 0.07, 0.72, 0.93, _DARK, soft=0.14, alpha=0.5)
        canvas.box(0.0, 0.0, 0.72, 0.93, house.pick((hexed(0xFBF6E9), hexed(0xF2E6CC))), shade=0.04)
        ink, heading = hexed(0x3A322C), look.accent
    _title(scene, house, heading)
    columns = (-0.34, 0.34) if house.chance(0.6) else (0.0,)
    half = 0.27 if len(columns) == 2 else 0.55
    for column in columns:
        y = -0.52
        for _ in range(2):
            canvas.box(column - half * 0.4, y, half * 0.5, 0.032, heading)
            y += 0.12
            for _ in range(house.below(2) + 4):
                _item(scene, house, column, half, y, ink)
                y += 0.095
            y += 0.05
    if not board:
        canvas.box(0.0, 0.0, 0.66, 0.87, heading, alpha=0.03)


def _title(scene: Scene, house: Stream, color: Color) -> None:
    canvas = scene.canvas
    letters = house.below(4) + 4
    start = -0.065 * (letters - 1)
    for letter in range(letters):
        x = start + 0.13 * letter
        stroke = house.below(3)
        canvas.line((x - 0.03, -0.8), (x - 0.03, -0.66), 0.026, color)
        if stroke == 0:
            canvas.ring(x + 0.01, -0.73, 0.045, 0.06, 0.024, color)
        elif stroke == 1:
            canvas.line((x - 0.03, -0.8), (x + 0.04, -0.66), 0.024, color)
        else:
            canvas.line((x - 0.03, -0.79), (x + 0.04, -0.79), 0.024, color)
            canvas.line((x - 0.03, -0.73), (x + 0.03, -0.73), 0.02, color)
    c, _ = direction(0.0)
    canvas.line((-0.3 * c, -0.6), (0.3 * c, -0.6), 0.012, color, alpha=0.7)


def _item(scene: Scene, house: Stream, column: float, half: float, y: float, ink: Color) -> None:
    canvas = scene.canvas
    x = column - half
    for _ in range(house.below(2) + 2):
        wide = house.between(0.04, 0.09) * (half / 0.27 * 0.6 + 0.3)
        if x + 2.0 * wide > column + half * 0.6:
            break
        canvas.box(x + wide, y, wide, 0.014, ink, alpha=0.85)
        x += 2.0 * wide + 0.03
    canvas.line((x, y + 0.012), (column + half * 0.7, y + 0.012), 0.006, ink, alpha=0.35)
    for digit in range(2):
        canvas.box(column + half * (0.84 + 0.13 * digit), y, 0.013, 0.02, ink)
