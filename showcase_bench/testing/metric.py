"""``check_metric``: the contract of metrics, rule by rule."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import MappingProxyType

from showcase_bench.errors import UsageError
from showcase_bench.metrics import METRICS, Metric, parse_metric
from showcase_bench.spec import parse_spec
from showcase_bench.testing.batches import Stage
from showcase_bench.testing.findings import Report, told
from showcase_bench.testing.metric_facts import (
    declaration_problems,
    signature_problems,
    value_problems,
)
from showcase_bench.testing.metric_rules import check_numbers

__all__ = ["METRIC_RULES", "check_metric"]

METRIC_RULES: Mapping[str, str] = MappingProxyType(
    {
        "declarations": "kind, bounds, direction, scale, needs and the like are declared and valid",
        "value": "it is an immutable value: hashable, equal to its copies, can be pickled",
        "signature": "its name and its signature parse back into it",
        "statistics": "statistics() gives finite float64 rows, one an example, all of one width",
        "hard-rows": "empty, Unicode and long texts, no references, unreadable photos stop nothing",
        "empty": "no examples give no rows, and NaN as the score",
        "bounds": "every score is within the declared bounds, or NaN",
        "direction": "what is right does not score worse than what is wrong",
        "missing": "where nothing was attempted it scores its worst value, or nothing",
        "scored": "scored() is False where nothing was attempted; bool, one an example",
        "additive": "rows of parts are those of the whole, and their sums score alike",
        "order": "an example has the same row wherever it stands",
        "vectorised": "score() works over any leading axes",
        "influence": "influence() has one number an example, sums to zero, and predicts changes",
        "inputs-untouched": "what it looks at stays as it was, and its rows are its own",
        "global-randomness": "the global random state is as it was, and does not matter",
    }
)
"""What :func:`check_metric` checks, by the names that findings bear. ``additive`` and the last part
of ``influence`` are not asked of metrics of kind ``set``, whose rows hold for one set only."""


def check_metric(
    metric: str | Metric | Callable[..., Metric],
    *,
    cache: Path | None = None,
    skip: Collection[str] = (),
) -> None:
    """Put a metric through the kit's examples and raise if it breaks its contract.

    Photos and texts are embedded by hashes, for any encoder; no weights are loaded.

    Parameters
    ----------
    metric
        A registered name, spec or signature; or a metric; or its class, or a function that builds
        one, which need not be registered.
    cache
        Folder where tokens and tables may be kept between calls; only METEOR gains much by it.
    skip
        Keys of :data:`METRIC_RULES` whose findings are not wanted.

    Raises
    ------
    ConformanceError
        Rules are broken; lists the findings.
    UsageError
        ``metric`` gives no metric, or ``skip`` names no rule.
    RegistryError, MissingDependencyError
        A name cannot be found or loaded.
    """
    made, factory = _made(metric)
    report = Report(f"metric {made.label!r}", METRIC_RULES, skip)
    for rule, problems in (
        ("declarations", declaration_problems(made)),
        ("value", value_problems(made)),
        ("signature", signature_problems(made, factory)),
    ):
        for problem in problems:
            report.add(rule, problem)
    if not any(one.rule == "declarations" for one in report.findings):
        try:
            check_numbers(report, made, Stage(cache))
        except Exception as error:  # a stranger's metric may fail in any way
            report.add("statistics", f"raised {told(error)}")
    report.raise_if_any()


def _made(metric: str | Metric | Callable[..., Metric]) -> tuple[Metric, Callable[..., Metric]]:
    """The metric, and what builds it from its parameters."""
    if isinstance(metric, str):
        found = parse_metric(metric)
        name = parse_spec(found.short_name).name
        return found, METRICS.get(name) if name in METRICS else type(found)
    if isinstance(metric, Metric):
        return metric, type(metric)
    found = metric() if callable(metric) else metric
    if not isinstance(found, Metric):
        raise UsageError(
            f"{metric!r} gives no metric: pass a name, a metric, its class, or a function that "
            "builds one and needs no arguments"
        )
    return found, metric
