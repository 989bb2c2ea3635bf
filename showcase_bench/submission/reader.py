"""Read a file of predictions and report every problem with its line and field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from showcase_bench.errors import PredictionError, did_you_mean
from showcase_bench.evaluate.predictions import problems_with
from showcase_bench.types import Query, Showcase

__all__ = ["read_predictions"]

MAX_LINE_BYTES = 1 << 20
MAX_PROBLEMS = 1000
FIELDS = ("id", "image_ids", "text")
HINT = (
    'Each line must be one JSON object {"id": ..., "image_ids": [...], "text": ...}; '
    "`showcase-bench predict` writes a valid file to compare with."
)


class _DuplicateKeyError(ValueError):
    pass


def read_predictions(path: Path, queries: Sequence[Query]) -> list[Showcase]:
    """The predictions in ``path`` in the order of ``queries``.

    Lines may come in any order; each query id must occur exactly once. ``image_ids`` and ``text``
    may be left out or null, which means "not attempted". Blank lines are skipped.

    Raises
    ------
    PredictionError
        The file is missing, unreadable or empty, or any line is wrong: all problems are listed
        with their line and field.
    """
    by_id = {query.id: query for query in queries}
    found: dict[str, Showcase] = {}
    first_line: dict[str, int] = {}
    strangers: list[str] = []
    problems: list[str] = []
    for number, raw in _lines(path):
        if len(problems) >= MAX_PROBLEMS:
            problems.append("too many problems; the rest of the file was not read")
            break
        if isinstance(raw, str):
            problems.append(f"line {number}: {raw}")
            continue
        showcase, wrong = _parse_line(raw, by_id)
        problems += [f"line {number}: {problem}" for problem in wrong]
        if showcase is None:
            continue
        if showcase.id not in by_id:
            strangers.append(showcase.id)
            continue
        if showcase.id in first_line:
            problems.append(
                f"line {number}, field 'id': {showcase.id!r} was already given in line "
                f"{first_line[showcase.id]}"
            )
            continue
        first_line[showcase.id] = number
        found[showcase.id] = showcase
    else:
        missing = [query.id for query in queries if query.id not in first_line]
        if missing:
            problems.append(
                f"{len(missing)} of {len(queries)} ids are missing: first {missing[0]!r}. To skip "
                'an example on purpose, give it "image_ids": [] and "text": null'
            )
    if strangers and not found:
        raise PredictionError(
            path,
            f"none of its ids is an example of this split (the first is {strangers[0]!r}; the "
            f"split has {queries[0].id!r} first)",
            "Is it made for another --task, --data or --split?",
        )
    if problems:
        raise PredictionError(path, problems, HINT)
    return [found[query.id] for query in queries]


def _lines(path: Path) -> Iterator[tuple[int, bytes | str]]:
    """Number and bytes of each line that is not blank; a str instead is what is wrong with it."""
    try:
        with path.open("rb") as file:
            number = 0
            while raw := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(raw) > MAX_LINE_BYTES:
                    yield number, f"longer than {MAX_LINE_BYTES:,} bytes"
                    while raw and not raw.endswith(b"\n"):
                        raw = file.readline(MAX_LINE_BYTES)
                elif raw.strip():
                    yield number, raw
    except FileNotFoundError:
        raise PredictionError(path, "no such file") from None
    except OSError as error:
        raise PredictionError(path, f"cannot be read: {error.strerror}") from error


def _parse_line(raw: bytes, by_id: dict[str, Query]) -> tuple[Showcase | None, list[str]]:
    """The showcase of one line, or None when its id is unusable; and what is wrong with it."""
    try:
        row = json.loads(
            raw.decode(), object_pairs_hook=_distinct_keys, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError as error:
        return None, [f"not UTF-8: {error.reason} at byte {error.start}"]
    except _DuplicateKeyError as error:
        return None, [str(error)]
    except json.JSONDecodeError as error:
        return None, [f"not JSON: {error.msg} at column {error.colno}"]
    except (ValueError, RecursionError) as error:
        return None, [f"not JSON: {error}"]
    if not isinstance(row, dict):
        return None, [f"a JSON object is expected, not {type(row).__name__}"]
    problems = [
        f"field {key!r} is unknown. {did_you_mean(key, FIELDS)}" for key in row if key not in FIELDS
    ]
    query_id = row.get("id")
    if not isinstance(query_id, str):
        return None, [
            *problems,
            "field 'id': " + ("missing" if "id" not in row else "not a string"),
        ]
    query = by_id.get(query_id)
    if query is None:
        problem = f"field 'id': {query_id!r} is not an example of this split"
        return Showcase(query_id), [*problems, problem]
    image_ids, text = row.get("image_ids"), row.get("text")
    if image_ids is None:
        image_ids = []
    if not isinstance(image_ids, list) or not all(isinstance(one, str) for one in image_ids):
        problems.append("field 'image_ids': must be a list of strings")
        image_ids = []
    if text is not None and not isinstance(text, str):
        problems.append(f"field 'text': must be a string or null, not {type(text).__name__}")
        text = None
    showcase = Showcase(query_id, tuple(image_ids), text)
    return showcase, problems + list(problems_with(showcase, query))


def _distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _DuplicateKeyError(f"field {twice!r} is given twice")
    return row


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
