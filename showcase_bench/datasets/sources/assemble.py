"""From reviews grouped by user to rows with histories and splits."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from showcase_bench.datasets.masking import pair_key
from showcase_bench.datasets.sources.gest_file import (
    SYNTHETIC_LINK,
    GestFileWriter,
    json_bytes,
)
from showcase_bench.datasets.sources.partition import Partition
from showcase_bench.datasets.sources.review import ConvertOptions, Report, SourceReview, iso_time
from showcase_bench.errors import DataError

__all__ = ["Cut", "assemble", "distinct_reviews", "time_cut", "user_rows"]


class Cut(NamedTuple):
    """Moments at which the later splits begin, in milliseconds since 1970."""

    val: int
    test: int

    def split(self, time: int) -> str:
        """Split of a review of this moment."""
        if time < self.val:
            return "train"
        return "val" if time < self.test else "test"


def assemble(
    by_user: Partition,
    options: ConvertOptions,
    folder: Path,
    writer: GestFileWriter,
    report: Report,
    *,
    path: Path,
    synthetic_link: bool = False,
) -> None:
    """Write the rows of all users, in the order of the hashes of their ids, then of time.

    Memory holds the reviews of one bucket of ``by_user``, and eight bytes a row for the cut.

    Parameters
    ----------
    by_user
        Reviews, as JSON lists, under the ids of their users.
    options
        Thresholds, length of the histories, rule of the split.
    folder
        For a temporary file.
    writer
        Gets the rows.
    report
        Reviews are counted in it.
    path
        How messages name the source.
    synthetic_link
        Mark every photo as one that was given to its review by a rule of ours.

    Raises
    ------
    DataError
        No review can be a row, or all rows would be later than the cut.
    """
    times = array("q")
    spool = folder / "rows.spool"
    with spool.open("wb") as stream:
        for _, records in by_user.groups():
            reviews = distinct_reviews([SourceReview.of(one) for one in records], report)
            for split, time, row in user_rows(reviews, options, report, synthetic_link):
                times.append(time)
                stream.write(json_bytes([split, time, row]) + b"\n")
    report.kept += len(times)
    if not times:
        raise DataError(
            path,
            f"no review can be kept (of {report.read}, {sum(report.dropped.values())} are dropped "
            f"and {sum(report.history_only.values())} have too few photos or words)",
            "Lower the thresholds, or check that this is the right file.",
        )
    cut = None if options.split == "user" else time_cut(times)
    for split, time, row in _spooled(spool):
        writer.add(split if cut is None else cut.split(time), row)
    if cut is not None:
        report.notes["cut"] = {"val_from": iso_time(cut.val), "test_from": iso_time(cut.test)}
    if not writer.rows["train"]:
        raise DataError(
            path,
            "no row is left for training: too few rows, or too many at one moment",
            "Give more reviews, or split by user.",
        )


def distinct_reviews(reviews: Sequence[SourceReview], report: Report) -> list[SourceReview]:
    """Sort reviews by time and keep the first one that a user wrote of a business.

    The order of the input does not matter. Others are counted as ``duplicate`` when they are
    equal in all that is read, else as ``repeated_business``.
    """
    first: dict[tuple[str, str], SourceReview] = {}
    for review in sorted(reviews):
        kept = first.setdefault((review.user_id, review.business_id), review)
        if kept is not review:
            report.dropped["duplicate" if kept == review else "repeated_business"] += 1
    return list(first.values())


def user_rows(
    reviews: Sequence[SourceReview],
    options: ConvertOptions,
    report: Report,
    synthetic_link: bool = False,
) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Yield (split by user, time, row) of one user's distinct reviews, which are in order of time.

    The history of a row is what the same user wrote at a strictly earlier time, oldest first, the
    last ``options.history`` of it, with or without photos; reviews without words are in none.
    """
    targets = [review for review in reviews if _is_target(review, options, report)]
    past = [review for review in reviews if review.n_words]
    n_past = 0
    for place, review in enumerate(targets):
        while n_past < len(past) and past[n_past].time < review.time:
            n_past += 1
        history = past[max(0, n_past - options.history) : n_past]
        split = _split_by_user(place, len(targets))
        yield split, review.time, _row(review, history, synthetic_link)


def time_cut(times: Sequence[int]) -> Cut:
    """Cut so that 80 % of the times lie before ``val`` and 90 % before ``test``.

    ``val`` is the time at position floor(0.8 n) of the sorted times and ``test`` that at
    floor(0.9 n); equal times are never divided, so many of them make the earlier splits smaller.
    ``times`` must not be empty.
    """
    ordered = np.sort(np.asarray(times, dtype=np.int64))
    return Cut(int(ordered[len(ordered) * 8 // 10]), int(ordered[len(ordered) * 9 // 10]))


def _is_target(review: SourceReview, options: ConvertOptions, report: Report) -> bool:
    """Whether a review becomes a row; counts it where it does not."""
    enough_photos = review.n_photos >= options.min_photos
    if enough_photos and review.n_words >= options.min_words:
        return True
    if not review.n_words:
        report.dropped["empty_text"] += 1
    else:
        report.history_only["few_words" if enough_photos else "few_photos"] += 1
    return False


def _split_by_user(place: int, n: int) -> str:
    from_end = n - place
    if from_end == 1 and n >= 2:
        return "test"
    return "val" if from_end == 2 and n >= 3 else "train"


def _row(
    review: SourceReview, history: Sequence[SourceReview], synthetic_link: bool
) -> dict[str, Any]:
    mark = {SYNTHETIC_LINK: True} if synthetic_link else {}
    return {
        "user_id": review.user_id,
        "business_id": review.business_id,
        "rating": review.rating,
        "review_text": review.text,
        "pics": [{"id": one.id, "url": [one.url], **mark} for one in review.photos],
        "history_reviews": [
            [pair_key(past.user_id, past.business_id), past.text] for past in history
        ],
        "time": review.time,
    }


def _spooled(spool: Path) -> Iterator[tuple[str, int, dict[str, Any]]]:
    with spool.open("rb") as stream:
        for line in stream:
            split, time, row = json.loads(line)
            yield split, time, row
