"""One row of a GEST file: checked, cleaned, and with the ids that the file leaves out.

Structure that cannot be understood (a missing or empty ``user_id``, a wrong type) is a problem of
the file and ends the reading; imperfect content (an empty text, a photo listed twice, a character
that cannot be stored) is counted and goes on.

GEST is the data of Yan et al., "Personalized Showcases: Generating Multi-Modal Explanations for
Recommendations", SIGIR 2023.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, NamedTuple, TypeVar

from showcase_bench.datasets.json_rows import RawRow

__all__ = ["Photo", "Pool", "Row", "RowReader", "history_business"]

T = TypeVar("T")

_SURROGATES = re.compile("[\ud800-\udfff]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_GOOGLE_ID = re.compile(r"AF1Qip[A-Za-z0-9_-]+")
_MOST_PROBLEMS = 20


class Photo(NamedTuple):
    """A photo of a row."""

    id: str
    location: str | None
    """The first address that is a relative path; None when all are on the web."""


class Row(NamedTuple):
    """A row in the package's own words; every string can be stored as UTF-8 and has no NUL."""

    id: str
    """``review_id`` where given, else user and business joined by an underscore."""
    user_id: str
    business_id: str
    rating: float | None
    text: str
    photos: tuple[Photo, ...]
    history: tuple[tuple[str, str], ...]
    """(id, text) of the user's other reviews in the file's order."""


class Pool(NamedTuple):
    """Photos of a business that the file lists without telling who took them."""

    business_id: str
    photos: tuple[Photo, ...]


class _ProblemError(Exception):
    """A row breaks the format; the message names the field."""


class RowReader:
    """Turns raw rows into :class:`Row`, and keeps book of problems and imperfections.

    Parameters
    ----------
    counts
        Split, or ``file``, to name to number; imperfections are added to it.
    """

    def __init__(self, counts: dict[str, Counter[str]]) -> None:
        self.problems: list[str] = []
        self._counts = counts

    @property
    def gave_up(self) -> bool:
        """Whether so many problems were found that more would not help."""
        return len(self.problems) >= _MOST_PROBLEMS

    def read(self, raw: RawRow) -> Row | None:
        """Check one row; None (and one more problem on the list) when it breaks the format."""
        return self._checked(_read, raw, self._counts[raw.split])

    def read_pool(self, raw: RawRow) -> Pool | None:
        """Check one listed pool; None (and one more problem) when it breaks the format."""
        return self._checked(_read_pool, raw, self._counts["file"])

    def _checked(
        self, read: Callable[[Any, Counter[str]], T], raw: RawRow, counts: Counter[str]
    ) -> T | None:
        try:
            return read(raw.value, counts)
        except _ProblemError as problem:
            self.problems.append(f"{raw.split} row {raw.number}{problem}")
            return None


def history_business(review_id: str, user_id: str) -> str | None:
    """Find the business of a history review in its id; None where the id does not tell.

    GEST's history ids are user and business joined by an underscore. The row's own user is taken
    off when the id starts with it; otherwise the first underscore divides.
    """
    own = f"{user_id}_"
    if review_id.startswith(own):
        return review_id[len(own) :] or None
    return review_id.partition("_")[2] or None


def _read(value: Any, counts: Counter[str]) -> Row:
    if not isinstance(value, dict):
        raise _ProblemError(f": a row must be an object, not {_kind(value)}")
    user_id = _required(value, "user_id", counts)
    business_id = _required(value, "business_id", counts)
    review_id = _optional(value, "review_id", counts)
    text = _optional(value, "review_text", counts)
    row = Row(
        id=review_id or f"{user_id}_{business_id}",
        user_id=user_id,
        business_id=business_id,
        rating=_rating(value.get("rating")),
        text=text,
        photos=_photos(value, counts),
        history=_history(value, counts),
    )
    if row.rating is None:
        counts["missing_ratings"] += 1
    if not text.strip():
        counts["empty_texts"] += 1
    if not row.photos:
        counts["rows_without_photos"] += 1
    return row


def _read_pool(value: Any, counts: Counter[str]) -> Pool:
    if not isinstance(value, dict):
        raise _ProblemError(f": a pool must be an object, not {_kind(value)}")
    return Pool(_required(value, "business_id", counts), _photos(value, counts))


def _required(value: dict[str, Any], field: str, counts: Counter[str]) -> str:
    text = _optional(value, field, counts)
    if not text.strip():
        state = "missing" if value.get(field) is None else "empty"
        raise _ProblemError(f", field {field!r}: {state}; give a text that is not empty")
    return text


def _optional(value: dict[str, Any], field: str, counts: Counter[str]) -> str:
    """Text of a field; the empty string where it is missing or null."""
    found = value.get(field)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise _ProblemError(f", field {field!r}: must be a text, not {_kind(found)}")
    return _clean(found, counts)


def _rating(found: Any) -> float | None:
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise _ProblemError(f", field 'rating': must be a number or null, not {_kind(found)}")
    try:
        rating = float(found)
    except OverflowError:
        rating = math.inf
    if not math.isfinite(rating):
        raise _ProblemError(", field 'rating': the number is too large")
    return rating


def _photos(value: dict[str, Any], counts: Counter[str]) -> tuple[Photo, ...]:
    photos: dict[str, Photo] = {}
    for i, found in enumerate(_list(value, "pics")):
        field = f"pics[{i}]"
        if not isinstance(found, dict):
            raise _ProblemError(f", field '{field}': must be an object, not {_kind(found)}")
        urls = [_clean(url, counts) for url in _urls(found.get("url"), field)]
        image_id = _inside(found, "id", field, counts)
        if not image_id.strip():
            if not urls:
                raise _ProblemError(f", field '{field}': has neither an id nor a url")
            image_id = _derived_id(urls)
            counts["derived_photo_ids"] += 1
        location = next((url for url in urls if not _SCHEME.match(url)), None)
        if image_id in photos:
            counts["repeated_photos_in_a_row"] += 1
        else:
            photos[image_id] = Photo(image_id, location)
    return tuple(photos.values())


def _urls(found: Any, field: str) -> list[str]:
    if found is None:
        return []
    urls = [found] if isinstance(found, str) else found
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise _ProblemError(f", field '{field}.url': must be a text or a list of texts")
    return [url for url in urls if url.strip("\0 ")]


def _derived_id(urls: list[str]) -> str:
    """Name a photo that has none: Google's token, else the file's stem, else a hash."""
    for url in urls:
        token = _GOOGLE_ID.search(url)
        if token is not None:
            return token[0]
    stem = "" if _SCHEME.match(urls[0]) else PurePosixPath(urls[0]).stem
    return stem if stem.strip(". ") else hashlib.sha256(urls[0].encode()).hexdigest()[:16]


def _history(value: dict[str, Any], counts: Counter[str]) -> tuple[tuple[str, str], ...]:
    history = []
    for i, found in enumerate(_list(value, "history_reviews")):
        field = f"history_reviews[{i}]"
        if not isinstance(found, list) or len(found) != 2:
            raise _ProblemError(f", field '{field}': must be a list [id, text]")
        review_id, text = found
        if not isinstance(review_id, str) or not (text is None or isinstance(text, str)):
            raise _ProblemError(f", field '{field}': id and text must be texts")
        history.append((_clean(review_id, counts), _clean(text or "", counts)))
    counts["history_texts"] += len(history)
    return tuple(history)


def _list(value: dict[str, Any], field: str) -> list[Any]:
    found = value.get(field)
    if found is None:
        return []
    if not isinstance(found, list):
        raise _ProblemError(f", field {field!r}: must be a list, not {_kind(found)}")
    return found


def _inside(found: dict[str, Any], key: str, field: str, counts: Counter[str]) -> str:
    one = found.get(key)
    if one is None:
        return ""
    if not isinstance(one, str):
        raise _ProblemError(f", field '{field}.{key}': must be a text, not {_kind(one)}")
    return _clean(one, counts)


def _clean(text: str, counts: Counter[str]) -> str:
    """Replace lone surrogates by U+FFFD, which UTF-8 can hold, and strip NUL characters."""
    if not text.isascii() and _SURROGATES.search(text):
        text, number = _SURROGATES.subn("\ufffd", text)
        counts["replaced_surrogates"] += number
    if "\0" in text:
        counts["stripped_nul_characters"] += text.count("\0")
        text = text.replace("\0", "")
    return text


_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "a text"),
    (list, "a list"),
    (dict, "an object"),
)


def _kind(value: Any) -> str:
    return next((name for kinds, name in _KINDS if isinstance(value, kinds)), "null")
