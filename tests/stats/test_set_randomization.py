"""Different items after random swaps, against sets of Python."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.stats.set_kernels import count_present
from showcase_bench.stats.set_randomization import ItemLists, SwapCounter


def lists_of(rows):
    sizes = [len(row) for row in rows]
    flat = [item for row in rows for item in row]
    bounds = np.append(0, np.cumsum(sizes)).astype(np.int64)
    return ItemLists(bounds, np.array(flat, dtype=np.int64))


def random_masks(n, words, seed=0):
    return np.random.default_rng(seed).integers(0, 2**64, (n, words), dtype=np.uint64)


def brute_force(first, second, masks):
    """Sizes of the unions in each trial, example by example."""
    counts = [], []
    for trial in range(masks.shape[1] * 64):
        sets = set(), set()
        for one, other, words in zip(first, second, masks, strict=True):
            swapped = int(words[trial // 64]) >> (trial % 64) & 1
            sets[swapped].update(one)
            sets[1 - swapped].update(other)
        for side in (0, 1):
            counts[side].append(len(sets[side]))
    return counts


def counted(first, second, masks, n_items):
    return SwapCounter(first, second, n_items).counts(masks)


def check(first, second, masks, n_items):
    found = counted(lists_of(first), lists_of(second), masks, n_items)
    expected = brute_force(first, second, masks)
    for side in (0, 1):
        assert found[side].dtype == np.int64
        assert found[side].tolist() == expected[side]


row = st.lists(st.integers(0, 12), max_size=5)
pairs_of_rows = st.lists(st.tuples(row, row), max_size=9)


@given(rows=pairs_of_rows, words=st.integers(1, 3), seed=st.integers(0, 99))
@example(rows=[], words=2, seed=0)
@example(rows=[([], [])], words=1, seed=0)
@example(rows=[([3], [])], words=1, seed=0)
@example(rows=[([3, 3], [3])], words=1, seed=0)
@example(rows=[([0, 1, 2, 2, 3, 4], [5])], words=1, seed=0)
@example(rows=[([1], [1]), ([1], []), ([], [1])], words=1, seed=0)
@example(rows=[([7], []), ([7], []), ([], [7])], words=1, seed=0)
def test_counts_are_those_of_sets(rows, words, seed):
    first, second = [one for one, _ in rows], [other for _, other in rows]
    check(first, second, random_masks(len(rows), words, seed), 13)


@pytest.mark.parametrize("words", [1, 7, 8, 9, 17])
@pytest.mark.parametrize("kinds", [1, 6, 40, 4_000])
def test_words_beyond_a_block_and_items_from_common_to_rare(words, kinds):
    rng = np.random.default_rng(words + kinds)
    first, second = (
        [rng.integers(0, kinds, rng.integers(0, 9)).tolist() for _ in range(30)] for _ in range(2)
    )
    check(first, second, random_masks(30, words, kinds), kinds)


def test_items_of_one_list_alone_count_by_powers_of_two():
    """Up to 37 items of either side, that nothing else holds."""
    sizes = [(0, 37), (5, 5), (16, 0), (3, 4), (1, 33), (0, 0), (2, 1)]
    ids = iter(range(1_000))
    rows = [tuple([next(ids) for _ in range(size)] for size in pair) for pair in sizes]
    check([one for one, _ in rows], [other for _, other in rows], random_masks(7, 2), 1_000)


def test_an_item_counts_by_the_power_of_two_of_its_level():
    """An item of level 2 counts four times, whether some trials leave it out or none does."""
    masks, holders = random_masks(50, 2, seed=3), np.arange(50, dtype=np.int32)
    for held in (50, 3):
        starts, levels = np.array([0, held]), np.array([0, 0, 0, 1])
        rows = [[0] if example < held else [] for example in range(50)]
        expected = brute_force(rows, [[]] * 50, masks)
        found = count_present(masks, starts, holders, levels)
        np.testing.assert_array_equal(found, 4 * np.array(expected))
        assert (found == 4).all() == (held == 50)


def test_an_item_of_many_examples():
    """One of every example of one system alone, whose loop ends early, and one of most of both."""
    rng = np.random.default_rng(5)
    first = [[0, *([1] if rng.random() < 0.8 else [])] for _ in range(60)]
    second = [[1] if 1 not in one and rng.random() < 0.5 else [] for one in first]
    check(first, second, random_masks(60, 2), 2)
    check(first, second, np.zeros((60, 1), dtype=np.uint64), 2)


@given(rows=pairs_of_rows, seed=st.integers(0, 99))
def test_swapping_the_systems_swaps_the_counts(rows, seed):
    first, second = lists_of([one for one, _ in rows]), lists_of([other for _, other in rows])
    masks = random_masks(len(rows), 2, seed)
    found = counted(first, second, masks, 13)
    for other in (
        counted(second, first, masks, 13),
        counted(first, second, ~masks, 13),
    ):
        np.testing.assert_array_equal(other[0], found[1])
        np.testing.assert_array_equal(other[1], found[0])


@given(rows=pairs_of_rows, ids=st.permutations(range(20)), seed=st.integers(0, 9))
def test_the_order_of_items_and_their_numbers_do_not_matter(rows, ids, seed):
    masks = random_masks(len(rows), 1, seed)
    sides = [[pair[side] for pair in rows] for side in (0, 1)]
    renamed = [[[ids[item] for item in reversed(one)] for one in side] for side in sides]
    found = counted(*map(lists_of, sides), masks, 13)
    again = counted(*map(lists_of, renamed), masks, 20)
    np.testing.assert_array_equal(found, again)


def test_the_sets_as_they_are_and_all_swapped():
    first, second = lists_of([[0, 1], [1, 2], []]), lists_of([[3], [3], [3]])
    nothing, everything = np.zeros((3, 1), np.uint64), ~np.zeros((3, 1), np.uint64)
    assert {*counted(first, second, nothing, 4)[0]} == {3}
    assert {*counted(first, second, nothing, 4)[1]} == {1}
    assert {*counted(first, second, everything, 4)[0]} == {1}


def test_neither_trials_nor_items():
    some = lists_of([[0], [1]])
    assert [one.shape for one in counted(some, some, random_masks(2, 0), 2)] == [(0,)] * 2
    none = lists_of([[], []])
    assert not np.any(counted(none, none, random_masks(2, 3), 0))
    assert not np.any(counted(lists_of([]), lists_of([]), random_masks(0, 3), 5))


def test_masks_of_any_layout_are_left_alone():
    first, second = lists_of([[0, 1], [2], [0]]), lists_of([[2], [], [1]])
    masks = random_masks(3, 4)
    kept = masks.copy()
    found = counted(first, second, np.asfortranarray(masks), 3)
    np.testing.assert_array_equal(found, counted(first, second, masks, 3))
    np.testing.assert_array_equal(masks, kept)


GOOD = lists_of([[0, 1], [2]])
MASKS = random_masks(2, 1)


@pytest.mark.parametrize(
    ("second", "masks", "n_items", "says"),
    [
        (GOOD, random_masks(3, 1), 3, "3 masks do not fit the lists of 2"),
        (lists_of([[0]]), MASKS, 3, "lists of 2 examples have 3 bounds, not 2"),
        (GOOD, MASKS[:, 0], 3, "masks are uint64"),
        (GOOD, MASKS.astype(np.int64), 3, "masks are uint64"),
        (GOOD, MASKS, 2, "below 2"),
        (GOOD._replace(items=np.array([0, -1, 2])), MASKS, 3, "out of range"),
        (GOOD._replace(items=np.array([0, 1])), MASKS, 3, "from 0 to the 2 items"),
        (GOOD._replace(bounds=np.array([1, 2, 3])), MASKS, 3, "do not run"),
        (GOOD._replace(bounds=np.array([0, 4, 3])), MASKS, 3, "do not run"),
        (GOOD._replace(items=np.array([0.0, 1.0, 2.0])), MASKS, 3, "int64"),
        (GOOD._replace(items=np.array([[0, 1, 2]])), MASKS, 3, "one dimension"),
    ],
)
def test_wrong_arguments_are_the_users_error(second, masks, n_items, says):
    with pytest.raises(UsageError, match=says):
        counted(GOOD, second, masks, n_items)
