"""Writes a review from what the user cares about and what the photos show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from showcase_bench.datasets.mini import sentences, wording
from showcase_bench.datasets.mini.catalogue import DISHES
from showcase_bench.datasets.mini.config import MiniConfig
from showcase_bench.datasets.mini.rng import Stream
from showcase_bench.datasets.mini.world import Business, User

__all__ = ["Written", "write_review"]

_TOPICS = ("taste", "place", "service", "price")
_SHORT_SHARE = 0.12
"""Chance of a two-word review, times the ``generic`` knob."""
_SLIP_RATE = 0.04
"""Chance of a typing slip in a word, times the ``noise`` knob and the user's own factor."""


@dataclass(frozen=True, slots=True)
class Written:
    """A text and how it came about; the counts are for instruments."""

    text: str
    n_sentences: int
    n_generic: int
    """Sentences that would fit any restaurant."""


@dataclass(slots=True)
class _Writer:
    stream: Stream
    config: MiniConfig
    user: User
    business: Business
    used: set[str]
    """Templates and dishes that this review has already used."""

    def fresh(self, templates: Sequence[str]) -> str:
        """A template that this review has not used, where one is left."""
        left = [template for template in templates if template not in self.used]
        template = self.stream.pick(left or templates)
        self.used.add(template)
        return template

    def adjective(self) -> str:
        left = [word for word in self.user.adjectives if word not in self.used]
        word = self.stream.pick(left or self.user.adjectives)
        self.used.add(word)
        return word

    def fill(self, template: str, slug: str | None = None) -> str:
        """The sentence of a template, about the dish ``slug`` or the signature dish."""
        if "{" not in template:
            return template
        fields = self._dish_fields(slug or self.business.menu[0], "{dish2}" in template)
        if "tyle}" in template or "{feature" in template or "color}" in template:
            fields |= self._place_fields()
        adjective, server = self.adjective(), self.stream.pick(self.business.staff)
        who, with_who = self.user.company
        base = math.floor(12.0 * self.business.price)
        spent = base + 8 + self.stream.below(10)
        return template.format(
            **fields,
            adj=adjective,
            Adj=adjective.capitalize(),
            adj2=self.stream.pick(wording.MANNERS),
            server=server,
            Server=server,
            Subject=who or "I",
            **{"with": with_who},
            with_us=with_who or "me",
            day=self.stream.pick(wording.DAYS),
            name=self.business.name,
            cuisine=wording.CUISINE_WORDS[self.business.cuisine],
            wait=str(20 + 5 * self.stream.below(8)),
            total=str(spent),
            double=str(2 * spent),
            low=str(max(5, base - 3)),
        )

    def _dish_fields(self, slug: str, second: bool) -> dict[str, str]:
        stream, dish = self.stream, DISHES[slug]
        good = stream.sample(dish.good, 2)
        part = stream.sample(dish.parts, 2)
        trait = max(dish.traits, key=lambda name: self.user.likings[name])
        fields = {
            "dish": stream.pick(dish.names),
            "was": "were" if dish.plural else "was",
            "is": "are" if dish.plural else "is",
            "it": "they" if dish.plural else "it",
            "good": good[0],
            "good2": good[1],
            "part": part[0],
            "part2": part[1],
            "bad": stream.pick(dish.bad),
            "craving": wording.CRAVINGS[trait],
            "price": str(math.floor(dish.price * self.business.price + 0.5)),
        }
        if second:
            other = DISHES[self._other_dish(slug)]
            self.used.add(other.slug)
            fields |= {"dish2": other.names[0], "was2": "were" if other.plural else "was"}
        return fields

    def _other_dish(self, slug: str) -> str:
        weights = [
            0.0 if dish == slug or dish in self.used else 0.1 + self.user.tastes[dish]
            for dish in self.business.menu
        ]
        return self.business.menu[self.stream.weighted(weights)]

    def _place_fields(self) -> dict[str, str]:
        place, color = self.business.style, self.business.look.accent_name
        style = self.stream.pick(wording.STYLE_WORDS[place])
        features = self.stream.sample(wording.STYLE_FEATURES[place], 2)
        return {
            "style": style,
            "a_style": _article(style),
            "color": color,
            "a_color": _article(color),
            "feature": features[0].format(color=color),
            "feature2": features[1].format(color=color),
        }


def _article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def write_review(
    stream: Stream,
    config: MiniConfig,
    user: User,
    business: Business,
    contents: Sequence[str],
    rating: int,
) -> Written:
    """The text of a review whose photos show ``contents``.

    Each sentence is generic with the chance ``config.generic``; the others speak of something
    that the photos show with the chance ``config.grounding``, as long as a photo is left that was
    not spoken of, else of what the user cares about.
    """
    happy = rating >= 4 or (rating == 3 and stream.chance(0.5))
    if stream.chance(_SHORT_SHARE * config.generic):
        text = stream.pick(sentences.SHORT if happy else sentences.SHORT_BAD)
        return Written(text, 1, 1)
    writer = _Writer(stream, config, user, business, set())
    target = max(1, math.floor(user.verbosity + stream.between(-0.9, 1.6)))
    shown = list(contents)
    lines: list[str] = []
    generic = 0
    if target > 1 and stream.chance(0.35):
        openers = sentences.OPENERS if user.company[0] else sentences.OPENERS_ALONE
        lines.append(writer.fill(writer.fresh(openers)))
    for _ in range(target):
        if stream.chance(config.generic):
            templates = sentences.GENERIC if happy else sentences.GENERIC_BAD
            lines.append(writer.fill(writer.fresh(templates)))
            generic += 1
        else:
            lines.append(_specific(writer, shown, happy))
    if rating in (3, 4) and stream.chance(0.3):
        lines.append(writer.fresh(sentences.COMPLAINTS))
    return Written(_finish(writer, lines), len(lines), generic)


def _specific(writer: _Writer, shown: list[str], happy: bool) -> str:
    stream = writer.stream
    if shown and stream.chance(writer.config.grounding):
        return _about(writer, shown.pop(0), happy, True)
    topic = _TOPICS[stream.weighted(writer.user.focus)]
    if topic == "place":
        return _about(writer, "exterior" if stream.chance(0.2) else "interior", happy, False)
    if topic == "service":
        return writer.fill(writer.fresh(sentences.SERVICE_GOOD if happy else sentences.SERVICE_BAD))
    if topic == "price":
        dish = stream.pick(writer.business.menu)
        return writer.fill(
            writer.fresh(sentences.PRICE_GOOD if happy else sentences.PRICE_BAD), dish
        )
    return _about(writer, _liked_dish(writer), happy, False)


def _liked_dish(writer: _Writer) -> str:
    """A dish of the menu, the more likely the more the user likes it."""
    even, tastes = 1.0 - writer.config.personalization, writer.user.tastes
    weights = [
        0.0 if slug in writer.used else 0.3 * even + tastes[slug] * tastes[slug]
        for slug in writer.business.menu
    ]
    return writer.business.menu[writer.stream.weighted(weights)]


def _about(writer: _Writer, content: str, happy: bool, shown: bool) -> str:
    stream = writer.stream
    if content == "interior":
        return writer.fill(writer.fresh(sentences.PLACE if happy else sentences.PLACE_BAD))
    if content == "exterior":
        return writer.fill(writer.fresh(sentences.EXTERIOR))
    if content == "menu":
        return writer.fill(writer.fresh(sentences.MENU), stream.pick(writer.business.menu))
    writer.used.add(content)
    templates: tuple[str, ...] = sentences.DISH_GOOD if happy else sentences.DISH_BAD
    if happy and shown and stream.chance(0.12):
        templates = sentences.DISH_SHOWN
    return writer.fill(writer.fresh(templates), content)


def _finish(writer: _Writer, lines: Sequence[str]) -> str:
    """The lines with the user's habits: exclamation marks, slips, small letters, emoji."""
    stream, user = writer.stream, writer.user
    done = []
    for sentence in lines:
        if sentence.endswith(".") and stream.chance(user.exclaims * 0.7):
            sentence = f"{sentence[:-1]}!"
        done.append(sentence)
    text = " ".join(done)
    rate = _SLIP_RATE * writer.config.noise * user.slips
    text = " ".join(
        _slip(word, stream) if stream.chance(rate) else word for word in text.split(" ")
    )
    if user.lowercase:
        text = text.lower()
    if text.endswith(".") and stream.chance(0.12):
        text = text[:-1]
    if user.emoji and stream.chance(0.6):
        text = f"{text} {stream.pick(wording.EMOJI)}"
    return text


def _slip(word: str, stream: Stream) -> str:
    """The word with two letters swapped, one lost or one doubled; short words stay."""
    if len(word) < 5 or not word.isalpha():
        return word
    at = 1 + stream.below(len(word) - 3)
    kind = stream.below(3)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at] + word[at:]
