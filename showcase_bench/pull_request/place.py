"""The place of runs that are not stored among those that are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from showcase_bench.evaluate import RunRecord, RunStore, StoredRun
from showcase_bench.evaluate.runs.store import RunFiles
from showcase_bench.files import scratch_folder
from showcase_bench.leaderboard import Board, build_board
from showcase_bench.metrics import Metric

__all__ = ["board_with", "within_metrics", "without_encoders"]

_LIGHT_ENCODERS = (None, "color-layout")
"""Those that need neither weights nor a package of an extra."""


def board_with(runs: Sequence[StoredRun], new: Sequence[tuple[RunRecord, RunFiles]]) -> Board:
    """The board of ``runs`` and of ``new`` ones, which take the place of runs of equal ids.

    Raises as :func:`~showcase_bench.leaderboard.build_board`.
    """
    ids = {record.id for record, _ in new}
    others = [run for run in runs if run.record.id not in ids]
    with scratch_folder() as folder:
        store = RunStore(folder)
        return build_board([*others, *(store.write(record, files) for record, files in new)])


def without_encoders(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """The metrics that the base install computes from predictions alone."""
    return tuple(
        one
        for one in metrics
        if one.kind != "run"
        and one.needs.isdisjoint({"embeddings", "swaps"})
        and getattr(one, "encoder", None) in _LIGHT_ENCODERS
    )


def within_metrics(runs: Sequence[StoredRun], metrics: Collection[Metric]) -> list[StoredRun]:
    """The runs as if they had been scored with no other metrics; what is stored stays."""
    kept = {one.signature for one in metrics}
    return [
        replace(
            run,
            record=replace(
                run.record,
                scores=tuple(score for score in run.record.scores if score.signature in kept),
            ),
        )
        for run in runs
    ]
