"""Read a file of predictions for a split."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from showcase_bench.errors import PredictionError
from showcase_bench.evaluate.showcases.canonical import problems_with
from showcase_bench.submission.examples import Examples
from showcase_bench.submission.json_line import parse_object
from showcase_bench.submission.kept_showcases import collect_showcases
from showcase_bench.submission.lines import Collected, Row, parse_text
from showcase_bench.types import Query, Showcase

__all__ = ["HINT", "missing_ids", "open_predictions", "read_predictions"]

HINT = (
    'Each line must be one JSON object {"id": ..., "image_ids": [...], "text": ...}; '
    "`showcase-bench predict` writes a valid file to compare with."
)


def read_predictions(path: Path, queries: Sequence[Query]) -> list[Showcase]:
    """The predictions in ``path`` in the order of ``queries``; as :func:`open_predictions`."""
    return list(open_predictions(path, Examples.of_queries(queries)))


def open_predictions(
    path: Path, examples: Examples, spool_folder: Path | None = None
) -> Sequence[Showcase]:
    """Check the predictions in ``path``, and give them in the order of ``examples``.

    Lines may come in any order; each id must occur exactly once. ``image_ids`` and ``text`` may be
    left out or null, which means "not attempted". Blank lines are skipped. The file may be
    compressed with gzip or Zstandard. Many predictions of a plain file stay there, and are read
    again as they are asked for. Those that are compressed, or come through a pipe, go to a
    temporary file first, which is gone with them.

    Parameters
    ----------
    spool_folder
        Folder for the temporary file; by default that of the system.

    Raises
    ------
    PredictionError
        The file is missing, unreadable or empty, or any line is wrong: all problems are listed
        with their line and field.
    StoreError
        The temporary file cannot be written.
    """
    ids, numbers = examples.ids, examples.numbers

    def make(one: str, number: int | None, row: Row, problems: list[str]) -> Showcase:
        if number is None:
            problems.append(f"field 'id': {one!r} is not an example of this split")
            return Showcase(one)
        showcase = Showcase(one, _image_ids(row, problems), parse_text(row, problems))
        pool = examples.pool(number) if showcase.image_ids else ()
        problems += problems_with(showcase, pool, examples.k)
        return showcase

    def require(found: Collected[Showcase | None]) -> None:
        if found.values and not any(one in numbers for one in found.values):
            raise PredictionError(
                path,
                f"none of its ids is an example of this split (the first is "
                f"{next(iter(found.values))!r}; the split has {ids[0]!r} first)",
                "Is it made for another --task, --data or --split?",
            )
        if found.whole:
            found.problems += missing_ids(ids, found.values)
        if found.problems:
            raise PredictionError(path, found.problems, HINT)

    return collect_showcases(path, numbers, make, require, _showcase, spool_folder)


def _showcase(line: bytes) -> Showcase:
    """The showcase of a line that was checked."""
    row = parse_object(line)
    return Showcase(row["id"], _image_ids(row, []), parse_text(row, []))


def missing_ids(wanted: Sequence[str], found: Collection[str]) -> list[str]:
    """One problem that counts the ids without a prediction, or none."""
    missing = [one for one in wanted if one not in found]
    if not missing:
        return []
    return [
        f"{len(missing)} of {len(wanted)} ids are missing: first {missing[0]!r}. To skip "
        'an example on purpose, give it "image_ids": [] and "text": null'
    ]


def _image_ids(row: Row, problems: list[str]) -> tuple[str, ...]:
    image_ids = row.get("image_ids")
    if image_ids is None:
        return ()
    if not isinstance(image_ids, list) or not all(isinstance(one, str) for one in image_ids):
        problems.append("field 'image_ids': must be a list of strings")
        return ()
    return tuple(image_ids)
