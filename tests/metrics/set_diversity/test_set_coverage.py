"""Coverage@k and its jackknife against brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.metrics import Batch
from showcase_bench.metrics.set_diversity.coverage import Coverage

IMAGES = [*"abcdefg", "é", "𝕏"]
images = st.lists(st.sampled_from(IMAGES), max_size=6)
rows_of_images = st.lists(st.tuples(images, images), max_size=8)


def make(rows):
    n = len(rows)
    shown, pools = (tuple(tuple(row[at]) for row in rows) for at in (0, 1))
    return Batch(tuple(map(str, range(n))), (None,) * n, ((),) * n, shown, ((),) * n, pools)


def covered(rows, catalogue, k):
    return len({image for shown, _ in rows for image in shown[:k]} & catalogue)


@given(rows=rows_of_images, k=st.integers(1, 7))
def test_coverage_equals_brute_force(rows, k):
    catalogue = {image for _, pool in rows for image in pool}
    metric = Coverage(k)
    stats = metric.statistics(make(rows))
    value = float(metric.score(stats.sum(axis=0)))
    assert stats.shape == (len(rows), 4)
    assert stats.dtype == np.float64
    if catalogue:
        assert value == pytest.approx(covered(rows, catalogue, k) / len(catalogue), abs=1e-12)
        assert 0 <= value <= 1
    else:
        assert math.isnan(value)


@given(rows=rows_of_images, k=st.integers(1, 7))
def test_rows_are_what_each_example_accounts_for(rows, k):
    catalogue = {image for _, pool in rows for image in pool}
    stats = Coverage(k).statistics(make(rows))
    shown = [set(one[:k]) & catalogue for one, _ in rows]
    for at, row in enumerate(stats):
        part = sum(1 / sum(image in other for other in shown) for image in shown[at])
        others = [one for i, one in enumerate(rows) if i != at]
        lost = covered(rows, catalogue, k) - covered(others, catalogue, k)
        assert row.tolist() == pytest.approx([part, lost, len(catalogue) / len(rows), 0])


@given(rows=st.lists(st.tuples(images, images), min_size=2, max_size=8), k=st.integers(1, 4))
def test_influence_is_the_delete_one_jackknife_over_a_fixed_catalogue(rows, k):
    catalogue = {image for _, pool in rows for image in pool}
    metric, n = Coverage(k), len(rows)
    influence = metric.influence(metric.statistics(make(rows)))
    if not catalogue:
        assert influence.tolist() == [0.0] * n
        return
    left = np.array(
        [covered(rows[:i] + rows[i + 1 :], catalogue, k) / len(catalogue) for i in range(n)]
    )
    np.testing.assert_allclose(influence, (n - 1) * (left.mean() - left), atol=1e-12)


def test_an_image_outside_of_all_pools_does_not_count():
    metric = Coverage(3)
    stats = metric.statistics(make([("xyz", "ab"), ("axa", "b")]))
    assert float(metric.score(stats.sum(axis=0))) == 0.5


def test_what_is_scored():
    batch = make([("a", "ab"), ("", "ab"), ("a", "")])
    assert Coverage(1).scored(batch).tolist() == [True, False, False]


def test_no_example():
    metric = Coverage(3)
    stats = metric.statistics(make([]))
    assert stats.shape == (0, 4)
    assert math.isnan(metric.score(stats.sum(axis=0)))
    assert metric.influence(stats).shape == (0,)
    assert metric.scored(make([])).shape == (0,)


def test_nothing_shown_covers_nothing():
    metric = Coverage(3)
    assert float(metric.score(metric.statistics(make([("", "ab")] * 3)).sum(axis=0))) == 0.0


def test_full_coverage_is_one_whatever_the_shares_add_up_to():
    metric = Coverage(7)
    for n in range(1, 50):
        for images in ("a", "abc", "abcdefg"):
            sums = metric.statistics(make([(images, images)] * n)).sum(axis=0)
            assert float(metric.score(sums)) <= 1
            assert float(metric.score(sums)) == pytest.approx(1, abs=1e-12)


def test_the_name_and_the_cutoff():
    assert str(Coverage(3)) == "coverage@3|v:1"
    with pytest.raises(UsageError, match="k of coverage"):
        Coverage(0)
