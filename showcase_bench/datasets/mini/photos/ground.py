"""The picture that shapes are painted on, and the geometry that they share.

Only operations that IEEE 754 rounds exactly are used (+ - * / sqrt, comparisons, integers), each
as its own array operation, so the pixels are the same on every platform. Numbers that meet
float32 arrays are Python floats, which take the array's type in every numpy version.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Color", "Ground", "Plane", "Point", "Window", "blend", "direction", "scaled"]

Color: TypeAlias = tuple[float, float, float]
"""Red, green, blue; 0 is black, 1 is full."""
Plane: TypeAlias = NDArray[np.floating[Any]]
"""float32 throughout; the annotation is wider than what the operations return."""
Point: TypeAlias = tuple[float, float]
Window: TypeAlias = tuple[slice, slice]


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


class Ground:
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
        try:
            yield
        finally:
            self._clip = before

    @contextmanager
    def above(self, y: float) -> Iterator[None]:
        """Limit what is drawn in the block to the part above a horizontal line."""
        before = self._clip
        mask = self._cover((self.y - y) + self.x * 0.0, 0.0)
        self._clip = mask if before is None else mask * before
        try:
            yield
        finally:
            self._clip = before

    def _window(self, cx: float, cy: float, rx: float, ry: float) -> Window | None:
        left = max(0, math.floor((cx - rx - self._x0) / self._step_x) - 1)
        right = min(self.size, math.floor((cx + rx - self._x0) / self._step_x) + 3)
        top = max(0, math.floor((cy - ry - self._y0) / self._step_y) - 1)
        bottom = min(self.size, math.floor((cy + ry - self._y0) / self._step_y) + 3)
        if left >= right or top >= bottom:
            return None
        return slice(top, bottom), slice(left, right)

    def _local(self, window: Window, cx: float, cy: float) -> tuple[Plane, Plane]:
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
        self, window: Window, cover: Plane, color: Color, alpha: float, tone: Plane | None
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
