"""Which differences a test finds, and how many examples it takes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtr, chdtri, nctdtr, ndtr, ndtri, stdtrit

from showcase_bench.errors import UsageError

__all__ = ["MOST_EXAMPLES", "detectable_difference", "power", "power_curve", "required_n"]

Floats = NDArray[np.float64]

MOST_EXAMPLES = 10**15
""":func:`required_n` gives this for itself and for more."""

_MANY = 1e5
_FAR = 1e4
_NEVER = 10.0
_HALVINGS = 200


def power(delta: float, error: float, freedom: float, alpha: float = 0.05) -> float:
    """Chance that a two-sided t-test finds a difference of ``delta``.

    ``P(|T| > t)`` where T follows the noncentral t distribution (Johnson, Kotz and Balakrishnan
    1995, chapter 31) with noncentrality ``|delta| / error``. Above 100,000 degrees of freedom T is
    taken as normal with mean ``delta / error`` and variance ``1 + t**2 / (2 freedom)``, which is
    right to 1e-10. Above a noncentrality of 10,000, and where scipy gives NaN, which it does only
    for a power of almost 1, the scatter of the difference itself is left out, which is right to
    1e-7.

    Parameters
    ----------
    delta
        The true difference, of any sign; 0 gives ``alpha``.
    error
        Standard error. 0 gives 1, or ``alpha`` where ``delta`` is 0; NaN gives NaN.
    freedom
        Degrees of freedom of the error.
    alpha
        Level of the test.

    Returns
    -------
    float
        From ``alpha`` to 1.

    Raises
    ------
    UsageError
        ``delta`` is not finite, ``error`` is negative, ``freedom`` is below 1, or ``alpha`` is not
        between 0 and 1.
    """
    return float(power_curve([delta], error, freedom, alpha)[0])


def power_curve(deltas: ArrayLike, error: float, freedom: float, alpha: float = 0.05) -> Floats:
    """Take the :func:`power` at each difference; float64 of shape [m] for m of them, also for 0."""
    _require_test(error, freedom, alpha)
    sizes = np.abs(np.asarray(deltas, dtype=np.float64))
    if sizes.ndim != 1 or not np.isfinite(sizes).all():
        raise UsageError("differences are finite numbers in one row")
    if np.isnan(error):
        return np.full(len(sizes), np.nan)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return _power(np.where(sizes == 0, 0.0, sizes / error), freedom, alpha)


def detectable_difference(
    error: float, freedom: float, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Smallest difference that a two-sided t-test finds with the given power.

    Parameters
    ----------
    error
        Standard error; 0 gives 0 and NaN gives NaN.
    freedom
        Degrees of freedom of the error.
    power
        Above ``alpha``, which is the power at no difference, and below 1.
    alpha
        Level of the test.

    Raises
    ------
    UsageError
        ``error`` is negative, ``freedom`` is below 1, or ``power`` or ``alpha`` is out of range.
    """
    _require_test(error, freedom, alpha)
    _require_power(power, alpha)
    # Half of the allowed misses for a large error, half for an unlucky difference.
    missed = (1 - power) / 2
    spread = 1.0 if np.isinf(freedom) else float(np.sqrt(chdtri(freedom, missed) / freedom))
    low, high = 0.0, _critical(freedom, alpha) * spread - float(ndtri(missed))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if _power(np.array([middle]), freedom, alpha)[0] >= power:
            high = middle
        else:
            low = middle
    return high * error


def required_n(
    delta: float, error: float, n: int, units: int, power: float = 0.8, alpha: float = 0.05
) -> int:
    """Smallest number of examples with which a two-sided t-test finds ``delta``.

    With n' examples the error is ``error * sqrt(n / n')``, the number of independent units
    ``units * n' / n``, and the degrees of freedom one less. There are never fewer examples than
    make up two units.

    Parameters
    ----------
    delta
        The true difference, of any sign.
    error
        Standard error of the ``n`` examples; 0 gives the examples of two units, which are 2 where
        each example is a unit.
    n
        Number of examples behind ``error``.
    units
        Number of independent units (clusters) that they make up; ``n`` without clusters.
    power
        Above ``alpha`` and below 1.
    alpha
        Level of the test.

    Returns
    -------
    int
        At most ``MOST_EXAMPLES``, which stands for itself and for more.

    Raises
    ------
    UsageError
        ``delta`` is 0 or not finite, ``error`` is negative or not finite, ``units`` is not from 2
        to ``n``, or ``power`` or ``alpha`` is out of range.
    """
    if not np.isfinite(delta) or delta == 0:
        raise UsageError(f"a difference to be found is a finite number other than 0, not {delta}")
    if not np.isfinite(error):
        raise UsageError(f"a standard error is a finite number, not {error}")
    if not 2 <= units <= n:
        raise UsageError(f"{n} examples make up 2 to {n} independent units, not {units}")
    _require_test(error, 1, alpha)
    _require_power(power, alpha)
    fewest = int(-(-2 * n // units))
    if error == 0:
        return min(fewest, MOST_EXAMPLES)

    def reached(size: int) -> bool:
        with np.errstate(over="ignore"):
            shift = np.divide(abs(delta), error) * np.sqrt(size / n)
        freedom = max(units * size / n - 1, 1.0)
        return bool(_power(np.array([shift]), freedom, alpha)[0] >= power)

    return _first(reached, fewest, MOST_EXAMPLES)


def _first(reached: Callable[[int], bool], low: int, most: int) -> int:
    """Smallest integer from ``low`` on that reaches it, or ``most``; once reached, it stays so."""
    high = low
    while high < most and not reached(high):
        low, high = high + 1, high * 2
    high = min(high, most)
    while low < high:
        middle = (low + high) // 2
        if reached(middle):
            high = middle
        else:
            low = middle + 1
    return high


def _power(shift: Floats, freedom: float, alpha: float) -> Floats:
    """Power at noncentralities of at least 0, of shape [m]."""
    t = _critical(freedom, alpha)
    if freedom > _MANY:
        scale, centre = np.sqrt(1 + t * t / (2 * freedom)), t * (1 - 1 / (4 * freedom))
        found = ndtr((shift - centre) / scale) + ndtr((-centre - shift) / scale)
    else:
        near = np.minimum(shift, _FAR)
        # The far tail is below 1e-23 from 10 on, where some versions of scipy give NaN for it.
        other = np.where(near < _NEVER, nctdtr(freedom, np.minimum(near, _NEVER), -t), 0.0)
        found = 1 - nctdtr(freedom, near, t) + np.nan_to_num(other)
        with np.errstate(over="ignore"):
            limit = chdtr(freedom, freedom * (shift / t) ** 2)
        found = np.where((shift > _FAR) | np.isnan(found), limit, found)
    inside: Floats = np.where(shift == 0, alpha, np.clip(found, alpha, 1.0))
    return inside


def _critical(freedom: float, alpha: float) -> float:
    return -float(stdtrit(freedom, alpha / 2))


def _require_test(error: float, freedom: float, alpha: float) -> None:
    if error < 0:
        raise UsageError(f"a standard error is not negative, as {error} is")
    if not freedom >= 1:
        raise UsageError(f"degrees of freedom are a number of at least 1, not {freedom}")
    if not 0 < alpha < 1:
        raise UsageError(f"alpha is between 0 and 1, not {alpha}")


def _require_power(power: float, alpha: float) -> None:
    if not alpha < power < 1:
        raise UsageError(f"power is between alpha ({alpha}) and 1, not {power}")
