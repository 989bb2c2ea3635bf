"""Businesses and users: what a place offers, and what a person cares about."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from showcase_bench.datasets.mini.catalogue import CUISINES, DISHES, GUESTS, SCENES, TRAITS
from showcase_bench.datasets.mini.photos import PLACE_STYLES, Look, make_look
from showcase_bench.datasets.mini.rng import Stream, total
from showcase_bench.datasets.mini.wording import ADJECTIVES, COMPANY, SERVERS, business_name

__all__ = ["Business", "Directory", "User", "appeal", "make_businesses", "make_user", "stars"]


@dataclass(frozen=True, slots=True)
class Business:
    """A restaurant."""

    id: str
    name: str
    cuisine: str
    menu: tuple[str, ...]
    """Slugs of dishes; the first is the signature dish."""
    fame: float
    """How often it is visited, relative to the others."""
    style: str
    price: float
    """Factor on the dishes' prices."""
    quality: float
    """0 (poor) to 1 (excellent); moves the ratings."""
    staff: tuple[str, ...]
    look: Look

    @property
    def contents(self) -> tuple[str, ...]:
        """What can be photographed here: the dishes and the scenes."""
        return self.menu + SCENES


@dataclass(frozen=True, slots=True)
class User:
    """A reviewer with planted tastes, interests and habits of writing."""

    id: str
    cuisines: tuple[float, ...]
    """Fondness of each cuisine, in the order of ``CUISINES``."""
    likings: dict[str, float]
    """Fondness of each trait, 0..1."""
    tastes: dict[str, float]
    """Fondness of each dish by slug, 0..1."""
    focus: tuple[float, float, float, float]
    """Interest in taste, place, service and price; sums to 1."""
    verbosity: float
    """Sentences in a typical review."""
    adjectives: tuple[str, ...]
    company: tuple[str, str]
    """Who comes along, as subject and after "with"; both empty for those who come alone."""
    exclaims: float
    lowercase: bool
    emoji: bool
    slips: float
    """Factor on the rate of typing slips."""


def _hex_id(stream: Stream) -> str:
    return f"{stream.bits():016x}{stream.bits() >> 32:08x}"


def make_businesses(seed: int, n: int) -> tuple[Business, ...]:
    """The first ``n`` businesses of the world; all cuisines are equally common."""
    return tuple(_make_business(seed, index) for index in range(n))


def _make_business(seed: int, index: int) -> Business:
    stream = Stream(seed, "business", index)
    cuisine = CUISINES[index % len(CUISINES)]
    own = [dish.slug for dish in DISHES.values() if dish.cuisine == cuisine]
    if stream.chance(0.12):
        other = stream.pick(CUISINES)
        own += [d.slug for d in DISHES.values() if d.cuisine == other and d.slug not in own]
    menu = stream.sample(own, 4 + stream.below(3))
    guests = [slug for slug in GUESTS if slug not in own]
    menu += stream.sample(guests, 1 + stream.below(3))
    renown = stream.unit()
    style = stream.pick(PLACE_STYLES)
    return Business(
        id=_hex_id(stream),
        name=business_name(cuisine, stream),
        cuisine=cuisine,
        menu=tuple(menu),
        fame=0.07 if stream.chance(0.22) else 0.6 + 0.7 * renown * renown,
        style=style,
        price=stream.between(0.75, 1.5),
        quality=1.0 - 0.8 * stream.unit() * stream.unit(),
        staff=tuple(stream.sample(SERVERS, 3)),
        look=make_look(style, stream),
    )


def make_user(seed: int, index: int) -> User:
    """One user of the world."""
    stream = Stream(seed, "user", index)
    loved = stream.sample(CUISINES, 2)
    alone = stream.chance(0.2)
    likings = _likings(stream)
    return User(
        id="1" + "".join(f"{stream.below(10**10):010d}" for _ in range(2)),
        cuisines=tuple(1.0 if name in loved else 0.12 for name in CUISINES),
        likings=likings,
        tastes=_tastes(likings, stream),
        focus=_focus(stream),
        verbosity=1.4 + 3.4 * stream.unit() * (0.6 + 0.4 * stream.unit()),
        adjectives=tuple(stream.sample(ADJECTIVES, 5)),
        company=("", "") if alone else stream.pick(COMPANY),
        exclaims=0.7 if stream.chance(0.25) else 0.12,
        lowercase=stream.chance(0.07),
        emoji=stream.chance(0.1),
        slips=2.0 * stream.unit(),
    )


def _likings(stream: Stream) -> dict[str, float]:
    loved = stream.sample(TRAITS, 5)
    likings = dict.fromkeys(TRAITS, 0.06)
    likings |= dict.fromkeys(loved[:2], 1.0)
    likings |= dict.fromkeys(loved[2:], 0.25)
    return likings


def _tastes(likings: dict[str, float], stream: Stream) -> dict[str, float]:
    tastes = {}
    for dish in DISHES.values():
        liked = [likings[trait] for trait in dish.traits]
        mean = total(liked) / len(liked)
        tastes[dish.slug] = 0.52 * max(liked) + 0.34 * mean + 0.14 * stream.unit()
    return tastes


def _focus(stream: Stream) -> tuple[float, float, float, float]:
    main = stream.weighted((0.5, 0.24, 0.09, 0.17))
    raw = [0.04 + 0.2 * stream.unit() for _ in range(4)]
    raw[main] += 0.9
    raw[0] += 0.2
    whole = total(raw)
    return (raw[0] / whole, raw[1] / whole, raw[2] / whole, raw[3] / whole)


def appeal(user: User, business: Business) -> dict[str, float]:
    """The planted preference: how much the user wants to show each content of the business.

    Positive, at most 1, relative to what this user likes best here. It does not depend on any
    knob: ``personalization`` says how far behaviour follows it.
    """
    taste, place, _, price = user.focus
    wish = {slug: taste * user.tastes[slug] * user.tastes[slug] for slug in business.menu}
    wish |= {"interior": 1.5 * place * place, "exterior": 0.9 * place * place}
    wish["menu"] = 1.5 * price * price
    most = max(wish.values())
    return {content: value / most for content, value in wish.items()}


class Directory:
    """Finds businesses for users, in time logarithmic in their number."""

    def __init__(self, businesses: Sequence[Business]) -> None:
        self._all = businesses
        self._by_cuisine: list[list[int]] = [[] for _ in CUISINES]
        for index, business in enumerate(businesses):
            self._by_cuisine[CUISINES.index(business.cuisine)].append(index)
        self._sums = [
            list(accumulate(businesses[index].fame for index in group))
            for group in self._by_cuisine
        ]

    def __len__(self) -> int:
        return len(self._all)

    def visit(self, user: User, seen: set[int], stream: Stream) -> int:
        """Index of a business that the user has not been to; there must be one left."""
        weights = [
            fondness if group else 0.0
            for fondness, group in zip(user.cuisines, self._by_cuisine, strict=True)
        ]
        for _ in range(40):
            cuisine = stream.weighted(weights)
            sums = self._sums[cuisine]
            point = bisect_right(sums, stream.unit() * sums[-1])
            index = self._by_cuisine[cuisine][min(point, len(sums) - 1)]
            if index not in seen:
                return index
        start = stream.below(len(self._all))
        candidates = ((start + step) % len(self._all) for step in range(len(self._all)))
        return next(index for index in candidates if index not in seen)


def stars(business: Business, stream: Stream) -> int:
    """A rating, 1 to 5; the mean over all businesses is about 4.4."""
    quality = business.quality
    weights = (0.1 * (1.2 - quality), 0.05, 0.09, 0.24, 0.4 + 0.45 * quality)
    return 1 + stream.weighted(weights)
