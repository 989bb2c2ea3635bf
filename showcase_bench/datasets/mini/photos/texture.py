"""Noise from integer hashing: smooth fields for surfaces, grain for the sensor."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from showcase_bench.datasets.mini.photos.ground import Plane

__all__ = ["field", "grain"]


def _scramble(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    values = values ^ (values >> np.uint32(16))
    values = values * np.uint32(0x7FEB352D)
    values ^= values >> np.uint32(15)
    values *= np.uint32(0x846CA68B)
    values ^= values >> np.uint32(16)
    return values


@lru_cache(maxsize=64)
def _counters(n: int) -> NDArray[np.uint32]:
    counters = np.arange(n, dtype=np.uint32) * np.uint32(0x9E3779B9)
    counters.setflags(write=False)
    return counters


@lru_cache(maxsize=64)
def _cells(size: int, cells: int) -> tuple[NDArray[np.intp], Plane]:
    position = (np.arange(size, dtype=np.float32) + 0.5) * (cells / size)
    whole = np.floor(position)
    part = position - whole
    smooth = part * part * (3.0 - part * 2.0)
    return whole.astype(np.intp), smooth.astype(np.float32)


def field(key: int, size: int, cells_x: int, cells_y: int) -> Plane:
    """Smooth noise in 0..1, float32 of shape [size, size], with so many bumps each way."""
    n = (cells_x + 1) * (cells_y + 1)
    bits = _scramble(_counters(n) + np.uint32(key & 0xFFFFFFFF))
    lattice = ((bits >> np.uint32(8)).astype(np.float32) * (1.0 / (1 << 24))).reshape(
        cells_y + 1, cells_x + 1
    )
    rows, down = _cells(size, cells_y)
    cols, across = _cells(size, cells_x)
    top = lattice[rows]
    band = top + (lattice[rows + 1] - top) * down[:, None]
    left = band[:, cols]
    smooth: Plane = left + (band[:, cols + 1] - left) * across[None, :]
    return smooth


def grain(key: int, size: int) -> Plane:
    """Triangular noise in -1..1 for every pixel, float32 of shape [size, size]."""
    bits = _scramble(_counters(size * size) + np.uint32(key & 0xFFFFFFFF))
    pair = (bits & np.uint32(0xFFFF)) + (bits >> np.uint32(16))
    noise: Plane = (pair.astype(np.float32) * (1.0 / 65535.0) - 1.0).reshape(size, size)
    return noise
