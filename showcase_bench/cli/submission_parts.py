"""What the verbs about submissions share: the file that is meant, and its report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from showcase_bench.cli.console import BarProgress, say
from showcase_bench.cli.options import TaskRequest, stack_options

if TYPE_CHECKING:
    from showcase_bench.evaluate.task.workspace import Workspace
    from showcase_bench.submission import Checked

__all__ = ["EXIT_CODES", "open_and_check", "submission_arguments", "tell_problems"]

EXIT_CODES = """\b
Exit status: 0 done, 1 the submission has problems, 2 it could not be looked at.
"""
_MOST_SHOWN = 50

submission_arguments: Callable[[Callable[..., Any]], Callable[..., Any]] = stack_options(
    click.argument("file", type=click.Path(path_type=Path)),
    click.option(
        "--card",
        type=click.Path(path_type=Path),
        help="Its card. [default: NAME.toml beside NAME.jsonl; the one within an archive]",
    ),
)
"""``FILE`` and ``--card``."""


def open_and_check(
    file: Path,
    card: Path | None,
    request: TaskRequest,
    progress: BarProgress,
    *,
    keep: bool,
    need_card: bool,
) -> tuple[Workspace, Checked]:
    """Open the task and check a submission to it; raises as both do."""
    from showcase_bench.evaluate.task.workspace import Workspace
    from showcase_bench.submission import Submission, check_submission
    from showcase_bench.submission.card import task_facts
    from showcase_bench.submission.examples import Examples

    workspace = Workspace.open(request.resolve(), places=request.places(), progress=progress)
    asked = Submission(file, task_facts(workspace), Examples.of_workspace(workspace), card)
    return workspace, check_submission(asked, keep=keep, need_card=need_card)


def tell_problems(found: Checked, *, quiet: bool) -> None:
    """Print problems on standard output, and what they come to on standard error."""
    problems = found.problems
    for one in problems.kept[:_MOST_SHOWN]:
        click.echo(str(one))
    more = problems.total - min(len(problems.kept), _MOST_SHOWN)
    if more > 0:
        last = problems.kept[-1]
        if problems.stopped and last not in problems.kept[:_MOST_SHOWN]:
            click.echo(f"and {more - 1:,} more, the last of which is\n{last}")
        else:
            click.echo(f"and {more:,} more")
    if problems.total:
        counts = ", ".join(f"{name} {number:,}" for name, number in problems.counts.most_common())
        plural = "s" * (problems.total > 1)
        say(
            f"{found.path}: {problems.total:,} problem{plural} in {found.lines:,} lines "
            f"({counts}); docs/submissions.md tells what each means",
            quiet=quiet,
        )
