"""Checks of constructor arguments."""

from __future__ import annotations

import math

from showcase_bench.errors import UsageError

__all__ = ["require_at_least", "require_number", "require_text"]


def require_number(value: float, what: str, low: float, high: float = math.inf) -> float:
    """Return ``value`` as a float if it is a number from ``low`` to ``high``, both included.

    Raises
    ------
    UsageError
        It is not a finite number, or outside the range.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not low <= value <= high:
        span = f"at least {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
        raise UsageError(f"{what} is {value!r}; it must be a number {span}")
    return float(value)


def require_at_least(value: int, what: str, least: int) -> int:
    """Return ``value`` if it is an integer of at least ``least``.

    Raises
    ------
    UsageError
        It is not.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise UsageError(f"{what} is {value!r}; it must be an integer of at least {least}")
    return value


def require_text(value: str, what: str) -> str:
    """Return ``value`` if it is a string with at least one character.

    Raises
    ------
    UsageError
        It is not.
    """
    if not isinstance(value, str) or not value:
        raise UsageError(f"{what} is {value!r}; it must be a name")
    return value
