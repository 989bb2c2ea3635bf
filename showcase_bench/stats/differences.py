"""All pairwise differences of some systems, with errors, p-values and intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from showcase_bench.errors import UsageError
from showcase_bench.stats.clusters import ClusterPlan, Clusters
from showcase_bench.stats.covariance import joint_uncertainty
from showcase_bench.stats.intervals import interval, standard_error
from showcase_bench.stats.seeds import interaction_variance, two_source
from showcase_bench.stats.simultaneous import max_t

__all__ = ["Differences", "System", "differences", "system_interval"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_ROUNDING = 1e-12
_MOST_UNITS = 1000


@dataclass(frozen=True)
class System:
    """What is known of one system's score, from one training seed or several."""

    values: tuple[float, ...]
    """Score of each seed."""
    influence: Floats
    """Influence of the examples on each seed's score, float64 of shape [n, seeds]."""


@dataclass(frozen=True)
class Differences:
    """Differences of s systems, first minus second; all arrays are float64 of shape [s, s]."""

    delta: Floats
    error: Floats
    """Standard error; NaN where it cannot be estimated."""
    freedom: Floats
    """Degrees of freedom of the t distribution."""
    p: Floats
    """Two-sided, of each pair by itself; 1 on the diagonal and for equal scores."""
    p_adjusted: Floats
    """Adjusted for all pairs (max-T)."""
    alpha: float
    level: float
    """A pair differs where ``p`` is below this: ``alpha``, adjusted for all pairs."""
    units: int
    """Independent units behind the errors."""

    @property
    def differ(self) -> Bools:
        """Which pairs differ with all looked at together; bool of shape [s, s], symmetric."""
        found: Bools = self.p_adjusted <= self.alpha
        return found

    def interval(self, *, simultaneous: bool = False) -> tuple[Floats, Floats]:
        """Lower and upper ends of the 1 - alpha intervals; NaN where the error is not known.

        ``simultaneous`` intervals cover all differences at once with that chance.
        """
        reach = stdtrit(self.freedom, 1 - (self.level if simultaneous else self.alpha) / 2)
        with np.errstate(invalid="ignore"):
            half = np.where(self.error > 0, reach * self.error, self.error)
        return self.delta - half, self.delta + half


def differences(
    systems: Sequence[System],
    clusters: Clusters | ClusterPlan = (),
    *,
    alpha: float = 0.05,
    trials: int = 10_000,
    seed: int = 0,
) -> Differences:
    """Compare all pairs of systems by t-tests on their influence, adjusted for all pairs.

    The error of a difference is that of the paired difference of the influences, with one- or
    two-way clusters, and degrees of freedom are the independent units minus one. Systems with
    several seeds are compared by their means, and the variance between seeds is added with
    Satterthwaite's degrees of freedom; one seed says nothing of the variance of training. Scores
    that are equal to rounding never differ. A difference that is the same for every unit has no
    estimable error, and the p-value of a sign test, ``2 ** (1 - units)``, takes its place. Where
    an error cannot be estimated at all, p is 1.

    Parameters
    ----------
    systems
        On the same examples in the same order.
    clusters
        Up to two columns of labels, or the plan made of them.
    alpha
        Error rate of intervals, and of one or more false differences among all pairs.
    trials, seed
        Of the draws behind the adjustment.

    Raises
    ------
    UsageError
        A shape does not fit, a value is not finite, or ``alpha``, ``trials`` or ``seed`` is out of
        range.
    """
    if not 0 < alpha < 1:
        raise UsageError(f"alpha is between 0 and 1, not {alpha}")
    if not systems:
        nothing = np.zeros((0, 0))
        return Differences(*(nothing,) * 5, alpha, alpha, 0)
    values = np.array([np.mean(one.values) for one in systems])
    if not np.isfinite(values).all():
        raise UsageError("a system without a finite score cannot be compared; leave it out")
    for one in systems:
        if one.influence.ndim != 2 or one.influence.shape[1] != len(one.values):
            raise UsageError(
                f"{len(one.values)} values do not fit an influence of shape "
                f"{one.influence.shape}; [n, seeds] is needed"
            )
    if len({len(one.influence) for one in systems}) > 1:
        raise UsageError("the systems were scored on different numbers of examples")
    joint = joint_uncertainty(np.stack([s.influence.mean(axis=1) for s in systems], 1), clusters)
    error, freedom = _with_seeds(systems, joint.error, max(joint.units - 1, 1))
    delta = values[:, np.newaxis] - values[np.newaxis, :]
    p = _p_values(values, delta, error, freedom, joint.units)
    covariance = joint.covariance + np.diag([_training_variance(one) for one in systems])
    adjusted = max_t(p, covariance, alpha=alpha, trials=trials, seed=seed)
    return Differences(
        delta, error, freedom, p, adjusted.p_adjusted, alpha, adjusted.level, joint.units
    )


def system_interval(
    system: System,
    clusters: Clusters | ClusterPlan = (),
    *,
    alpha: float = 0.05,
    bounds: tuple[float, float] | None = None,
) -> tuple[float, float] | None:
    """Interval of one system's mean score over its seeds, with the variance between seeds.

    ``bounds`` are the smallest and largest possible value. None where the score is not a number or
    its error cannot be estimated. Errors as for :func:`differences`.
    """
    value, influence = float(np.mean(system.values)), system.influence.mean(axis=1)
    if len(system.values) == 1:
        return interval(value, influence, clusters, level=1 - alpha, bounds=bounds)
    plan = ClusterPlan.of(clusters, len(influence))
    error = standard_error(influence, plan)
    if not (np.isfinite(value) and np.isfinite(error)):
        return None
    freedom = max(plan.units - 1, 1)
    shared = interaction_variance(system.influence)
    found = two_source(error**2, freedom, [system.values], [shared])
    reach = float(stdtrit(found.freedom, 1 - alpha / 2)) * found.error
    low, high = bounds if bounds is not None else (-np.inf, np.inf)
    return max(value - reach, low), min(value + reach, high)


def _training_variance(system: System) -> float:
    seeds = len(system.values)
    return float(np.var(system.values, ddof=1)) / seeds if seeds > 1 else 0.0


def _with_seeds(systems: Sequence[System], error: Floats, freedom: int) -> tuple[Floats, Floats]:
    """Errors and degrees of freedom with the variance between seeds."""
    error, degrees = error.copy(), np.full(error.shape, float(freedom))
    several = [len(one.values) > 1 for one in systems]
    interaction = [interaction_variance(one.influence) for one in systems]
    for a, b in combinations(range(len(systems)), 2):
        if (several[a] or several[b]) and np.isfinite(error[a, b]):
            found = two_source(
                float(error[a, b]) ** 2,
                freedom,
                [systems[a].values, systems[b].values],
                [interaction[a], interaction[b]],
            )
            error[a, b] = error[b, a] = found.error
            degrees[a, b] = degrees[b, a] = found.freedom
    return error, degrees


def _p_values(values: Floats, delta: Floats, error: Floats, freedom: Floats, units: int) -> Floats:
    gap = np.abs(delta)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = 2 * stdtr(freedom, -gap / error)
    p = np.where(error > _ROUNDING * gap, p, 2.0 ** (1 - min(units, _MOST_UNITS)))
    size = np.abs(values)
    rounding = _ROUNDING * np.maximum(size[:, np.newaxis], size[np.newaxis, :])
    equal: Floats = np.where(np.isnan(error) | (gap <= rounding), 1.0, np.minimum(p, 1.0))
    return equal
