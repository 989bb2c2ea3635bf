"""Random bits of trials: the same for a trial however they are drawn, and fair."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as peer

from showcase_bench.errors import UsageError
from showcase_bench.stats import masks
from showcase_bench.stats.masks import (
    draw_units,
    require_seed,
    require_trials,
    swap_bits,
    swap_words,
    swapped_sums,
)

sizes = st.integers(1, 300)


@settings(deadline=None)
@given(units=sizes, cut=st.integers(1, 40), more=st.integers(1, 40), seed=st.integers(0, 2**70))
def test_a_trial_is_the_same_however_many_are_drawn(units, cut, more, seed):
    stop = cut + more
    whole = swap_bits(units, 0, stop, seed)
    assert whole.shape == (stop, units)
    parts = [swap_bits(units, 0, cut, seed), swap_bits(units, cut, stop, seed)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    drawn = draw_units(units, 0, stop, seed, 0)
    assert drawn.shape == (stop, units)
    assert drawn.dtype == np.int64
    parts = [draw_units(units, 0, cut, seed, 0), draw_units(units, cut, stop, seed, 0)]
    assert np.concatenate(parts).tobytes() == drawn.tobytes()
    assert ((drawn >= 0) & (drawn < units)).all()


@settings(deadline=None, max_examples=40)
@given(units=st.integers(1, 90), trials=st.integers(1, 1_200), seed=st.integers(0, 9))
def test_words_hold_the_bits_of_each_unit(units, trials, seed):
    words = swap_words(units, 0, trials, seed)
    assert words.shape == (units, -(-trials // 64))
    assert words.dtype == np.uint64
    bits = swap_bits(units, 0, trials, seed)
    places = np.arange(words.shape[1] * 64, dtype=np.uint64)
    read = (words[:, places // np.uint64(64)] >> (places % np.uint64(64))) & np.uint64(1)
    assert (read[:, :trials] == bits.T).all()
    assert not read[:, trials:].any()


@pytest.mark.parametrize(("start", "stop"), [(0, 64), (64, 700), (512, 1_100), (640, 641)])
def test_words_of_some_trials_are_those_of_all(start, stop):
    whole, some = swap_words(70, 0, 1_100, 3), swap_words(70, start, stop, 3)
    expected = whole[:, start // 64 : -(-stop // 64)].copy()
    if stop % 64 and stop < 1_100:
        expected[:, -1] &= np.uint64(2 ** (stop % 64) - 1)
    np.testing.assert_array_equal(some, expected)


@settings(deadline=None, max_examples=20)
@given(units=st.integers(1, 70), step=st.sampled_from([8, 16, 64]), seed=st.integers(0, 9))
def test_swapped_sums_do_not_depend_on_how_many_units_are_unpacked(units, step, seed):
    rows = np.random.default_rng(seed).integers(-9, 99, (units, 3)).astype(np.float32)
    with mock.patch.object(masks, "_UNITS", step):
        found = swapped_sums(rows, 5, 40, seed)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, swap_bits(units, 5, 40, seed).astype(float) @ rows)


def test_words_by_plain_loops():
    words, bits = swap_words(3, 0, 130, 5), swap_bits(3, 0, 130, 5)
    for unit in range(3):
        for trial in range(130):
            assert int(words[unit, trial // 64]) >> (trial % 64) & 1 == bits[trial, unit]


def test_bits_are_fair_and_independent():
    bits = swap_bits(130, 0, 20_000, 0).astype(float)
    assert set(np.unique(bits)) == {0.0, 1.0}
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 5 * 0.5 / np.sqrt(20_000)
    assert np.abs(bits.mean(axis=1) - 0.5).max() < 6 * 0.5 / np.sqrt(130)
    correlation = np.corrcoef(bits, rowvar=False) - np.eye(130)
    assert np.abs(correlation).max() < 6 / np.sqrt(20_000)
    following = np.corrcoef(bits[:-1].ravel(), bits[1:].ravel())[0, 1]
    assert abs(following) < 5 / np.sqrt(bits.size)


@pytest.mark.parametrize("units", [1, 2, 3, 7, 64, 1000])
def test_units_are_drawn_with_equal_chances(units):
    drawn = draw_units(units, 0, 200_000 // units, 0, 0)
    counts = np.bincount(drawn.ravel(), minlength=units)
    assert len(counts) == units
    if units > 1:
        assert peer.chisquare(counts).pvalue > 1e-4
        first = np.bincount(drawn[:, 0], minlength=units)
        assert units > 64 or peer.chisquare(first).pvalue > 1e-4


def test_units_are_words_of_32_bits_scaled():
    raw = np.random.Philox(np.random.SeedSequence([3, 9])).random_raw(4)
    words = [half for word in raw.tolist() for half in (word & (2**32 - 1), word >> 32)]
    expected = [word * 7 >> 32 for word in words[:7]]
    assert draw_units(7, 0, 1, 9, 2).tolist() == [expected]


def test_seeds_columns_and_purposes_differ():
    assert swap_bits(100, 0, 9, 0).tobytes() == swap_bits(100, 0, 9, 0).tobytes()
    drawn = [
        swap_bits(256, 0, 8, 0).tobytes(),
        swap_bits(256, 0, 8, 1).tobytes(),
        swap_bits(256, 8, 16, 0).tobytes(),
    ]
    assert len(set(drawn)) == 3
    units = [draw_units(256, 0, 8, seed, column).tobytes() for seed in (0, 1) for column in (0, 1)]
    assert len(set(units)) == 4


@pytest.mark.parametrize("wrong", [-1, 1.0, True, None, "0"])
def test_wrong_seeds_are_the_users_error(wrong):
    with pytest.raises(UsageError, match="seed"):
        require_seed(wrong)


@pytest.mark.parametrize("wrong", [0, -1, 10.0, True, None])
def test_wrong_numbers_of_trials_are_the_users_error(wrong):
    with pytest.raises(UsageError, match="trials"):
        require_trials(wrong)


def test_right_seeds_and_trials():
    require_seed(0)
    require_seed(2**80)
    require_trials(1)
