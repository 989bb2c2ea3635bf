"""P-values adjusted for how many of them are looked at."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from showcase_bench.errors import UsageError

__all__ = ["benjamini_hochberg", "holm"]

Floats = NDArray[np.float64]


def holm(p_values: ArrayLike) -> Floats:
    """Holm's step-down adjusted p-values: of all tests, the chance of one or more false finds.

    The k-th smallest of m is multiplied by ``m - k + 1``, and none is smaller than one before it
    (Holm 1979). Valid however the tests depend on each other.

    Parameters
    ----------
    p_values
        float64 of shape [m], in any order; m may be 0.

    Returns
    -------
    ndarray
        float64 of shape [m], in the order given, at most 1.

    Raises
    ------
    UsageError
        ``p_values`` is not one row of numbers from 0 to 1.
    """
    p, order = _sorted(p_values)
    factors = np.arange(len(p), 0, -1)
    return _restored(np.maximum.accumulate(p[order] * factors), order)


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """Step-up adjusted p-values: the expected share of false finds among all finds.

    The k-th smallest of m is multiplied by ``m / k``, and none is larger than one after it
    (Benjamini and Hochberg 1995). Valid for tests that are independent or positively dependent.

    Parameters
    ----------
    p_values
        float64 of shape [m], in any order; m may be 0.

    Returns
    -------
    ndarray
        float64 of shape [m], in the order given, at most 1.

    Raises
    ------
    UsageError
        ``p_values`` is not one row of numbers from 0 to 1.
    """
    p, order = _sorted(p_values)
    factors = len(p) / np.arange(1, len(p) + 1)
    return _restored(np.minimum.accumulate((p[order] * factors)[::-1])[::-1], order)


def _sorted(p_values: ArrayLike) -> tuple[Floats, NDArray[np.intp]]:
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1:
        raise UsageError(f"p-values of shape [m] are needed, not {list(p.shape)}")
    if not ((p >= 0) & (p <= 1)).all():
        raise UsageError("a p-value is not a number from 0 to 1; leave out tests without a result")
    return p, np.argsort(p, kind="stable")


def _restored(adjusted: Floats, order: NDArray[np.intp]) -> Floats:
    found = np.empty_like(adjusted)
    found[order] = np.minimum(adjusted, 1.0)
    return found
