"""``showcase-bench score``: the numbers of a file of predictions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from showcase_bench.cli.console import BarProgress, print_json, say, table_console, warn_of_photos
from showcase_bench.cli.executor_options import ExecutorRequest, executor_options
from showcase_bench.cli.log_file import log_option
from showcase_bench.cli.options import (
    METRIC_GROUPS,
    NameList,
    TaskRequest,
    common_options,
    task_options,
)
from showcase_bench.cli.systems import metrics_of_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showcase_bench.evaluate.runs.records import Levels
    from showcase_bench.types import Score

__all__ = ["command", "print_scores", "score_json"]

EPILOG = """\b
Examples:
  showcase-bench score preds.jsonl
  showcase-bench score preds.jsonl --data gest.json --split test --json
  showcase-bench score preds.jsonl --metrics 'precision@3,n-gram,sacrebleu(tok=none)'
  showcase-bench score texts.jsonl --references refs.jsonl
  showcase-bench score preds.jsonl --data big/data.json --jobs 8
  showcase-bench score preds.jsonl --private out/private --part validation
"""


@click.command("score", epilog=EPILOG)
@click.argument("predictions", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--metrics",
    type=NameList("metrics", *METRIC_GROUPS),
    help="Metric names, specs, signatures or groups "
    f"({', '.join(METRIC_GROUPS)}), with commas between. "
    "[default: the task's; with --references all that need texts only and no encoder]",
)
@click.option(
    "--references",
    type=click.Path(path_type=Path, dir_okay=False),
    help='Score texts against these instead of a task: {"id", "references": [...]} a line.',
)
@click.option(
    "--private",
    type=click.Path(path_type=Path, file_okay=False),
    help="Score what was predicted on the public half of a shared task, with its private half; "
    "--images names the public half, for metrics that need photos.",
)
@click.option("--part", metavar="NAME", help="Part of a shared task's cut. [default: all rows]")
@task_options
@log_option
@executor_options(
    "Processes that score many examples. [default: the cores, at most 4; 1 beside a GPU]"
)
@common_options
def command(
    predictions: Path,
    metrics: str | None,
    references: Path | None,
    private: Path | None,
    part: str | None,
    as_json: bool,
    quiet: bool,
    request: TaskRequest,
    away: ExecutorRequest,
) -> None:
    """Score PREDICTIONS, one JSON object {"id", "image_ids", "text"} a line, plain, .gz or .zst.

    Every id of the split, or of the file of references, must occur once, in any order. All
    problems of the file are reported at once, with their lines and fields; then nothing is scored.
    """
    from showcase_bench.errors import UsageError

    hushed = quiet or as_json
    if private is None and part is not None:
        raise UsageError("--part goes with --private")
    if private is not None:
        if references is not None:
            raise UsageError("--private and --references exclude each other: give one of them")
        facts, scores, levels = _score_private(
            predictions, metrics, private, part, request, away, hushed=hushed
        )
    elif references is None:
        facts, scores, levels = _score_task(predictions, metrics, request, away, hushed=hushed)
    else:
        request.require_no_task("--references")
        facts, scores = _score_texts(predictions, metrics, references, request, away, hushed=hushed)
        levels = {}
    if as_json:
        found = {score.name: score_json(score, levels.get(score.name)) for score in scores}
        print_json({**facts, "metrics": found})
        return
    title = f"{predictions.name} on {facts.get('task') or facts['references']}"
    print_scores(title, scores, levels)
    units = "clustered by user and business" if references is None else "examples independent"
    say(f"value with its 95 % interval, {units}", quiet=quiet)


def _score_task(
    predictions: Path,
    metrics: str | None,
    request: TaskRequest,
    away: ExecutorRequest,
    *,
    hushed: bool,
) -> tuple[dict[str, Any], Sequence[Score], Mapping[str, Levels]]:
    from showcase_bench.evaluate import Scorer, Workspace, frame_of_workspace
    from showcase_bench.evaluate.executors.base import spool_folder
    from showcase_bench.evaluate.stages import StageClock
    from showcase_bench.spec import split_list
    from showcase_bench.submission import Examples, open_predictions

    with BarProgress(quiet=hushed) as progress, away.open() as executor:
        workspace = Workspace.open(request.resolve(), places=request.places(), progress=progress)
        chosen = workspace.metrics
        if metrics is not None:
            chosen = workspace.parse_metrics(split_list(metrics))
        folder = spool_folder(executor, workspace.cache)
        showcases = open_predictions(predictions, Examples.of_workspace(workspace), folder)
        scorer = Scorer(frame_of_workspace(workspace, progress), chosen, executor=executor)
        with StageClock(task=workspace.task.name).stage("score"):
            scores = scorer.score(showcases, progress=progress).scores
            levels = scorer.levels
    warn_of_photos(scorer.unreadable, quiet=hushed)
    task = workspace.task
    facts = {
        "task": task.name,
        "version": task.version,
        "split": task.split,
        "data_sha256": workspace.dataset.revision,
        "n": len(showcases),
    }
    return facts, scores, levels


def _score_private(
    predictions: Path,
    metrics: str | None,
    folder: Path,
    part: str | None,
    request: TaskRequest,
    away: ExecutorRequest,
    *,
    hushed: bool,
) -> tuple[Mapping[str, Any], Sequence[Score], Mapping[str, Levels]]:
    from showcase_bench.sharing import read_private, score_private
    from showcase_bench.spec import split_list

    replace(request, images=None).require_no_task("--private")
    with BarProgress(quiet=hushed) as progress, away.open() as executor:
        found = score_private(
            read_private(folder),
            predictions,
            metrics=None if metrics is None else split_list(metrics),
            part=part,
            photos=request.images,
            places=request.places(),
            progress=progress,
            executor=executor,
        )
    warn_of_photos(found.unreadable, quiet=hushed)
    if found.left_out:
        names = ", ".join(found.left_out)
        say(
            f"left out, as they need photos: {names}; name the public half with --images",
            quiet=hushed,
        )
    return found.facts, found.scores, found.levels


def _score_texts(
    predictions: Path,
    metrics: str | None,
    path: Path,
    request: TaskRequest,
    away: ExecutorRequest,
    *,
    hushed: bool,
) -> tuple[dict[str, Any], Sequence[Score]]:
    from showcase_bench.evaluate import Scorer, frame_of_references
    from showcase_bench.evaluate.executors.base import spool_folder
    from showcase_bench.evaluate.stages import StageClock
    from showcase_bench.submission import ReferencesRecipe, read_references, read_texts

    chosen, cache = metrics_of_texts(metrics), request.places().cache
    with BarProgress(quiet=hushed) as progress, away.open() as executor:
        recipe = ReferencesRecipe.of(path, cache)
        references = read_references(path)
        showcases = read_texts(predictions, references, spool_folder(executor, cache))
        frame = frame_of_references(references, cache, progress, recipe)
        with StageClock().stage("score"):
            scorer = Scorer(frame, chosen, executor=executor)
            scores = scorer.score(showcases, progress=progress).scores
    facts = {"references": str(path), "references_key": frame.corpus.key, "n": len(showcases)}
    return facts, scores


def score_json(score: Score, levels: Levels | None) -> dict[str, Any]:
    """One score for machines; floor, ceiling and place are None where there are no levels."""
    placed = None if levels is None or score.value is None else levels.normalised(score.value)
    return {
        "value": score.value,
        "ci": None if score.interval is None else [score.interval.low, score.interval.high],
        "signature": score.signature,
        "n_scored": score.n_scored,
        "n_unscored": score.n_unscored,
        "floor": None if levels is None else levels.expected,
        "ceiling": None if levels is None else levels.best,
        "normalised": placed,
    }


def print_scores(title: str, scores: Sequence[Score], levels: Mapping[str, Levels]) -> None:
    """Print one line a metric on standard output."""
    from rich.table import Table

    from showcase_bench.formatting import format_number

    table = Table(title=title, title_justify="left", show_edge=False)
    table.add_column("metric", no_wrap=True)
    for name in ("value", "low", "high", "floor", "ceiling", "scored", "unscored"):
        if levels or name not in ("floor", "ceiling"):
            table.add_column(name, justify="right")
    table.add_column("signature", overflow="fold")
    for score in scores:
        bounds = ("–", "–")
        if score.interval is not None:
            bounds = format_number(score.interval.low), format_number(score.interval.high)
        value = "–" if score.value is None else format_number(score.value)
        counts = str(score.n_scored), str(score.n_unscored)
        table.add_row(score.name, value, *bounds, *_frame(score, levels), *counts, score.signature)
    table_console().print(table)


def _frame(score: Score, levels: Mapping[str, Levels]) -> tuple[str, ...]:
    """Floor and ceiling; nothing where no metric has them."""
    from showcase_bench.formatting import format_number

    if not levels:
        return ()
    one = levels.get(score.name)
    return ("", "") if one is None else (format_number(one.expected), format_number(one.best))
