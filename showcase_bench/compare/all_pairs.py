"""Compare systems on metrics: every pair, with tests, intervals, ranks and plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from showcase_bench.compare.pair_tests import Clustering, choose_test, tested
from showcase_bench.compare.results import (
    Audit,
    Comparison,
    MetricResult,
    PairResult,
    SystemResult,
)
from showcase_bench.compare.settings import Settings
from showcase_bench.compare.systems import Field
from showcase_bench.compare.wording import plain_words
from showcase_bench.errors import UsageError, did_you_mean
from showcase_bench.metrics import Metric
from showcase_bench.stats import (
    benjamini_hochberg,
    bootstrap,
    bootstrap_interval,
    bootstrap_p,
    detectable_difference,
    differences,
    holm,
    rank_intervals,
    rope_verdict,
    system_interval,
    tie_letters,
)
from showcase_bench.types import NoProgress, Progress

__all__ = ["compare"]

Floats = NDArray[np.float64]


def compare(
    field: Field, settings: Settings | None = None, progress: Progress | None = None
) -> Comparison:
    """Compare all pairs of the systems of ``field`` on all its metrics.

    Intervals, adjusted p-values, ranks and letters come from the influence of the examples, with
    cluster-robust errors; p-values of single pairs from the test that
    :func:`~showcase_bench.compare.pair_tests.choose_test` finds to hold for the data. A system that
    attempted nothing that a metric looks at is left out of this metric.

    Raises
    ------
    UsageError
        There are fewer than two systems, two have one name, or a setting names a metric or column
        of clusters that is not there.
    """
    asked = settings or Settings()
    shown = progress or NoProgress()
    labels = [one.label for one in field.contenders]
    if len(labels) < 2:
        raise UsageError(f"a comparison takes two systems or more, and there is {len(labels)}")
    if len(set(labels)) < len(labels):
        raise UsageError(f"two systems have one name: {', '.join(sorted(labels))}")
    primary = _primary(field, asked)
    for name in asked.rope or {}:
        _require_known(name, [one.name for one in field.metrics], "metric")
    clusters = Clustering(_clusters(field, asked), field.n)
    metrics, pairs, ranks = [], [], []
    for metric in shown.track(field.metrics, label="Comparisons"):
        one = _OneMetric(field, metric, clusters, asked)
        metrics.append(one.result(primary=metric.name == primary))
        pairs += one.pairs()
        ranks += one.ranks()
    pairs = _with_q(pairs, primary)
    comparison = Comparison(
        title=field.title,
        n=field.n,
        systems=tuple(labels),
        clusters=clusters.told,
        alpha=asked.alpha,
        trials=asked.trials,
        seed=asked.seed,
        adjust=asked.adjust,
        metrics=tuple(metrics),
        pairs=tuple(pairs),
        ranks=tuple(ranks),
        notes=(),
    )
    alone = [one.label for one in field.contenders if one.trained and one.seeds == 1]
    return replace(comparison, notes=tuple(plain_words(comparison, alone)))


def _primary(field: Field, asked: Settings) -> str:
    names = [one.name for one in field.metrics]
    if not names:
        raise UsageError("there is no metric to compare on")
    if asked.primary is not None:
        return _require_known(asked.primary, names, "metric")
    return next((name for name in field.primary if name in names), names[0])


def _clusters(field: Field, asked: Settings) -> dict[str, NDArray[np.int64]]:
    if asked.clusters is None:
        return dict(field.clusters)
    for name in asked.clusters:
        _require_known(name, list(field.clusters), "column of clusters")
    return {name: field.clusters[name] for name in asked.clusters}


def _require_known(name: str, known: Sequence[str], what: str) -> str:
    if name not in known:
        raise UsageError(f"there is no {what} {name!r} here. {did_you_mean(name, known)}")
    return name


class _OneMetric:
    """All pairs on one metric."""

    def __init__(
        self,
        field: Field,
        metric: Metric,
        clusters: Clustering,
        asked: Settings,
    ) -> None:
        self._metric, self._asked, self._clusters = metric, asked, clusters
        self._all = field.contenders
        systems = [(one, one.system(metric)) for one in field.contenders]
        kept = [(one, system) for one, system in systems if system is not None]
        self._contenders = [one for one, _ in kept]
        self._systems = [system for _, system in kept]
        self._found = differences(
            self._systems, clusters.plan, alpha=asked.alpha, trials=asked.trials, seed=asked.seed
        )
        self._tests = [
            [choose_test(a, b, metric, clusters) for b in self._contenders]
            for a in self._contenders
        ]
        self._p = tested(
            metric, self._contenders, self._tests, self._found, self._systems, clusters, asked
        )
        self._adjusted, self._level = self._adjust()
        self._resampled = self._resample()

    def _adjust(self) -> tuple[Floats, float]:
        """Adjusted p-values, and the level at which a pair's own p-value is to be read."""
        found, alpha, first = self._found, self._asked.alpha, self._upper()
        if self._asked.adjust == "max-t":
            return np.maximum(found.p_adjusted, self._p), found.level
        if self._asked.adjust == "none":
            return self._p.copy(), alpha
        adjusted = np.ones_like(self._p)
        method = holm if self._asked.adjust == "holm" else benjamini_hochberg
        adjusted[first] = method(self._p[first])
        adjusted = np.minimum(adjusted, adjusted.T)
        rejected = self._p[first][adjusted[first] <= alpha]
        pairs = max(len(first[0]), 1)
        return adjusted, float(rejected.max()) if rejected.size else alpha / pairs

    def _upper(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        return np.triu_indices(len(self._contenders), k=1)

    def _resample(self) -> Floats | None:
        """Scores on resamples, [trials, s]; None where the bootstrap does not hold."""
        single = all(one.seeds == 1 for one in self._contenders)
        if not (self._asked.bootstrap and single and self._contenders):
            return None
        if self._metric.kind == "set":
            return None
        signature = self._metric.signature
        rows = np.stack([one.rows[signature][0] for one in self._contenders], axis=1)
        columns, trials, seed = self._clusters.plan.columns, self._asked.trials, self._asked.seed
        return bootstrap(rows, self._metric.score, trials=trials, seed=seed, clusters=columns)

    def _rope(self) -> float | None:
        return (self._asked.rope or {}).get(self._metric.name)

    def result(self, *, primary: bool) -> MetricResult:
        """The metric itself."""
        metric = self._metric
        return MetricResult(
            name=metric.name,
            signature=metric.signature,
            higher_is_better=metric.higher_is_better,
            scale=metric.scale,
            primary=primary,
            units=self._found.units,
            level=self._level,
            rope=self._rope(),
        )

    def pairs(self) -> list[PairResult]:
        """One result for each two systems, in the order in which they were given."""
        alone, every = self._intervals(self._asked.alpha), self._intervals(self._level)
        return [
            self._pair(int(a), int(b), alone, every) for a, b in zip(*self._upper(), strict=True)
        ]

    def _intervals(self, alpha: float) -> tuple[Floats, Floats]:
        """Ends of all pairs' intervals with this error rate."""
        return replace(self._found, alpha=alpha).interval()

    def _pair(
        self, a: int, b: int, alone: tuple[Floats, Floats], every: tuple[Floats, Floats]
    ) -> PairResult:
        found, rope = self._found, self._rope()
        delta, error = float(found.delta[a, b]), float(found.error[a, b])
        freedom = float(found.freedom[a, b])
        known = bool(np.isfinite(error))
        ci = (float(alone[0][a, b]), float(alone[1][a, b])) if known else None
        low, high = ci or (None, None)
        verdict = None
        if rope is not None:
            verdict = rope_verdict(low, high, rope)
        return PairResult(
            a=self._contenders[a].label,
            b=self._contenders[b].label,
            metric=self._metric.name,
            delta=delta,
            ci=ci,
            ci_all=(float(every[0][a, b]), float(every[1][a, b])) if known else None,
            error=error if known else None,
            freedom=freedom,
            p=float(self._p[a, b]),
            p_adj=float(self._adjusted[a, b]),
            q=None,
            test=self._tests[a][b],
            dz=delta / (error * np.sqrt(found.units)) if known and error > 0 else None,
            detectable=error * _detectable(freedom, self._asked.alpha)
            if known and error > 0
            else None,
            rope=verdict,
            bootstrap=self._audit(a, b, delta),
        )

    def _audit(self, a: int, b: int, delta: float) -> Audit | None:
        if self._resampled is None:
            return None
        gaps = self._resampled[:, a] - self._resampled[:, b]
        bounds = bootstrap_interval(gaps, 1 - self._asked.alpha)
        return None if bounds is None else Audit(*bounds, bootstrap_p(gaps, delta))

    def ranks(self) -> list[SystemResult]:
        """All systems, the best first; those that attempted nothing last."""
        metric, plan = self._metric, self._clusters.plan
        sign = -1.0 if metric.higher_is_better is False else 1.0
        values = sign * np.array([np.mean(one.values) for one in self._systems])
        differ = self._adjusted <= self._asked.alpha
        places = rank_intervals(values, differ)
        letters = tie_letters(values, differ)
        ranked = metric.higher_is_better is not None
        results = []
        order = sorted(range(len(values)), key=lambda at: (-values[at], self._contenders[at].label))
        for at in order:
            bounds = system_interval(
                self._systems[at], plan, alpha=self._asked.alpha, bounds=metric.bounds
            )
            results.append(
                SystemResult(
                    system=self._contenders[at].label,
                    metric=metric.name,
                    value=float(np.mean(self._systems[at].values)),
                    ci=bounds,
                    seeds=self._contenders[at].seeds,
                    best=places[at].best if ranked else None,
                    worst=places[at].worst if ranked else None,
                    letters=letters[at],
                )
            )
        here = {one.label for one in self._contenders}
        for one in self._all:
            if one.label not in here:
                blank = SystemResult(one.label, metric.name, None, None, one.seeds, None, None, "")
                results.append(blank)
        return results


@lru_cache(maxsize=4096)
def _detectable(freedom: float, alpha: float) -> float:
    """Smallest difference that is found with a power of 80 %, in standard errors."""
    return detectable_difference(1.0, freedom, alpha=alpha)


def _with_q(pairs: Sequence[PairResult], primary: str) -> list[PairResult]:
    """The pairs of all metrics but the primary one adjusted for each other as well."""
    others = [at for at, one in enumerate(pairs) if one.metric != primary]
    q = benjamini_hochberg([pairs[at].p for at in others])
    found = list(pairs)
    for at, value in zip(others, q.tolist(), strict=True):
        found[at] = replace(found[at], q=value)
    return found
