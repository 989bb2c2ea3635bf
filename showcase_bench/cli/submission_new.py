"""``showcase-bench submission new``: a submission to fill in."""

from __future__ import annotations

from pathlib import Path

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import TaskRequest, common_options, task_options

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench submission new --out mine
  showcase-bench submission new --data gest.json --split test --out mine
"""


@click.command("new", epilog=EPILOG)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to write predictions.jsonl and predictions.toml to.",
)
@task_options
@common_options
def command(out: Path, as_json: bool, quiet: bool, request: TaskRequest) -> None:
    """Write a submission to fill in: every id, no photos, empty texts, and a card.

    `submission check` accepts it as it is. Nothing that is there already is overwritten.
    """
    from showcase_bench.evaluate.task.workspace import Workspace
    from showcase_bench.submission import write_template

    with BarProgress(quiet=quiet or as_json) as progress:
        workspace = Workspace.open(request.resolve(), places=request.places(), progress=progress)
        predictions, card = write_template(workspace, out)
    if as_json:
        paths = {"predictions": str(predictions), "card": str(card)}
        print_json({**paths, "n": len(workspace.queries)})
        return
    click.echo(f"{predictions}\n{card}")
    say(
        f"{len(workspace.queries):,} ids to fill in; then `showcase-bench submission check "
        f"{predictions}` with the same --task, --data and --split",
        quiet=quiet,
    )
