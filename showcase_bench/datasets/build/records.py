"""One line of the raw file: checked, cleaned, and ready for the shards.

The checks are those of :mod:`showcase_bench.datasets.gest`, so that what is built can be read.
Beyond them, ids become parts of other ids and names of files, so one that holds a path separator
or is ``.`` or ``..`` makes its row unusable.
"""

from __future__ import annotations

import json
import math
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple, NoReturn

from showcase_bench.datasets.gest import Photo, Row, RowReader
from showcase_bench.datasets.json_rows import RawRow

__all__ = ["LineReader", "RawPhoto", "Record", "UnusableError"]

_KNOWN = frozenset(
    ("user_id", "business_id", "rating", "review_text", "pics", "history_reviews", "time")
)
_MOST_NAMES = 100
_LONGEST_NAME = 80
_OTHER = "(others)"
_SPLIT = "raw"


class RawPhoto(NamedTuple):
    """A photo of a raw review."""

    id: str
    location: str | None
    """Its relative path, where the row gives one."""
    urls: list[str]


class Record(NamedTuple):
    """A usable raw review."""

    user_id: str
    business_id: str
    rating: float | None
    text: str
    time: float | str | None
    """As the row gives it."""
    seconds: float | None
    """``time`` as a number: seconds since 1970 for dates, else the unit that the file counts in."""
    photos: list[RawPhoto]


class UnusableError(Exception):
    """A line cannot be used.

    Parameters
    ----------
    kind
        What it is counted as, such as ``broken_json``.
    reason
        What is wrong, with the field.
    """

    def __init__(self, kind: str, reason: str) -> None:
        self.kind = kind
        super().__init__(reason)


class LineReader:
    """Turns lines into records, and counts what was imperfect in them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.unknown_fields: Counter[str] = Counter()
        """Name to rows that have it; the first hundred names, the rest under ``(others)``."""
        self._checked = RowReader({_SPLIT: self.counts})
        self._aside = RowReader({_SPLIT: Counter()})

    def read(self, line: bytes) -> Record:
        """Read one line.

        Raises
        ------
        UnusableError
            It is not UTF-8, not JSON, nested too deep, not an object, breaks the format of a
            row, or has an id that could be a path.
        """
        value = self._decode(line)
        row = self._check(value)
        seconds = _seconds(value.get("time"))
        photos = [
            RawPhoto(photo.id, photo.location, urls)
            for photo, urls in self._with_urls(row.photos, value)
        ]
        for name, one in (("user_id", row.user_id), ("business_id", row.business_id)):
            _refuse_path(name, one)
        for photo in photos:
            _refuse_path("pics.id", photo.id)
        time = None if seconds is None else value["time"]
        return Record(
            row.user_id, row.business_id, value.get("rating"), row.text, time, seconds, photos
        )

    def _decode(self, line: bytes) -> dict[str, Any]:
        if b"\0" in line:
            self.counts["stripped_nul_bytes"] += line.count(b"\0")
            line = line.replace(b"\0", b"")
        try:
            value = _DECODER.decode(line.removeprefix(BOM_UTF8).decode("utf-8"))
        except UnicodeDecodeError as error:
            raise UnusableError(
                "not_utf8", f"is not UTF-8: {error.reason} at byte {error.start} of the line"
            ) from error
        except RecursionError as error:
            raise UnusableError("nested_too_deep", "is nested too deep") from error
        except ValueError as error:
            raise UnusableError("broken_json", f"is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise UnusableError("not_an_object", "must be a JSON object")
        return value

    def _check(self, value: dict[str, Any]) -> Row:
        if value.keys() - _KNOWN:
            self._count_unknown(value)
        if value.get("history_reviews"):
            self.counts["histories_made_anew"] += 1
        own = {**value, "review_id": None, "history_reviews": None}
        row = self._checked.read(RawRow(_SPLIT, 0, own))
        if row is None:
            problem = self._checked.problems.pop().removeprefix(f"{_SPLIT} row 0, ")
            raise UnusableError("bad_field", problem)
        return row

    def _count_unknown(self, value: dict[str, Any]) -> None:
        for name in sorted(value.keys() - _KNOWN):
            clean = name[:_LONGEST_NAME].encode(errors="replace").decode()
            known = clean in self.unknown_fields or len(self.unknown_fields) < _MOST_NAMES
            self.unknown_fields[clean if known else _OTHER] += 1

    def _with_urls(
        self, photos: tuple[Photo, ...], value: dict[str, Any]
    ) -> Iterator[tuple[Photo, list[str]]]:
        """Each photo with the addresses of the first element of ``pics`` that is this photo."""
        urls: dict[str, list[str]] = {}
        for pic in value.get("pics") or []:
            found = pic.get("url")
            own = [found] if isinstance(found, str) else list(found or [])
            urls.setdefault(
                self._photo_id(pic), [_storable(url) for url in own if url.strip("\0 ")]
            )
        for photo in photos:
            yield photo, urls[photo.id]

    def _photo_id(self, pic: dict[str, Any]) -> str:
        name = pic.get("id")
        if isinstance(name, str) and name.isascii() and name.strip() and "\0" not in name:
            return name
        alone = {"user_id": "u", "business_id": "b", "pics": [pic]}
        row = self._aside.read(RawRow(_SPLIT, 0, alone))
        if row is None:  # The same element was accepted as a part of the row.
            raise UnusableError("bad_field", self._aside.problems.pop())
        return row.photos[0].id


def _seconds(time: object) -> float | None:
    """Place of a review in time, from a number or an ISO 8601 text; without a zone it is UTC."""
    if time is None:
        return None
    if isinstance(time, str):
        try:
            moment = datetime.fromisoformat(time)
        except ValueError as error:
            raise UnusableError(
                "bad_field", "field 'time': must be a number or an ISO 8601 date"
            ) from error
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return aware.timestamp()
    if isinstance(time, bool) or not isinstance(time, int | float):
        raise UnusableError("bad_field", "field 'time': must be a number, a date or null")
    try:
        seconds = float(time)
    except OverflowError:
        seconds = math.inf
    if not math.isfinite(seconds):
        raise UnusableError("bad_field", "field 'time': the number is too large")
    return seconds


def _refuse_path(field: str, name: str) -> None:
    if "/" in name or "\\" in name or name in (".", ".."):
        raise UnusableError(
            "id_with_path_separator", f"field {field!r}: {name[:80]!r} could be a path"
        )


def _storable(url: str) -> str:
    return url.replace("\0", "").encode(errors="replace").decode()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"the constant {name} is not a JSON number")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
