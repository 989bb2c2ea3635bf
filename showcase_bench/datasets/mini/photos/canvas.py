"""A canvas with anti-aliased shapes, drawn by signed distance.

Only operations that IEEE 754 rounds exactly are used (+ - * / sqrt, comparisons, integers), each
as its own array operation, so the pixels are the same on every platform. Numbers that meet
float32 arrays are Python floats, which take the array's type in every numpy version.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Canvas", "Color", "Plane", "Point", "blend", "direction", "scaled"]

Color: TypeAlias = tuple[float, float, float]
"""Red, green, blue; 0 is black, 1 is full."""
Plane: TypeAlias = NDArray[np.float32]
Point: TypeAlias = tuple[float, float]
_Window: TypeAlias = tuple[slice, slice]


def direction(turn: float) -> Point:
    """Unit vector (cos, sin) after ``turn`` of a full circle, by the rational half-angle form."""
    quarters = (turn - math.floor(turn)) * 4.0
    quadrant = int(quarters)
    v = quarters - quadrant
    t = v * (0.7854 + 0.2146 * v * v)
    c, s = (1.0 - t * t) / (1.0 + t * t), 2.0 * t / (1.0 + t * t)
    return ((c, s), (-s, c), (-c, -s), (s, -c))[quadrant % 4]


def scaled(color: Color, factor: float) -> Color:
    """``color`` brighter or darker by ``factor``."""
    return (color[0] * factor, color[1] * factor, color[2] * factor)


def blend(a: Color, b: Color, share: float) -> Color:
    """``share`` of ``b`` in ``a``."""
    return (
        a[0] + (b[0] - a[0]) * share,
        a[1] + (b[1] - a[1]) * share,
        a[2] + (b[2] - a[2]) * share,
    )


class Canvas:
    """A square picture in scene coordinates: x to the right and y down, -1..1 at zoom 1.

    Parameters
    ----------
    size
        Pixels a side.
    zoom, shift
        Framing: magnification, and where the scene's origin lies.
    squash
        Height over width of a circle; below 1 the scene is seen at a slant.
    light
        Unit vector towards the light.
    """

    def __init__(
        self,
        size: int,
        *,
        zoom: float = 1.0,
        shift: Point = (0.0, 0.0),
        squash: float = 1.0,
        light: Point = (-0.6, -0.8),
    ) -> None:
        self.size = size
        self.light = light
        self.rgb: Plane = np.zeros((3, size, size), dtype=np.float32)
        self._step_x = 2.0 / (size * zoom)
        self._step_y = self._step_x / squash
        self._x0 = (0.5 - size * 0.5) * self._step_x - shift[0]
        self._y0 = (0.5 - size * 0.5) * self._step_y - shift[1]
        index = np.arange(size, dtype=np.float32)
        self.x: Plane = index[None, :] * self._step_x + self._x0
        self.y: Plane = index[:, None] * self._step_y + self._y0
        self._clip: Plane | None = None

    def fill(self, color: Color) -> None:
        """Cover everything with one colour."""
        self.rgb[:] = _ink(color)

    @contextmanager
    def inside(self, cx: float, cy: float, rx: float, ry: float) -> Iterator[None]:
        """Limit what is drawn in the block to an ellipse."""
        before = self._clip
        u, v = (self.x - cx) / rx, (self.y - cy) / ry
        mask = self._cover((np.sqrt(u * u + v * v) - 1.0) * min(rx, ry), 0.0)
        self._clip = mask if before is None else mask * before
        yield
        self._clip = before

    @contextmanager
    def above(self, y: float) -> Iterator[None]:
        """Limit what is drawn in the block to the part above a horizontal line."""
        before = self._clip
        mask = self._cover((self.y - y) + self.x * 0.0, 0.0)
        self._clip = mask if before is None else mask * before
        yield
        self._clip = before

    def ellipse(
        self,
        cx: float,
        cy: float,
        rx: float,
        ry: float,
        color: Color,
        *,
        turn: float = 0.0,
        shade: float = 0.0,
        soft: float = 0.0,
        alpha: float = 1.0,
    ) -> None:
        """A filled ellipse; ``shade`` rounds it towards the light, ``soft`` blurs its edge."""
        reach = max(rx, ry) if turn else 0.0
        window = self._window(cx, cy, (reach or rx) + soft, (reach or ry) + soft)
        if window is None:
            return
        x, y = self._local(window, cx, cy)
        u, v = _rotated(x, y, turn)
        u, v = u * (1.0 / rx), v * (1.0 / ry)
        distance = np.sqrt(u * u + v * v)
        distance -= 1.0
        distance *= min(rx, ry)
        self._paint(window, self._cover(distance, soft), color, alpha, self._tone(x, y, shade, rx))

    def ring(
        self,
        cx: float,
        cy: float,
        rx: float,
        ry: float,
        width: float,
        color: Color,
        *,
        alpha: float = 1.0,
    ) -> None:
        """The outline of an ellipse, ``width`` thick."""
        window = self._window(cx, cy, rx + width, ry + width)
        if window is None:
            return
        x, y = self._local(window, cx, cy)
        u, v = x * (1.0 / rx), y * (1.0 / ry)
        distance = np.sqrt(u * u + v * v)
        distance -= 1.0
        distance *= min(rx, ry)
        distance = np.abs(distance) - width * 0.5
        self._paint(window, self._cover(distance, 0.0), color, alpha, None)

    def box(
        self,
        cx: float,
        cy: float,
        hx: float,
        hy: float,
        color: Color,
        *,
        corner: float = 0.0,
        turn: float = 0.0,
        shade: float = 0.0,
        soft: float = 0.0,
        alpha: float = 1.0,
    ) -> None:
        """A filled rectangle of half sizes ``hx``, ``hy``, with rounded corners."""
        reach = hx + hy if turn else 0.0
        window = self._window(cx, cy, (reach or hx) + soft, (reach or hy) + soft)
        if window is None:
            return
        x, y = self._local(window, cx, cy)
        u, v = _rotated(x, y, turn)
        u, v = np.abs(u) - (hx - corner), np.abs(v) - (hy - corner)
        if corner > 0.0:
            a, b = np.maximum(u, 0.0), np.maximum(v, 0.0)
            distance = np.sqrt(a * a + b * b) + np.minimum(np.maximum(u, v), 0.0) - corner
        else:
            distance = np.maximum(u, v)
        tone = self._tone(x, y, shade, max(hx, hy))
        self._paint(window, self._cover(distance, soft), color, alpha, tone)

    def line(
        self,
        start: Point,
        end: Point,
        width: float,
        color: Color,
        *,
        alpha: float = 1.0,
    ) -> None:
        """A straight stroke with round ends, ``width`` thick."""
        (x0, y0), (x1, y1) = start, end
        dx, dy = x1 - x0, y1 - y0
        half = width * 0.5
        window = self._window(
            (x0 + x1) * 0.5, (y0 + y1) * 0.5, abs(dx) * 0.5 + half, abs(dy) * 0.5 + half
        )
        if window is None:
            return
        x, y = self._local(window, x0, y0)
        length = dx * dx + dy * dy
        if length > 0.0:
            along = np.minimum(np.maximum((x * dx + y * dy) * (1.0 / length), 0.0), 1.0)
            x, y = x - along * dx, y - along * dy
        distance = np.sqrt(x * x + y * y) - half
        self._paint(window, self._cover(distance, 0.0), color, alpha, None)

    def polygon(self, points: Sequence[Point], color: Color, *, alpha: float = 1.0) -> None:
        """A filled convex polygon; its corners run clockwise as seen."""
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        cx, cy = (min(xs) + max(xs)) * 0.5, (min(ys) + max(ys)) * 0.5
        window = self._window(cx, cy, (max(xs) - min(xs)) * 0.5, (max(ys) - min(ys)) * 0.5)
        if window is None:
            return
        x, y = self._local(window, 0.0, 0.0)
        distance: Plane | None = None
        for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
            ex, ey = bx - ax, by - ay
            scale = 1.0 / math.sqrt(ex * ex + ey * ey)
            side = x * (ey * scale) + y * (-ex * scale) + (ex * ay - ey * ax) * scale
            distance = side if distance is None else np.maximum(distance, side)
        if distance is not None:
            self._paint(window, self._cover(distance, 0.0), color, alpha, None)

    def wash(self, cover: Plane, color: Color) -> None:
        """Lay ``color`` over everything; ``cover`` of shape [size, size] is its opacity, 0..1."""
        self._paint((slice(None), slice(None)), cover, color, 1.0, None)

    def shadow(self, cx: float, cy: float, rx: float, ry: float, alpha: float = 0.35) -> None:
        """A soft dark ellipse that falls away from the light."""
        reach = 0.12 * min(rx, ry)
        self.ellipse(
            cx - self.light[0] * reach,
            cy - self.light[1] * reach,
            rx * 1.02,
            ry * 1.02,
            (0.05, 0.04, 0.04),
            soft=0.3 * min(rx, ry),
            alpha=alpha,
        )

    def _window(self, cx: float, cy: float, rx: float, ry: float) -> _Window | None:
        left = max(0, math.floor((cx - rx - self._x0) / self._step_x) - 1)
        right = min(self.size, math.floor((cx + rx - self._x0) / self._step_x) + 3)
        top = max(0, math.floor((cy - ry - self._y0) / self._step_y) - 1)
        bottom = min(self.size, math.floor((cy + ry - self._y0) / self._step_y) + 3)
        if left >= right or top >= bottom:
            return None
        return slice(top, bottom), slice(left, right)

    def _local(self, window: _Window, cx: float, cy: float) -> tuple[Plane, Plane]:
        return self.x[:, window[1]] - cx, self.y[window[0]] - cy

    def _cover(self, distance: Plane, soft: float) -> Plane:
        cover: Plane = distance * (-1.0 / (self._step_x + soft))
        cover += 0.5
        np.maximum(cover, 0.0, out=cover)
        np.minimum(cover, 1.0, out=cover)
        return cover

    def _tone(self, x: Plane, y: Plane, shade: float, radius: float) -> Plane | None:
        if not shade:
            return None
        scale = shade / radius
        tone: Plane = x * (self.light[0] * scale) + y * (self.light[1] * scale) + 1.0
        return tone

    def _paint(
        self, window: _Window, cover: Plane, color: Color, alpha: float, tone: Plane | None
    ) -> None:
        if alpha < 1.0:
            cover = cover * alpha
        if self._clip is not None:
            cover = cover * self._clip[window]
        part = self.rgb[:, window[0], window[1]]
        ink = _ink(color) if tone is None else _ink(color) * tone
        change = ink - part
        change *= cover
        part += change


def _ink(color: Color) -> Plane:
    return np.array(color, dtype=np.float32).reshape(3, 1, 1)


def _rotated(x: Plane, y: Plane, turn: float) -> tuple[Plane, Plane]:
    if not turn:
        return x, y
    c, s = direction(turn)
    return x * c + y * s, y * c - x * s
