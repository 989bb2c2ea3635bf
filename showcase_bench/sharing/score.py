"""Scoring what participants submit, with the private half."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from showcase_bench.datasets.tasks import Places
from showcase_bench.errors import UsageError
from showcase_bench.evaluate import Scorer, Workspace, frame_of_workspace
from showcase_bench.evaluate.executors import Executor
from showcase_bench.evaluate.runs.records import Levels
from showcase_bench.metrics import Metric
from showcase_bench.sharing.gate import read_submission
from showcase_bench.sharing.halves import PrivateHalf, private_task
from showcase_bench.sharing.parts import divide, rows_of, within
from showcase_bench.types import NoProgress, Progress, Score

__all__ = ["PrivateScores", "needs_photos", "score_private"]

_NO_PROGRESS = NoProgress()


@dataclass(frozen=True)
class PrivateScores:
    """Scores of a submission."""

    facts: Mapping[str, Any]
    """Task, split, part and number of rows."""
    scores: tuple[Score, ...]
    levels: Mapping[str, Levels]
    left_out: tuple[str, ...]
    """Metrics of the task that need photos, where there are none."""
    unreadable: Mapping[str, str]
    """Photos that could not be read, and why."""


def needs_photos(metric: Metric) -> bool:
    """Whether a metric looks at pixels."""
    return "features" in metric.needs


def score_private(
    private: PrivateHalf,
    predictions: Path,
    *,
    metrics: Sequence[str] | None = None,
    part: str | None = None,
    photos: Path | None = None,
    places: Places | None = None,
    shown_as: str | None = None,
    progress: Progress = _NO_PROGRESS,
    executor: Executor | None = None,
) -> PrivateScores:
    """Score predictions that were made on the public half.

    The numbers are those of the original split: its ids, its order and its pools are restored
    before anything is computed.

    Parameters
    ----------
    predictions
        One JSON object ``{"id", "image_ids", "text"}`` a line, with public ids; every query of the
        public half once, whatever part is scored.
    metrics
        Names or specs; None stands for the task's, without those that need photos where there are
        none.
    part
        Score only this part of the cut; None scores all rows whose gold the half holds.
    photos
        The public half, for metrics that need photos; see :func:`private_task`.
    shown_as
        How messages name the file.
    executor
        Scores many examples in other processes, where all rows are scored; those of a part are
        scored in this one.

    Raises
    ------
    PredictionError
        The predictions break the format; all problems at once.
    UsageError
        The half has not the part's gold, or a metric that was asked for needs photos.
    """
    workspace = Workspace.open(private_task(private, photos), places=places, progress=progress)
    chosen, left_out = _chosen(workspace, metrics, photos)
    frame = frame_of_workspace(workspace, progress)
    asked = _part(private, part)
    if asked is not None:
        frame = within(frame, rows_of(divide(frame.ids, private.cut, private.names), asked))
    public = [private.public_query(query) for query in workspace.queries]
    answers = read_submission(predictions, public, shown_as=shown_as)
    scored = frozenset(frame.ids)
    pairs = zip(workspace.queries, answers, strict=True)
    showcases = [private.original_showcase(*pair) for pair in pairs if pair[0].id in scored]
    scorer = Scorer(frame, chosen, executor=executor)
    scores = scorer.score(showcases, progress=progress).scores
    half = private.half
    facts = {
        "task": half.task,
        "version": half.version,
        "split": half.split,
        "part": asked,
        "data_sha256": half.data_sha256,
        "n": len(showcases),
    }
    levels = scorer.levels
    return PrivateScores(facts, scores, levels, left_out, scorer.unreadable)


def _chosen(
    workspace: Workspace, names: Sequence[str] | None, photos: Path | None
) -> tuple[tuple[Metric, ...], tuple[str, ...]]:
    """What to score, and which metrics of the task cannot be scored for want of photos."""
    wanted = workspace.metrics if names is None else workspace.parse_metrics(names)
    if photos is not None:
        return wanted, ()
    lacking = tuple(metric.name for metric in wanted if needs_photos(metric))
    if lacking and names is not None:
        raise UsageError(
            f"{', '.join(lacking)} cannot be scored without photos; name the public half with "
            "--images"
        )
    return tuple(metric for metric in wanted if not needs_photos(metric)), lacking


def _part(private: PrivateHalf, part: str | None) -> str | None:
    kept = private.half.kept
    if kept is not None and part not in (None, kept):
        raise UsageError(f"{private.folder} holds the gold of part {kept!r} only, not of {part!r}")
    return part or kept
