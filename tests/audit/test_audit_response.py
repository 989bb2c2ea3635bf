import dataclasses
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.audit.response import Difference, compare, judge, span_of
from showcase_bench.metrics.kinds import MeanMetric
from showcase_bench.stats import standard_error


@dataclasses.dataclass(frozen=True)
class Toy(MeanMetric):
    """A mean whose statistics the tests make."""

    label: ClassVar[str] = "toy"
    summary: ClassVar[str] = "toy"
    group: ClassVar[str] = "n-gram"
    higher_is_better: ClassVar[bool | None] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scale: ClassVar[str] = "unit"
    needs: ClassVar[frozenset] = frozenset()

    def values(self, batch):
        raise NotImplementedError


@dataclasses.dataclass(frozen=True)
class Lower(Toy):
    higher_is_better: ClassVar[bool | None] = False


@dataclasses.dataclass(frozen=True)
class Neither(Toy):
    higher_is_better: ClassVar[bool | None] = None


def sure(difference):
    return Difference(1.0 + difference, difference, difference - 0.01, difference + 0.01)


def rows(values):
    return np.column_stack([values, np.ones(len(values))])


@given(
    pairs=st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, 3)), min_size=3, max_size=40
    )
)
def test_the_interval_is_that_of_the_paired_mean(pairs):
    before, after, users = (np.array(one) for one in zip(*pairs, strict=True))
    found = compare(Toy(), rows(before), rows(after), float(after.mean()), ())
    change = after - before
    assert found.difference == pytest.approx(change.mean(), abs=1e-9)
    error = np.std(change, ddof=1) / np.sqrt(len(change))
    assert (found.high - found.low) / 2 >= 1.96 * error - 1e-9
    assert (found.low + found.high) / 2 == pytest.approx(found.difference, abs=1e-9)
    if len(set(users.tolist())) > 1:
        grouped = compare(Toy(), rows(before), rows(after), float(after.mean()), [users])
        expected = standard_error(change - change.mean(), [users])
        assert grouped.high - grouped.low >= 2 * 1.96 * expected - 1e-9


def test_rounding_is_no_difference():
    before = rows(np.array([0.1, 0.2, 0.7]))
    after = before[::-1].copy()
    found = compare(Toy(), before, after, float(before[:, 0].mean()) * (1 + 1e-12), ())
    assert found.difference == 0.0


def test_without_a_value_nothing_is_known():
    found = compare(Toy(), rows(np.ones(3)), rows(np.ones(3)), None, ())
    assert found == Difference(None, None, None, None)
    cell = judge(Toy(), "f", {0.5: sure(-0.1), 1.0: found}, 0.5)
    assert (cell.verdict, cell.monotone, cell.full.response) == ("unknown", None, None)


def test_without_an_interval_the_verdict_is_open():
    cell = judge(Toy(), "f", {1.0: Difference(0.5, -0.5, None, None)}, 0.5)
    assert cell.verdict == "unknown"
    assert cell.full.response == -1.0


@pytest.mark.parametrize(
    ("metric", "difference", "verdict"),
    [
        (Toy(), -0.5, "sees"),
        (Toy(), 0.5, "rewards"),
        (Lower(), 0.5, "sees"),
        (Lower(), -0.5, "rewards"),
        (Neither(), -0.5, "moves"),
        (Neither(), 0.5, "moves"),
        (Toy(), 0.0, "blind"),
        (Toy(), -0.005, "blind"),
    ],
)
def test_verdicts(metric, difference, verdict):
    cell = judge(metric, "f", {1.0: sure(difference)}, 1.0)
    assert cell.verdict == verdict
    assert cell.full.response == difference
    assert cell.monotone is None


def test_a_small_share_of_the_span_is_nothing_however_sure():
    small = Difference(0.981, -0.019, -0.0191, -0.0189)
    assert judge(Toy(), "f", {1.0: small}, 1.0).verdict == "blind"
    assert judge(Toy(), "f", {1.0: small}, 0.019).verdict == "sees"


def test_an_unsure_difference_is_nothing_however_large():
    assert judge(Toy(), "f", {1.0: Difference(0.1, -0.9, -2.0, 0.2)}, 1.0).verdict == "blind"


def test_no_span_is_constant():
    assert span_of([sure(0.0), Difference(None, None, None, None)]) == 0.0
    cell = judge(Toy(), "f", {1.0: Difference(1.0, 0.0, 0.0, 0.0)}, 0.0)
    assert (cell.verdict, cell.full.response) == ("constant", None)
    assert span_of([sure(0.1), sure(-0.3)]) == 0.3
    assert span_of([]) == 0.0


@pytest.mark.parametrize(
    ("differences", "monotone"),
    [
        ((-0.1, -0.2, -0.5), True),
        ((0.1, 0.1, 0.5), True),
        ((-0.1, -0.5, -0.4), False),
        ((0.1, -0.2, -0.5), False),
        ((-0.1, -0.5, -0.495), True),
        ((0.0, 0.0, 0.0), True),
    ],
)
def test_monotone_starts_from_no_change(differences, monotone):
    by_strength = {s: sure(d) for s, d in zip((0.25, 0.5, 1.0), differences, strict=True)}
    assert judge(Toy(), "f", by_strength, 0.5).monotone is monotone
