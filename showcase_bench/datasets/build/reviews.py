"""Which reviews of a user stay, in which order, in which split, and with which history.

The steps, in order (:class:`Step`):

1. *unique*: of several reviews of one user at one restaurant the last in time stays; one without a
   time counts as earlier than any with one, and among equals the last in the file stays.
2. *with text*: only when asked for, reviews without a word are dropped.
3. *repeat users*: users with a single review are dropped.
4. *with images*: expired photos are dropped, then reviews without photos.
5. *s1*: only when asked for (``iterate``), users who are now left with one review are dropped.
6. *s2*: photos that match no sentence are dropped, then reviews without photos.

Yan et al. (SIGIR 2023) name steps 3 and 4 for GEST-s1 and step 6 for GEST-s2, not their order. As
users are dropped before photos, a user of s1 may have one review left; ``iterate`` removes those.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from showcase_bench.datasets.build.keys import draw, key64, share
from showcase_bench.datasets.build.options import BuildOptions
from showcase_bench.datasets.build.records import RawPhoto, Record

__all__ = [
    "Step",
    "UserReview",
    "drop_photos",
    "group_by_user",
    "history",
    "in_order",
    "leave_out",
    "mark_early_steps",
    "mark_s1",
    "user_split",
]

_TRAIN_UNTIL = 0.8
_VAL_UNTIL = 0.9


class Step(enum.IntEnum):
    """How far a review or a photo came; each step includes the ones before."""

    RAW = 0
    UNIQUE = 1
    WITH_TEXT = 2
    REPEAT_USERS = 3
    WITH_IMAGES = 4
    S1 = 5
    S2 = 6


@dataclass(slots=True)
class UserReview:
    """A raw review on its way."""

    record: Record
    n_words: int
    step: Step = Step.RAW
    photo_steps: list[Step] = field(default_factory=list)
    """How far each photo of the record came; never farther than the review."""

    @property
    def id(self) -> str:
        """User and restaurant joined by an underscore."""
        return f"{self.record.user_id}_{self.record.business_id}"

    def photos(self, step: Step) -> list[RawPhoto]:
        """Photos that came at least so far."""
        pairs = zip(self.record.photos, self.photo_steps, strict=True)
        return [photo for photo, reached in pairs if reached >= step]

    def reach(self, step: Step) -> None:
        """Note that the review, and every photo that came with it so far, takes a step."""
        self.photo_steps = [
            step if reached == self.step else reached for reached in self.photo_steps
        ]
        self.step = step


def group_by_user(records: Iterable[Record]) -> list[list[UserReview]]:
    """Reviews of each user in the order of the file; users in the order of their hashes."""
    users: dict[str, list[UserReview]] = {}
    for record in records:
        review = UserReview(
            record, len(record.text.split()), photo_steps=[Step.RAW] * len(record.photos)
        )
        users.setdefault(record.user_id, []).append(review)
    return [users[user] for user in sorted(users, key=lambda one: (key64(one), one))]


def mark_early_steps(reviews: Sequence[UserReview], options: BuildOptions) -> None:
    """Steps 1 to 3 for all reviews of one user in the order of the file."""
    last: dict[str, UserReview] = {}
    for review in reviews:
        other = last.get(review.record.business_id)
        if other is None or _later(review.record.seconds, other.record.seconds):
            last[review.record.business_id] = review
    unique = list(last.values())
    for review in unique:
        review.reach(Step.UNIQUE)
    written = [one for one in unique if one.n_words or not options.drop_empty_texts]
    for review in written:
        review.reach(Step.WITH_TEXT)
        if len(written) > 1:
            review.reach(Step.REPEAT_USERS)


def _later(seconds: float | None, other: float | None) -> bool:
    """Whether a review replaces one that comes before it in the file."""
    if seconds is None or other is None:
        return other is None
    return seconds >= other


def drop_photos(review: UserReview, kept: Sequence[bool], step: Step) -> None:
    """Take a step with the photos that are kept; without any the review stays behind.

    ``kept`` has a value for each photo of the record; a photo that was dropped before stays so.
    """
    pairs = list(zip(review.photo_steps, kept, strict=True))
    if any(keep and reached == review.step for reached, keep in pairs):
        review.photo_steps = [
            step if keep and reached == review.step else reached for reached, keep in pairs
        ]
        review.step = step


def mark_s1(reviews: Sequence[UserReview], options: BuildOptions) -> None:
    """Step 5 for all reviews of one user."""
    left = [one for one in reviews if one.step == Step.WITH_IMAGES]
    if len(left) > 1 or not options.iterate:
        for review in left:
            review.reach(Step.S1)


def in_order(reviews: Iterable[UserReview], seed: int) -> list[UserReview]:
    """Reviews of one user, first to last.

    By time if every one has a time, ties by hash; else all by the hash of (seed, user,
    restaurant), and at last by the restaurant's id.
    """
    listed = list(reviews)
    timed = all(one.record.seconds is not None for one in listed)

    def place(review: UserReview) -> tuple[float, int, str]:
        record = review.record
        seconds = record.seconds if timed and record.seconds is not None else 0.0
        return seconds, draw(seed, "order", record.user_id, record.business_id), record.business_id

    return sorted(listed, key=place)


def leave_out(n: int, user_id: str, seed: int) -> list[str]:
    """Split of each of a user's ``n`` reviews in order, for s1.

    Three or more: the last is for test, the one before for validation, the rest for training. One
    or two: the last goes to the split that :func:`user_split` gives the user; the other, if there
    is one, is for training.
    """
    if n > 2:
        return ["train"] * (n - 2) + ["val", "test"]
    return ["train"] * (n - 1) + [user_split(user_id, seed)] if n else []


def user_split(user_id: str, seed: int) -> str:
    """Split of a user by hash: 80 % train, 10 % validation, 10 % test."""
    drawn = share(seed, "split", user_id)
    if drawn < _TRAIN_UNTIL:
        return "train"
    return "val" if drawn < _VAL_UNTIL else "test"


def history(others: Sequence[UserReview], limit: int) -> list[list[str]]:
    """The last ``limit`` reviews that have words, in their order, as [id, text]."""
    written = [one for one in others if one.n_words]
    return [[one.id, one.record.text] for one in written[max(0, len(written) - limit) :]]
