"""A canvas with anti-aliased shapes, drawn by signed distance."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from showcase_bench.datasets.mini.photos.ground import Color, Plane, Point, direction
from showcase_bench.datasets.mini.photos.stamps import Stamps

__all__ = ["Canvas"]


class Canvas(Stamps):
    """A square picture with shapes of any size, and washes over the whole of it."""

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
        if length > 1e-9:
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


def _rotated(x: Plane, y: Plane, turn: float) -> tuple[Plane, Plane]:
    if not turn:
        return x, y
    c, s = direction(turn)
    return x * c + y * s, y * c - x * s
