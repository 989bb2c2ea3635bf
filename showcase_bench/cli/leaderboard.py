"""``showcase-bench leaderboard``: boards out of stored runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from showcase_bench.cli.console import print_json, say
from showcase_bench.cli.options import NameList, common_options

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench leaderboard build
  showcase-bench leaderboard build --results out --task file-gest --out boards
  showcase-bench leaderboard build --claims claims.toml
"""


@click.group("leaderboard")
def command() -> None:
    """Build leaderboards from stored runs."""


@command.command("build", epilog=EPILOG)
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("results"),
    show_default=True,
    help="Folder of runs.",
)
@click.option(
    "--task", type=NameList("tasks"), help="Only this task. [default: all that have runs]"
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("leaderboards"),
    show_default=True,
    help="Folder to write <task>.md and <task>.json to.",
)
@click.option(
    "--claims",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file of claims to test on the same runs, into <task>-claims.md and .json.",
)
@common_options
def build(
    results: Path, task: str | None, out: Path, claims: Path | None, as_json: bool, quiet: bool
) -> None:
    """Write the board of each task as Markdown and JSON, and the verdict on claims.

    A board is a pure function of the runs: the same runs give the same bytes, in whatever order
    they were made. Runs that differ in data, task version, protocol or metrics are refused.
    """
    from showcase_bench.cli.board_table import print_board
    from showcase_bench.errors import UsageError
    from showcase_bench.evaluate import RunStore, StoredRun
    from showcase_bench.evaluate.store import write_atomically
    from showcase_bench.leaderboard import board_markdown, build_board
    from showcase_bench.leaderboard.claims import check_claims, read_claims
    from showcase_bench.leaderboard.claims_markdown import claims_markdown

    asked = None if claims is None else read_claims(claims)
    by_task: dict[str, list[StoredRun]] = {}
    for run in RunStore(results).runs(task):
        by_task.setdefault(run.record.inputs.task, []).append(run)
    if not by_task:
        raise UsageError(
            f"{results} holds no run{f' of task {task!r}' if task else ''}; "
            "`showcase-bench run` makes some"
        )
    boards = {name: build_board(runs) for name, runs in by_task.items()}
    written: dict[str, Any] = {}
    for name, board in boards.items():
        paths = {"markdown": out / f"{name}.md", "json": out / f"{name}.json"}
        write_atomically(paths["markdown"], board_markdown(board).encode())
        write_atomically(paths["json"], board.to_json())
        if asked is not None:
            report = check_claims(by_task[name], asked)
            paths["claims"] = out / f"{name}-claims.md"
            paths["claims_json"] = out / f"{name}-claims.json"
            write_atomically(paths["claims"], claims_markdown(report).encode())
            write_atomically(paths["claims_json"], report.to_json())
        written[name] = {kind: str(path) for kind, path in paths.items()}
        if not as_json:
            print_board(board)
            say("\n".join(written[name].values()), quiet=quiet)
    if as_json:
        print_json({"boards": written})
