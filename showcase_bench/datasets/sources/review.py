"""A review as every source is first read, and the options and counts that all sources share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from showcase_bench.errors import UsageError

__all__ = ["ConvertOptions", "Report", "SourcePhoto", "SourceReview", "is_safe_id", "iso_time"]

_SAFE_ID = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9._+-]{0,127}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SplitRule = Literal["time", "user"]


class SourcePhoto(NamedTuple):
    """A photo and where it is: a web address, or a path below the folder of photos."""

    id: str
    url: str


class SourceReview(NamedTuple):
    """One review; the order of tuples is by time first, and total."""

    time: int
    """Milliseconds since 1970-01-01 UTC."""
    user_id: str
    business_id: str
    rating: float
    text: str
    photos: tuple[SourcePhoto, ...]
    n_photos: int
    """Photos that count for ``min_photos``; more than ``photos`` where the owner is unknown."""

    @classmethod
    def of(cls, record: Sequence[Any]) -> SourceReview:
        """Rebuild a review from the lists that JSON makes of it."""
        time, user_id, business_id, rating, text, photos, n_photos = record
        owned = tuple([SourcePhoto(*one) for one in photos])
        return cls(time, user_id, business_id, rating, text, owned, n_photos)

    @property
    def n_words(self) -> int:
        """Words between white space."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True)
class ConvertOptions:
    """Which reviews become rows, and how rows are divided.

    Raises
    ------
    UsageError
        A number is below zero, or the split is neither ``time`` nor ``user``.
    """

    split: SplitRule = "time"
    """``time``: the earliest 80 % of the rows train, the next 10 % validate, the last 10 % test,
    cut at two moments that hold for all. ``user``: the last row of each user with at least two
    tests, the one before validates where there are at least three, all others train."""
    min_photos: int = 1
    """Fewer photos: the review can be history only."""
    min_words: int = 1
    """Fewer words: likewise."""
    history: int = 10
    """Reviews of the user's past that a row keeps at most, the latest ones."""
    max_broken: int = 100
    """Broken lines that a file may have."""

    def __post_init__(self) -> None:
        if self.split not in ("time", "user"):
            raise UsageError(f"there is no split {self.split!r}; give time or user")
        for name in ("min_photos", "min_words", "history", "max_broken"):
            if getattr(self, name) < 0:
                raise UsageError(f"{name} must be at least 0, not {getattr(self, name)}")


@dataclass(slots=True)
class Report:
    """What a conversion read, kept and left out; every review that was read is counted once."""

    source: str
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Role of a file to its name and its lines: all, blank, broken, the first broken ones."""
    read: int = 0
    """Reviews with a sound line."""
    kept: int = 0
    """Reviews that became rows."""
    history_only: Counter[str] = field(default_factory=Counter)
    """Reviews that are not rows but may be history, by reason."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Reviews that are in no way in the file, by reason."""
    photos: Counter[str] = field(default_factory=Counter)
    splits: dict[str, int] = field(default_factory=dict)
    """Rows of each split; catalogue rows, which are no reviews, are part of ``train``."""
    notes: dict[str, Any] = field(default_factory=dict)
    """What only some sources have: cuts in time, the link of photos to reviews."""

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values, counts in order of their names."""
        return {
            "source": self.source,
            "files": self.files,
            "reviews": {
                "read": self.read,
                "kept": self.kept,
                "history_only": dict(sorted(self.history_only.items())),
                "dropped": dict(sorted(self.dropped.items())),
            },
            "photos": dict(sorted(self.photos.items())),
            "splits": self.splits,
            **self.notes,
        }


def is_safe_id(text: str) -> bool:
    """Whether an id is 1 to 128 ASCII letters, digits and ``._+-`` and does not begin with a dot.

    Ids of both sources are; no other one can be part of a path by accident.
    """
    return _SAFE_ID.fullmatch(text) is not None


def iso_time(milliseconds: int) -> str:
    """``2019-11-15T12:57:46.000Z`` for milliseconds since 1970."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
