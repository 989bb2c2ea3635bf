"""Reading the files of the Yelp Open Dataset."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from showcase_bench.datasets.sources.lines import FieldError, JsonLines, number_field, text_field
from showcase_bench.datasets.sources.review import Report, SourceReview
from showcase_bench.errors import DataError, UsageError
from showcase_bench.types import Progress

__all__ = ["YelpFiles", "YelpPhoto", "businesses_of", "image_names", "photo_lines", "review_lines"]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}:\d{2})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class YelpFiles:
    """Where the parts of the data set are."""

    reviews: Path
    """``yelp_academic_dataset_review.json``."""
    photos: Path
    """``photos.json``."""
    businesses: Path | None = None
    """``yelp_academic_dataset_business.json``; without it, businesses of all kinds are kept."""
    images: Path | None = None
    """Folder of ``<photo_id>.jpg``; with it, photos whose file is missing are left out."""


class YelpPhoto(NamedTuple):
    """A line of ``photos.json``."""

    id: str
    business_id: str
    caption: str


def review_lines(path: Path, max_broken: int) -> JsonLines[SourceReview]:
    """Reviews of a file, without photos."""
    expected = "a review with user_id, business_id, stars, text and date"
    return JsonLines(path, _review, expected=expected, max_broken=max_broken)


def photo_lines(path: Path, max_broken: int) -> JsonLines[YelpPhoto]:
    """Photos of a file; a missing caption is empty."""
    expected = "a photo with photo_id, business_id and caption"
    return JsonLines(path, _photo, expected=expected, max_broken=max_broken)


def businesses_of(
    path: Path, categories: Collection[str], max_broken: int, report: Report, progress: Progress
) -> set[str]:
    """Ids of the businesses that have at least one of ``categories``; upper case is ignored.

    Raises
    ------
    DataError
        The file breaks the format, or no business has one of them.
    """
    wanted = {one.strip().casefold() for one in categories}
    expected = "a business with business_id and categories"
    lines = JsonLines(path, _business, expected=expected, max_broken=max_broken)
    read = progress.track(lines, label=f"reading {path.name}")
    found = {business_id for business_id, names in read if names & wanted}
    report.files["businesses"] = lines.counts()
    if not found:
        raise DataError(
            path,
            f"none of {lines.n_sound} businesses is in the categories {', '.join(categories)}",
            "Give other categories; the field 'categories' names those that there are.",
        )
    return found


def image_names(folder: Path) -> set[str]:
    """Names of the files in a folder.

    Raises
    ------
    UsageError
        It is missing, not a folder, or cannot be read.
    """
    try:
        return {entry.name for entry in folder.iterdir()}
    except OSError as error:
        raise UsageError(
            f"the folder of photos {folder} cannot be read: {error.strerror or error}"
        ) from error


def _review(value: dict[str, Any]) -> SourceReview:
    user_id, business_id = text_field(value, "user_id"), text_field(value, "business_id")
    rating, text = number_field(value, "stars"), text_field(value, "text").strip()
    return SourceReview(_time(value), user_id, business_id, rating, text, (), 0)


def _photo(value: dict[str, Any]) -> YelpPhoto:
    caption = "" if value.get("caption") is None else text_field(value, "caption")
    return YelpPhoto(text_field(value, "photo_id"), text_field(value, "business_id"), caption)


def _business(value: dict[str, Any]) -> tuple[str, set[str]]:
    business_id = text_field(value, "business_id")
    if "categories" not in value:
        raise FieldError("field 'categories': missing")
    names = "" if value["categories"] is None else text_field(value, "categories")
    return business_id, {one.strip().casefold() for one in names.split(",")} - {""}


def _time(value: dict[str, Any]) -> int:
    """Milliseconds since 1970 of a date without a time zone, taken as UTC."""
    text = text_field(value, "date")
    try:
        if _DATE.fullmatch(text) is None:
            raise ValueError
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise FieldError("field 'date': must be YYYY-MM-DD HH:MM:SS") from None
    return (moment - _EPOCH) // timedelta(milliseconds=1)
