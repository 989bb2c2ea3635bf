"""JSON Lines from outside, keyed by id: bounded, strict, every problem with its line and field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from showcase_bench.errors import PredictionError, did_you_mean
from showcase_bench.submission.content import Content, is_compressed, open_content
from showcase_bench.submission.json_line import LineError, Row, parse_object
from showcase_bench.submission.limits import DEFAULT, Limits
from showcase_bench.submission.numbered_lines import numbered_lines
from showcase_bench.submission.problems import RefusedError

__all__ = ["Collected", "Row", "collect", "parse_text"]

MAX_PROBLEMS = 1000
_PLAIN = replace(DEFAULT, file_bytes=1 << 44)
"""A plain file is one's own, and may hold millions of examples."""

T = TypeVar("T")


@dataclass
class Collected(Generic[T]):
    """What the lines of a file hold."""

    values: dict[str, T] = field(default_factory=dict)
    """By id, in the order of the file."""
    problems: list[str] = field(default_factory=list)
    whole: bool = True
    """False where there were too many problems to go on."""


def collect(
    path: Path,
    fields: Sequence[str],
    parse: Callable[[str, Row, list[str], int], T],
) -> Collected[T]:
    """Read the values of all lines; each must be one JSON object with a string ``id``.

    ``parse(id, row, problems, place)`` makes a value of a row and appends what is wrong with it;
    the line begins at byte ``place``. Unknown fields and ids that come twice are problems; blank
    lines are skipped. The file may be compressed with gzip or Zstandard, which its first bytes
    tell, and is then read within submissions' limits.

    Raises
    ------
    PredictionError
        The file is missing, cannot be read, or is above a limit.
    """
    found: Collected[T] = Collected()
    first_line: dict[str, int] = {}
    for number, place, raw in _lines(path):
        if len(found.problems) >= MAX_PROBLEMS:
            found.problems.append("too many problems; the rest of the file was not read")
            found.whole = False
            break
        wrong: list[str] = []
        row = _parse_line(raw, wrong)
        wrong += [
            f"field {key!r} is unknown. {did_you_mean(key, fields)}"
            for key in row
            if key not in fields
        ]
        one = row.get("id")
        if isinstance(one, str):
            value = parse(one, row, wrong, place)
            if one in first_line:
                wrong.append(f"field 'id': {one!r} was already given in line {first_line[one]}")
            else:
                first_line[one] = number
                found.values[one] = value
        elif row or not wrong:
            wrong.append("field 'id': " + ("missing" if "id" not in row else "not a string"))
        found.problems += [f"line {number}: {problem}" for problem in wrong]
    return found


def parse_text(row: Row, problems: list[str]) -> str | None:
    """The field ``text``; None where it is left out, null or wrong."""
    text = row.get("text")
    if text is not None and not isinstance(text, str):
        problems.append(f"field 'text': must be a string or null, not {type(text).__name__}")
        return None
    return text


def _lines(path: Path) -> Iterator[tuple[int, int, bytes | str]]:
    """Number, place and bytes of each line that is not blank; a str is what is wrong with it.

    Behind a line that is wrong in this way the places have no meaning.
    """
    try:
        limits = DEFAULT if is_compressed(path) else _PLAIN
        with path.open("rb") as file, _content(file, limits) as content:
            end = 0
            for number, raw in numbered_lines(content, DEFAULT.line_bytes):
                if raw is None:
                    yield number, end, f"longer than {DEFAULT.line_bytes:,} bytes"
                    continue
                if raw.strip():
                    yield number, end, raw
                end += len(raw) + 1
    except RefusedError as refused:
        raise PredictionError(path, refused.problem.message) from refused
    except FileNotFoundError:
        raise PredictionError(path, "no such file") from None
    except OSError as error:
        raise PredictionError(path, f"cannot be read: {error.strerror}") from error


def _content(file: BinaryIO, limits: Limits) -> AbstractContextManager[Content]:
    """What a file holds; a pipe, in which nothing can be looked up before, is never compressed."""
    if file.seekable():
        return open_content(file, limits)
    return nullcontext(Content(file, None, limits))


def _parse_line(raw: bytes | str, problems: list[str]) -> Row:
    """The object of one line; empty where there is none, which is then a problem."""
    if isinstance(raw, str):
        problems.append(raw)
        return {}
    try:
        return parse_object(raw)
    except LineError as error:
        problems.append(str(error))
    return {}
