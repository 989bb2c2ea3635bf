"""``showcase-bench task bundle``: a competition for an existing platform."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import TaskRequest, common_options, task_options
from showcase_bench.cli.sharing_options import hiding_options, warn_of_leaks

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench task bundle mini --codabench competition
  showcase-bench task bundle --data gest.json --codabench out --start 2027-01-10 --final 2027-03-10
"""

_DATE = click.DateTime(["%Y-%m-%d"])


@click.command("bundle", epilog=EPILOG)
@click.argument("name", metavar="[TASK]", required=False)
@click.option(
    "--codabench",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to make: bundle.zip to upload, the same unpacked, and a Dockerfile.",
)
@click.option(
    "--share",
    type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
    default=0.3,
    show_default=True,
    help="Share of the scored rows that the validation phase scores.",
)
@click.option("--title", default="", help="Title of the competition. [default: the task's name]")
@click.option(
    "--docker-image",
    metavar="IMAGE",
    help="Image with this version of showcase-bench. [default: showcase-bench:VERSION]",
)
@click.option("--start", type=_DATE, help="Day on which validation begins. [default: today]")
@click.option(
    "--final", type=_DATE, help="Day on which the final phase begins. [default: +60 days]"
)
@click.option("--end", type=_DATE, help="Day on which it ends. [default: +14 days]")
@hiding_options
@task_options
@common_options
def command(
    name: str | None,
    folder: Path,
    share: float,
    salt_of: Path | None,
    photos: Any,
    validation: Any,
    as_json: bool,
    quiet: bool,
    request: TaskRequest,
    **planned: str | datetime | None,
) -> None:
    """Write a competition on TASK for Codabench, with a validation and a final phase.

    Its scoring program is this package, in a container; the gold of each phase is in that phase's
    reference data only. What is in the folder is secret, apart from the starting kit.
    """
    from showcase_bench.evaluate import Workspace
    from showcase_bench.sharing import ExportOptions, reuse_salt
    from showcase_bench.sharing.codabench import Plan, write_bundle

    hushed = quiet or as_json
    given: dict[str, Any] = {key: value for key, value in planned.items() if value is not None}
    plan = Plan(**given)
    options = ExportOptions(photos=photos, validation=validation, cut={"validation": share})
    with BarProgress(quiet=hushed) as progress:
        task = request.of_task(name).resolve()
        workspace = Workspace.open(task, places=request.places(), progress=progress)
        salt = None if salt_of is None else reuse_salt(salt_of, workspace)
        report = write_bundle(
            workspace, folder, plan=plan, options=options, salt=salt, progress=progress
        )
    warn_of_leaks(report.leaks, quiet=hushed)
    if as_json:
        print_json({"task": task.name, **asdict(report), "folder": str(folder)})
        return
    parts = ", ".join(f"{part} {number:,}" for part, number in report.parts.items())
    columns = ", ".join(column.title for column in report.columns)
    click.echo(f"{folder / 'bundle.zip'}: {report.zip_bytes:,} bytes; queries: {parts}")
    click.echo(f"columns: {columns}")
    say(
        f"build the image from {folder / 'Dockerfile'}, push it as {plan.docker_image}, and upload "
        "bundle.zip",
        quiet=quiet,
    )
