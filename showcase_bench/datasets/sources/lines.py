"""JSON Lines from outside, plain or gzip, in bounded memory, with the broken lines counted."""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Generic, NoReturn, TypeVar

from showcase_bench.errors import DataError

__all__ = ["FieldError", "JsonLines", "number_field", "text_field"]

T = TypeVar("T")

_MOST_LINE = 4 << 20
_MOST_RATIO = 200
_RATIO_FROM = 64 << 20
_MOST_NAMED = 20
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


class FieldError(Exception):
    """A line breaks the format; the message begins with ``field 'name'``."""


class JsonLines(Generic[T]):
    """Iterates over the objects of a file, once; lines that break the format are counted.

    A line is broken when it is not UTF-8, not JSON, holds NaN or Infinity, is nested too deep, is
    longer than 4 MiB, is not an object, or when ``parse`` raises :class:`FieldError`.

    Parameters
    ----------
    path
        One JSON object a line; gzip is told by its first bytes, not by the name.
    parse
        Turns the object of a line into what is yielded.
    expected
        What a line should be, for the hint of an error.
    max_broken
        So many broken lines are passed over; one more is an error.

    Raises
    ------
    DataError
        While iterating: the file is missing, unreadable or empty, has more than ``max_broken``
        broken lines or no sound one, or its gzip is damaged, truncated or expands more than 200
        times (looked at from 64 MiB on).
    """

    def __init__(
        self, path: Path, parse: Callable[[dict[str, Any]], T], *, expected: str, max_broken: int
    ) -> None:
        self.path = path
        self.n_lines = 0
        self.n_blank = 0
        self.n_broken = 0
        self.first_broken: list[str] = []
        """``line 12, field 'rating': ...``, the first 20; lines count from 1."""
        self._parse = parse
        self._hint = f"Expected JSON Lines, one object a line: {expected}."
        self._max_broken = max_broken

    @property
    def n_sound(self) -> int:
        """Lines that were yielded."""
        return self.n_lines - self.n_blank - self.n_broken

    def counts(self) -> dict[str, Any]:
        """Summarise what was read, as JSON values."""
        return {
            "name": self.path.name,
            "lines": self.n_lines,
            "blank": self.n_blank,
            "broken": self.n_broken,
            "first_broken": list(self.first_broken),
        }

    def __iter__(self) -> Iterator[T]:
        for line in self._lines():
            self.n_lines += 1
            if line is not None and not line.strip():
                self.n_blank += 1
                continue
            try:
                value = self._parse(_decode(line))
            except FieldError as problem:
                self._count_broken(str(problem))
                continue
            yield value
        if self.n_broken and not self.n_sound:
            self._fail("no line is sound")
        if not self.n_sound:
            raise DataError(self.path, "the file is empty", self._hint)

    def _count_broken(self, problem: str) -> None:
        self.n_broken += 1
        if len(self.first_broken) < _MOST_NAMED:
            separator = ", " if problem.startswith("field ") else ": "
            self.first_broken.append(f"line {self.n_lines}{separator}{problem}")
        if self.n_broken > self._max_broken:
            self._fail(f"more than {self._max_broken} broken lines")

    def _fail(self, summary: str) -> NoReturn:
        raise DataError(self.path, [summary, *self.first_broken], self._hint)

    def _lines(self) -> Iterator[bytes | None]:
        """Lines with their ends; None for one that is too long."""
        try:
            with self.path.open("rb") as raw:
                if raw.read(len(_GZIP)) == _GZIP:
                    raw.seek(0)
                    with gzip.GzipFile(fileobj=raw, mode="rb") as stream:
                        yield from self._bounded(stream, raw)
                else:
                    raw.seek(0)
                    yield from self._bounded(raw, None)
        except FileNotFoundError as error:
            raise DataError(self.path, "no such file", "Check the path.") from error
        except IsADirectoryError as error:
            raise DataError(self.path, "is a folder", "Name the JSON Lines file in it.") from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(
                self.path,
                f"damaged or truncated gzip after line {self.n_lines}: {error}",
                "Download it again.",
            ) from error
        except OSError as error:
            raise DataError(self.path, f"cannot be read: {error.strerror or error}") from error

    def _bounded(
        self, stream: IO[bytes] | gzip.GzipFile, raw: IO[bytes] | None
    ) -> Iterator[bytes | None]:
        """Read line by line; ``raw`` is the compressed file below, where there is one."""
        read, long, first = 0, False, True
        while part := stream.readline(_MOST_LINE):
            read += len(part)
            if raw is not None and read > max(_RATIO_FROM, _MOST_RATIO * raw.tell()):
                raise DataError(
                    self.path,
                    f"the gzip expands more than {_MOST_RATIO} times near line {self.n_lines + 1}; "
                    "it looks like a decompression bomb",
                    "If the file is right, give it uncompressed.",
                )
            ended = part.endswith(b"\n")
            if long:
                long = not ended
                continue
            if not ended and len(part) == _MOST_LINE:
                long = True
                yield None
            else:
                yield part.removeprefix(_BOM) if first else part
            first = False


def _decode(line: bytes | None) -> dict[str, Any]:
    if line is None:
        raise FieldError(f"longer than {_MOST_LINE >> 20} MiB")
    try:
        value = json.loads(line.decode(), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise FieldError(f"not UTF-8: {error.reason} at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise FieldError(f"malformed JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise FieldError("nested too deep") from error
    except ValueError as error:
        raise FieldError("a number has too many digits") from error
    if not isinstance(value, dict):
        raise FieldError("not an object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise FieldError(f"the constant {name} is not a JSON number")


def text_field(value: dict[str, Any], name: str) -> str:
    """Text of a field that must be there; it may be empty.

    NUL characters are taken out and lone surrogates become U+FFFD, so that UTF-8 can hold it.

    Raises
    ------
    FieldError
        It is missing or not a text.
    """
    found = value.get(name)
    if not isinstance(found, str):
        state = "missing" if found is None else "must be a text"
        raise FieldError(f"field {name!r}: {state}")
    return found.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def number_field(value: dict[str, Any], name: str) -> float:
    """Finite number of a field that must be there.

    Raises
    ------
    FieldError
        It is missing, not a number, or not finite.
    """
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        state = "missing" if found is None else "must be a number"
        raise FieldError(f"field {name!r}: {state}")
    try:
        number = float(found)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise FieldError(f"field {name!r}: the number is too large")
    return number
