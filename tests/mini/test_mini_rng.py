"""The counter-based generator against published values and its own laws."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.datasets.mini.rng import Stream, mix, total

labels = st.lists(st.one_of(st.integers(0, 2**63), st.text(max_size=5)), min_size=1, max_size=4)


def test_the_mixer_gives_the_published_splitmix64_sequence():
    step, mask, state = 0x9E3779B97F4A7C15, (1 << 64) - 1, 1234567
    values = []
    for _ in range(5):
        state = (state + step) & mask
        values.append(mix(state))
    assert values == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@given(labels)
def test_equal_labels_give_equal_draws(parts):
    first, second = Stream(*parts), Stream(*parts)
    assert [first.bits() for _ in range(4)] == [second.bits() for _ in range(4)]


def test_labels_and_their_order_matter():
    heads = [
        Stream(*parts).bits()
        for parts in [(0,), (1,), (0, 0), (0, 1), (1, 0), ("a",), ("b",), ("a", 0), (0, "a"), ("",)]
    ]
    assert len(set(heads)) == len(heads)


@given(st.integers(0, 2**63), st.integers(1, 10**6))
def test_below_stays_in_range(seed, n):
    stream = Stream(seed)
    assert all(0 <= stream.below(n) < n for _ in range(20))


def test_units_are_uniform():
    stream = Stream(5, "uniform")
    counts = Counter(int(stream.unit() * 10) for _ in range(20_000))
    # chi-square with 9 degrees of freedom: 27.9 is exceeded once in a thousand
    assert sum((counts[cell] - 2000) ** 2 / 2000 for cell in range(10)) < 27.9


@given(st.integers(0, 10**6), st.lists(st.sampled_from([0.0, 0.5, 3.0]), min_size=1, max_size=8))
def test_weighted_never_takes_a_weight_of_zero(seed, weights):
    stream = Stream(seed)
    drawn = {stream.weighted(weights) for _ in range(15)}
    if any(weights):
        assert all(weights[index] > 0 for index in drawn)
    assert drawn <= set(range(len(weights)))


@given(st.integers(0, 10**6), st.lists(st.integers(), max_size=12, unique=True), st.integers(0, 15))
def test_a_sample_has_no_repeats(seed, items, n):
    drawn = Stream(seed).sample(items, n)
    assert len(drawn) == len(set(drawn)) == min(n, len(items))
    assert set(drawn) <= set(items)


def test_total_is_left_to_right():
    # compensated summation, which sum() uses from Python 3.12 on, gives 2.0 here
    assert total([1.0, 1e100, 1.0, -1e100]) == 0.0
