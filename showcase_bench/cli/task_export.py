"""``showcase-bench task export``: the public and the private half of a task."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from showcase_bench.cli.console import BarProgress, print_json, say, warn_of_photos
from showcase_bench.cli.options import TaskRequest, common_options, task_options
from showcase_bench.cli.sharing_options import Cut, hiding_options, warn_of_leaks

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench task export mini --public out/public --private out/private
  showcase-bench task export --data gest.json --public pub --private priv --cut validation=0.3
  showcase-bench predict --data out/public --model dpp --out dpp.jsonl
  showcase-bench score dpp.jsonl --private out/private --images out/public
"""


@click.command("export", epilog=EPILOG)
@click.argument("name", metavar="[TASK]", required=False)
@click.option(
    "--public",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to make of what participants get.",
)
@click.option(
    "--private",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to make of the gold and the salt; only its owner may read it.",
)
@click.option(
    "--cut",
    type=Cut(),
    help="Divide the scored rows in secret, such as validation=0.3; the rest is `final`.",
)
@hiding_options
@task_options
@common_options
def command(
    name: str | None,
    public: Path,
    private: Path,
    cut: dict[str, float] | None,
    salt_of: Path | None,
    as_json: bool,
    quiet: bool,
    request: TaskRequest,
    **hiding: Any,
) -> None:
    """Write TASK as two folders: what participants get, and the gold.

    The public half is a data set on which every verb works but scoring; the private half scores
    what was predicted on it. Folders that hold anything but an earlier export are refused.
    """
    from showcase_bench.evaluate import Workspace
    from showcase_bench.sharing import ExportOptions, export_task, reuse_salt

    hushed = quiet or as_json
    options = ExportOptions(cut=cut or {}, **hiding)
    with BarProgress(quiet=hushed) as progress:
        task = request.of_task(name).resolve()
        workspace = Workspace.open(task, places=request.places(), progress=progress)
        salt = None if salt_of is None else reuse_salt(salt_of, workspace)
        report = export_task(
            workspace, public, private, options=options, salt=salt, progress=progress
        )
    warn_of_photos(report.unreadable, quiet=hushed)
    warn_of_leaks(report.leaks, quiet=hushed)
    if as_json:
        record = {**asdict(report), "public": str(public), "private": str(private)}
        print_json({"task": task.name, "version": task.version, **record})
        return
    rows = ", ".join(f"{number:,} {split}" for split, number in report.rows.items())
    parts = ", ".join(f"{part} {number:,}" for part, number in report.parts.items())
    click.echo(f"{public}: {rows} rows; {report.photos:,} photos")
    click.echo(f"{private}: the gold of {task.split} ({parts}) and the salt; keep it to yourself")
    say(
        f"predict with: showcase-bench predict --data {public} --model NAME --out FILE", quiet=quiet
    )
    say(f"score with: showcase-bench score FILE --private {private}", quiet=quiet)
