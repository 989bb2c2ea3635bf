"""Whether two systems are the same for all practical purposes, which a large p cannot show."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import stdtr

from showcase_bench.errors import UsageError

__all__ = ["Verdict", "rope_verdict", "tost"]

Verdict: TypeAlias = Literal["equivalent", "different", "undecided"]


def rope_verdict(low: float | None, high: float | None, rope: float) -> Verdict:
    """Judge an interval of a difference by the region of practical equivalence, -rope to rope.

    "different" where the interval lies wholly outside the region, "equivalent" where it lies
    wholly inside, else "undecided" (Kruschke 2018). The edges belong to the region. A 1 - 2 alpha
    interval is inside where :func:`tost` gives at most alpha.

    Parameters
    ----------
    low, high
        Ends of the interval. None or NaN where an end is not known: "undecided".
    rope
        The largest difference that does not matter; 0 asks for exact equality.

    Raises
    ------
    UsageError
        ``rope`` is negative or not finite, or ``low`` is above ``high``.
    """
    _require_rope(rope)
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return "undecided"
    if low > high:
        raise UsageError(f"an interval goes from low to high, not from {low} to {high}")
    if low > rope or high < -rope:
        return "different"
    return "equivalent" if -rope <= low and high <= rope else "undecided"


def tost(delta: float, error: float, freedom: float, rope: float) -> float:
    """P-value of two one-sided t-tests: a small one shows that the difference is below ``rope``.

    The larger p of the tests against -rope and against rope (Schuirmann 1987), which is that of
    the edge nearer to ``delta``.

    Parameters
    ----------
    delta
        The difference.
    error
        Its standard error. Where it is NaN nothing can be shown, and p is 1; where it is 0 the
        difference is known, and p is 0 inside the region, edges included, and 1 outside.
    freedom
        Degrees of freedom of the error.
    rope
        As for :func:`rope_verdict`.

    Raises
    ------
    UsageError
        ``delta`` is not finite, ``error`` is negative, ``freedom`` is below 1, or ``rope`` is
        negative or not finite.
    """
    _require_rope(rope)
    if not math.isfinite(delta):
        raise UsageError(f"a difference is a finite number, not {delta}")
    if error < 0:
        raise UsageError(f"a standard error is not negative, as {error} is")
    if not freedom >= 1:
        raise UsageError(f"degrees of freedom are a number of at least 1, not {freedom}")
    if math.isnan(error):
        return 1.0
    beyond = abs(delta) - rope
    if error == 0:
        return 0.0 if beyond <= 0 else 1.0
    with np.errstate(over="ignore"):
        return float(stdtr(freedom, np.divide(beyond, error)))


def _require_rope(rope: float) -> None:
    if not (math.isfinite(rope) and rope >= 0):
        raise UsageError(
            f"a region of practical equivalence is a finite number of at least 0, not {rope}"
        )
