"""The Yelp Open Dataset: reviews of businesses, and photos of which nobody knows who took them.

Yelp's photos name a business and no user or review, so the gold images of a review cannot be
known. Two rules make a file of it all the same, and the file says which:

``none``
    Rows have no photos. The photos of a business stand in its *catalogue row*, a training row
    without text or rating by the reserved user ``catalogue``, so that pools are full. Words can be
    scored; photo selection cannot, as no row that is scored has gold images.
``caption``
    A photo goes with the review of its business whose words are most similar to its caption, if
    they are similar enough (:class:`~.captions.CaptionIndex`). Such a link is a guess: every photo
    is marked ``synthetic_link``, as is the whole file. Scores of photo selection on it measure
    agreement with this rule, not with what users chose. Photos without a link are left out.

Fields that are read: of reviews ``user_id``, ``business_id``, ``stars``, ``text`` and ``date``
(``YYYY-MM-DD HH:MM:SS``, taken as UTC); of photos ``photo_id``, ``business_id`` and ``caption``; of
businesses ``business_id`` and ``categories`` (names joined by commas, or null).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Literal

from showcase_bench.datasets.sources.assemble import assemble, distinct_reviews
from showcase_bench.datasets.sources.captions import CaptionIndex
from showcase_bench.datasets.sources.gest_file import (
    CATALOGUE,
    SYNTHETIC_LINK,
    GestFileWriter,
    check_output,
    json_bytes,
    workspace,
)
from showcase_bench.datasets.sources.partition import Partition
from showcase_bench.datasets.sources.review import (
    ConvertOptions,
    Report,
    SourcePhoto,
    SourceReview,
    is_safe_id,
)
from showcase_bench.datasets.sources.yelp_files import (
    YelpFiles,
    YelpPhoto,
    businesses_of,
    image_names,
    photo_lines,
    review_lines,
)
from showcase_bench.errors import UsageError
from showcase_bench.types import NoProgress, Progress

__all__ = ["CATALOGUE_USER", "YelpFiles", "YelpLink", "convert_yelp"]

CATALOGUE_USER = "catalogue"
"""Reserved id of the user of catalogue rows; a review by a user of this id is refused."""

_NO_PROGRESS = NoProgress()
_DEFAULTS = ConvertOptions()


@dataclass(frozen=True, slots=True)
class YelpLink:
    """How photos get to rows.

    Raises
    ------
    UsageError
        The rule is unknown, or the similarity is not in 0 to 1.
    """

    rule: Literal["none", "caption"] = "none"
    min_similarity: float = 0.2
    """For ``caption``: cosine of caption and review, 0 to 1."""

    def __post_init__(self) -> None:
        if self.rule not in ("none", "caption"):
            raise UsageError(f"there is no link {self.rule!r}; give none or caption")
        if not (math.isfinite(self.min_similarity) and 0.0 <= self.min_similarity <= 1.0):
            raise UsageError(f"min_similarity must be in 0 to 1, not {self.min_similarity}")


_NO_LINK = YelpLink()


def convert_yelp(
    files: YelpFiles,
    out: Path,
    options: ConvertOptions = _DEFAULTS,
    *,
    link: YelpLink = _NO_LINK,
    categories: Sequence[str] = ("Restaurants",),
    progress: Progress = _NO_PROGRESS,
) -> Report:
    """Make a GEST-shaped file from the Yelp Open Dataset.

    The rows depend on what the files hold and on the options, not on the order of the lines.

    Parameters
    ----------
    files
        JSON Lines, each plain or gzip, and the folder of the photos.
    out
        The file to write; replaced in one step. Temporary files stand beside it meanwhile. The
        paths of photos in it are relative to its folder where ``files.images`` is below that, and
        otherwise to ``files.images``, which must then be named when the file is used.
    options
        Thresholds, history and split. Under the link ``none``, ``min_photos`` is asked of the
        business; under ``caption``, of the photos that are linked to the review.
    link
        How photos get to rows.
    categories
        Businesses with none of them are left out; needs ``files.businesses``, and has no effect
        without it.
    progress
        Tracks the lines.

    Returns
    -------
    Report
        Also in ``out``, under ``conversion``. Reasons for dropping: ``other_category``,
        ``unsafe_id``, ``empty_text``, ``duplicate``, ``repeated_business``.

    Raises
    ------
    DataError
        A file is missing, is not JSON Lines, has too many broken lines, is a damaged gzip or one
        that expands beyond measure, or no review can be kept.
    UsageError
        ``out`` cannot be written or is an input, or the folder of photos cannot be read.
    """
    inputs = [one for one in (files.reviews, files.photos, files.businesses) if one is not None]
    check_output(out, *inputs)
    conversion = _Conversion(files, options, link, Report("yelp-open-dataset"), progress)
    report = conversion.report
    with workspace(out) as folder, GestFileWriter(folder) as writer:
        by_business = conversion.read(folder, out, categories)
        catalogue = folder / "catalogue.spool"
        with Partition(folder / "users") as by_user, catalogue.open("wb") as spool:
            conversion.give_photos(by_business, by_user, spool)
        synthetic = link.rule == "caption"
        assemble(
            by_user,
            options,
            folder,
            writer,
            report,
            path=files.reviews,
            synthetic_link=synthetic,
        )
        with catalogue.open("rb") as spool:
            for line in spool:
                writer.add_line("train", line.rstrip(b"\n"))
        report.notes["link"] = {**conversion.link_facts(), SYNTHETIC_LINK: synthetic}
        report.splits = dict(writer.rows)
        writer.finish(out, report.to_json())
    return report


@dataclass(slots=True)
class _Conversion:
    """One conversion, up to the reviews with their photos under the ids of the users."""

    files: YelpFiles
    options: ConvertOptions
    link: YelpLink
    report: Report
    progress: Progress
    n_catalogue: int = 0

    def link_facts(self) -> dict[str, Any]:
        """What the file says of its link."""
        if self.link.rule == "caption":
            return asdict(self.link)
        return {"rule": "none", "catalogue_rows": self.n_catalogue}

    def read(self, folder: Path, out: Path, categories: Sequence[str]) -> Partition:
        """Bring photos and reviews together under the ids of their businesses."""
        files, most = self.files, self.options.max_broken
        wanted = None
        if files.businesses is not None:
            wanted = businesses_of(files.businesses, categories, most, self.report, self.progress)
        with Partition(folder / "businesses") as by_business:
            self._read_photos(by_business, wanted, out)
            self._read_reviews(by_business, wanted)
        return by_business

    def _read_photos(self, by_business: Partition, wanted: set[str] | None, out: Path) -> None:
        files, counts = self.files, self.report.photos
        names = None if files.images is None else image_names(files.images)
        prefix = _prefix(files.images, out)
        lines = photo_lines(files.photos, self.options.max_broken)
        for photo in self.progress.track(lines, label=f"reading {files.photos.name}"):
            counts["read"] += 1
            problem = _photo_problem(photo, wanted, names)
            if problem is None:
                url = f"{prefix}{photo.id}.jpg"
                by_business.add(photo.business_id, ["photo", [photo.id, url, photo.caption]])
            else:
                counts[problem] += 1
        self.report.files["photos"] = lines.counts()

    def _read_reviews(self, by_business: Partition, wanted: set[str] | None) -> None:
        path, report = self.files.reviews, self.report
        lines = review_lines(path, self.options.max_broken)
        for review in self.progress.track(lines, label=f"reading {path.name}"):
            report.read += 1
            safe = is_safe_id(review.user_id) and is_safe_id(review.business_id)
            if not safe or review.user_id == CATALOGUE_USER:
                report.dropped["unsafe_id"] += 1
            elif wanted is not None and review.business_id not in wanted:
                report.dropped["other_category"] += 1
            else:
                by_business.add(review.business_id, ["review", review])
        report.files["reviews"] = lines.counts()

    def give_photos(self, by_business: Partition, by_user: Partition, catalogue: IO[bytes]) -> None:
        """Pass every business's reviews on, and its photos by the rule of the link."""
        for business_id, records in by_business.groups():
            found = [SourceReview.of(one) for kind, one in records if kind == "review"]
            reviews = distinct_reviews(found, self.report)
            photos = self._photos([one for kind, one in records if kind == "photo"])
            if not reviews:
                self.report.photos["of_businesses_without_reviews"] += len(photos)
            elif self.link.rule == "caption":
                reviews = self._link(reviews, photos)
            else:
                reviews = [review._replace(n_photos=len(photos)) for review in reviews]
                if photos:
                    catalogue.write(json_bytes(_catalogue_row(business_id, photos)) + b"\n")
                    self.n_catalogue += 1
                    self.report.photos["in_catalogue_rows"] += len(photos)
            for review in reviews:
                by_user.add(review.user_id, review)

    def _photos(self, records: Sequence[Sequence[str]]) -> list[tuple[SourcePhoto, str]]:
        """Photos with captions, distinct and sorted by id."""
        photos: dict[str, tuple[SourcePhoto, str]] = {}
        for image_id, url, caption in sorted((one[0], one[1], one[2]) for one in records):
            self.report.photos["duplicate"] += image_id in photos
            photos.setdefault(image_id, (SourcePhoto(image_id, url), caption))
        return list(photos.values())

    def _link(
        self, reviews: list[SourceReview], photos: Sequence[tuple[SourcePhoto, str]]
    ) -> list[SourceReview]:
        """Give each photo to at most one of the reviews that have enough words to become rows."""
        counts = self.report.photos
        able = [i for i, one in enumerate(reviews) if one.n_words >= max(1, self.options.min_words)]
        has_captions = any(caption.strip() for _, caption in photos)
        index = CaptionIndex([reviews[i].text for i in able] if has_captions else [])
        linked: dict[int, list[SourcePhoto]] = {}
        for photo, caption in photos:
            place = index.best(caption, self.link.min_similarity)
            if place is None:
                counts["unlinked" if caption.strip() else "without_caption"] += 1
            else:
                counts["linked"] += 1
                linked.setdefault(able[place], []).append(photo)
        return [
            review._replace(photos=tuple(linked.get(i, ())), n_photos=len(linked.get(i, ())))
            for i, review in enumerate(reviews)
        ]


def _photo_problem(photo: YelpPhoto, wanted: set[str] | None, names: set[str] | None) -> str | None:
    if not (is_safe_id(photo.id) and is_safe_id(photo.business_id)):
        return "unsafe_id"
    if wanted is not None and photo.business_id not in wanted:
        return "other_category"
    return None if names is None or f"{photo.id}.jpg" in names else "without_file"


def _prefix(images: Path | None, out: Path) -> str:
    """Path from the output's folder to the photos, with a slash; empty where there is none."""
    if images is None:
        return ""
    home, folder = out.parent.resolve(), images.resolve()
    if folder == home or not folder.is_relative_to(home):
        return ""
    return f"{folder.relative_to(home).as_posix()}/"


def _catalogue_row(business_id: str, photos: Sequence[tuple[SourcePhoto, str]]) -> dict[str, Any]:
    return {
        "user_id": CATALOGUE_USER,
        "business_id": business_id,
        "rating": None,
        "review_text": "",
        "pics": [{"id": photo.id, "url": [photo.url]} for photo, _ in photos],
        "history_reviews": [],
        CATALOGUE: True,
    }
