"""Amazon Reviews 2023: reviews of products with the photos that buyers posted.

Data of Hou et al., "Bridging Language and Items for Retrieval and Recommendation", 2024
(arXiv 2403.03952), one JSON Lines file a category. Fields that are read: ``rating``, ``text``,
``images`` (objects with ``small_image_url``, ``medium_image_url``, ``large_image_url`` and
``attachment_type``), ``parent_asin``, ``user_id`` and ``timestamp`` (milliseconds; the data's
documentation also shows it as ``sort_timestamp``). Others, such as ``title``, are not.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from showcase_bench.datasets.sources.assemble import assemble
from showcase_bench.datasets.sources.gest_file import GestFileWriter, check_output, workspace
from showcase_bench.datasets.sources.lines import FieldError, JsonLines, number_field, text_field
from showcase_bench.datasets.sources.partition import Partition
from showcase_bench.datasets.sources.review import (
    ConvertOptions,
    Report,
    SourcePhoto,
    SourceReview,
    is_safe_id,
)
from showcase_bench.types import NoProgress, Progress

__all__ = ["convert_amazon", "photo_id"]

_NO_PROGRESS = NoProgress()
_DEFAULTS = ConvertOptions()
_EXPECTED = "a review with user_id, parent_asin, rating, text, images and timestamp"
_SIZES = ("large_image_url", "medium_image_url", "small_image_url")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_VIDEO = re.compile(r"\[\[VIDEOID:[^\]]*\]\]", re.IGNORECASE)
_UNSAFE = re.compile(r"[^A-Za-z0-9_+-]+")
_LAST_MS = 253_402_300_799_999
"""The end of the year 9999."""


def convert_amazon(
    reviews: Path,
    out: Path,
    options: ConvertOptions = _DEFAULTS,
    *,
    progress: Progress = _NO_PROGRESS,
) -> Report:
    """Make a GEST-shaped file from a file of Amazon reviews.

    The business of a row is the ``parent_asin``, and its photos are those of the review: owners
    are known. The rows depend on the reviews and the options, not on the order of the lines.

    Parameters
    ----------
    reviews
        JSON Lines, plain or gzip.
    out
        The file to write; replaced in one step. Temporary files stand beside it meanwhile, about
        twice as large as what is kept of the reviews.
    options
        Thresholds, history and split.
    progress
        Tracks the lines.

    Returns
    -------
    Report
        Also in ``out``, under ``conversion``. Reasons for dropping: ``unsafe_id`` (of the user or
        the product), ``empty_text``, ``duplicate``, ``repeated_business``.

    Raises
    ------
    DataError
        The file is missing, is not JSON Lines, has too many broken lines, is a damaged gzip or
        one that expands beyond measure, or no review can be kept.
    UsageError
        ``out`` cannot be written, or is the input.
    """
    check_output(out, reviews)
    report = Report("amazon-reviews-2023")

    def parse(value: dict[str, Any]) -> SourceReview:
        return _review(value, report.photos)

    lines = JsonLines(reviews, parse, expected=_EXPECTED, max_broken=options.max_broken)
    with workspace(out) as folder, GestFileWriter(folder) as writer:
        with Partition(folder / "users") as by_user:
            for review in progress.track(lines, label=f"reading {reviews.name}"):
                report.read += 1
                if is_safe_id(review.user_id) and is_safe_id(review.business_id):
                    by_user.add(review.user_id, review)
                else:
                    report.dropped["unsafe_id"] += 1
        report.files["reviews"] = lines.counts()
        assemble(by_user, options, folder, writer, report, path=reviews)
        report.splits = dict(writer.rows)
        writer.finish(out, report.to_json())
    return report


def photo_id(url: str) -> str:
    """Name a photo after its address; safe as the name of a file.

    Addresses ``.../images/I/<name>.<size>.jpg`` give the name, which is unique at Amazon and the
    same for all sizes. Others give what is safe of their stem and ten digits of the SHA-256 of
    the address, so that equal stems of different places stay apart.
    """
    parts = [part for part in urlsplit(url).path.split("/") if part]
    stem = parts[-1].split(".")[0] if parts else ""
    if parts[:-1] == ["images", "I"] and is_safe_id(stem):
        return stem
    digest = hashlib.sha256(url.encode()).hexdigest()[:10]
    return f"{_UNSAFE.sub('', stem)[:60] or 'photo'}-{digest}"


def _review(value: dict[str, Any], counts: Counter[str]) -> SourceReview:
    user_id, business_id = text_field(value, "user_id"), text_field(value, "parent_asin")
    rating, time = number_field(value, "rating"), _time(value)
    text = _plain(text_field(value, "text"))
    found: Counter[str] = Counter()
    photos = _photos(value.get("images"), found)
    counts.update(found)
    return SourceReview(time, user_id, business_id, rating, text, photos, len(photos))


def _time(value: dict[str, Any]) -> int:
    name = "timestamp" if "timestamp" in value else "sort_timestamp"
    found = value.get(name)
    if found is None:
        raise FieldError("field 'timestamp': missing")
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= _LAST_MS:
        raise FieldError(f"field {name!r}: must be whole milliseconds from 1970 to 9999")
    return found


def _plain(text: str) -> str:
    """Text without the mark-up that the data carries: line breaks, entities, video references."""
    return html.unescape(_BREAK.sub("\n", _VIDEO.sub("", text))).replace("\0", "").strip()


def _photos(images: Any, counts: Counter[str]) -> tuple[SourcePhoto, ...]:
    if images is None:
        return ()
    if not isinstance(images, list):
        raise FieldError("field 'images': must be a list")
    photos: dict[str, SourcePhoto] = {}
    for place, image in enumerate(images):
        if not isinstance(image, dict):
            raise FieldError(f"field 'images[{place}]': must be an object")
        counts["listed"] += 1
        if image.get("attachment_type") not in (None, "IMAGE"):
            counts["not_an_image"] += 1
            continue
        url = _address(image, place)
        if url is None:
            counts["without_address"] += 1
            continue
        name = photo_id(url)
        counts["repeated_in_a_review"] += name in photos
        photos.setdefault(name, SourcePhoto(name, url))
    return tuple(photos.values())


def _address(image: dict[str, Any], place: int) -> str | None:
    """Web address of the largest size; None where there is no http address."""
    for size in _SIZES:
        url = image.get(size)
        if not url:
            continue
        if not isinstance(url, str):
            raise FieldError(f"field 'images[{place}].{size}': must be a text")
        clean = text_field(image, size).strip()
        if clean.startswith(("https://", "http://")) and _is_address(clean):
            return clean
    return None


def _is_address(url: str) -> bool:
    try:
        return bool(urlsplit(url).netloc)
    except ValueError:
        return False
