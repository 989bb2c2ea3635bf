"""Statistics of all pairs of systems, computed beforehand where there are not too many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from showcase_bench.compare import Comparison, Settings, compare, field_of_runs
from showcase_bench.compare.results import PairResult
from showcase_bench.site.chunks import ChunkWriter, round_value
from showcase_bench.site.contents import Contents
from showcase_bench.types import Progress

__all__ = ["MOST_SYSTEMS", "write_pairs"]

MOST_SYSTEMS = 60
"""Above it the pairs are left to ``showcase-bench compare``, and the page says so."""
_DIGITS = 3


def write_pairs(
    contents: Contents, writer: ChunkWriter, progress: Progress, most: int = MOST_SYSTEMS
) -> dict[str, Any]:
    """Write ``pairs/<metric>``, by column, and return what the page says of them.

    Intervals lie evenly about their difference, so half of their width stands for both ends.
    Numbers have the digits that pages show, and one more.
    """
    told: dict[str, Any] = {"offered": False, "most": most, "notes": []}
    number = len(contents.systems)
    if number > most or number < 2:
        return told
    runs = [run for system in contents.systems for run in system.runs]
    names = [one.column.signature for one in contents.metrics]
    found = compare(field_of_runs(runs, names), Settings(), progress)
    for at, shown in enumerate(contents.metrics):
        pairs = found.pairs_of(shown.column.name)
        writer.packed(f"pairs/{at}", _chunk(contents, found, pairs, shown.column.name))
    told["offered"] = True
    told["notes"] = [note for note in found.notes if " has no " not in note]
    return told


def _chunk(
    contents: Contents, found: Comparison, pairs: Sequence[PairResult], name: str
) -> dict[str, Any]:
    tests: dict[str, int] = {}
    metric = next(one for one in found.metrics if one.name == name)
    return {
        "a": [contents.numbers[one.a] for one in pairs],
        "b": [contents.numbers[one.b] for one in pairs],
        "delta": [round_value(one.delta, _DIGITS + 1) for one in pairs],
        "half": [_half(one.ci) for one in pairs],
        "half_all": [_half(one.ci_all) for one in pairs],
        "p": [_not_less(one.p) for one in pairs],
        "adjusted": [_not_less(one.p_adj) for one in pairs],
        "detectable": [round_value(one.detectable, _DIGITS) for one in pairs],
        "test": [tests.setdefault(one.test, len(tests)) for one in pairs],
        "tests": list(tests),
        "units": metric.units,
        "level": metric.level,
    }


def _half(ends: tuple[float, float] | None) -> float | int | None:
    return None if ends is None else round_value((ends[1] - ends[0]) / 2, _DIGITS)


def _not_less(p: float | None) -> float | None:
    """Four decimals, rounded up: no p comes to lie on another side of 0.05."""
    return None if p is None else math.ceil(p * 1e4 - 1e-9) / 1e4
