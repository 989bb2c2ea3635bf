"""The cells of all tables, alike in every format, before escaping."""

from __future__ import annotations

from collections.abc import Sequence

from showcase_bench.compare.results import Comparison, MetricResult, PairResult, SystemResult
from showcase_bench.formatting import format_number, format_p

__all__ = [
    "LEFT_OUT",
    "MOST_PAIRS",
    "arrow",
    "interval_text",
    "ordered_metrics",
    "pair_cells",
    "pair_heads",
    "rank_text",
    "shown_pairs",
    "system_cells",
    "system_heads",
]

MOST_PAIRS = 30
"""With more pairs only those of the primary metric are written out, in all formats but JSON."""

LEFT_OUT = "The pairs are many; all of them are in the JSON report."

_DASH = "–"


def ordered_metrics(comparison: Comparison) -> list[MetricResult]:
    """The primary metric first."""
    return sorted(comparison.metrics, key=lambda one: not one.primary)


def arrow(metric: MetricResult) -> str:
    """Arrow to the better side."""
    return {True: "↑", False: "↓", None: ""}[metric.higher_is_better]


def interval_text(interval: tuple[float, float] | None) -> str:
    """``[low, high]``, or a dash."""
    if interval is None:
        return _DASH
    like = max(abs(end) for end in interval)
    return f"[{format_number(interval[0], like)}, {format_number(interval[1], like)}]"


def rank_text(one: SystemResult) -> str:
    """``3`` or ``2-5``, or a dash."""
    if one.best is None:
        return _DASH
    return str(one.best) if one.best == one.worst else f"{one.best}-{one.worst}"


def system_heads(comparison: Comparison) -> list[str]:
    """Heads of the table of systems; seeds are told where any system has more than one."""
    heads = ["rank", "letters", "system", "value", f"{1 - comparison.alpha:.0%} interval"]
    return heads + ["seeds"] * any(one.seeds > 1 for one in comparison.ranks)


def system_cells(heads: Sequence[str], one: SystemResult) -> list[str]:
    """Cells under these heads."""
    value = _DASH if one.value is None else format_number(one.value)
    cells = [rank_text(one), one.letters, one.system, value, interval_text(one.ci)]
    return [*cells, str(one.seeds)][: len(heads)]


def pair_heads(comparison: Comparison, pairs: Sequence[PairResult]) -> list[str]:
    """Heads of a table of pairs; columns that all pairs leave empty are not there."""
    share = f"{1 - comparison.alpha:.0%}"
    heads = ["a", "b", "a − b", f"{share} interval", f"all {share} at once", "p", "p_adj"]
    heads += ["q"] * any(one.q is not None for one in pairs)
    heads += ["dz", "detectable"]
    heads += ["ROPE"] * any(one.rope is not None for one in pairs)
    heads += ["bootstrap", "bootstrap p"] * any(one.bootstrap is not None for one in pairs)
    return heads


def pair_cells(heads: Sequence[str], one: PairResult) -> list[str]:
    """Cells under these heads."""
    audit = one.bootstrap
    cells = {
        "a": one.a,
        "b": one.b,
        "a − b": format_number(one.delta),
        "p": format_p(one.p),
        "p_adj": format_p(one.p_adj),
        "q": format_p(one.q),
        "dz": _DASH if one.dz is None else f"{one.dz:.3f}",
        "detectable": _DASH if one.detectable is None else format_number(one.detectable),
        "ROPE": one.rope or _DASH,
        "bootstrap": _DASH if audit is None else interval_text((audit.low, audit.high)),
        "bootstrap p": format_p(None if audit is None else audit.p),
    }
    ends = {3: interval_text(one.ci), 4: interval_text(one.ci_all)}
    return [ends.get(at, "") or cells[head] for at, head in enumerate(heads)]


def shown_pairs(comparison: Comparison, metric: MetricResult) -> tuple[PairResult, ...]:
    """Pairs to write out; none of an exploratory metric where there are many."""
    pairs = comparison.pairs_of(metric.name)
    return pairs if metric.primary or len(pairs) <= MOST_PAIRS else ()
