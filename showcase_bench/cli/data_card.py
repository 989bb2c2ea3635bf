"""``showcase-bench data card``: what is in a data set."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import NameList, TaskRequest, common_options, task_options

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench data card mini
  showcase-bench data card --data gest.json --out CARD.md --plots plots
  showcase-bench data card --data filter_all_t.json --compare s2
  showcase-bench data card --data gest.json --no-decode --json
"""


@click.command("card", epilog=EPILOG)
@click.argument("name", metavar="[TASK]", required=False, type=NameList("tasks"))
@task_options
@click.option(
    "--compare",
    type=click.Choice(["raw", "s1", "s2", "none"]),
    help="Put the sizes of this version of GEST, as its paper prints them, beside the card's. "
    "[default: by the name of the data]",
)
@click.option(
    "--no-decode",
    is_flag=True,
    help="Do not open the photos to see if they are sound and which are alike.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the card to this file instead of printing it.",
)
@click.option(
    "--plots",
    type=click.Path(path_type=Path, file_okay=False),
    help="Draw the distributions into this folder, as PNG and SVG; the card at --out shows them.",
)
@common_options
def command(
    name: str | None,
    compare: str | None,
    no_decode: bool,
    out: Path | None,
    plots: Path | None,
    as_json: bool,
    quiet: bool,
    request: TaskRequest,
) -> None:
    """Count what is in the data of TASK, or of --data: sizes, pools, and every trap.

    Imperfect data (empty texts, duplicates, missing photos, histories that hold a target) is
    counted here, with the policy that is applied to it; it is not an error.
    """
    from showcase_bench.datasets.card.build import card_markdown, data_card
    from showcase_bench.evaluate.runs.content import write_atomically
    from showcase_bench.evaluate.runs.records import pretty_json

    task = request.of_task(name).resolve()
    with BarProgress(quiet=quiet or as_json) as progress:
        dataset = task.open(request.places(), progress)
        found = data_card(
            dataset, task.policy, decode=not no_decode, compare=compare, progress=progress
        )
    pictures = {} if plots is None else _draw(found, plots, out, quiet=quiet)
    text = pretty_json(found) if as_json else card_markdown(found, pictures)
    if out is not None:
        write_atomically(out, text.encode())
        say(f"data card of {dataset.name}: {out}", quiet=quiet)
    elif as_json:
        print_json(found)
    else:
        click.echo(text, nl=False)


def _draw(found: dict[str, Any], plots: Path, out: Path | None, *, quiet: bool) -> dict[str, str]:
    """Draw the plots; title to path of each, as seen from the card where it is a file."""
    from showcase_bench.datasets.card.plots import TITLES, write_plots

    written = {path.name: path for path in write_plots(found, plots)}
    say(f"plots of {found['name']}: {plots}", quiet=quiet)
    if out is None:
        return {}
    seen = {
        title: Path(os.path.relpath(written[f"{kind}.svg"], out.parent))
        for kind, title in TITLES.items()
    }
    return {title: path.as_posix() for title, path in seen.items()}
