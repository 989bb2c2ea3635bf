"""``showcase-bench data synth``: the embedded world at any size, written to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import common_options

if TYPE_CHECKING:
    from showcase_bench.datasets.mini import MiniConfig
    from showcase_bench.datasets.synth import SynthReport

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench data synth --out world
  showcase-bench data synth --out big --scale gest --jobs 2
  showcase-bench data synth --out odd --train 500 --test 100 --personalization 1 --noise 0
  showcase-bench run --data world/data.json
"""

_SHARE = click.FloatRange(0.0, 1.0)
_ROWS = click.IntRange(min=0)


@click.command("synth", epilog=EPILOG)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to make; it must not exist or be empty.",
)
@click.option(
    "--scale",
    type=click.Choice(["mini", "gest", "10x"]),
    help="Number of rows: of the embedded task, of GEST-s2, or ten times that. [default: mini]",
)
@click.option("--train", type=_ROWS, help="Training rows, instead of --scale. [default: 0]")
@click.option("--val", type=_ROWS, help="Validation rows, instead of --scale. [default: 0]")
@click.option("--test", type=_ROWS, help="Test rows, instead of --scale. [default: 0]")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--personalization",
    type=_SHARE,
    default=0.7,
    show_default=True,
    help="How far a user's photos follow the user's taste.",
)
@click.option(
    "--grounding",
    type=_SHARE,
    default=0.8,
    show_default=True,
    help="Share of the other sentences that speak of the review's photos.",
)
@click.option(
    "--generic",
    type=_SHARE,
    default=0.25,
    show_default=True,
    help="Share of sentences that fit any restaurant.",
)
@click.option(
    "--noise",
    type=_SHARE,
    default=0.3,
    show_default=True,
    help="Typing slips, and grain and blur of the photos.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="Processes. The bytes do not depend on it. [default: one for each processor]",
)
@common_options
def command(out: Path, jobs: int | None, as_json: bool, quiet: bool, **settings: Any) -> None:
    """Write a synthetic world whose true preferences are known.

    The folder holds the rows (data.json, in the form of GEST), all that its photos are drawn from
    when they are asked for, the planted truth (truth/, never shown to models) and a manifest for
    `data check`. Equal options give equal bytes. Nothing scored on it is a GEST result.
    """
    from showcase_bench.datasets.synth import synth
    from showcase_bench.processes import available_processors

    config = _config(**settings)
    with BarProgress(quiet=quiet or as_json) as progress:
        report = synth(config, out, jobs=jobs or available_processors(), progress=progress)
    if as_json:
        print_json(_record(report))
        return
    counts = ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in report.counts.items())
    click.echo(f"{out}: {counts}")
    say(f"check it with: showcase-bench data check {out}", quiet=quiet)


def _config(
    scale: str | None, train: int | None, val: int | None, test: int | None, **knobs: Any
) -> MiniConfig:
    from showcase_bench.datasets.mini import MiniConfig
    from showcase_bench.datasets.synth import scaled
    from showcase_bench.errors import UsageError

    given = (train, val, test)
    if all(one is None for one in given):
        n_train, n_val, n_test = scaled(scale or "mini")
    elif scale is not None:
        raise UsageError("--scale and --train, --val, --test exclude each other")
    else:
        n_train, n_val, n_test = (one or 0 for one in given)
    return MiniConfig(n_train=n_train, n_val=n_val, n_test=n_test, **knobs)


def _record(report: SynthReport) -> dict[str, Any]:
    return {
        "folder": str(report.folder),
        "config": report.config.as_dict(),
        "towns": report.towns,
        "counts": report.counts,
        "files": report.files,
    }
