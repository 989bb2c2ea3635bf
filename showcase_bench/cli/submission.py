"""``showcase-bench submission``: make, check, score and pack files of predictions."""

from __future__ import annotations

import click

from showcase_bench.cli.lazy import LazyGroup

__all__ = ["command"]

_VERBS = {
    "new": ("showcase_bench.cli.submission_new", "Write a submission to fill in."),
    "check": ("showcase_bench.cli.submission_check", "Report every problem of a submission."),
    "score": ("showcase_bench.cli.submission_score", "Check, score, rank and store a submission."),
    "pack": ("showcase_bench.cli.submission_pack", "Write one archive to hand in."),
    "report": ("showcase_bench.cli.submission_report", "Check and score those of a pull request."),
    "comment": ("showcase_bench.cli.submission_comment", "Answer a pull request with a report."),
}


@click.group("submission", cls=LazyGroup, verbs=_VERBS)
def command() -> None:
    """Make, check, score and pack submissions.

    A submission is a JSON Lines file of predictions, plain, .gz or .zst, with a TOML card beside
    it; or both in one archive that `submission pack` writes.
    """
