"""``showcase-bench data check``: whether a data set is what it was."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import common_options

if TYPE_CHECKING:
    from showcase_bench.datasets.integrity.prepared import CheckReport

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench data check gest/                # a folder with manifest.json
  showcase-bench data check filter_all_t.json    # its prepared columns, and its manifest
  showcase-bench data check gest/ --json

\b
Exit status: 0 all is as it should be, 1 something is not, 2 it could not be checked.
"""

_MOST_SHOWN = 20


@click.command("check", epilog=EPILOG)
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--cache-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where prepared data are kept. [default: the user's cache folder]",
)
@common_options
@click.pass_context
def command(
    context: click.Context, path: Path, cache_dir: Path | None, as_json: bool, quiet: bool
) -> None:
    """Verify PATH byte by byte: a changed, missing or additional file is named.

    PATH is a folder with a manifest (made by `data get` or `data synth`), a folder of prepared
    columns, or a data file. A data file is compared with the manifest beside it, and its prepared
    columns in the cache are verified; where either has changed, the first row that differs is
    named if it can be.
    """
    from showcase_bench.datasets.integrity.prepared import check_path
    from showcase_bench.evaluate import default_cache_dir

    with BarProgress(quiet=quiet or as_json) as progress:
        report = check_path(path, cache_dir or default_cache_dir(), progress)
    if as_json:
        print_json({"path": str(path), "sound": not report.problems, **asdict(report)})
    else:
        _tell(path, report, quiet=quiet)
    context.exit(1 if report.problems else 0)


def _tell(path: Path, report: CheckReport, *, quiet: bool) -> None:
    for problem in report.problems[:_MOST_SHOWN]:
        click.echo(str(problem))
    more = len(report.problems) - _MOST_SHOWN
    if more > 0:
        click.echo(f"and {more:,} more; --json lists them all")
    against = " and ".join(report.against)
    if report.problems:
        number = len(report.problems)
        say(f"{path}: {number:,} problem{'s' * (number > 1)}, against {against}", quiet=quiet)
    else:
        say(f"{path}: sound, against {against}", quiet=quiet)
