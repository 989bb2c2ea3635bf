"""``showcase-bench predict``: one model's predictions as a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from showcase_bench.cli.console import BarProgress, print_json, say, warn_of_photos
from showcase_bench.cli.log_file import log_option
from showcase_bench.cli.options import (
    NameList,
    TaskRequest,
    common_options,
    model_options,
    task_options,
)

if TYPE_CHECKING:
    from showcase_bench.spec import Scalar

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench predict --model dpp --out dpp.jsonl
  showcase-bench predict --model 'mmr(trade_off=0.5)' --data gest.json --split val --out mmr.jsonl
  showcase-bench predict --model copy-history --out - | head -1
  showcase-bench predict --checkpoint peter-0 --decoding 'beam(size=5)' --out peter.jsonl
"""


@click.command("predict", epilog=EPILOG)
@click.option(
    "--model",
    type=NameList("models"),
    help="A model or module:Class, with arguments.",
)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, file_okay=False),
    help="A fitted model that `showcase-bench fit` wrote, in place of --model and --seed.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    required=True,
    help="File to write, one JSON object a line; - for standard output.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed. [default: 0]")
@task_options
@model_options
@log_option
@common_options
def command(
    model: str | None,
    checkpoint: Path | None,
    out: Path,
    seed: int | None,
    as_json: bool,
    quiet: bool,
    request: TaskRequest,
    overrides: dict[str, Scalar],
) -> None:
    """Fit a model on the training split, or load it, and predict the scored split."""
    from showcase_bench.errors import UsageError
    from showcase_bench.evaluate import Workspace
    from showcase_bench.evaluate.batches import discard_batches
    from showcase_bench.evaluate.build import parse_model
    from showcase_bench.evaluate.checkpoint import plan_of_fit, read_fit
    from showcase_bench.evaluate.fits import FittedModels
    from showcase_bench.evaluate.predict import Predictor
    from showcase_bench.evaluate.predictions import dump_predictions
    from showcase_bench.evaluate.store import write_atomically

    to_stdout = str(out) == "-"
    if to_stdout and as_json:
        raise UsageError("--json and --out - would both write to standard output: drop one")
    if (model is None) == (checkpoint is None):
        raise UsageError("give either --model or --checkpoint")
    with BarProgress(quiet=quiet or as_json) as progress:
        if checkpoint is None:
            plan = parse_model(model or "", overrides)
            seed = seed or 0
        else:
            if seed is not None:
                raise UsageError("--seed goes with --model; a fitted model has its seed")
            plan, seed = plan_of_fit(checkpoint, overrides)
        workspace = Workspace.open(request.resolve(), places=request.places(), progress=progress)
        fits = FittedModels(workspace.cache / "fits", progress)
        if checkpoint is not None:
            fits.put(plan, workspace, seed, read_fit(checkpoint, plan))
        predicted = Predictor(workspace, fits, progress).run(plan, seed)
    warn_of_photos(workspace.images.unreadable, quiet=quiet or as_json)
    data = dump_predictions(predicted.showcases)
    if to_stdout:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_atomically(out, data)
    discard_batches(predicted.kept)
    if to_stdout:
        return
    if as_json:
        print_json({"model": plan.label, "n": len(predicted.showcases), "path": str(out)})
    say(f"{len(predicted.showcases)} predictions of {plan.label}: {out}", quiet=quiet or as_json)
