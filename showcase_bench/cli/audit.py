"""``showcase-bench audit``: which metrics see which fault."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from showcase_bench.cli.console import BarProgress, print_json, say, table_console, warn_of_photos
from showcase_bench.cli.log_file import log_option
from showcase_bench.cli.options import (
    METRIC_GROUPS,
    NameList,
    TaskRequest,
    common_options,
    task_options,
)
from showcase_bench.errors import UsageError

if TYPE_CHECKING:
    from showcase_bench.audit import Audit
    from showcase_bench.evaluate import Workspace
    from showcase_bench.types import Progress

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench audit
  showcase-bench audit --metrics n-gram,personalization --faults other-user,unrelated-words
  showcase-bench audit --data gest.json --images photos/ --strengths 0.1,0.5,1 --out audit/gest
"""


@click.command("audit", epilog=EPILOG)
@task_options
@click.option(
    "--metrics",
    type=NameList("metrics", *METRIC_GROUPS),
    help="Metric names, specs, signatures or groups, with commas between. [default: all but costs "
    "that can be computed here]",
)
@click.option(
    "--faults",
    default="all",
    show_default=True,
    metavar="LIST",
    help="Faults, with commas between: other-user, other-business, generic, truncated, shuffled, "
    "repeated, unrelated-words, other-photos, other-business-photos, random-photos.",
)
@click.option(
    "--strengths",
    default="0.25,0.5,1",
    show_default=True,
    metavar="LIST",
    help="Shares of the examples, or of the words, that a fault changes.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of what the faults draw.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the results. [default: audit/<task>]",
)
@log_option
@common_options
def command(
    metrics: str | None,
    faults: str,
    strengths: str,
    seed: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    request: TaskRequest,
) -> None:
    """Spoil the references in controlled ways and show how every metric responds.

    The references are scored as if a system had predicted them: as they are, with the texts of
    others, cut, shuffled or repeated, with other photos, and so on. A metric that does not fall is
    blind to that fault. Writes a table, a heat map and a page into --out.
    """
    from showcase_bench.audit.write import require_folder, write_audit
    from showcase_bench.evaluate import Workspace

    task = request.resolve()
    folder = out or Path("audit") / task.name
    hushed = quiet or as_json
    with BarProgress(quiet=hushed) as progress:
        workspace = Workspace.open(task, places=request.places(), progress=progress)
        require_folder(folder)
        audit = _audit(workspace, metrics, faults, _numbers(strengths), seed, progress)
    warn_of_photos(workspace.images.unreadable, quiet=hushed)
    written = write_audit(audit, folder)
    if written.remark is not None:
        say(written.remark, quiet=hushed)
    if as_json:
        print_json(audit.to_dict())
        return
    _print_table(audit)
    reasons: dict[str, list[str]] = {}
    for one in audit.left_out:
        reasons.setdefault(one.reason, []).append(one.name)
    for reason, names in reasons.items():
        say(f"left out: {', '.join(names)}: {reason}", quiet=quiet)
    for path in written.paths:
        say(str(path), quiet=quiet)


def _audit(
    workspace: Workspace,
    metrics: str | None,
    faults: str,
    strengths: list[float],
    seed: int,
    progress: Progress,
) -> Audit:
    from showcase_bench.audit import find_faults, run_audit
    from showcase_bench.evaluate.stages import StageClock
    from showcase_bench.spec import split_list

    chosen = None if metrics is None else workspace.parse_metrics(split_list(metrics))
    with StageClock(task=workspace.task.name).stage("audit"):
        return run_audit(
            workspace,
            metrics=chosen,
            faults=find_faults(split_list(faults)),
            strengths=strengths,
            seed=seed,
            progress=progress,
        )


def _numbers(text: str) -> list[float]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return [float(part) for part in parts]
    except ValueError as error:
        raise UsageError(
            f"--strengths takes numbers with commas between, such as 0.25,0.5,1, not {text!r}"
        ) from error


def _print_table(audit: Audit) -> None:
    from rich.table import Table
    from rich.text import Text

    from showcase_bench.audit.wording import SIGNS, arrow, cell_text

    styles = {"sees": "green", "rewards": "red", "moves": "yellow", "unknown": "dim"}
    title = f"{audit.task}, {audit.n:,} references, strength {audit.strengths[-1]:g}"
    table = Table(title=Text(title), title_justify="left", show_edge=False, padding=(0, 1))
    table.add_column("metric", no_wrap=True)
    for fault in audit.faults:
        table.add_column(Text(fault.name), justify="right", overflow="fold")
    for group in audit.groups.values():
        for metric in group:
            cells = [audit.table[metric.name, fault.name] for fault in audit.faults]
            shown = [Text(cell_text(cell), styles.get(cell.verdict, "dim")) for cell in cells]
            table.add_row(Text(f"{metric.name} {arrow(metric)}".strip()), *shown)
        table.add_section()
    console = table_console()
    console.print(table)
    console.print(Text("  ".join(f"{sign} {verdict}" for verdict, sign in SIGNS.items()), "dim"))
    console.print(
        Text("change in percent of the metric's largest under any of these faults", "dim")
    )
