"""Rows of a GEST-shaped JSON file, one at a time, in bounded memory.

The file is one JSON object whose keys name splits and whose values are lists of rows. It is read
in chunks; a sliding buffer holds what has not been decoded yet and doubles when one row does not
fit, so that the whole costs linear time.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple, NoReturn, Protocol

from showcase_bench.errors import DataError

__all__ = ["POOLS", "SPLITS", "JsonRows", "RawRow", "Readable"]

SPLITS = ("train", "val", "test")
"""The splits that every data set has, in this order; one that a file lacks is empty."""

POOLS = "pools"
"""Key of a list of ``{"business_id", "pics"}``: photos of businesses, whoever took them. A file
whose rows hide their photos gives the candidates there."""

_SPLIT_OF_KEY = {
    "train": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
}
_CHUNK = 1 << 20
_MOST = 64 << 20
_BLANK = re.compile(r"[ \t\n\r]*")
_NUMBER_TAIL = re.compile(r"[-+.eE0-9]*")
_GEST_SHAPE = 'Expected one object {"train": [...], "val": [...], "test": [...]}.'
_AGAIN = "Download it again, or make it again."
_NEAR_END = 16


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Read at most ``size`` bytes; none at the end."""
        ...


class RawRow(NamedTuple):
    """One element of a split's list, decoded and not yet checked."""

    split: str
    number: int
    """0-based place in its split."""
    value: Any


class JsonRows:
    """Iterates over the rows of one file, once.

    Parameters
    ----------
    stream
        The file's bytes, UTF-8, with or without a byte-order mark.
    path
        How messages name the file.
    also
        Keys of more lists, whose rows are given under the key in place of a split.

    Raises
    ------
    DataError
        While iterating: invalid UTF-8 (with its byte offset), malformed or truncated JSON, the
        constants NaN and Infinity, nesting that is too deep, a top level that is not an object, a
        split that is not a list or is given twice, a row of more than 64 Mi characters.
    """

    def __init__(self, stream: Readable, path: object, *, also: Collection[str] = ()) -> None:
        self.unknown_keys: list[str] = []
        """Top-level keys that name no split; complete after the iteration."""
        self._path = path
        self._split_of_key = {**_SPLIT_OF_KEY, **{key: key for key in also}}
        self._text = _SlidingText(stream, path)

    def __iter__(self) -> Iterator[RawRow]:
        text = self._text
        if not text.peek():
            raise DataError(self._path, "the file is empty", f"{_GEST_SHAPE} {_AGAIN}")
        if text.peek() != "{":
            raise DataError(self._path, "the top level is not an object", _GEST_SHAPE)
        text.take("{", "an object")
        seen: set[str] = set()
        if text.peek() != "}":
            yield from self._members(seen)
            while text.peek() == ",":
                text.take(",", "a comma")
                yield from self._members(seen)
        text.take("}", "a comma or the end of the object")
        if text.peek():
            raise DataError(
                self._path,
                "there is more after the end of the top-level object",
                f"{_GEST_SHAPE} JSON Lines (one object a line) is another format.",
            )

    def _members(self, seen: set[str]) -> Iterator[RawRow]:
        """Read one key of the top level and yield the rows of its list."""
        text = self._text
        if text.peek() != '"':
            text.fail("expected a key in double quotes")
        key = text.value()
        text.take(":", "a colon after the key")
        split = self._split_of_key.get(key)
        if split is None:
            text.value()
            self.unknown_keys.append(key)
            return
        if split in seen:
            raise DataError(
                self._path,
                f"key {key!r}: the split {split!r} is given twice",
                "Give each split once; valid, validation and dev are other names of val.",
            )
        seen.add(split)
        if text.peek() not in ("[", ""):
            raise DataError(self._path, f"split {key!r} is not a list of rows", _GEST_SHAPE)
        text.where = f"split {key!r}, before its first row"
        text.take("[", "a list of rows")
        if text.peek() != "]":
            index = 0
            while True:
                row = text.value()
                text.where = f"split {key!r}, after row {index}"
                yield RawRow(split, index, row)
                if text.peek() != ",":
                    break
                text.take(",", "a comma")
                index += 1
        text.take("]", "a comma or the end of the list")
        text.where = f"the top level, after split {key!r}"


class _SlidingText:
    """Text of a byte stream, of which the consumed part is forgotten."""

    def __init__(self, stream: Readable, path: object) -> None:
        self.where = "the top level, before the first split"
        self._stream = stream
        self._path = path
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._scan = json.JSONDecoder(parse_constant=_refuse_constant).raw_decode
        self._text = ""
        self._at = 0
        self._bytes = 0
        self._fill()
        if self._text.startswith("\ufeff"):
            self._at = 1

    def peek(self) -> str:
        """Next character after white space; empty at the end of the file."""
        while True:
            blank = _BLANK.match(self._text, self._at)
            if blank is not None:
                self._at = blank.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def take(self, char: str, expected: str) -> None:
        """Consume ``char``, which must come next."""
        if self.peek() != char:
            self.fail(f"expected {expected}")
        self._at += 1

    def value(self) -> Any:
        """Decode the JSON value that comes next."""
        self.peek()
        while True:
            try:
                value, end = self._scan(self._text, self._at)
            except json.JSONDecodeError as error:
                if len(self._text) - self._at <= _MOST and self._fill():
                    continue
                self._fail_at(error)
            except RecursionError as error:
                raise DataError(
                    self._path, f"in {self.where}: nested too deep", _GEST_SHAPE
                ) from error
            except ValueError as error:
                raise DataError(
                    self._path, f"in {self.where}: {error}", "Write a finite number, or null."
                ) from error
            if self._may_go_on(end) and self._fill():
                continue
            if end - self._at > _MOST:
                self._fail_too_long()
            self._at = end
            return value

    def _may_go_on(self, end: int) -> bool:
        """Whether a number that was read up to ``end`` could be the head of a longer one."""
        if self._text[end - 1] in '}]"':
            return False
        return _NUMBER_TAIL.fullmatch(self._text, end) is not None

    def fail(self, problem: str) -> NoReturn:
        """Raise for what comes next: the end of the file, or something else than expected."""
        char = self.peek()
        if not char:
            self._fail_truncated()
        raise DataError(
            self._path, f"in {self.where}: malformed JSON: {problem}, found {char!r}", _AGAIN
        )

    def _fail_at(self, error: json.JSONDecodeError) -> NoReturn:
        left = len(self._text) - self._at
        if left > _MOST:
            self._fail_too_long()
        near_end = error.pos >= len(self._text) - _NEAR_END
        if near_end or error.msg.startswith("Unterminated string"):
            self._fail_truncated()
        excerpt = self._text[error.pos : error.pos + 20]
        raise DataError(
            self._path,
            f"in {self.where}: malformed JSON: {error.msg}, found {excerpt!r}",
            _AGAIN,
        ) from error

    def _fail_truncated(self) -> NoReturn:
        raise DataError(
            self._path,
            f"ends in the middle of {self.where}; the file looks truncated "
            f"(it has {self._bytes:,} bytes)",
            _AGAIN,
        )

    def _fail_too_long(self) -> NoReturn:
        raise DataError(
            self._path,
            f"in {self.where}: the next value has more than {_MOST >> 20} Mi characters, "
            "or a quote or bracket of it is not closed",
            _GEST_SHAPE,
        )

    def _fill(self) -> bool:
        """Read about as much again as is held; False at the end of the file."""
        pending = len(self._decoder.getstate()[0])
        try:
            data = self._stream.read(max(_CHUNK, len(self._text) - self._at))
            more = self._decoder.decode(data, final=not data)
        except OSError as error:
            raise DataError(self._path, f"cannot be read: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            offset = self._bytes - pending + error.start
            raise DataError(
                self._path,
                f"is not UTF-8: {error.reason} at byte {offset:,}, in {self.where}",
                _AGAIN,
            ) from error
        self._bytes += len(data)
        self._text = self._text[self._at :] + more
        self._at = 0
        return bool(data)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"the constant {name} is not a JSON number")
