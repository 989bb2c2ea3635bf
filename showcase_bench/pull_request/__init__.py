"""Submissions that come by pull request: found, checked, scored, and answered with a comment.

The work is cut in two, so that nothing of a stranger's meets a token that can write. One program
looks at the files of a pull request without any right, and writes a report; another, which sees no
file of the pull request, reads the report as it would read anything from outside, and comments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from showcase_bench.lazy import lazy_exports

if TYPE_CHECKING:
    from showcase_bench.pull_request.comment import answer_run
    from showcase_bench.pull_request.folders import changed_folders
    from showcase_bench.pull_request.github import GitHub
    from showcase_bench.pull_request.markdown import report_markdown
    from showcase_bench.pull_request.place import board_with, within_metrics, without_encoders
    from showcase_bench.pull_request.report import Report, parse_report
    from showcase_bench.pull_request.work import report_on

__all__ = [
    "GitHub",
    "Report",
    "answer_run",
    "board_with",
    "changed_folders",
    "parse_report",
    "report_markdown",
    "report_on",
    "within_metrics",
    "without_encoders",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "GitHub": "github",
        "Report": "report",
        "answer_run": "comment",
        "board_with": "place",
        "changed_folders": "folders",
        "parse_report": "report",
        "report_markdown": "markdown",
        "report_on": "work",
        "within_metrics": "place",
        "without_encoders": "place",
    },
)
