"""``showcase-bench submission check``: every problem of a submission, at once."""

from __future__ import annotations

from pathlib import Path

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import TaskRequest, common_options, task_options
from showcase_bench.cli.submission_parts import (
    EXIT_CODES,
    open_and_check,
    submission_arguments,
    tell_problems,
)

__all__ = ["command"]

EPILOG = f"""\b
Examples:
  showcase-bench submission check predictions.jsonl
  showcase-bench submission check predictions.jsonl.zst --data gest.json --split test
  showcase-bench submission check mine.zip --json

{EXIT_CODES}"""


@click.command("check", epilog=EPILOG)
@submission_arguments
@task_options
@common_options
@click.pass_context
def command(
    context: click.Context,
    file: Path,
    card: Path | None,
    as_json: bool,
    quiet: bool,
    request: TaskRequest,
) -> None:
    """Report every problem of FILE with its line and field.

    FILE is a JSON Lines file of predictions, plain, .gz or .zst, or an archive that `submission
    pack` wrote. Nothing is scored, nothing is written, and the memory that it takes does not grow
    with the file.
    """
    with BarProgress(quiet=quiet or as_json) as progress:
        _, found = open_and_check(file, card, request, progress, keep=False, need_card=False)
    if as_json:
        print_json(found.to_dict())
    else:
        tell_problems(found, quiet=quiet)
        if found.sound:
            told = "" if found.card else "; it has no card yet, which score and pack ask for"
            say(f"{found.path}: well-formed, {found.lines:,} lines{told}", quiet=quiet)
    context.exit(0 if found.sound else 1)
