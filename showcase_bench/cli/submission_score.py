"""``showcase-bench submission score``: the row of a submission, and its place among others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from showcase_bench.cli.console import BarProgress, print_json, say, warn_of_photos
from showcase_bench.cli.options import (
    METRIC_GROUPS,
    NameList,
    TaskRequest,
    common_options,
    task_options,
)
from showcase_bench.cli.score import print_scores, score_json
from showcase_bench.cli.submission_parts import (
    EXIT_CODES,
    open_and_check,
    submission_arguments,
    tell_problems,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showcase_bench.evaluate import StoredRun, Workspace
    from showcase_bench.leaderboard.board import Board, Row
    from showcase_bench.submission import SubmittedRow

__all__ = ["command"]

EPILOG = f"""\b
Examples:
  showcase-bench submission score predictions.jsonl
  showcase-bench submission score mine.zip --results results --json
  showcase-bench submission score predictions.jsonl.zst --card card.toml --data gest.json \\
      --split test --metrics selection,n-gram

{EXIT_CODES}"""


@click.command("score", epilog=EPILOG)
@submission_arguments
@click.option(
    "--metrics",
    type=NameList("metrics", *METRIC_GROUPS),
    help="Metric names, specs, signatures or groups, with commas between. "
    "[default: those of the runs in --results; else the task's]",
)
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of runs: rank the submission among them, and store it there as one of them.",
)
@click.option("--dry-run", is_flag=True, help="With --results: rank it, and store nothing.")
@task_options
@common_options
@click.pass_context
def command(
    context: click.Context,
    file: Path,
    card: Path | None,
    metrics: str | None,
    results: Path | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    request: TaskRequest,
) -> None:
    """Check FILE, score it, and tell its place among the runs of --results.

    The row carries the card's name and the flag `submission`; what uses gold is a ceiling, and
    takes no rank. Notes beside the row tell of signs that a score was bought; they move no number.
    A later submission of the same name and seed takes the place of an earlier one on boards.
    """
    hushed = quiet or as_json
    with BarProgress(quiet=hushed) as progress:
        workspace, found = open_and_check(file, card, request, progress, keep=True, need_card=True)
        if found.showcases is None or found.card is None:
            if as_json:
                print_json(found.to_dict())
            else:
                tell_problems(found, quiet=quiet)
            context.exit(1)
        runs = _runs(workspace, results)
        from showcase_bench.submission import metrics_of_runs, require_own_name, score_row

        require_own_name(found.card, runs)
        chosen = metrics_of_runs(workspace, runs)
        if metrics is not None:
            from showcase_bench.spec import split_list

            chosen = workspace.parse_metrics(split_list(metrics))
        row = score_row(found.card, found.showcases, workspace, chosen, progress)
        board, stored = (None, None)
        if results is not None:
            board, stored = _place(row, workspace, runs, results, dry_run=dry_run)
    warn_of_photos(workspace.images.unreadable, quiet=hushed)
    places = {} if board is None else _places(board, row)
    if as_json:
        print_json(_as_json(row, workspace, places, stored))
        return
    _print(row, workspace, places, stored, quiet=quiet)


def _runs(workspace: Workspace, results: Path | None) -> list[StoredRun]:
    from showcase_bench.evaluate import RunStore

    if results is None or not results.is_dir():
        return []
    return list(RunStore(results).runs(workspace.task.name))


def _place(
    row: SubmittedRow,
    workspace: Workspace,
    runs: Sequence[StoredRun],
    results: Path,
    *,
    dry_run: bool,
) -> tuple[Board, StoredRun | None]:
    """The board with the new row; stored only once it is known to fit the other runs."""
    from showcase_bench.evaluate import RunStore
    from showcase_bench.pull_request import board_with

    record, files = row.as_run(workspace)
    board = board_with(runs, [(record, files)])
    return board, None if dry_run else RunStore(results).write(record, files)


def _places(board: Board, row: SubmittedRow) -> dict[str, tuple[str, Row, int]]:
    """Section to its primary metric, the row, and the number of ranked systems."""
    found = {}
    for section in board.sections:
        ranked = sum(one.rank is not None for one in section.rows)
        for one in section.rows:
            if one.model == row.card.name:
                found[section.name] = section.primary, one, ranked
    return found


def _as_json(
    row: SubmittedRow,
    workspace: Workspace,
    places: dict[str, tuple[str, Row, int]],
    stored: StoredRun | None,
) -> dict[str, Any]:
    from dataclasses import asdict

    task = workspace.task
    return {
        "system": row.card.name,
        "seed": row.card.seed,
        "role": row.card.role,
        "flags": list(row.card.flags),
        "task": task.name,
        "version": task.version,
        "split": task.split,
        "data_sha256": workspace.dataset.revision,
        "n": len(row.showcases),
        "metrics": {one.name: score_json(one, row.levels.get(one.name)) for one in row.scores},
        "notes": [asdict(note) for note in row.notes],
        "ranks": {
            name: {
                "primary": primary,
                "rank": None if one.rank is None else list(one.rank),
                "letters": one.letters,
                "of": ranked,
            }
            for name, (primary, one, ranked) in places.items()
        },
        "run": None if stored is None else {"id": stored.record.id, "path": str(stored.folder)},
    }


def _print(
    row: SubmittedRow,
    workspace: Workspace,
    places: dict[str, tuple[str, Row, int]],
    stored: StoredRun | None,
    *,
    quiet: bool,
) -> None:
    title = f"{row.card.name} ({', '.join(row.card.flags)}) on {workspace.task.name}"
    print_scores(title, row.scores, row.levels)
    for name, (primary, one, ranked) in places.items():
        if one.rank is None:
            click.echo(f"{name}, by {primary}: takes no rank ({', '.join(one.flags)})")
        else:
            best, worst = one.rank
            rank = str(best) if best == worst else f"{best}-{worst}"
            click.echo(f"{name}, by {primary}: rank {rank} of {ranked}, ties {one.letters}")
    for note in row.raised():
        click.echo(f"note: {note}")
    say("value with its 95 % interval, clustered by user and business", quiet=quiet)
    if stored is not None:
        say(str(stored.folder), quiet=quiet)
