"""The one place through which a participant's file comes in."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

from showcase_bench.errors import PredictionError
from showcase_bench.submission.content import open_content, too_large
from showcase_bench.submission.examples import Examples
from showcase_bench.submission.limits import DEFAULT as LIMITS
from showcase_bench.submission.problems import Problems, RefusedError
from showcase_bench.submission.rows import RowCheck
from showcase_bench.submission.safe_open import open_regular
from showcase_bench.types import Query, Showcase

__all__ = ["LIMITS", "SUBMITTED", "find_submission", "read_submission"]

SUBMITTED = "predictions.jsonl"
"""What the file is called in a submission."""


def find_submission(folder: Path) -> Path:
    """The file of predictions in an unpacked submission; all else in it is ignored.

    Raises
    ------
    PredictionError
        There is none at the top, or it is a link, a pipe or anything but a regular file.
    """
    path = folder / SUBMITTED
    try:
        kind = path.lstat().st_mode
    except OSError:
        raise PredictionError(
            SUBMITTED,
            "is not in the submission",
            f"Zip the file itself, not the folder that it is in; it must be called {SUBMITTED}.",
        ) from None
    if not stat.S_ISREG(kind):
        raise PredictionError(SUBMITTED, "is not a regular file", "Submit the file itself.")
    return path


def read_submission(
    path: Path, queries: Sequence[Query], *, shown_as: str | None = None
) -> list[Showcase]:
    """Predictions of a file from outside, in the order of ``queries``.

    They are checked as `submission check` does, without a card: the same limits, the same problems.
    Nothing of the file is executed or used as a path, and no link is followed.

    Parameters
    ----------
    shown_as
        How messages name the file; by default as ``path``.

    Raises
    ------
    PredictionError
        The file is missing, no regular file, too large, breaks the format or does not fit the
        queries; all problems at once.
    """
    name = str(path) if shown_as is None else shown_as
    problems = Problems(LIMITS.kept_problems)
    rows = RowCheck(Examples.of_queries(queries), LIMITS, problems)
    found: dict[str, Showcase] = {}
    try:
        file, size = open_regular(path)
        with file:
            if size > LIMITS.file_bytes:
                raise too_large(size, LIMITS)
            with open_content(file, LIMITS) as content:
                found.update((one.id, one) for one in rows.showcases(content))
    except RefusedError as refused:
        problems.stop(refused.problem)
    except PredictionError as error:
        raise PredictionError(name, error.problems) from error
    if problems.total:
        told = [str(one) for one in problems.kept]
        if problems.total > len(told):
            told.append(f"and {problems.total - len(told):,} more")
        raise PredictionError(name, told)
    return [found[query.id] for query in queries]
