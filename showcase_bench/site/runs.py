"""Chunks of runs: where a system's numbers come from, what they cost, how it learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from showcase_bench.evaluate import StoredRun
from showcase_bench.site.chunks import ChunkWriter, round_value
from showcase_bench.site.contents import Contents
from showcase_bench.types import Progress

__all__ = ["write_runs"]

_MOST_POINTS = 120
"""Points of a learning curve that are drawn; of longer ones every second, third ... of a split."""
_CURVE_DIGITS = 4


def write_runs(contents: Contents, writer: ChunkWriter, progress: Progress) -> None:
    """Write ``runs/<system>`` and ``costs`` of all systems by seed.

    The first of a system's runs has its whole record, the others what differs by seed.

    Raises
    ------
    StoreError
        A learning curve is missing or damaged.
    """
    for number, system in enumerate(progress.track(contents.systems, label="Runs")):
        writer.packed(
            f"runs/{number}", [_run(run, whole=run is system.runs[0]) for run in system.runs]
        )
    costs = [[_cost(run) for run in system.runs] for system in contents.systems]
    writer.packed("costs", costs)


def _cost(run: StoredRun) -> dict[str, float | int | None]:
    return {name: round_value(value) for name, value in asdict(run.record.timings).items()}


_OF_SEED = ("id", "created", "timings")
"""Fields of the record that pages show of every seed."""


def _run(run: StoredRun, *, whole: bool) -> dict[str, Any]:
    record = asdict(run.record)
    scores = [
        {
            "name": one.name,
            "value": round_value(one.value),
            "low": None if one.interval is None else round_value(one.interval.low),
            "high": None if one.interval is None else round_value(one.interval.high),
            "scored": one.n_scored,
            "unscored": one.n_unscored,
        }
        for one in run.record.scores
    ]
    curve = _curve(run.curve())
    if not whole:
        kept = {name: record[name] for name in _OF_SEED}
        kept["inputs"] = {"seed": run.record.inputs.seed}
        return {**kept, "scores": [{"value": one["value"]} for one in scores], "curve": curve}
    left_out = ("scores", "levels", "primary")
    kept = {name: value for name, value in record.items() if name not in left_out}
    return {**kept, "scores": scores, "curve": curve}


def _curve(points: Sequence[Mapping[str, Any]] | None) -> dict[str, Any] | None:
    """A learning curve by split and column; None where there is none."""
    if not points:
        return None
    by_split: dict[str, list[Mapping[str, Any]]] = {}
    for point in points:
        by_split.setdefault(str(point.get("split")), []).append(point)
    return {split: _columns(found) for split, found in by_split.items()}


def _columns(points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    step = -(-len(points) // _MOST_POINTS)
    # Counted from the end, so that the last point is always there.
    kept = points[(len(points) - 1) % step :: step]
    names = dict.fromkeys(name for point in kept for name in point if name != "split")
    return {
        "of": len(points),
        "columns": {name: [_number(point.get(name)) for point in kept] for name in names},
    }


def _number(value: object) -> float | int | None:
    """A finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round_value(value, _CURVE_DIGITS) if abs(value) < float("inf") else None
