"""Who goes where, photographs what and writes what: the reviews of the world."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from showcase_bench.datasets.mini.catalogue import SCENES
from showcase_bench.datasets.mini.config import MiniConfig
from showcase_bench.datasets.mini.rng import Stream, total
from showcase_bench.datasets.mini.world import (
    Business,
    Directory,
    User,
    appeal,
    make_businesses,
    make_user,
    stars,
)
from showcase_bench.datasets.mini.writer import Written, write_review

__all__ = ["SPLITS", "Visit", "World", "build_world"]

SPLITS = ("train", "val", "test")

_ROWS_A_USER = (0.27, 0.25, 0.17, 0.12, 0.08, 0.05, 0.04, 0.02)
_EXTRA_REVIEWS = (0.1, 0.25, 0.27, 0.19, 0.11, 0.05, 0.03)
_PHOTOS_A_REVIEW = (0.48, 0.29, 0.12, 0.06, 0.03, 0.02)
_COLD_EVERY = 3
"""One held-out user in so many has no training row."""
_EMPTY_SHARE = 0.02
_SCENE_WEIGHTS = {"interior": 0.12, "exterior": 0.06, "menu": 0.07}


@dataclass(frozen=True, slots=True)
class Visit:
    """One review by one user."""

    user: User
    business: Business
    rating: int
    photos: tuple[tuple[str, str], ...]
    """Pairs of image id and content."""
    written: Written
    split: str | None
    """None for a review that is known from histories only."""
    order: int
    """Random position in the split's file order."""

    @property
    def review_id(self) -> str:
        """``<user>_<business>``."""
        return f"{self.user.id}_{self.business.id}"


@dataclass(frozen=True, slots=True)
class World:
    """Everything that the generator knows; for the file and for instruments, not for models."""

    config: MiniConfig
    businesses: tuple[Business, ...]
    timelines: tuple[tuple[Visit, ...], ...]
    """The reviews of each user, oldest first."""


@lru_cache(maxsize=1)
def build_world(config: MiniConfig) -> World:
    """The world of these settings; the last one is kept."""
    businesses = make_businesses(config.seed, config.businesses)
    directory = Directory(businesses)
    timelines = tuple(
        _timeline(config, businesses, directory, index, plan)
        for index, plan in enumerate(_plans(config))
    )
    return World(config, businesses, timelines)


def _plans(config: MiniConfig) -> Iterator[tuple[str | None, ...]]:
    """For each user the splits of the reviews, oldest first, until all splits are full.

    Held-out users come first. About a third of them are cold: all their rows are held out. The
    others have their latest row or two held out and the older ones in the training split.
    """
    left = {"train": config.n_train, "val": config.n_val, "test": config.n_test}
    index = 0
    for split in ("test", "val", "train"):
        while left[split]:
            stream = Stream(config.seed, "plan", index)
            index += 1
            rows = 1 + stream.weighted(_ROWS_A_USER)
            held, warm = min(rows, left[split]), 0
            if split != "train" and index % _COLD_EVERY and left["train"]:
                held = min(2 if rows > 2 and stream.chance(0.25) else 1, left[split])
                warm = min(max(rows - held, 1), left["train"])
            rows = min(warm + held, config.businesses)
            warm = min(warm, rows - 1)
            held = rows - warm
            left["train"] -= warm
            left[split] -= held
            yield _with_extras([*["train"] * warm, *[split] * held], config.businesses, stream)


def _with_extras(rows: list[str], n_businesses: int, stream: Stream) -> tuple[str | None, ...]:
    """The rows with reviews in between that no split contains, most of them early."""
    plan: list[str | None] = list(rows)
    for _ in range(min(stream.weighted(_EXTRA_REVIEWS), n_businesses - len(rows))):
        plan.insert(0 if stream.chance(0.7) else stream.below(len(plan)), None)
    return tuple(plan)


def _timeline(
    config: MiniConfig,
    businesses: tuple[Business, ...],
    directory: Directory,
    index: int,
    plan: tuple[str | None, ...],
) -> tuple[Visit, ...]:
    user = make_user(config.seed, index)
    stream = Stream(config.seed, "timeline", index)
    seen: set[int] = set()
    visits = []
    for step, split in enumerate(plan):
        place = directory.visit(user, seen, stream)
        seen.add(place)
        business = businesses[place]
        contents = _choose(config, user, business, stream)
        rating = stars(business, stream)
        if split == "train" and stream.chance(_EMPTY_SHARE):
            written = Written("", 0, 0)
        else:
            written = write_review(stream, config, user, business, contents, rating)
        photos = tuple(
            (_image_id(config.seed, index, step, nth), content)
            for nth, content in enumerate(contents)
        )
        visits.append(
            Visit(user, business, rating, photos if split else (), written, split, stream.bits())
        )
    return tuple(visits)


def _choose(config: MiniConfig, user: User, business: Business, stream: Stream) -> tuple[str, ...]:
    """What is photographed: the planted preference and the house's favourites, mixed."""
    contents = business.contents
    wish = appeal(user, business)
    house = [
        _SCENE_WEIGHTS[content] if content in SCENES else (0.3 if nth == 0 else 0.15)
        for nth, content in enumerate(contents)
    ]
    squares = [wish[content] * wish[content] for content in contents]
    wishes = [square * square for square in squares]
    follow, even = config.personalization / total(wishes), 1.0 - config.personalization
    scale = even / total(house)
    weights = [follow * strong + scale * base for strong, base in zip(wishes, house, strict=True)]
    chosen = []
    for _ in range(1 + stream.weighted(_PHOTOS_A_REVIEW)):
        nth = stream.weighted(weights)
        chosen.append(contents[nth])
        weights[nth] *= 0.1
    return tuple(chosen)


def _image_id(seed: int, user: int, step: int, nth: int) -> str:
    stream = Stream(seed, "image", user, step, nth)
    raw = b"".join(stream.bits().to_bytes(8, "big") for _ in range(4))
    return "AF1Qip" + urlsafe_b64encode(raw[:28]).decode("ascii").rstrip("=")
