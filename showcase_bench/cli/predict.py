"""``showcase-bench predict``: one model's predictions as a file."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from showcase_bench.cli.console import BarProgress, print_json, say, warn_of_photos
from showcase_bench.cli.executor_options import ExecutorRequest, executor_options
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
  showcase-bench predict --model peter --data big/data.json --jobs 8 --out peter.jsonl
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
@executor_options(
    "Processes that are asked. [default: one; of more than 16,384 examples the cores, at most 4, "
    "or 1 beside a GPU]"
)
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
    away: ExecutorRequest,
) -> None:
    """Fit a model on the training split, or load it, and predict the scored split."""
    from showcase_bench.errors import UsageError
    from showcase_bench.evaluate import Workspace
    from showcase_bench.evaluate.fits.checkpoint import plan_of_fit, read_fit
    from showcase_bench.evaluate.fits.fitted import FittedModels
    from showcase_bench.evaluate.plans.build import parse_model
    from showcase_bench.evaluate.predict.batches import discard_batches
    from showcase_bench.evaluate.predict.division import Division
    from showcase_bench.evaluate.predict.predictor import Predictor
    from showcase_bench.evaluate.runs.content import write_atomically
    from showcase_bench.evaluate.showcases.spool import HELD, canonical_content

    to_stdout = str(out) == "-"
    if to_stdout and as_json:
        raise UsageError("--json and --out - would both write to standard output: drop one")
    if (model is None) == (checkpoint is None):
        raise UsageError("give either --model or --checkpoint")
    hushed = quiet or as_json
    with BarProgress(quiet=hushed) as progress, away.open() as executor:
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
        division = None
        if executor is not None:
            above = 0 if away.jobs else HELD
            division = Division(workspace, executor, above=above, checkpoint=checkpoint)
        predicted = Predictor(workspace, fits, progress, division=division).run(plan, seed)
    elsewhere = {} if division is None else division.unreadable
    warn_of_photos({**workspace.images.unreadable, **elsewhere}, quiet=hushed)
    content = canonical_content(predicted.showcases)
    if to_stdout:
        _print(content)
    else:
        write_atomically(out, content)
    discard_batches(predicted.kept)
    if to_stdout:
        return
    if as_json:
        print_json({"model": plan.label, "n": len(predicted.showcases), "path": str(out)})
    say(f"{len(predicted.showcases)} predictions of {plan.label}: {out}", quiet=hushed)


def _print(content: bytes | Path) -> None:
    if isinstance(content, bytes):
        sys.stdout.buffer.write(content)
    else:
        with content.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()
