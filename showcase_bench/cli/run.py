"""``showcase-bench run``: the main job."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from showcase_bench.cli.console import BarProgress, print_json, say, warn_of_photos
from showcase_bench.cli.executor_options import ExecutorRequest, executor_options
from showcase_bench.cli.log_file import log_option
from showcase_bench.cli.options import (
    METRIC_GROUPS,
    NameList,
    TaskRequest,
    common_options,
    model_options,
    task_options,
)

if TYPE_CHECKING:
    from showcase_bench.evaluate import SuiteResult
    from showcase_bench.spec import Scalar

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench run
  showcase-bench run --models random,dpp,reference --seed 1
  showcase-bench run --metrics 'n-gram,cost'
  showcase-bench run --models 'dpp(theta=0.9),dpp(theta=0.5),topk'
  showcase-bench run --models 'showcase,showcase:all' --seeds 3 --jobs 2
  showcase-bench run --models peter,showcase --selector mmr --decoding 'beam(size=5)'
  showcase-bench run --models 'mymodule:MyModel(count=2),random'
  showcase-bench run --data gest.json --images photos/ --results out
"""


@click.command("run", epilog=EPILOG)
@task_options
@click.option(
    "--models",
    type=NameList("models", "all"),
    default="all",
    show_default=True,
    help="Comma-separated model names, with arguments where wanted; module:Class for a class of a "
    "module in the working folder or on the Python path.",
)
@click.option(
    "--metrics",
    type=NameList("metrics", *METRIC_GROUPS),
    help="Metrics or groups to score beside the task's own. What is stored is scored anew from its "
    "predictions. [default: none]",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="First seed."
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How many seeds to run, counted up from --seed.",
)
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("results"),
    show_default=True,
    help="Folder of runs and boards.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="How many models to fit and ask at the same time, each in a process of its own. "
    "[default: the cores, at most 4; 1 beside a GPU]",
)
@click.option("--fresh", is_flag=True, help="Run again even what is already stored.")
@click.option("--no-report", is_flag=True, help="Do not write the HTML report.")
@click.option(
    "--profile",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write where the time went: .html for a page, .json for a flame graph in speedscope's "
    "format. Runs all in one process.",
)
@executor_options(None)
@model_options
@log_option
@common_options
def command(
    models: str,
    metrics: str | None,
    seed: int,
    seeds: int,
    results: Path,
    jobs: int | None,
    fresh: bool,
    no_report: bool,
    profile: Path | None,
    as_json: bool,
    quiet: bool,
    request: TaskRequest,
    overrides: dict[str, Scalar],
    away: ExecutorRequest,
) -> None:
    """Run models on a task: predict, score, store, rank, report.

    Without arguments: every installed model on the embedded synthetic world. What is already
    stored under --results is not run again, and what was fitted before is not fitted again. Exit
    status 0, or 2 when a model failed (the others are still run and ranked). Interrupted or killed,
    the same command goes on where it was.
    """
    from showcase_bench.cli.profile import profiled
    from showcase_bench.errors import UsageError
    from showcase_bench.evaluate import RunStore, Suite, Workspace
    from showcase_bench.evaluate.plans.build import missing_models, parse_models
    from showcase_bench.evaluate.suite.workers import default_jobs
    from showcase_bench.spec import split_list

    start = time.perf_counter()
    if profile is not None and (jobs or 1) > 1:
        raise UsageError(f"--profile looks into one process: leave --jobs {jobs} out")
    task = request.resolve()
    plans = parse_models(models, overrides)
    if "all" in split_list(models):
        for reason in missing_models().values():
            say(f"left out: {reason}", quiet=quiet or as_json)
    hushed = quiet or as_json
    with (
        profiled(profile, quiet=hushed),
        BarProgress(quiet=hushed) as progress,
        away.open(alone=profile is not None) as executor,
    ):
        workspace = Workspace.open(task, places=request.places(), progress=progress)
        names = [*task.metric_names(), *split_list(metrics or "")]
        suite = Suite(
            workspace,
            RunStore(results),
            metrics=workspace.parse_metrics(names),
            progress=progress,
            fresh=fresh,
            jobs=1 if profile is not None else jobs or default_jobs(),
            executor=executor,
        )
        result = suite.run(plans, range(seed, seed + seeds))
        boards = _write_boards(workspace, RunStore(results), result, not no_report, progress)
    warn_of_photos(suite.unreadable, quiet=quiet or as_json)
    _tell(boards, result, time.perf_counter() - start, as_json=as_json, quiet=quiet)
    if result.failures:
        raise SystemExit(2)


def _write_boards(
    workspace: Any, store: Any, result: SuiteResult, with_report: bool, progress: Any
) -> dict[str, Any]:
    """Write the board of all stored runs that agree with the new ones; paths and the board."""
    from showcase_bench.evaluate.runs.compatible import identity
    from showcase_bench.evaluate.runs.content import write_atomically
    from showcase_bench.leaderboard import board_markdown, build_board
    from showcase_bench.leaderboard.report import build_report

    if not result.runs:
        return {}
    wanted = identity(result.runs[0])
    runs = [run for run in store.runs(workspace.task.name) if identity(run) == wanted]
    board = build_board(runs)
    folder = result.runs[0].folder.parent.parent
    written = {"board": board, "markdown": folder / "leaderboard.md"}
    write_atomically(folder / "leaderboard.md", board_markdown(board).encode())
    written["json"] = folder / "leaderboard.json"
    write_atomically(folder / "leaderboard.json", board.to_json())
    _draw_curves(result)
    if with_report:
        written["report"] = folder / "report.html"
        write_atomically(
            folder / "report.html", build_report(board, runs, workspace, progress).encode()
        )
    return written


def _draw_curves(result: SuiteResult) -> None:
    """Draw the learning curve of each run that has one beside it, where matplotlib is installed."""
    from showcase_bench.errors import MissingDependencyError
    from showcase_bench.evaluate.runs.content import write_atomically
    from showcase_bench.leaderboard.learning_curve import curve_pictures

    for run in result.runs:
        points, path = run.curve(), run.folder / "curve.png"
        if not points or path.exists():
            continue
        try:
            drawn = curve_pictures(points, f"{run.record.label}, seed {run.record.inputs.seed}")
        except MissingDependencyError:
            return
        if "png" in drawn:
            write_atomically(path, drawn["png"])


def _tell(
    boards: dict[str, Any], result: SuiteResult, seconds: float, *, as_json: bool, quiet: bool
) -> None:
    failures = [
        {"model": one.model, "seed": one.seed, "error": str(one.error)} for one in result.failures
    ]
    if as_json:
        import json

        board = json.loads(boards["board"].to_json()) if boards else None
        paths = {
            name: str(boards[name]) for name in ("markdown", "json", "report") if name in boards
        }
        print_json(
            {
                "board": board,
                "paths": paths,
                "reused": result.reused,
                "rescored": result.rescored,
                "failures": failures,
            }
        )
    elif boards:
        from showcase_bench.cli.board_table import print_board, print_costs

        print_board(boards["board"])
        print_costs(result.runs)
    for failure in failures:
        click.echo(f"failed: {failure['error']}", err=True)
    made = result.made
    scored = f", {result.rescored} scored anew" if result.rescored else ""
    say(
        f"{made} runs made, {result.reused} reused{scored}, in {seconds:.1f} s",
        quiet=quiet or as_json,
    )
    for name, what in (("markdown", "board"), ("json", "as JSON"), ("report", "report")):
        if name in boards:
            say(f"{what + ':':9}{boards[name]}", quiet=quiet or as_json)
