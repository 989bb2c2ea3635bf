"""Read a file of predictions for a split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from showcase_bench.errors import PredictionError
from showcase_bench.evaluate.predictions import problems_with
from showcase_bench.submission.lines import Row, collect, parse_text
from showcase_bench.types import Query, Showcase

__all__ = ["FIELDS", "HINT", "missing_ids", "read_predictions"]

FIELDS = ("id", "image_ids", "text")
HINT = (
    'Each line must be one JSON object {"id": ..., "image_ids": [...], "text": ...}; '
    "`showcase-bench predict` writes a valid file to compare with."
)


def read_predictions(path: Path, queries: Sequence[Query]) -> list[Showcase]:
    """The predictions in ``path`` in the order of ``queries``.

    Lines may come in any order; each query id must occur exactly once. ``image_ids`` and ``text``
    may be left out or null, which means "not attempted". Blank lines are skipped. The file may be
    compressed with gzip or Zstandard.

    Raises
    ------
    PredictionError
        The file is missing, unreadable or empty, or any line is wrong: all problems are listed
        with their line and field.
    """
    by_id = {query.id: query for query in queries}

    def parse(query_id: str, row: Row, problems: list[str]) -> Showcase:
        query = by_id.get(query_id)
        if query is None:
            problems.append(f"field 'id': {query_id!r} is not an example of this split")
            return Showcase(query_id)
        showcase = Showcase(query_id, _image_ids(row, problems), parse_text(row, problems))
        problems += problems_with(showcase, query)
        return showcase

    found = collect(path, FIELDS, parse)
    if found.values and not any(one in by_id for one in found.values):
        raise PredictionError(
            path,
            f"none of its ids is an example of this split (the first is "
            f"{next(iter(found.values))!r}; the split has {queries[0].id!r} first)",
            "Is it made for another --task, --data or --split?",
        )
    if found.whole:
        found.problems += missing_ids([query.id for query in queries], found.values)
    if found.problems:
        raise PredictionError(path, found.problems, HINT)
    return [found.values[query.id] for query in queries]


def missing_ids(wanted: Sequence[str], found: dict[str, Showcase]) -> list[str]:
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
