"""The one place through which a participant's file comes in."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

from showcase_bench.errors import PredictionError
from showcase_bench.submission import read_predictions
from showcase_bench.types import Query, Showcase

__all__ = ["MAX_CHARACTERS", "MAX_FILE_BYTES", "SUBMITTED", "find_submission", "read_submission"]

SUBMITTED = "predictions.jsonl"
"""What the file is called in a submission."""
MAX_FILE_BYTES = 256 << 20
MAX_CHARACTERS = 10_000
"""Of one text: ten times the longest review that anyone reads, and harmless to every metric."""


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

    Nothing of it is executed or used as a path, and memory is bounded by the size of the file.

    Parameters
    ----------
    shown_as
        How messages name the file; by default as ``path``.

    Raises
    ------
    PredictionError
        The file is missing, too large, breaks the format or does not fit the queries; all problems
        at once.
    """
    name = str(path) if shown_as is None else shown_as
    try:
        size = path.stat().st_size
    except OSError as error:
        raise PredictionError(name, f"cannot be read: {error.strerror or error}") from error
    if size > MAX_FILE_BYTES:
        raise PredictionError(name, f"has {size:,} bytes; at most {MAX_FILE_BYTES:,} are read")
    try:
        showcases = read_predictions(path, queries)
    except PredictionError as error:
        if shown_as is None:
            raise
        raise PredictionError(shown_as, error.problems) from error
    long = [one for one in showcases if one.text is not None and len(one.text) > MAX_CHARACTERS]
    if long:
        raise PredictionError(
            name,
            [
                f"id {one.id!r}, field 'text': {len(one.text or ''):,} characters; at most "
                f"{MAX_CHARACTERS:,} are allowed"
                for one in long
            ],
        )
    return showcases
