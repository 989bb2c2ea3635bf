"""The part of BLEU that its variants have in common."""

from __future__ import annotations

import numpy as np

from showcase_bench.metrics.base import Floats

__all__ = ["log_gradient"]


def log_gradient(matches: Floats, guesses: Floats, length: float, reference: float) -> Floats:
    """Gradient of log BLEU by ``[matches..., guesses..., length, reference length]``.

    BLEU is the geometric mean of matches over guesses, float64 of shape [order] each, times
    ``exp(min(1 - reference / length, 0))``. Where a count is 0 its part is 0.
    """
    order = len(matches)
    gradient = np.zeros(2 * order + 2)
    np.divide(1 / order, matches, out=gradient[:order], where=matches > 0)
    np.divide(-1 / order, guesses, out=gradient[order : 2 * order], where=guesses > 0)
    if 0 < length < reference:
        gradient[-2] = reference / length**2
        gradient[-1] = -1 / length
    return gradient
