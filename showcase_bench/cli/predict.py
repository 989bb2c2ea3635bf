"""``showcase-bench predict``: one model's predictions as a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from showcase_bench.cli.console import BarProgress, print_json, say, warn_of_photos
from showcase_bench.cli.options import NameList, TaskRequest, common_options, task_options

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench predict --model dpp --out dpp.jsonl
  showcase-bench predict --model 'mmr(trade_off=0.5)' --data gest.json --split val --out mmr.jsonl
  showcase-bench predict --model copy-history --out - | head -1
"""


@click.command("predict", epilog=EPILOG)
@click.option("--model", type=NameList("models"), required=True, help="A model, with arguments.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    required=True,
    help="File to write, one JSON object a line; - for standard output.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed.")
@task_options
@common_options
def command(
    model: str,
    out: Path,
    seed: int,
    as_json: bool,
    quiet: bool,
    request: TaskRequest,
) -> None:
    """Fit a model on the training split and write its predictions for the scored split."""
    from showcase_bench.errors import UsageError
    from showcase_bench.evaluate import Workspace
    from showcase_bench.evaluate.build import plan_model
    from showcase_bench.evaluate.predict import run_model
    from showcase_bench.evaluate.predictions import dump_predictions
    from showcase_bench.evaluate.store import write_atomically

    to_stdout = str(out) == "-"
    if to_stdout and as_json:
        raise UsageError("--json and --out - would both write to standard output: drop one")
    plan = plan_model(model)
    with BarProgress(quiet=quiet or as_json) as progress:
        workspace = Workspace.open(request.resolve(), places=request.places(), progress=progress)
        predicted = run_model(plan, workspace, seed=seed, progress=progress)
    warn_of_photos(workspace.images.unreadable, quiet=quiet or as_json)
    data = dump_predictions(predicted.showcases)
    if to_stdout:
        sys.stdout.buffer.write(data)
        return
    write_atomically(out, data)
    if as_json:
        print_json({"model": plan.label, "n": len(predicted.showcases), "path": str(out)})
    say(f"{len(predicted.showcases)} predictions of {plan.label}: {out}", quiet=quiet or as_json)
