"""Metrics by group."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, get_args

from showcase_bench.metrics.base import Group, Metric
from showcase_bench.metrics.parse import METRICS, parse_metric

__all__ = ["ALL", "GROUPS", "describe_metrics", "expand_metrics", "metrics_within"]

ALL = "all"
GROUPS: dict[str, Group] = {group.replace(" ", "-"): group for group in get_args(Group)}
"""The name of each group on the command line."""


def expand_metrics(names: Iterable[str], default_k: int = 3) -> tuple[Metric, ...]:
    """Metrics of a list of names, specs, signatures, groups and ``all``, each once.

    A group holds every registered metric of the group at its defaults; broken ones are left out
    (``showcase-bench list metrics`` shows them). Raises as :func:`parse_metric`.
    """
    found: dict[Metric, None] = {}
    for name in names:
        if name == ALL or name in GROUPS:
            wanted = [GROUPS[name]] if name != ALL else list(GROUPS.values())
            found.update(dict.fromkeys(m for g in wanted for m in _members(g, default_k)))
        else:
            found[parse_metric(name, default_k)] = None
    return tuple(found)


def metrics_within(needs: Collection[str], default_k: int = 3) -> tuple[Metric, ...]:
    """Every registered metric that needs nothing else, at its defaults."""
    return tuple(one for one in expand_metrics([ALL], default_k) if one.needs <= set(needs))


def describe_metrics() -> list[dict[str, Any]]:
    """What there is to know about every registered metric, by group and name.

    A broken one has its ``problem`` in place of the rest.
    """
    rows = [_describe(name) for name in METRICS]
    order = {group: place for place, group in enumerate(GROUPS.values())}
    return sorted(rows, key=lambda row: (order.get(row["group"], len(order)), row["name"]))


def _describe(name: str) -> dict[str, Any]:
    origin = METRICS.origins(name)[0]
    source = {
        "target": origin.target,
        "distribution": origin.distribution,
        "version": origin.version,
    }
    problem = METRICS.problem(name)
    if problem is not None:
        unknown = dict.fromkeys(("group", "scale", "direction", "cost", "oracle"), "–")
        return {"name": name, **unknown, "summary": f"BROKEN: {problem}", **source}
    metric = parse_metric(name)
    direction = {True: "higher", False: "lower", None: "neither"}[metric.higher_is_better]
    return {
        "name": metric.short_name,
        "group": metric.group,
        "scale": metric.scale,
        "direction": direction,
        "cost": metric.cost,
        "oracle": metric.oracle or "–",
        "summary": metric.summary,
        "signature": metric.signature,
        "needs": sorted(metric.needs),
        "citation": metric.citation,
        **source,
    }


def _members(group: Group, default_k: int) -> list[Metric]:
    working = [name for name in METRICS if METRICS.problem(name) is None]
    metrics = [parse_metric(name, default_k) for name in working]
    return [metric for metric in metrics if metric.group == group]
