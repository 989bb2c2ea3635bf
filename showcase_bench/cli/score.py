"""``showcase-bench score``: the numbers of a file of predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from showcase_bench.cli.console import BarProgress, print_json, say, warn_of_photos
from showcase_bench.cli.options import NameList, TaskRequest, common_options, task_options

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench score preds.jsonl
  showcase-bench score preds.jsonl --data gest.json --split test --json
  showcase-bench score preds.jsonl --metrics 'precision@3,bleu-4(tok=words)'
"""


@click.command("score", epilog=EPILOG)
@click.argument("predictions", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--metrics",
    type=NameList("metrics"),
    help="Comma-separated metric names, specs or signatures. [default: the task's]",
)
@task_options
@common_options
def command(
    predictions: Path,
    metrics: str | None,
    as_json: bool,
    quiet: bool,
    request: TaskRequest,
) -> None:
    """Score PREDICTIONS, one JSON object {"id", "image_ids", "text"} a line.

    Every id of the split must occur once, in any order. All problems of the file are reported at
    once, with their lines and fields; then nothing is scored.
    """
    from showcase_bench.evaluate import Workspace
    from showcase_bench.evaluate.suite import Scorer
    from showcase_bench.spec import split_list
    from showcase_bench.submission import read_predictions

    with BarProgress(quiet=quiet or as_json) as progress:
        workspace = Workspace.open(request.resolve(), places=request.places(), progress=progress)
        chosen = None if metrics is None else workspace.parse_metrics(tuple(split_list(metrics)))
        showcases = read_predictions(predictions, workspace.queries)
        scores = Scorer(workspace, chosen).score(showcases).scores
    warn_of_photos(workspace.images.unreadable, quiet=quiet or as_json)
    task = workspace.task
    if as_json:
        values = {
            score.name: {
                "value": score.value,
                "ci": None if score.interval is None else [score.interval.low, score.interval.high],
                "signature": score.signature,
                "n_scored": score.n_scored,
                "n_unscored": score.n_unscored,
            }
            for score in scores
        }
        print_json(
            {
                "task": task.name,
                "version": task.version,
                "split": task.split,
                "data_sha256": workspace.dataset.revision,
                "n": len(showcases),
                "metrics": values,
            }
        )
        return
    _print_table(predictions, task.name, scores)
    say("value with its 95 % interval, clustered by user and business", quiet=quiet)


def _print_table(path: Path, task: str, scores: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    from showcase_bench.leaderboard.markdown import format_number

    table = Table(title=f"{path.name} on {task}", title_justify="left", show_edge=False)
    table.add_column("metric", no_wrap=True)
    for name in ("value", "low", "high", "scored", "unscored"):
        table.add_column(name, justify="right")
    table.add_column("signature", overflow="fold")
    for score in scores:
        bounds = ("–", "–")
        if score.interval is not None:
            bounds = format_number(score.interval.low), format_number(score.interval.high)
        value = "–" if score.value is None else format_number(score.value)
        counts = str(score.n_scored), str(score.n_unscored)
        table.add_row(score.name, value, *bounds, *counts, score.signature)
    console = Console(highlight=False)
    (console if console.is_terminal else Console(highlight=False, width=200)).print(table)
