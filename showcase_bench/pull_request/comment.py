"""Answer a pull request whose job has ended, with a token that may write, trusting nothing of it.

Whose pull request it is follows from the event and from GitHub, never from what the job left
behind. A pull request could change the job itself, so what the job says is told only where no file
outside of the folder of submissions is changed.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from showcase_bench.errors import DataError, UsageError
from showcase_bench.formatting import one_line
from showcase_bench.pull_request.github import GitHub, GitHubError
from showcase_bench.pull_request.markdown import MARK, report_markdown
from showcase_bench.pull_request.report import REPORT_BYTES, Report, parse_report

__all__ = ["ARTIFACT", "REPORT", "answer_run"]

ARTIFACT, REPORT = "submission-report", "report.json"
"""Name of what the job leaves behind, and of the one file in it."""
_SHA = re.compile(r"[0-9a-f]{40}")
_AUTHOR = "github-actions[bot]"
_ELSEWHERE = (
    "## Submissions\n\nThis pull request also changes files outside of `{folder}/`. What its job "
    "reports is not shown here, since the job itself could be changed. Hand in the submission in "
    "a pull request of its own.\n"
)


@dataclass(frozen=True)
class _Run:
    """The job that has ended, by the event that GitHub wrote."""

    id: int
    sha: str
    repository: str
    """The one that the pull request comes from."""
    branch: str


def answer_run(event: Mapping[str, Any], github: GitHub, folder: str) -> str:
    """Write or renew the comment on the pull request of a job; returns in words what was done.

    Parameters
    ----------
    event
        The event ``workflow_run``.
    folder
        The folder of submissions, from the root of the repository.

    Raises
    ------
    UsageError
        It is no such event, or not of a pull request.
    DataError
        The report is not one.
    GitHubError
        GitHub refuses, or what it says is not consistent.
    """
    run = _run(event)
    number = _pull_request(run, github)
    if number is None:
        return "no open pull request has this state any more: nothing to say"
    if _changes_elsewhere(number, github, folder.strip("/")):
        text = f"{MARK}\n{_ELSEWHERE.format(folder=folder.strip('/'))}"
    else:
        report = _report(run, github)
        if report is None:
            return "the job left no report: nothing to say"
        if not report.folders:
            return "no submission is new or changed: nothing to say"
        text = report_markdown(report)
    # What was asked above is of the state that the job saw only if that is the state still.
    if _sha(github.get(f"pulls/{number}")) != run.sha:
        return "the pull request has moved on: its next job will say more"
    return _write(number, text, github)


def _run(event: Mapping[str, Any]) -> _Run:
    try:
        run = event["workflow_run"]
        kind = run["event"]
        home = run["head_repository"]["full_name"]
        found = _Run(int(run["id"]), str(run["head_sha"]), str(home), str(run["head_branch"]))
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"the event is no workflow_run of GitHub ({error!r})") from error
    if kind != "pull_request" or not _SHA.fullmatch(found.sha):
        raise UsageError(f"the job was started by {str(kind)[:60]!r}, not by a pull request")
    return found


def _pull_request(run: _Run, github: GitHub) -> int | None:
    """Number of the one open pull request whose last commit is the one that the job saw."""
    owner = run.repository.partition("/")[0]
    found = [
        one
        for one in github.pages("pulls", state="open", head=f"{owner}:{run.branch}")
        if _sha(one) == run.sha and _full_name(one, "head") == run.repository
    ]
    numbers = sorted(one["number"] for one in found if type(one.get("number")) is int)
    if len(numbers) > 1:
        raise GitHubError(f"pull requests {numbers} have one last commit; close all but one")
    return numbers[0] if numbers else None


def _sha(pull: Mapping[str, Any]) -> str:
    return str((pull.get("head") or {}).get("sha"))


def _full_name(pull: Mapping[str, Any], side: str) -> str:
    repository = (pull.get(side) or {}).get("repo") or {}
    return str(repository.get("full_name"))


def _changes_elsewhere(number: int, github: GitHub, folder: str) -> bool:
    for one in github.pages(f"pulls/{number}/files"):
        names = [one.get("filename"), one.get("previous_filename") or one.get("filename")]
        if not all(str(name).startswith(f"{folder}/") for name in names):
            return True
    return False


def _report(run: _Run, github: GitHub) -> Report | None:
    """The report in the newest archive that the job left; None where it left none."""
    listed = github.get(f"actions/runs/{run.id}/artifacts", name=ARTIFACT, per_page="100")
    found = [
        one
        for one in listed.get("artifacts", [])
        if one.get("name") == ARTIFACT and not one.get("expired") and type(one.get("id")) is int
    ]
    if not found:
        return None
    newest = max(one["id"] for one in found)
    return _unpacked(github.download(f"actions/artifacts/{newest}/zip", REPORT_BYTES))


def _unpacked(data: bytes) -> Report:
    """The one file of the archive, read as a stream that ends where it is too long."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if names != [REPORT]:
                raise DataError(ARTIFACT, f"the archive holds something else than {REPORT}")
            with archive.open(REPORT) as member:
                content = member.read(REPORT_BYTES + 1)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
        told = one_line(str(error))[:200]
        raise DataError(ARTIFACT, f"not an archive that can be read ({told})") from error
    except RuntimeError as error:
        raise DataError(ARTIFACT, "the archive is encrypted") from error
    return parse_report(content, REPORT)


def _write(number: int, text: str, github: GitHub) -> str:
    for one in github.pages(f"issues/{number}/comments"):
        author = (one.get("user") or {}).get("login")
        if author == _AUTHOR and str(one.get("body")).startswith(MARK):
            github.send("PATCH", f"issues/comments/{int(one['id'])}", {"body": text})
            return f"renewed the comment on pull request {number}"
    github.send("POST", f"issues/{number}/comments", {"body": text})
    return f"commented on pull request {number}"
