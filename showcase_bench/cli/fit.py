"""``showcase-bench fit``: a fitted model as a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from showcase_bench.cli.console import BarProgress, print_json, say
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
  showcase-bench fit --model peter --out peter-0
  showcase-bench fit --model 'showcase(epochs=5)' --seed 1 --out showcase-1
  showcase-bench fit --model pepler --config paper --data gest.json --images photos/ --out pepler
  showcase-bench predict --checkpoint peter-0 --out peter.jsonl
"""


@click.command("fit", epilog=EPILOG)
@click.option(
    "--model",
    type=NameList("models"),
    required=True,
    help="A model or module:Class, with arguments.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to write; a fitted model that is there is replaced.",
)
@click.option(
    "--workdir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where training checkpoints are kept, so that an interrupted fit goes on. "
    "[default: in the cache folder]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed.")
@task_options
@model_options
@log_option
@common_options
def command(
    model: str,
    out: Path,
    workdir: Path | None,
    seed: int,
    as_json: bool,
    quiet: bool,
    request: TaskRequest,
    overrides: dict[str, Scalar],
) -> None:
    """Fit a model on the training split and save it for `predict --checkpoint`.

    A fit that was interrupted goes on from its last checkpoint when the same command is given
    again.
    """
    from showcase_bench.errors import UsageError
    from showcase_bench.evaluate import Workspace
    from showcase_bench.evaluate.fits.fitted import fit_and_save
    from showcase_bench.evaluate.plans.blame import blamed_on
    from showcase_bench.evaluate.plans.build import parse_model
    from showcase_bench.evaluate.stages import StageClock

    plan = parse_model(model, overrides)
    if not plan.cls.can_save():
        raise UsageError(f"model {plan.label!r} cannot be saved; `predict --model` fits it anew")
    with BarProgress(quiet=quiet or as_json) as progress:
        workspace = Workspace.open(request.resolve(), places=request.places(), progress=progress)
        clock = StageClock(model=plan.label, seed=seed)
        with blamed_on(plan), clock.stage("fit"):
            fitted = fit_and_save(
                out,
                plan,
                workspace,
                seed,
                progress,
                cache=workspace.cache / "fits",
                workdir=workdir,
            )
            if fitted.found:
                clock.resume()
    seconds = fitted.seconds
    if as_json:
        print_json(
            {
                "model": plan.label,
                "seed": seed,
                "seconds": round(seconds, 1),
                "parameters": fitted.model.parameters(),
                "checkpoint_sha256": fitted.checkpoint_sha256,
                "path": str(out),
            }
        )
    say(f"{plan.label}, fitted in {seconds:.1f} s: {out}", quiet=quiet or as_json)
