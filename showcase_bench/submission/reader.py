"""Read a file of predictions for a split."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np

from showcase_bench.errors import PredictionError
from showcase_bench.evaluate.kept_lines import KeptLines, Stamp
from showcase_bench.evaluate.predictions import prediction_line, problems_with
from showcase_bench.submission.content import is_compressed
from showcase_bench.submission.examples import Examples
from showcase_bench.submission.json_line import parse_object
from showcase_bench.submission.line_spool import LineSpool
from showcase_bench.submission.lines import Row, collect, parse_text
from showcase_bench.types import Query, Showcase

__all__ = ["FIELDS", "HINT", "missing_ids", "open_predictions", "read_predictions"]

FIELDS = ("id", "image_ids", "text")
_HELD = 1 << 14
"""Predictions that are held in memory; more of them stay in their file."""
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
    held = len(ids) <= _HELD
    places = np.zeros(0 if held else len(ids), dtype=np.int64)
    with contextlib.ExitStack() as stack:
        spool = stamp = None
        if not held and path.exists():
            if path.is_file() and not is_compressed(path):
                stamp = Stamp.of(path)
            else:
                spool = stack.enter_context(LineSpool(spool_folder))

        def parse(one: str, row: Row, problems: list[str], place: int) -> Showcase | None:
            number = numbers.get(one)
            if number is None:
                problems.append(f"field 'id': {one!r} is not an example of this split")
                return None
            showcase = Showcase(one, _image_ids(row, problems), parse_text(row, problems))
            pool = examples.pool(number) if showcase.image_ids else ()
            problems += problems_with(showcase, pool, examples.k)
            if held:
                return showcase
            if spool is None:
                places[number] = place
            elif not problems:
                places[number] = spool.add(prediction_line(showcase))
            return None

        values = _checked(path, examples, parse)
        if spool is not None:
            return spool.showcases(places, _showcase)
    if stamp is not None:
        return KeptLines(path, places, _showcase, stamp)
    return [one for one in map(values.get, ids) if one is not None]


def _checked(
    path: Path,
    examples: Examples,
    parse: Callable[[str, Row, list[str], int], Showcase | None],
) -> dict[str, Showcase | None]:
    """What ``parse`` made of the lines by id; raises as :func:`open_predictions`."""
    ids, numbers = examples.ids, examples.numbers
    found = collect(path, FIELDS, parse)
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
    return found.values


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
