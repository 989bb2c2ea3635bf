"""``showcase-bench leaderboard``: boards out of stored runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import NameList, common_options

if TYPE_CHECKING:
    from showcase_bench.evaluate import StoredRun
    from showcase_bench.leaderboard import Board

__all__ = ["command"]

BUILD_EPILOG = """\b
Examples:
  showcase-bench leaderboard build
  showcase-bench leaderboard build --results out --task file-gest --out boards
  showcase-bench leaderboard build --claims claims.toml --plots figures
  showcase-bench leaderboard build --task mini --site site
"""
CHECK_EPILOG = """\b
Examples:
  showcase-bench leaderboard check
  showcase-bench leaderboard check --results results --out leaderboards --task mini
"""
DIFF_EPILOG = """\b
Examples:
  showcase-bench leaderboard diff old/mini.json leaderboards/mini.json
  git show HEAD~1:leaderboards/mini.json > /tmp/old.json
  showcase-bench leaderboard diff /tmp/old.json leaderboards/mini.json --json
"""

results_option = click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("results"),
    show_default=True,
    help="Folder of runs.",
)
task_option = click.option(
    "--task", type=NameList("tasks"), help="Only this task. [default: all that have runs]"
)
claims_option = click.option(
    "--claims",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file of claims to test on the same runs, into <task>-claims.md and .json.",
)


@click.group("leaderboard")
def command() -> None:
    """Build leaderboards from stored runs, check and compare them."""


@command.command("build", epilog=BUILD_EPILOG)
@results_option
@task_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("leaderboards"),
    show_default=True,
    help="Folder to write to: <task>.md, .json, .csv, .tex, .html, and .runs.json with the hashes "
    "of the runs.",
)
@claims_option
@click.option(
    "--plots",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for pictures as PNG and SVG: intervals, ties, slices, and the front of relevance "
    "and diversity.",
)
@click.option(
    "--site",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the site, of one task; `showcase-bench view` has more options for it.",
)
@common_options
def build(
    results: Path,
    task: str | None,
    out: Path,
    claims: Path | None,
    plots: Path | None,
    site: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write the board of each task in all formats, and the verdict on claims.

    A board is a pure function of the runs: the same runs give the same bytes, in whatever order
    they were made. Runs that differ in data, task version, protocol or metrics are refused.
    """
    from showcase_bench.cli.board_table import print_board
    from showcase_bench.errors import UsageError
    from showcase_bench.evaluate.runs.content import write_atomically
    from showcase_bench.leaderboard import build_board

    written: dict[str, Any] = {}
    found = _runs(results, task)
    if site is not None and len(found) > 1:
        raise UsageError(f"a site is of one task, and there are {', '.join(found)}: add --task")
    for name, runs in found.items():
        board = build_board(runs)
        files = _files(board, runs, results, out, claims)
        files |= {} if plots is None else _pictures(board, plots)
        for path, data in files.items():
            write_atomically(path, data)
        written[name] = [str(path) for path in files]
        if site is not None:
            written[name].append(_site(board, runs, site, quiet=quiet or as_json))
        if not as_json:
            print_board(board)
            say("\n".join(written[name]), quiet=quiet)
    if as_json:
        print_json({"boards": written})


@command.command("check", epilog=CHECK_EPILOG)
@results_option
@task_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("leaderboards"),
    show_default=True,
    help="Folder that `leaderboard build` wrote to.",
)
@claims_option
@common_options
def check(
    results: Path, task: str | None, out: Path, claims: Path | None, as_json: bool, quiet: bool
) -> None:
    """Build the boards again, and compare them with those on disk byte for byte.

    Also every file of every run is compared with the hash that was noted when the board was built,
    and a file that has changed is told with its row. Exit status 0, or 1 where something differs.
    """
    from showcase_bench.errors import StoreError, UsageError
    from showcase_bench.evaluate.runs.compatible import newest
    from showcase_bench.leaderboard import build_board
    from showcase_bench.leaderboard.check import (
        Problem,
        compare_files,
        unlisted_runs,
        verify_runs,
    )

    problems: list[Problem] = []
    checked: list[str] = []
    listed = sorted(out.glob(f"{task or '*'}.runs.json"))
    if not listed:
        raise UsageError(f"{out} holds no <task>.runs.json; `leaderboard build` writes it")
    for path in listed:
        name = path.name.removesuffix(".runs.json")
        recorded = path.read_bytes()
        damaged = verify_runs(recorded, str(path), results)
        if not damaged:
            try:
                runs = _runs(results, name)[name]
                damaged = unlisted_runs(recorded, str(path), newest(runs), results)
                damaged += compare_files(_files(build_board(runs), runs, results, out, claims))
            except StoreError as error:
                damaged = [Problem(str(results), "", str(error))]
        problems += damaged
        checked.append(name)
    if as_json:
        found = [{"path": p.path, "row": p.row, "message": p.message} for p in problems]
        print_json({"checked": checked, "problems": found})
    else:
        for problem in problems:
            click.echo(str(problem))
        if not problems:
            say(f"{', '.join(checked)}: the boards are those of the runs", quiet=quiet)
    if problems:
        raise SystemExit(1)


@command.command("diff", epilog=DIFF_EPILOG)
@click.argument("old", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("new", type=click.Path(path_type=Path, dir_okay=False))
@common_options
def diff(old: Path, new: Path, as_json: bool, quiet: bool) -> None:
    """Say which rows moved from one board to another, and why.

    OLD and NEW are <task>.json as `leaderboard build` writes them. Exit status 0 where nothing
    moved, else 1.
    """
    from showcase_bench.formatting import one_line
    from showcase_bench.leaderboard.changes import board_changes, read_board

    changes = board_changes(read_board(old), read_board(new))
    if as_json:
        print_json(changes.to_dict())
    else:
        for remark in changes.general:
            click.echo(one_line(remark))
        for one in changes.rows:
            click.echo(one_line(f"{one.section}: {one.system}: {_moved(one.before, one.after)}"))
            for reason in one.reasons:
                click.echo(one_line(f"    {reason}"))
        if not changes.general and not changes.rows:
            say("no row moved", quiet=quiet)
    if changes.general or changes.rows:
        raise SystemExit(1)


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of <task>.json."""
    from showcase_bench.leaderboard.schema import board_schema

    click.echo(board_schema(), nl=False)


def _moved(before: str, after: str) -> str:
    if not before:
        return f"new, {after}"
    return f"{before} → {after}" if after else f"gone, was {before}"


def _runs(results: Path, task: str | None) -> dict[str, list[StoredRun]]:
    """Stored runs by task, named as files of it are."""
    from showcase_bench.errors import UsageError
    from showcase_bench.evaluate import RunStore
    from showcase_bench.evaluate.runs.store import safe_name

    by_task: dict[str, list[StoredRun]] = {}
    for run in RunStore(results).runs(task):
        by_task.setdefault(safe_name(run.record.inputs.task), []).append(run)
    if not by_task:
        raise UsageError(
            f"{results} holds no run{f' of task {task!r}' if task else ''}; "
            "`showcase-bench run` makes some"
        )
    return by_task


def _files(
    board: Board, runs: list[StoredRun], results: Path, out: Path, claims: Path | None
) -> dict[Path, bytes]:
    """All files of a board with their content."""
    from showcase_bench.evaluate.runs.compatible import newest
    from showcase_bench.evaluate.runs.store import safe_name
    from showcase_bench.leaderboard import board_markdown
    from showcase_bench.leaderboard.check import manifest
    from showcase_bench.leaderboard.claims import check_claims, read_claims
    from showcase_bench.leaderboard.claims_markdown import claims_markdown
    from showcase_bench.leaderboard.report import board_page
    from showcase_bench.leaderboard.table_csv import board_csv
    from showcase_bench.leaderboard.table_latex import board_latex

    name = safe_name(board.identity.task)
    files = {
        out / f"{name}.md": board_markdown(board).encode(),
        out / f"{name}.json": board.to_json(),
        out / f"{name}.csv": board_csv(board).encode(),
        out / f"{name}.tex": board_latex(board).encode(),
        out / f"{name}.html": board_page(board).encode(),
        out / f"{name}.runs.json": manifest(newest(runs), results),
    }
    if claims is not None:
        report = check_claims(runs, read_claims(claims))
        files[out / f"{name}-claims.md"] = claims_markdown(report).encode()
        files[out / f"{name}-claims.json"] = report.to_json()
    return files


def _site(board: Board, runs: list[StoredRun], folder: Path, *, quiet: bool) -> str:
    """Build the site of a registered task; the path of its first page."""
    from showcase_bench.datasets.tasks import TASKS
    from showcase_bench.errors import UsageError
    from showcase_bench.evaluate import Workspace
    from showcase_bench.site import build_site

    name = board.identity.task
    if name not in TASKS:
        raise UsageError(
            f"{name!r} is no registered task, so its data are not known here: "
            f"showcase-bench view --data FILE --out {folder} --no-open"
        )
    with BarProgress(quiet=quiet) as progress:
        workspace = Workspace.open(TASKS.get(name), progress=progress)
        return str(build_site(runs, workspace, folder, progress, board=board).index)


def _pictures(board: Board, folder: Path) -> dict[Path, bytes]:
    from showcase_bench.evaluate.runs.store import safe_name
    from showcase_bench.leaderboard.pictures import board_pictures

    return {
        folder / f"{safe_name(board.identity.task)}-{name}.{suffix}": data
        for name, drawn in board_pictures(board).items()
        for suffix, data in drawn.items()
    }
