"""``showcase-bench submission report``: what a pull request hands in, checked and scored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import (
    METRIC_GROUPS,
    NameList,
    TaskRequest,
    common_options,
    task_options,
)
from showcase_bench.cli.submission_parts import EXIT_CODES

if TYPE_CHECKING:
    from showcase_bench.pull_request.work import Judge
    from showcase_bench.types import Progress

__all__ = ["command"]

_FOLDER = click.Path(path_type=Path)

EPILOG = f"""\b
Examples:
  showcase-bench submission report submissions --results results --out report.json
  showcase-bench submission report head/submissions --base base/submissions \\
      --results base/results --out report.json --markdown summary.md

{EXIT_CODES}"""


@click.command("report", epilog=EPILOG)
@click.argument("head", type=_FOLDER)
@click.option("--base", type=_FOLDER, help="The same folder before: what is equal is left out.")
@click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of runs to compare with; nothing is stored there.",
)
@click.option(
    "--metrics",
    type=NameList("metrics", *METRIC_GROUPS),
    help="Metrics, also of the runs. [default: those of the runs, else the task's, that need "
    "no trained encoder]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write the report to, as JSON.",
)
@click.option(
    "--markdown",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to append the report to, for people.",
)
@task_options
@common_options
@click.pass_context
def command(
    context: click.Context,
    head: Path,
    base: Path | None,
    results: Path | None,
    metrics: str | None,
    out: Path,
    markdown: Path | None,
    as_json: bool,
    quiet: bool,
    request: TaskRequest,
) -> None:
    """Check and score the submissions in HEAD that are new or changed, for a pull request.

    HEAD is a folder of folders, one a submission: predictions with their cards, plain, compressed
    or packed, one file a seed. Each is placed alone among the runs of --results. Files of HEAD are
    read as data: no link is followed, nothing is run, unpacked or stored.
    """
    from showcase_bench.errors import StoreError
    from showcase_bench.evaluate.runs.content import write_atomically
    from showcase_bench.formatting import one_line
    from showcase_bench.pull_request import report_markdown, report_on

    with BarProgress(quiet=quiet or as_json) as progress:
        judge = _judge(request, results, metrics, progress)
        report = report_on(head, base, judge, progress=progress)
    write_atomically(out, report.to_json())
    if markdown is not None:
        try:
            with markdown.open("a", encoding="utf-8") as file:
                file.write(report_markdown(report))
        except OSError as error:
            raise StoreError(f"{markdown}: cannot be written ({error.strerror})") from error
    if as_json:
        sound = {one.name: one.sound for one in report.folders}
        print_json({"path": str(out), "sound": report.sound, "submissions": sound})
    else:
        for one in report.folders:
            problems = sum(file.total for file in one.files)
            told = one_line(one.refusal) or f"{problems:,} problems"
            click.echo(f"{one.name!a}: {'sound' if one.sound else told}")
        say(f"{len(report.folders)} submissions: {out}", quiet=quiet)
    context.exit(0 if report.sound else 1)


def _judge(
    request: TaskRequest, results: Path | None, metrics: str | None, progress: Progress
) -> Judge:
    from showcase_bench.evaluate import RunStore, Workspace
    from showcase_bench.pull_request import within_metrics, without_encoders
    from showcase_bench.pull_request.work import Judge
    from showcase_bench.spec import split_list
    from showcase_bench.submission import metrics_of_runs

    workspace = Workspace.open(request.resolve(), places=request.places(), progress=progress)
    runs = [] if results is None else list(RunStore(results).runs(workspace.task.name))
    if metrics is None:
        chosen = without_encoders(metrics_of_runs(workspace, runs))
    else:
        chosen = workspace.parse_metrics(split_list(metrics))
    return Judge(workspace, within_metrics(runs, chosen), chosen)
