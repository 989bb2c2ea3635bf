"""Rows in fixed point, so that sums of them are exact and do not depend on their order.

Floating-point sums depend on the order of the terms, which a matrix product chooses by shape,
library and number of threads. Sums of integers below 2**53 do not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import UsageError

__all__ = ["FixedPoint", "fixed_point", "narrowed"]

Floats = NDArray[np.float64]

_BITS = 52
_NARROW_BITS = 24


class FixedPoint(NamedTuple):
    """Rows as whole numbers."""

    rows: Floats
    """Whole numbers, float64 of the shape of the given rows."""
    unit: Floats
    """What 1 stands for in each column, a power of two; shape [d]."""


def fixed_point(rows: Floats, growth: float = 1.0) -> FixedPoint:
    """Round each column to multiples of a power of two, so that sums of rows are exact.

    Whole numbers stay as they are. Others are rounded, each by at most ``growth`` times 2**-52 of
    the column's sum of absolute values.

    Parameters
    ----------
    rows
        float64 of shape [n, ..., d]; each column is scaled alike for all systems in between.
    growth
        By how much a sum may exceed the largest sum of absolute values of a column and system.

    Raises
    ------
    UsageError
        A value is not finite, or sums of them might not be.
    """
    if not np.isfinite(rows).all():
        raise UsageError("a statistic is not a finite number")
    if not rows.size:
        return FixedPoint(rows, np.ones(rows.shape[-1]))
    with np.errstate(over="ignore"):
        sums = np.abs(rows).sum(axis=0).reshape(-1, rows.shape[-1]).max(axis=0, initial=0.0)
        bound = np.maximum(sums * growth, np.finfo(np.float64).tiny)
    if not np.isfinite(bound).all():
        raise UsageError("the statistics are too large to be added up")
    unit = np.exp2(np.ceil(np.log2(bound)) - _BITS)
    whole = (rows == np.rint(rows)).all(axis=tuple(range(rows.ndim - 1))) & (unit <= 1)
    unit = np.where(whole, 1.0, unit)
    return FixedPoint(np.rint(rows / unit), unit)


def narrowed(rows: Floats, terms: int = 0) -> NDArray[np.floating[Any]]:
    """Whole numbers as float32, in half the time, where sums of them stay exact; else as they are.

    Parameters
    ----------
    rows
        Whole numbers of shape [n, d].
    terms
        0 where a row enters a sum at most once; else how many rows a sum has, with repeats.
    """
    size = np.abs(rows)
    most = size.max(initial=0.0) * terms if terms else size.sum(axis=0).max(initial=0.0)
    return rows.astype(np.float32) if most < 2**_NARROW_BITS else rows
