"""``showcase-bench view``: look at boards, comparisons and showcases in a browser."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import TaskRequest, common_options, task_options
from showcase_bench.errors import RegistryError, UsageError

if TYPE_CHECKING:
    from showcase_bench.audit.results import Audit
    from showcase_bench.datasets.tasks import Task
    from showcase_bench.evaluate import StoredRun

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench view
  showcase-bench view --results out --task mini --out site --no-open
  showcase-bench view --results out --data gest.json --images photos/
  showcase-bench view --audit audit/mini/audit.json --out site
  showcase-bench view --all-seeds
"""


@click.command("view", epilog=EPILOG)
@task_options
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("results"),
    show_default=True,
    help="Folder of runs.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to build the site in; one that is there is replaced. [default: a temporary one]",
)
@click.option(
    "--audit",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Audit to show, as JSON. [default: audit/<task>/audit.json where it is and fits]",
)
@click.option(
    "--all-seeds",
    is_flag=True,
    help="Show examples of every seed; without it those of each system's first one.",
)
@click.option("--no-open", is_flag=True, help="Build the site and do not open it.")
@common_options
def command(
    request: TaskRequest,
    results: Path,
    out: Path | None,
    audit: Path | None,
    all_seeds: bool,
    no_open: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Build the site of a task from its stored runs and open it in a browser.

    The site is a folder of static files: it opens from disk, fetches nothing, and can be put on any
    web server or sent as it is. Without --task or --data it is of the one task that has runs.
    """
    from showcase_bench.evaluate import Workspace
    from showcase_bench.evaluate.runs.compatible import common_identity
    from showcase_bench.site import build_site
    from showcase_bench.site.folder import require_replaceable

    if out is not None:
        require_replaceable(out)
    runs = _runs(results, request)
    name = runs[0].record.inputs.task
    task = _task(request, name)
    with BarProgress(quiet=quiet or as_json) as progress:
        identity = common_identity(runs)
        found = _audit(audit, Path("audit") / name / "audit.json", identity.data_sha256)
        workspace = Workspace.open(task, places=request.places(), progress=progress)
        folder = out or _temporary()
        site = build_site(runs, workspace, folder, progress, audit=found, all_seeds=all_seeds)
    if as_json:
        print_json(
            {
                "folder": str(site.folder),
                "files": site.files,
                "bytes": site.bytes,
                "photos": site.photos,
                "photo_bytes": site.photo_bytes,
                "unreadable_photos": site.unreadable,
            }
        )
    else:
        say(
            f"{site.files} files of {site.bytes / 1e6:.2f} MB, and {site.photos} photos of "
            f"{site.photo_bytes / 1e6:.2f} MB",
            quiet=quiet,
        )
        click.echo(str(site.index))
    if not no_open:
        click.launch(site.index.resolve().as_uri())


def _temporary() -> Path:
    """A folder that is not there yet, so that one that was interrupted leaves none."""
    return Path(tempfile.gettempdir()) / f"showcase-bench-site-{secrets.token_hex(8)}"


def _runs(results: Path, request: TaskRequest) -> list[StoredRun]:
    """Stored runs of the task that was asked for, or of the only one that there is."""
    from showcase_bench.evaluate import RunStore

    asked = request.resolve().name if request.task or request.data else None
    runs = list(RunStore(results).runs(asked))
    if not runs:
        of = f" of task {asked!r}" if asked else ""
        raise UsageError(f"{results} holds no run{of}; `showcase-bench run` makes some")
    names = sorted({run.record.inputs.task for run in runs})
    if len(names) > 1:
        raise UsageError(f"{results} holds runs of {', '.join(names)}: name one with --task")
    return runs


def _task(request: TaskRequest, name: str) -> Task:
    """The task that was asked for, or the one of this name, which has runs."""
    if request.task or request.data:
        return request.resolve()
    try:
        return request.of_task(name).resolve()
    except RegistryError as error:
        raise UsageError(
            f"the runs are of {name!r}, and no task is called so: give the --data or --task, and "
            "the options, that they were made with"
        ) from error


def _audit(given: Path | None, usual: Path, data_sha256: str) -> Audit | None:
    """The audit that was asked for, or the usual one where it is of the same data."""
    from showcase_bench.site.audit_view import read_audit

    if given is not None:
        return read_audit(given)
    if not usual.is_file():
        return None
    found = read_audit(usual)
    return found if found.data_sha256 == data_sha256 else None
