"""The test of set metrics, against sets of Python and all swaps."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.metrics import Batch, parse_metric
from showcase_bench.stats import randomization_test, set_randomization_test, set_test
from showcase_bench.stats.masks import swap_bits
from showcase_bench.stats.set_randomization import ItemLists

ITEMS = 40


def distinct(numerator, denominator):
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.nan)


def lists_of(rows):
    bounds = np.append(0, np.cumsum([len(row) for row in rows])).astype(np.int64)
    return ItemLists(bounds, np.array([item for row in rows for item in row], dtype=np.int64))


def texts(seed, n, s, items=ITEMS):
    """Items of each system and example; later systems repeat themselves more."""
    rng = np.random.default_rng(seed)
    return [
        [rng.integers(0, items - 3 * k, rng.integers(1, 6)).tolist() for _ in range(n)]
        for k in range(s)
    ]


def p_values(systems, **options):
    sizes = np.array([[float(len(row)) for row in rows] for rows in systems]).T
    items = [lists_of(rows) for rows in systems]
    return set_randomization_test(items, sizes, distinct, n_items=ITEMS, **options)


def share(first, second, masks, units):
    """Number and share of the masks under which both are as far apart, with sets."""

    def gap(mask):
        found, sizes = (set(), set()), [0, 0]
        for at, (one, other) in enumerate(zip(first, second, strict=True)):
            swapped = int(mask[units[at]])
            for side, row in ((swapped, one), (1 - swapped, other)):
                found[side].update(row)
                sizes[side] += len(row)
        if not all(sizes):
            return np.inf
        return abs(len(found[0]) / sizes[0] - len(found[1]) / sizes[1])

    observed = gap([0] * (max(units) + 1))
    count = sum(gap(mask) >= observed - 1e-12 for mask in masks)
    return count, count / len(masks)


def test_p_by_sets_of_python():
    systems = texts(0, 25, 3)
    found = p_values(systems, trials=300, seed=4)
    masks = swap_bits(25, 0, 300, 4)
    for a, b in itertools.combinations(range(3), 2):
        count, _ = share(systems[a], systems[b], masks, range(25))
        assert found[a, b] == found[b, a] == (1 + count) / 301
    assert found.diagonal().tolist() == [1.0] * 3


@pytest.mark.parametrize("cluster", [None, [i // 3 for i in range(30)]])
@pytest.mark.parametrize("trials", [64, 300])
def test_p_does_not_depend_on_how_many_swaps_are_held(cluster, trials, monkeypatch):
    systems = texts(2, 30, 3)
    whole = p_values(systems, trials=trials, seed=1, cluster=cluster)
    monkeypatch.setattr(set_test, "_MASK_BYTES", 30 * 8 * 2)
    assert p_values(systems, trials=trials, seed=1, cluster=cluster).tolist() == whole.tolist()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 8))
def test_p_is_near_the_share_of_all_swaps(seed, n):
    first, second = texts(seed, n, 2)
    masks = list(itertools.product([0, 1], repeat=n))
    _, exact = share(first, second, masks, range(n))
    found = p_values([first, second], trials=4_000)[0, 1]
    noise = 5 * np.sqrt(exact * (1 - exact) / 4_000) + 2 / 4_000
    assert found == pytest.approx(exact, abs=noise)


def test_without_shared_items_it_is_the_test_of_sums():
    """Items that are each in one example only add up, as sums do."""
    rng = np.random.default_rng(1)
    rows = [[[0] * rng.integers(1, 5) for _ in range(30)] for _ in range(3)]
    number = itertools.count()
    systems = [[[next(number)] + [next(number)] * (len(r) - 1) for r in one] for one in rows]
    sizes = np.array([[float(len(row)) for row in one] for one in systems]).T
    found = set_randomization_test(
        [lists_of(one) for one in systems], sizes, distinct, n_items=next(number), trials=200
    )
    counts = np.array([[float(len(set(row))) for row in one] for one in systems]).T
    plain = randomization_test(
        np.stack([counts, sizes], axis=-1),
        lambda sums: distinct(sums[..., 0], sums[..., 1]),
        trials=200,
    )
    assert found.tolist() == plain.tolist()


def test_a_metric_of_texts():
    rng = np.random.default_rng(2)
    words = np.array(["the", "food", "place", "was", "very", "good", "nice", "and", "we", "pizza"])
    lines = [[" ".join(rng.choice(words[:size], 6)) for _ in range(20)] for size in (6, 10)]
    ids, references = tuple(map(str, range(20))), ((),) * 20
    first = Batch(ids, tuple(lines[0]), references)
    batches = [first, Batch(ids, tuple(lines[1]), references, table=first.table)]
    metric = parse_metric("distinct-2(tok=words)")
    stats = np.stack([metric.statistics(batch) for batch in batches], axis=1)
    found = metric.items(batches)
    p = set_randomization_test(
        [ItemLists(one.bounds, one.items) for one in found],
        stats[:, :, 2],
        metric.value,
        n_items=found[0].n_items,
        trials=300,
        seed=1,
    )
    pairs = [[list(itertools.pairwise(line.split())) for line in one] for one in lines]
    count, _ = share(*pairs, swap_bits(20, 0, 300, 1), range(20))
    assert p[0, 1] == (1 + count) / 301


def test_clusters_are_swapped_together():
    first, second = texts(3, 30, 2)
    labels = [f"user {i * i % 7}" for i in range(30)]
    units = np.unique(labels, return_inverse=True)[1].tolist()
    found = p_values([first, second], trials=200, seed=2, cluster=labels)
    count, _ = share(first, second, swap_bits(max(units) + 1, 0, 200, 2), units)
    assert found[0, 1] == (1 + count) / 201
    assert (p_values([first, second], trials=50, cluster=["a"] * 30) == 1).all()


def test_seeds():
    systems = texts(4, 60, 3)
    first = p_values(systems, trials=700, seed=0)
    assert p_values(systems, trials=700).tobytes() == first.tobytes()
    assert p_values(systems, trials=700, seed=1).tobytes() != first.tobytes()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1_000), n=st.integers(1, 20), order=st.permutations(range(3)))
def test_the_order_of_the_systems_keeps_p_exactly(seed, n, order):
    systems = texts(seed, n, 3)
    found = p_values(systems, trials=99)
    moved = p_values([systems[at] for at in order], trials=99)
    assert moved.tolist() == found[np.ix_(order, order)].tolist()
    assert ((found >= 1 / 100) & (found <= 1)).all()


def test_identical_systems_and_p_is_never_0():
    one = texts(5, 20, 1)[0]
    assert (p_values([one, one], trials=99) == 1).all()
    same, other = [[1]] * 30, [[at] for at in range(30)]
    assert p_values([same, other], trials=999)[0, 1] == 1 / 1000


def test_one_example_one_system_and_none():
    assert p_values([[[1, 2]], [[3, 3]]], trials=20).tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert p_values([[[1, 2]]], trials=20).tolist() == [[1.0]]


def test_trials_without_a_score_count():
    first, second = [[1, 2], []], [[], [3, 3, 4]]
    masks = swap_bits(2, 0, 100, 0)
    count, _ = share(first, second, masks, range(2))
    empty = sum(int(mask[0]) != int(mask[1]) for mask in masks)
    assert 0 < empty <= count
    assert p_values([first, second], trials=100)[0, 1] == (1 + count) / 101


def test_sizes_need_not_be_whole_and_their_order_does_not_matter():
    systems = texts(6, 40, 2)
    items = [lists_of(rows) for rows in systems]
    sizes = np.random.default_rng(0).uniform(1, 2, (40, 2))
    plain = set_randomization_test(items, sizes, distinct, n_items=ITEMS, trials=300)
    for size in (1e-300, 1e300):
        scaled = set_randomization_test(items, sizes * size, distinct, n_items=ITEMS, trials=300)
        assert scaled.tobytes() == plain.tobytes()


LISTS = lists_of([[0], [1], [2]])


@pytest.mark.parametrize(
    ("items", "sizes", "options", "says"),
    [
        ([LISTS, LISTS], np.ones((3, 3)), {}, "do not fit"),
        ([LISTS, LISTS], np.ones(3), {}, "do not fit"),
        ([LISTS, LISTS], np.ones((0, 2)), {}, "at least 1"),
        ([LISTS, LISTS], np.ones((4, 2)), {}, "bounds"),
        ([LISTS, LISTS], np.zeros((3, 2)), {}, "without a score"),
        ([LISTS, LISTS], np.full((3, 2), np.nan), {}, "finite"),
        ([LISTS, LISTS], np.ones((3, 2)), {"trials": 0}, "trials"),
        ([LISTS, LISTS], np.ones((3, 2)), {"seed": -1}, "seed"),
        ([LISTS, LISTS], np.ones((3, 2)), {"cluster": [1]}, "column 0"),
        ([LISTS, LISTS], np.ones((3, 2)), {"n_items": 2}, "out of range"),
    ],
)
def test_wrong_arguments_are_the_users_error(items, sizes, options, says):
    with pytest.raises(UsageError, match=says):
        set_randomization_test(items, sizes, distinct, **{"n_items": 3, **options})
