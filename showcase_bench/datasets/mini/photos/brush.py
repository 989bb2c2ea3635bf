"""Parts that many drawings share: table tops, crockery, scatterings and small garnishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from showcase_bench.datasets.mini.photos.canvas import Canvas
from showcase_bench.datasets.mini.photos.ground import Color, Point, direction, scaled
from showcase_bench.datasets.mini.photos.look import Look, hexed
from showcase_bench.datasets.mini.photos.texture import field
from showcase_bench.datasets.mini.rng import Stream

__all__ = ["Scene", "spot", "vary"]

_WHITE = (1.0, 1.0, 1.0)
_DARK = (0.08, 0.06, 0.05)


def vary(color: Color, stream: Stream, amount: float = 0.06) -> Color:
    """``color`` a little brighter or darker."""
    return scaled(color, 1.0 + amount * (2.0 * stream.unit() - 1.0))


def spot(stream: Stream, radius: float) -> Point:
    """A point spread evenly over a disc round the origin."""
    while True:
        x, y = stream.between(-1.0, 1.0), stream.between(-1.0, 1.0)
        if x * x + y * y <= 1.0:
            return x * radius, y * radius


@dataclass(frozen=True, slots=True)
class Scene:
    """A canvas, the look of the place and the photo's own randomness."""

    canvas: Canvas
    look: Look
    rng: Stream

    def table(self) -> None:
        """The table top of the place, over the whole picture."""
        canvas, look = self.canvas, self.look
        canvas.fill(look.table)
        if look.surface == "wood":
            self._wood()
        elif look.surface == "marble":
            veins = field(self.rng.bits(), canvas.size, 4, 5)
            fine = field(self.rng.bits(), canvas.size, 11, 9)
            line = np.abs(veins + fine * 0.35 - 0.68) * -14.0 + 1.0
            canvas.wash(np.maximum(line, 0.0) * 0.4, hexed(0x8D9094))
        elif look.surface == "check":
            self._check()
        else:
            self._speckle(0.3 if look.surface == "slate" else 0.14)

    def _wood(self) -> None:
        canvas, look = self.canvas, self.look
        streaks = field(self.rng.bits(), canvas.size, 4, 56)
        canvas.wash(streaks * 0.55, scaled(look.table, 0.62))
        top = -1.4 + 0.4 * self.rng.unit()
        for plank in range(7):
            y = top + 0.42 * plank
            shade = _DARK if plank % 2 else _WHITE
            canvas.box(0.0, y + 0.21, 2.0, 0.21, shade, alpha=0.06)
            canvas.line((-2.0, y), (2.0, y), 0.018, _DARK, alpha=0.5)

    def _check(self) -> None:
        canvas, look = self.canvas, self.look
        canvas.fill(hexed(0xF4F0E8))
        start = -1.6 + 0.2 * self.rng.unit()
        for stripe in range(8):
            at = start + 0.44 * stripe
            canvas.box(at, 0.0, 0.11, 2.2, look.table, alpha=0.55)
            canvas.box(0.0, at, 2.2, 0.11, look.table, alpha=0.55)

    def _speckle(self, strength: float) -> None:
        size = self.canvas.size
        rough = field(self.rng.bits(), size, 48, 48) * field(self.rng.bits(), size, 5, 5)
        self.canvas.wash(rough * strength, _WHITE if self.look.surface == "slate" else _DARK)

    def plate(self, radius: float = 0.86, color: Color | None = None) -> None:
        """A plate in the middle, with a rim."""
        color = color or self.look.plate
        canvas = self.canvas
        canvas.shadow(0.0, 0.0, radius, radius, 0.5)
        canvas.ellipse(0.0, 0.0, radius, radius, color, shade=0.08)
        canvas.ring(0.0, 0.0, radius * 0.97, radius * 0.97, 0.035, self.look.rim)
        canvas.ellipse(0.0, 0.0, radius * 0.76, radius * 0.76, scaled(color, 0.9))
        canvas.ellipse(0.015, 0.02, radius * 0.73, radius * 0.73, scaled(color, 1.0))

    def board(self, hx: float = 0.85, hy: float = 0.6) -> None:
        """A serving board of pale or dark wood."""
        color = hexed(0xC79A62) if self.look.surface != "wood" else hexed(0x4A3426)
        canvas = self.canvas
        canvas.box(0.05, 0.07, hx, hy, _DARK, corner=0.12, soft=0.12, alpha=0.45)
        canvas.box(0.0, 0.0, hx, hy, color, corner=0.12, shade=0.06)
        for row in range(5):
            y = hy * (-0.7 + 0.35 * row)
            canvas.line((-hx * 0.94, y), (hx * 0.94, y + 0.02), 0.012, _DARK, alpha=0.16)

    def bowl(self, fill: Color, radius: float = 0.84, color: Color | None = None) -> None:
        """A bowl in the middle, filled to a rim of a seventh of its radius."""
        color = color or self.look.plate
        canvas = self.canvas
        canvas.shadow(0.0, 0.0, radius, radius, 0.55)
        canvas.ellipse(0.0, 0.0, radius, radius, color, shade=0.1)
        canvas.ring(0.0, 0.0, radius * 0.97, radius * 0.97, 0.03, self.look.rim)
        canvas.ellipse(0.0, 0.0, radius * 0.9, radius * 0.9, scaled(color, 0.72), shade=-0.25)
        canvas.ellipse(0.0, 0.02, radius * 0.83, radius * 0.83, fill, shade=0.06)

    def dip(self, at: Point, fill: Color, radius: float = 0.2) -> None:
        """A small bowl of sauce."""
        x, y = at
        canvas = self.canvas
        canvas.shadow(x, y, radius, radius)
        canvas.ellipse(x, y, radius, radius, hexed(0xF3EFE6), shade=0.12)
        canvas.ellipse(x, y, radius * 0.78, radius * 0.78, fill, shade=0.2)

    def gloss(self, x: float, y: float, r: float, alpha: float = 0.45) -> None:
        """A highlight on the lit side of something round."""
        lx, ly = self.canvas.light
        self.canvas.ellipse(
            x + lx * r * 0.45,
            y + ly * r * 0.45,
            r * 0.32,
            r * 0.24,
            _WHITE,
            soft=r * 0.25,
            alpha=alpha,
        )

    def lump(self, x: float, y: float, r: float, color: Color, gloss: float = 0.3) -> None:
        """A rounded piece of food with its shadow and highlight."""
        canvas, rng = self.canvas, self.rng
        ratio, turn = rng.between(0.75, 1.0), rng.unit()
        canvas.ellipse(x + 0.03, y + 0.04, r, r * ratio, _DARK, turn=turn, soft=0.05, alpha=0.3)
        canvas.ellipse(x, y, r, r * ratio, vary(color, rng), turn=turn, shade=0.3)
        if gloss:
            self.gloss(x, y, r, gloss)

    def cubes(self, n: int, color: Color, reach: float, size: float) -> None:
        """Square pieces strewn over a disc."""
        rng = self.rng
        for _ in range(n):
            x, y = spot(rng, reach)
            turn = rng.unit()
            self.canvas.box(
                x + 0.02, y + 0.03, size, size, _DARK, turn=turn, corner=0.02, alpha=0.25
            )
            self.canvas.box(
                x, y, size, size, vary(color, rng), turn=turn, corner=size * 0.3, shade=0.15
            )

    def crumbs(
        self,
        n: int,
        colors: Sequence[Color],
        reach: float,
        size: float = 0.025,
        at: Point = (0.0, 0.0),
    ) -> None:
        """Small specks strewn over a disc."""
        rng, spots = self.rng, []
        for _ in range(n):
            x, y = spot(rng, reach)
            rx, ry = size * rng.between(0.7, 1.3), size * rng.between(0.5, 1.0)
            spots.append((at[0] + x, at[1] + y, rx, ry, rng.pick(colors)))
        self.canvas.specks(spots)

    def sticks(
        self,
        n: int,
        colors: Sequence[Color],
        reach: float,
        length: float = 0.12,
        width: float = 0.03,
        at: Point = (0.0, 0.0),
    ) -> None:
        """Short strokes strewn over a disc: rice grains, shreds, chives."""
        rng, half, lines = self.rng, length * 0.5, []
        for _ in range(n):
            x, y = spot(rng, reach)
            c, s = direction(rng.unit())
            x, y, c, s = x + at[0], y + at[1], c * half, s * half
            lines.append((x - c, y - s, x + c, y + s, rng.pick(colors)))
        self.canvas.strokes(lines, width)

    def leaf(self, x: float, y: float, size: float, color: Color, turn: float) -> None:
        """A leaf with a pale vein."""
        c, s = direction(turn)
        self.canvas.ellipse(x, y, size, size * 0.52, vary(color, self.rng), turn=turn, shade=0.25)
        self.canvas.line(
            (x - c * size * 0.8, y - s * size * 0.8),
            (x + c * size * 0.8, y + s * size * 0.8),
            0.016,
            scaled(color, 1.4),
            alpha=0.6,
        )

    def herbs(self, n: int, reach: float, at: Point = (0.0, 0.0)) -> None:
        """Chopped green herbs."""
        greens = (hexed(0x3F7F2E), hexed(0x5E9C3A), hexed(0x2F6B2A))
        self.crumbs(n, greens, reach, 0.032, at)

    def lemon(self, x: float, y: float, color: Color, r: float = 0.15) -> None:
        """A wedge or slice of citrus."""
        canvas = self.canvas
        canvas.ellipse(x, y, r, r, scaled(color, 0.85))
        canvas.ellipse(x, y, r * 0.88, r * 0.88, hexed(0xF7F6DC))
        canvas.ellipse(x, y, r * 0.78, r * 0.78, color, shade=0.1)
        for spoke in range(3):
            c, s = direction(spoke / 6.0)
            canvas.line(
                (x - c * r * 0.75, y - s * r * 0.75),
                (x + c * r * 0.75, y + s * r * 0.75),
                r * 0.12,
                hexed(0xF7F6DC),
            )

    def tomato(self, x: float, y: float, r: float) -> None:
        """A slice of tomato."""
        canvas = self.canvas
        canvas.ellipse(x, y, r, r, hexed(0xB92B1E), shade=0.15)
        canvas.ellipse(x, y, r * 0.82, r * 0.82, hexed(0xDC5238))
        for spoke in range(3):
            c, s = direction(spoke / 3.0 + 0.05)
            canvas.ellipse(x + c * r * 0.45, y + s * r * 0.45, r * 0.24, r * 0.2, hexed(0xF0A46A))
        canvas.ellipse(x, y, r * 0.15, r * 0.15, hexed(0xE87A58))

    def cucumber(self, x: float, y: float, r: float) -> None:
        """A slice of cucumber."""
        canvas = self.canvas
        canvas.ellipse(x, y, r, r, hexed(0x3E7C34))
        canvas.ellipse(x, y, r * 0.85, r * 0.85, hexed(0xC4DC9A), shade=0.1)
        canvas.ring(x, y, r * 0.45, r * 0.45, r * 0.12, hexed(0xE3EDC4))
