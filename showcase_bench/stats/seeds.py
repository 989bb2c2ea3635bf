"""Uncertainty of a difference of systems that were trained with several seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri

from showcase_bench.errors import UsageError

__all__ = ["Uncertainty", "interaction_variance", "two_source"]

Floats = NDArray[np.float64]

_LIMIT = 0.75
"""Confidence of the upper limits of variances that the degrees of freedom are taken from."""


class Uncertainty(NamedTuple):
    """Of an estimate whose error follows a t distribution."""

    error: float
    """Standard error."""
    freedom: float
    """Degrees of freedom, at least 1; rarely a whole number."""


def two_source(
    example_variance: float,
    example_freedom: float,
    seed_values: Sequence[ArrayLike],
    interaction: Sequence[float] | None = None,
) -> Uncertainty:
    """Error of a difference of means over seeds, where all runs were scored on the same examples.

    The score of system s with seed k is taken as ``mu_s + T_sk + E_s + I_sk``: the training, the
    examples drawn, and what a seed gains on some examples and loses on others. Over r seeds

    - ``example_variance`` estimates ``var(E) + var(I) / r``, of all systems together;
    - ``var(values, ddof=1) / r`` estimates ``(var(T) + var(I)) / r`` for each system.

    Their sum counts ``var(I) / r`` twice, so it is taken off once. It is never taken so far that
    the total falls below either source, which may be by chance and would be too sure.

    The degrees of freedom are those of Satterthwaite (1946) and Welch (1947),
    ``V**2 / sum(v_i**2 / f_i)``, where ``V`` is the total and ``v_i`` are the variances of the
    sources with ``f_i`` degrees of freedom each. Put in as estimated, they reject equal systems
    far too often with few seeds: a variance that came out too small makes both the error and its
    share of V small. In simulations of all shares of the sources, a test at 5 % found up to 12.6 %
    false differences with two seeds and 7.9 % with three. Hence the ``v_i``, here alone and not in
    the error, are their upper 75 % confidence limits, ``v_i f_i / chi2_.25(f_i)``: 3.5 times as
    large with three seeds, 1.5 with ten. Then it finds at most 6.5 % with two seeds, 5.8 % with
    three and 5.5 % with five or ten; a test at 1 % finds up to 3.4, 2.0 and 1.4 %. The price is
    power with two or three seeds where neither source dominates: a test at 5 % may find 2 %, and
    less where the interaction is most of the variance. A source that stands alone keeps its own
    degrees of freedom.

    Parameters
    ----------
    example_variance
        Variance of the difference from the influence of each example, averaged over seeds.
    example_freedom
        Independent examples or clusters, minus one.
    seed_values
        For each system the scores of its seeds, in any order. A system with one seed says nothing
        of the variance of training, and adds none.
    interaction
        For each system what :func:`interaction_variance` gives; 0 or None where it is not known,
        which errs on the wide side. It is not used for a system with one seed.

    Raises
    ------
    UsageError
        A variance is negative or not finite, ``example_freedom`` is below 1, a system has no
        seeds or a score that is not finite, or ``interaction`` has another length.
    """
    if not (math.isfinite(example_freedom) and example_freedom >= 1):
        raise UsageError(f"degrees of freedom are a number of at least 1, not {example_freedom}")
    if interaction is not None and len(interaction) != len(seed_values):
        raise UsageError(
            f"{len(interaction)} interaction variances do not fit {len(seed_values)} systems; "
            "give one for each"
        )
    overlaps = [0.0] * len(seed_values) if interaction is None else interaction
    for variance in (example_variance, *overlaps):
        if not (math.isfinite(variance) and variance >= 0):
            raise UsageError(f"a variance is a finite number of at least 0, not {variance}")
    runs = [_scores(values) for values in seed_values]
    several = [(x, overlap) for x, overlap in zip(runs, overlaps, strict=True) if len(x) > 1]
    sources = [example_variance, *(float(x.var(ddof=1)) / len(x) for x, _ in several)]
    variances = np.array(sources, dtype=np.float64)
    freedoms = np.array([example_freedom, *(len(x) - 1.0 for x, _ in several)])
    overlap = float(sum(overlap for _, overlap in several))
    total = _joined(variances, overlap)
    if total == 0:
        return Uncertainty(0.0, float(example_freedom))
    largest = variances.max()
    limits = variances / largest * freedoms / chdtri(freedoms, _LIMIT)
    joined = _joined(limits, overlap / largest)
    freedom = joined**2 / float((limits**2 / freedoms).sum())
    return Uncertainty(math.sqrt(total), max(float(freedom), 1.0))


def interaction_variance(influence: Floats) -> float:
    """Variance of a mean over seeds from examples on which seeds disagree.

    The residuals of the two-way layout of examples and seeds, without what is common to an
    example or to a seed, have the mean square ``sum(residual**2) / ((n - 1) (r - 1))``; divided
    by ``n r`` it is the variance of the mean of all (Scheffé 1959, section 4.8). Examples are
    taken as independent: in clusters it comes out too small, and less is taken off by
    :func:`two_source`, which errs on the wide side.

    Parameters
    ----------
    influence
        float64 of shape [n, r]: influence of n examples on the score with each of r seeds.

    Returns
    -------
    float
        0 where it cannot be estimated: fewer than two examples or seeds.

    Raises
    ------
    UsageError
        The shape is not [n, r], or an influence is not finite.
    """
    psi = np.asarray(influence, dtype=np.float64)
    if psi.ndim != 2:
        raise UsageError(f"an influence of shape [n, seeds] is needed, not {list(psi.shape)}")
    if not np.isfinite(psi).all():
        raise UsageError("an influence value is not a finite number")
    n, r = psi.shape
    if n < 2 or r < 2:
        return 0.0
    residual = psi - psi.mean(axis=1, keepdims=True) - psi.mean(axis=0) + psi.mean()
    return float(np.square(residual).sum() / ((n - 1) * (r - 1) * n * r))


def _scores(values: ArrayLike) -> Floats:
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 1 or not len(scores):
        raise UsageError(f"a system needs one score for each seed, not {values!r}")
    if not np.isfinite(scores).all():
        raise UsageError("a score of a seed is not a finite number; leave that run out")
    return scores


def _joined(variances: Floats, overlap: float) -> float:
    """Sum without the overlap, at least the first variance and at least the sum of the others."""
    seeds = float(variances[1:].sum())
    return max(float(variances[0]) + seeds - overlap, float(variances[0]), seeds)
