"""``showcase-bench submission comment``: answer a pull request from a report."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from showcase_bench.cli.console import print_json
from showcase_bench.cli.options import common_options

__all__ = ["command"]

_TOKEN = "GITHUB_TOKEN"
_MOST_BYTES = 16 << 20

EPILOG = f"""\b
Examples:
  showcase-bench submission comment        # in a job that GitHub starts by workflow_run

\b
The token is read from {_TOKEN}. It needs the rights actions: read and pull-requests: write.
"""


@click.command("comment", epilog=EPILOG)
@click.option(
    "--event",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="GITHUB_EVENT_PATH",
    required=True,
    help="The event workflow_run as GitHub wrote it.",
)
@click.option("--repository", envvar="GITHUB_REPOSITORY", required=True, help="OWNER/NAME.")
@click.option(
    "--api",
    envvar="GITHUB_API_URL",
    default="https://api.github.com",
    show_default=True,
    help="Address of GitHub's interface.",
)
@click.option(
    "--folder", default="submissions", show_default=True, help="Folder of the submissions."
)
@common_options
def command(
    event: Path, repository: str, api: str, folder: str, as_json: bool, quiet: bool
) -> None:
    """Comment on the pull request whose job of `submission report` has ended.

    The report is what that job left behind, and is read as coming from anybody. An earlier comment
    is renewed. It tells nothing of a pull request that changes files outside of --folder.
    """
    from showcase_bench.errors import DataError, UsageError
    from showcase_bench.pull_request import GitHub, answer_run

    token = os.environ.get(_TOKEN, "")
    if not token:
        raise UsageError(f"{_TOKEN} is not set: give this step the job's token")
    try:
        with event.open("rb") as file:
            found = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(event, "not an event that can be read") from error
    if not isinstance(found, dict):
        raise DataError(event, "not an event: an object is expected")
    done = answer_run(found, GitHub(api, repository, token), folder)
    if as_json:
        print_json({"done": done})
    elif not quiet:
        click.echo(done)
