"""Second stage: shard by shard, from the raw reviews of some users to rows of the result."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from showcase_bench.datasets.build.expiry import Availability
from showcase_bench.datasets.build.options import BuildOptions
from showcase_bench.datasets.build.partition import shard_records
from showcase_bench.datasets.build.reviews import (
    Step,
    UserReview,
    drop_photos,
    group_by_user,
    history,
    in_order,
    leave_out,
    mark_early_steps,
    mark_s1,
    user_split,
)
from showcase_bench.datasets.build.tally import ShardTally
from showcase_bench.datasets.build.work import Part, Stage
from showcase_bench.datasets.json_rows import SPLITS
from showcase_bench.types import Progress

__all__ = ["ROW_SEPARATOR", "TALLY_SEGMENT", "PhotoMatcher", "build_shards"]

ROW_SEPARATOR = b",\n"
"""Between the rows of a segment, and between segments of the result."""
TALLY_SEGMENT = len(SPLITS)
"""A part has a segment of rows for each split, then the tally's."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False)

SplitRow = tuple[str, dict[str, Any]]


class PhotoMatcher(Protocol):
    """Decides which photos of a review its text speaks of; what makes s2 out of s1."""

    def matches(self, reviews: Sequence[UserReview]) -> list[list[bool]]:
        """A value for each photo of the record of each review."""
        ...

    def take_counts(self) -> dict[str, int]:
        """What was counted since the last call."""
        ...


def build_shards(
    parts: Sequence[Part],
    n: int,
    stage: Stage,
    options: BuildOptions,
    available: Availability,
    matcher: PhotoMatcher | None,
    progress: Progress,
) -> list[Part]:
    """Make the rows of all shards; shards that are finished already are not made again.

    Parameters
    ----------
    parts
        The parts of the first stage.
    n
        Number of shards.
    stage
        Where the result is kept.
    options, available
        Decide what stays.
    matcher
        None for s1.
    progress
        Tracks the shards.

    Raises
    ------
    StoreError
        A part cannot be read or written.
    """
    label = "choosing reviews" if matcher is None else "matching photos and sentences"
    made = []
    for shard in progress.track(range(n), label=label, total=n):
        part = stage.find(shard)
        if part is None:
            part = _build_shard(parts, shard, stage, options, available, matcher)
        made.append(part)
    return made


def _build_shard(
    parts: Sequence[Part],
    shard: int,
    stage: Stage,
    options: BuildOptions,
    available: Availability,
    matcher: PhotoMatcher | None,
) -> Part:
    users = group_by_user(shard_records(parts, shard))
    for reviews in users:
        mark_early_steps(reviews, options)
    _drop(users, Step.REPEAT_USERS, Step.WITH_IMAGES, lambda reviews: _alive(reviews, available))
    for reviews in users:
        mark_s1(reviews, options)
    if matcher is not None:
        _drop(users, Step.S1, Step.S2, matcher.matches)
    rows: dict[str, list[bytes]] = {split: [] for split in SPLITS}
    make = _s1_rows if matcher is None else _s2_rows
    for reviews in users:
        for split, row in make(reviews, options):
            rows[split].append(_ENCODER.encode(row).encode())
    tally = ShardTally(users)
    facts = {
        "tally": tally.facts(),
        "rows": {split: len(rows[split]) for split in SPLITS},
        "matching": {} if matcher is None else matcher.take_counts(),
    }
    segments = [ROW_SEPARATOR.join(rows[split]) for split in SPLITS]
    return stage.save(shard, [*segments, *tally.segments()], facts)


def _drop(
    users: Sequence[Sequence[UserReview]],
    reached: Step,
    step: Step,
    judge: Callable[[Sequence[UserReview]], list[list[bool]]],
) -> None:
    """Let the reviews that ``reached`` a step take the next one with the photos judged good."""
    waiting = [one for reviews in users for one in reviews if one.step == reached]
    for review, kept in zip(waiting, judge(waiting), strict=True):
        drop_photos(review, kept, step)


def _alive(reviews: Sequence[UserReview], available: Availability) -> list[list[bool]]:
    flat = available.alive([photo for review in reviews for photo in review.record.photos])
    flags = iter(flat)
    return [[next(flags) for _ in review.record.photos] for review in reviews]


def _s1_rows(reviews: Sequence[UserReview], options: BuildOptions) -> Iterator[SplitRow]:
    kept = in_order([one for one in reviews if one.step == Step.S1], options.seed)
    if not kept:
        return
    splits = leave_out(len(kept), kept[0].record.user_id, options.seed)
    for place, (review, split) in enumerate(zip(kept, splits, strict=True)):
        yield split, _row(review, Step.S1, history(kept[:place], options.history_limit))


def _s2_rows(reviews: Sequence[UserReview], options: BuildOptions) -> Iterator[SplitRow]:
    if all(one.step < Step.S2 for one in reviews):
        return
    split = user_split(reviews[0].record.user_id, options.seed)
    unique = in_order([one for one in reviews if one.step >= Step.UNIQUE], options.seed)
    for review in unique:
        if review.step == Step.S2:
            others = [one for one in unique if one is not review]
            yield split, _row(review, Step.S2, history(others, options.history_limit))


def _row(review: UserReview, step: Step, earlier: list[list[str]]) -> dict[str, Any]:
    record = review.record
    row = {
        "business_id": record.business_id,
        "user_id": record.user_id,
        "rating": record.rating,
        "review_text": record.text,
        "pics": [{"id": one.id, "url": one.urls} for one in review.photos(step)],
        "history_reviews": earlier,
    }
    return row if record.time is None else {**row, "time": record.time}
