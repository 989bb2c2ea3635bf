"""``showcase-bench submission pack``: one archive to hand in."""

from __future__ import annotations

import hashlib
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
  showcase-bench submission pack predictions.jsonl --out mine.zip
  showcase-bench submission pack predictions.jsonl.gz --card card.toml --out mine.zip \\
      --data gest.json --split test

{EXIT_CODES}"""


@click.command("pack", epilog=EPILOG)
@submission_arguments
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Archive to write, such as mine.zip; it must not be there yet.",
)
@task_options
@common_options
@click.pass_context
def command(
    context: click.Context,
    file: Path,
    card: Path | None,
    out: Path,
    as_json: bool,
    quiet: bool,
    request: TaskRequest,
) -> None:
    """Check FILE and write its canonical form with its card and their hashes to one archive.

    Equal predictions and cards give equal bytes. The archive is a ZIP of manifest.json, card.toml
    and predictions.jsonl.zst, and is itself something to check, score and pack.
    """
    from showcase_bench.errors import UsageError
    from showcase_bench.evaluate.runs.content import write_atomically
    from showcase_bench.evaluate.showcases.canonical import dump_predictions
    from showcase_bench.submission.card import card_toml
    from showcase_bench.submission.package import build_package

    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} is there already; name another --out, or remove it")
    with BarProgress(quiet=quiet or as_json) as progress:
        _, found = open_and_check(file, card, request, progress, keep=True, need_card=True)
    if found.showcases is None or found.card is None:
        if as_json:
            print_json(found.to_dict())
        else:
            tell_problems(found, quiet=quiet)
        context.exit(1)
    predictions = dump_predictions(found.showcases)
    data = build_package(predictions, card_toml(found.card).encode(), len(found.showcases))
    write_atomically(out, data)
    facts = {
        "path": str(out),
        "n": len(found.showcases),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "predictions_sha256": hashlib.sha256(predictions).hexdigest(),
    }
    if as_json:
        print_json(facts)
        return
    click.echo(str(out))
    say(
        f"{facts['n']:,} predictions in {len(data):,} bytes; sha256 {facts['sha256']}, of the "
        f"predictions {facts['predictions_sha256']}",
        quiet=quiet,
    )
