"""``showcase-bench data``: what is in a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import common_options, resolve_task, task_options

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench data card
  showcase-bench data card --data gest.json --out CARD.md
  showcase-bench data card --data gest.json --no-decode --json
"""


@click.group("data")
def command() -> None:
    """Describe data sets."""


@command.command("card", epilog=EPILOG)
@task_options
@click.option("--no-decode", is_flag=True, help="Do not open the photos to see if they are sound.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the card to this file instead of printing it.",
)
@common_options
def card(
    no_decode: bool,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    cache_dir: Path | None,
    **task_arguments: Any,
) -> None:
    """Count what is in a data set: sizes, pools, and every imperfection and trap.

    Imperfect data (empty texts, duplicates, missing photos, histories that hold a target) is
    counted here, with the policy that is applied to it; it is not an error.
    """
    from showcase_bench.datasets.card import card_markdown, data_card
    from showcase_bench.evaluate import default_cache_dir
    from showcase_bench.evaluate.records import pretty_json
    from showcase_bench.evaluate.store import write_atomically

    task = resolve_task(**task_arguments)
    with BarProgress(quiet=quiet or as_json) as progress:
        dataset = task.open(cache_dir or default_cache_dir(), progress)
        found = data_card(dataset, task.policy, decode=not no_decode, progress=progress)
    text = pretty_json(found) if as_json else card_markdown(found)
    if out is not None:
        write_atomically(out, text.encode())
        say(f"data card of {dataset.name}: {out}", quiet=quiet)
    elif as_json:
        print_json(found)
    else:
        click.echo(text, nl=False)
