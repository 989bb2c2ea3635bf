"""Many small shapes at once: crumbs, grains of rice, joints of a wall."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from showcase_bench.datasets.mini.photos.ground import Color, Ground, Plane, Window

__all__ = ["Stamps"]


class Stamps(Ground):
    """A picture that takes lists of small shapes, each list worked out in one go."""

    def specks(self, spots: Sequence[tuple[float, float, float, float, Color]]) -> None:
        """Many small upright ellipses ``(cx, cy, rx, ry, color)``, painted in order."""
        if not spots:
            return
        cx, cy, rx, ry = (_stack(values) for values in list(zip(*spots, strict=True))[:4])
        x, y, places = self._windows(cx, cy, rx, ry)
        u, v = (x - cx) / rx, (y - cy) / ry
        distance = (np.sqrt(u * u + v * v) - 1.0) * np.minimum(rx, ry)
        self._paint_all(places, self._cover(distance, 0.0), [spot[4] for spot in spots])

    def strokes(
        self, lines: Sequence[tuple[float, float, float, float, Color]], width: float
    ) -> None:
        """Many short lines ``(x0, y0, x1, y1, color)`` with round ends, painted in order."""
        if not lines:
            return
        x0, y0, x1, y1 = (_stack(values) for values in list(zip(*lines, strict=True))[:4])
        half, dx, dy = width * 0.5, x1 - x0, y1 - y0
        x, y, places = self._windows(
            (x0 + x1) * 0.5, (y0 + y1) * 0.5, np.abs(dx) * 0.5 + half, np.abs(dy) * 0.5 + half
        )
        x, y = x - x0, y - y0
        length = np.maximum(dx * dx + dy * dy, 1e-9)
        along = np.minimum(np.maximum((x * dx + y * dy) / length, 0.0), 1.0)
        u, v = x - along * dx, y - along * dy
        distance = np.sqrt(u * u + v * v) - half
        self._paint_all(places, self._cover(distance, 0.0), [line[4] for line in lines])

    def _windows(
        self, cx: Plane, cy: Plane, rx: Plane, ry: Plane
    ) -> tuple[Plane, Plane, list[Window]]:
        """Coordinates [n, 1, w] and [n, h, 1] of equal windows round each centre, all inside."""
        starts, axes = [], []
        for centre, reach, origin, step in (
            (cx, rx, self._x0, self._step_x),
            (cy, ry, self._y0, self._step_y),
        ):
            span = min(self.size, 4 + int(float(reach.max()) * 2.0 / step))
            first = np.floor((centre - (reach + origin)) / step) - 1.0
            first = np.minimum(np.maximum(first, 0.0), float(self.size - span))
            index = first[:, :, 0] + np.arange(span, dtype=np.float32)
            starts.append((first[:, 0, 0].astype(np.intp).tolist(), span))
            axes.append(index * step + origin)
        (lefts, wide), (tops, tall) = starts
        places = [
            (slice(top, top + tall), slice(left, left + wide))
            for top, left in zip(tops, lefts, strict=True)
        ]
        return axes[0][:, None, :], axes[1][:, :, None], places

    def _paint_all(self, places: Sequence[Window], covers: Plane, colors: Sequence[Color]) -> None:
        inks = np.array(colors, dtype=np.float32)[:, :, None, None]
        for window, cover, ink in zip(places, covers, inks, strict=True):
            if self._clip is not None:
                cover = cover * self._clip[window]
            part = self.rgb[:, window[0], window[1]]
            change = ink - part
            change *= cover
            part += change


def _stack(values: Sequence[float]) -> Plane:
    return np.array(values, dtype=np.float32).reshape(-1, 1, 1)
