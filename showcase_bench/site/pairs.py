"""Statistics of all pairs of systems, computed beforehand where there are not too many."""

from __future__ import annotations

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


def write_pairs(
    contents: Contents, writer: ChunkWriter, progress: Progress, most: int = MOST_SYSTEMS
) -> dict[str, Any]:
    """Write ``pairs/<metric>`` and return what the page says of them.

    Intervals lie evenly about their difference, so half of their width stands for both ends.
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
    rows = [
        [
            contents.numbers[one.a],
            contents.numbers[one.b],
            round_value(one.delta),
            _half(one.ci),
            _half(one.ci_all),
            round_value(one.p),
            round_value(one.p_adj),
            round_value(one.q),
            round_value(one.detectable),
            tests.setdefault(one.test, len(tests)),
        ]
        for one in pairs
    ]
    metric = next(one for one in found.metrics if one.name == name)
    return {"pairs": rows, "tests": list(tests), "units": metric.units, "level": metric.level}


def _half(ends: tuple[float, float] | None) -> float | int | None:
    return None if ends is None else round_value((ends[1] - ends[0]) / 2)
