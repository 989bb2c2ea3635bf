"""How an audit is said: signs, numbers and the notes on how to read it, alike in every format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from showcase_bench.audit.response import LITTLE
from showcase_bench.audit.results import Audit, Cell, MetricFacts, Response, Verdict

__all__ = [
    "MEANINGS",
    "SIGNS",
    "Tone",
    "arrow",
    "cell_text",
    "interval_text",
    "notes",
    "number",
    "percent",
    "tone",
]

SIGNS: Mapping[Verdict, str] = {
    "sees": "✓",
    "rewards": "✗",
    "moves": "↕",
    "blind": "·",
    "constant": "=",
    "unknown": "?",
}
MEANINGS: Mapping[Verdict, str] = {
    "sees": "the fault makes the metric worse, as it should",
    "rewards": "the fault makes the metric better",
    "moves": "the metric changes; it has no better direction",
    "blind": "the metric stays: the 95 % interval of the change covers 0, or the change is below "
    f"{100 * LITTLE:g} % of the metric's largest",
    "constant": "no fault moves the metric",
    "unknown": "the metric has no value under the fault, or its change no interval",
}


class Tone(NamedTuple):
    """Colour of a cell."""

    kind: str
    """``worse``, ``better``, ``moves`` or ``none``."""
    depth: int
    """From 0, no colour, to 10."""


def tone(metric: MetricFacts, cell: Cell) -> Tone:
    """Colour of a cell by its response at the largest strength; none where it is not sure."""
    response = cell.full.response
    if response is None or cell.verdict in ("blind", "unknown"):
        return Tone("none", 0)
    depth = round(10 * min(abs(response), 1.0))
    if metric.higher_is_better is None:
        return Tone("moves", depth)
    return Tone("better" if (response > 0) == metric.higher_is_better else "worse", depth)


def cell_text(cell: Cell) -> str:
    """Sign and response in percent, such as ``✓ −83``; the sign alone where there is none."""
    response = cell.full.response
    if response is None:
        return SIGNS[cell.verdict]
    return f"{SIGNS[cell.verdict]} {percent(response)}"


def percent(response: float) -> str:
    """A response in whole percent, with its sign."""
    whole = round(100 * response)
    return "0" if whole == 0 else f"{whole:+d}".replace("-", "−")


def number(value: float | None, *, signed: bool = False) -> str:
    """Four significant digits; a dash for None."""
    if value is None:
        return "–"
    return f"{value:+.4g}" if signed and value else f"{value:.4g}"


def interval_text(one: Response) -> str:
    """``[low, high]`` of the difference, or a dash."""
    if one.low is None or one.high is None:
        return "–"
    return f"[{number(one.low, signed=True)}, {number(one.high, signed=True)}]"


def arrow(metric: MetricFacts) -> str:
    """Arrow to the better side; empty where neither is better."""
    return {True: "↑", False: "↓", None: ""}[metric.higher_is_better]


def notes(audit: Audit) -> tuple[str, ...]:
    """How to read it."""
    shares = ", ".join(f"{one:g}" for one in audit.strengths)
    return (
        "The references themselves are scored as predictions: the photos of the review that are in "
        "the pool, as many as may be shown, and its text. Each fault then spoils them in one way, "
        f"at the strengths {shares}: shares of the examples, or of the words of each text. What is "
        "spoilt at one strength is spoilt at every larger one.",
        "A number is the change of the metric at the largest strength, in percent of the largest "
        "change that any fault makes to it. Percentages of different metrics cannot be compared; "
        "those of different faults under one metric can.",
        "Differences are paired: their 95 % intervals come from the difference of each example's "
        "influence, clustered by user and business. Each stands alone: of twenty faults that "
        "change nothing, one is expected to seem to.",
        "A metric ought to be blind where a fault does not concern it: metrics of photos to faults "
        "of texts, and metrics of how well text and user go together to unrelated-words.",
        "References differ from predictions in that they are perfect. What a metric does to the "
        "difference between two middling systems may be another matter.",
    )
