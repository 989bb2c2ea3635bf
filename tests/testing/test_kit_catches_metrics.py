"""A metric that breaks one rule of the contract is caught, and by that rule's name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import pytest

from showcase_bench.errors import RegistryError, UsageError
from showcase_bench.metrics import MeanMetric
from showcase_bench.testing import METRIC_RULES, ConformanceError, check_metric


@dataclass(frozen=True)
class Overlap(MeanMetric):
    """Share of the words of the first reference that the text has."""

    lower: bool = True

    label: ClassVar[str] = "word-overlap"
    summary: ClassVar[str] = "words of the reference that are there"
    group: ClassVar = "n-gram"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar = "unit"
    needs: ClassVar = frozenset({"text", "references"})

    def values(self, batch):
        return np.array(
            [
                self.one(text or "", known[0] if known else "")
                for text, known in zip(batch.hypotheses, batch.references, strict=True)
            ],
            dtype=np.float64,
        )

    def one(self, text, reference):
        words = self.words(reference)
        return len(words & self.words(text)) / len(words) if words else 0.0

    def words(self, text):
        return set((text.lower() if self.lower else text).split())


class OfWhichKind(Overlap):
    """Broken."""

    kind = "average"


class TurnedBounds(Overlap):
    """Broken."""

    bounds = (1.0, 0.0)


class NoNeeds(Overlap):
    """Broken."""

    needs = frozenset()


class NotFrozen(Overlap):
    """Broken."""

    __setattr__ = object.__setattr__


class NoDataclass(Overlap):
    """Broken."""

    stemmed: bool = False


@dataclass(frozen=True)
class CannotBeHashed(Overlap):
    """Broken."""

    stop: tuple = ()

    def __hash__(self):
        raise TypeError("unhashable")


@dataclass(frozen=True)
class HiddenParameter(Overlap):
    """Broken."""

    @property
    def in_name(self):
        return frozenset({"lower"})


@dataclass(frozen=True)
class Whole(Overlap):
    """Broken."""

    def statistics(self, batch):
        return super().statistics(batch).astype(np.int64)


@dataclass(frozen=True)
class OneRow(Overlap):
    """Broken."""

    def statistics(self, batch):
        return super().statistics(batch).sum(axis=0, keepdims=True)


@dataclass(frozen=True)
class NotANumber(Overlap):
    """Broken."""

    def values(self, batch):
        return np.where(np.arange(len(batch)) == 3, np.nan, super().values(batch))


@dataclass(frozen=True)
class Raises(Overlap):
    """Broken."""

    def values(self, batch):
        raise RuntimeError("out of order")


@dataclass(frozen=True)
class NeedsWords(Overlap):
    """Broken."""

    def one(self, text, reference):
        words = self.words(reference)
        return len(words & self.words(text)) / len(words)


@dataclass(frozen=True)
class ZeroForNothing(Overlap):
    """Broken."""

    def score(self, sums):
        return np.nan_to_num(super().score(sums))


@dataclass(frozen=True)
class InPercent(Overlap):
    """Broken."""

    def values(self, batch):
        return 100 * super().values(batch)


@dataclass(frozen=True)
class WrongWay(Overlap):
    """Broken."""

    higher_is_better = False


@dataclass(frozen=True)
class MildOnMissing(Overlap):
    """Broken."""

    def statistics(self, batch):
        stats = super().statistics(batch)
        stats[[text is None for text in batch.hypotheses], 0] = 0.5
        return stats


@dataclass(frozen=True)
class ScoresAll(Overlap):
    """Broken."""

    def scored(self, batch):
        return np.ones(len(batch), dtype=bool)

    def values(self, batch):
        return super().values(batch)


@dataclass(frozen=True)
class AgainstTheBest(Overlap):
    """Broken."""

    def values(self, batch):
        values = super().values(batch)
        return values - values.max(initial=0.0) + 1


@dataclass(frozen=True)
class FirstIsBest(Overlap):
    """Broken."""

    def values(self, batch):
        return np.where(np.arange(len(batch)) == 0, 0.987, super().values(batch))


@dataclass(frozen=True)
class OneAxis(Overlap):
    """Broken."""

    def score(self, sums):
        return np.asarray(sums[0] / sums[1] if sums.ndim == 1 and sums[1] else np.nan)


@dataclass(frozen=True)
class NotCentred(Overlap):
    """Broken."""

    def influence(self, stats):
        return stats[:, 0]


@dataclass(frozen=True)
class TwiceTheInfluence(Overlap):
    """Broken."""

    def influence(self, stats):
        return 2 * super().influence(stats)


@dataclass(frozen=True)
class InfluenceOfTheWhole(Overlap):
    """Broken."""

    def influence(self, stats):
        return np.zeros(1 if len(stats) else 0)


@dataclass(frozen=True)
class KeepsItsRows(Overlap):
    """Broken."""

    def statistics(self, batch):
        return batch.memo("rows", lambda: super(KeepsItsRows, self).statistics(batch))


@dataclass(frozen=True)
class SpoilsFeatures(Overlap):
    """Broken."""

    def values(self, batch):
        batch.required_features(("i1", "i2"), "color-layout")[:] = 0
        return super().values(batch)


@dataclass(frozen=True)
class DrawsGlobally(Overlap):
    """Broken."""

    def values(self, batch):
        np.random.random()  # noqa: NPY002
        return super().values(batch)


@dataclass(frozen=True)
class FollowsGlobalState(Overlap):
    """Broken."""

    def values(self, batch):
        state = np.random.get_state()  # noqa: NPY002
        drawn = np.random.random(len(batch))  # noqa: NPY002
        np.random.set_state(state)  # noqa: NPY002
        return drawn


BROKEN = [
    (OfWhichKind, "declarations", "kind is 'average'"),
    (TurnedBounds, "declarations", "bounds is (1.0, 0.0)"),
    (NoNeeds, "declarations", "needs is"),
    (NotFrozen, "value", "'lower' can be set"),
    (NoDataclass, "value", "stemmed is no parameter"),
    (CannotBeHashed, "value", "cannot be hashed"),
    (HiddenParameter(lower=False), "signature", "parses to"),
    (partial(Overlap, lower=False), "signature", "no parameter 'lower'"),
    (Whole, "statistics", "int64; give a float64"),
    (OneRow, "statistics", "shape (1, 2)"),
    (NotANumber, "statistics", "keep rows finite"),
    (Raises, "statistics", "RuntimeError: out of order"),
    (NeedsWords, "hard-rows", "ZeroDivisionError"),
    (ZeroForNothing, "empty", "give NaN"),
    (InPercent, "bounds", "right answers score 100.0"),
    (WrongWay, "direction", "turn it round"),
    (MildOnMissing, "missing", "scores 0.5; its worst value is 0.0"),
    (ScoresAll, "scored", "scored() says True"),
    (AgainstTheBest, "additive", "depends on which other examples"),
    (FirstIsBest, "order", "the order of the examples"),
    (OneAxis, "vectorised", "the last axis"),
    (NotCentred, "influence", "subtract it"),
    (TwiceTheInfluence, "influence", "move the score"),
    (InfluenceOfTheWhole, "influence", "one finite number an example"),
    (KeepsItsRows, "inputs-untouched", "a new array each time"),
    (SpoilsFeatures, "inputs-untouched", "features of photos"),
    (DrawsGlobally, "global-randomness", "numpy.random"),
    (FollowsGlobalState, "global-randomness", "fixed seed"),
]


def test_a_good_metric_passes_unregistered():
    check_metric(Overlap)
    check_metric(Overlap(lower=False))


@pytest.mark.parametrize(
    ("metric", "rule", "says"), BROKEN, ids=lambda one: getattr(one, "__name__", None)
)
def test_a_broken_one_is_caught(metric, rule, says):
    with pytest.raises(ConformanceError) as error:
        check_metric(metric)
    found = [one for one in error.value.findings if one.rule == rule]
    assert any(says in one.problem for one in found), str(error.value)
    assert f"[{rule}] metric 'word-overlap'" in str(error.value)


def test_every_rule_has_a_metric_that_breaks_it():
    assert {rule for _, rule, _ in BROKEN} == set(METRIC_RULES)


def test_rules_can_be_left_out():
    check_metric(TwiceTheInfluence, skip=["influence"])
    with pytest.raises(UsageError, match=r"no rule 'influenc'.*Did you mean 'influence'"):
        check_metric(Overlap, skip=["influenc"])


def test_what_is_no_metric_is_refused():
    for wrong in (dict, 3, lambda: None):
        with pytest.raises(UsageError, match="gives no metric"):
            check_metric(wrong)
    with pytest.raises(RegistryError, match="Did you mean 'bleu-4'"):
        check_metric("blue-4")
