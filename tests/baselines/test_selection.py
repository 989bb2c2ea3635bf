from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.common.selection import (
    Candidates,
    greedy_dpp,
    greedy_dpp_batch,
    greedy_dpp_kernels,
    mmr,
    top_k,
)


def unit(rows: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(norms > 0, norms, 1)


def problem(seed: int, n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, n), unit(rng.standard_normal((n, d)))


def kernel(relevance: np.ndarray, features: np.ndarray, theta: float) -> np.ndarray:
    quality = np.exp(theta / (2 * (1 - theta)) * relevance)
    return quality[:, None] * (features @ features.T) * quality[None, :]


def log_det(matrix: np.ndarray, chosen: list[int]) -> float:
    return float(np.linalg.slogdet(matrix[np.ix_(chosen, chosen)])[1]) if chosen else 0.0


def naive_greedy(matrix: np.ndarray, k: int) -> list[int]:
    chosen: list[int] = []
    while len(chosen) < min(k, len(matrix)):
        left = [i for i in range(len(matrix)) if i not in chosen]
        chosen.append(max(left, key=lambda i: (log_det(matrix, [*chosen, i]), -i)))
    return chosen


@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 6), st.floats(0.05, 0.95))
@settings(max_examples=200, deadline=None)
def test_dpp_is_the_naive_greedy(seed: int, n: int, k: int, theta: float) -> None:
    relevance, features = problem(seed, n, 8)
    expected = naive_greedy(kernel(relevance, features, theta), min(k, 8))
    assert greedy_dpp(relevance, features, k, theta)[: len(expected)] == expected


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("theta", [0.0, 0.5, 0.9])
def test_exact_map_bounds_greedy_which_is_often_exact(seed: int, theta: float) -> None:
    relevance, features = problem(seed, 9, 12)
    matrix = kernel(relevance, features, theta)
    best = max(log_det(matrix, list(s)) for s in itertools.combinations(range(9), 3))
    reached = log_det(matrix, greedy_dpp(relevance, features, 3, theta))
    worst = min(log_det(matrix, list(s)) for s in itertools.combinations(range(9), 3))
    assert reached <= best + 1e-9
    assert reached >= best - 0.5 * (best - worst)


@given(st.integers(0, 10**6), st.integers(1, 10), st.integers(1, 12), st.floats(0.01, 0.99))
@settings(max_examples=50, deadline=None)
def test_orthogonal_features_give_top_k(seed: int, n: int, k: int, theta: float) -> None:
    relevance, _ = problem(seed, n, 1)
    assert greedy_dpp(relevance, np.eye(n, 12), k, theta) == top_k(relevance, k)


def test_theta_near_one_tends_to_top_k_without_overflow() -> None:
    for seed in range(20):
        relevance, features = problem(seed, 15, 20)
        assert greedy_dpp(3 * relevance, features, 5, 1 - 1e-9) == top_k(relevance, 5)


def test_theta_zero_ignores_relevance_but_for_the_first_of_equals() -> None:
    relevance, features = problem(4, 10, 12)
    chosen = greedy_dpp(relevance, features, 4, 0.0)
    assert chosen == greedy_dpp(-relevance, features, 4, 0.0)
    assert chosen[0] == 0


@given(
    st.integers(0, 10**6),
    st.lists(st.integers(1, 4), min_size=1, max_size=6),
    st.integers(1, 24),
    st.floats(0, 0.999),
)
@settings(max_examples=100, deadline=None)
def test_a_duplicate_never_comes_while_others_remain(
    seed: int, copies: list[int], k: int, theta: float
) -> None:
    relevance, features = problem(seed, len(copies), 10)
    source = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(copies)), copies))
    chosen = greedy_dpp(relevance[source], features[source], k, theta)
    assert len(chosen) == len(set(chosen)) == min(k, len(source))
    first = [source[i] for i in chosen[: len(copies)]]
    assert len(set(first)) == len(first)
    own = greedy_dpp(relevance, features, k, theta)
    assert len(own) == len(first)


def test_the_rest_follows_by_relevance_when_the_rank_is_exhausted() -> None:
    relevance = np.array([0.1, 0.9, 0.5, 0.7, 0.7])
    angle = np.array([0.0, 0.3, 1.0, 1.3, 1.3])
    features = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    chosen = greedy_dpp(relevance, features, 5, 0.5)
    rest = [i for i in [1, 3, 2, 0] if i not in chosen[:2]]
    assert chosen[0] == 1
    assert chosen[2:] == [*rest, 4]


def test_near_duplicates_by_rounding_count_as_spanned() -> None:
    rng = np.random.default_rng(0)
    one, other = unit(rng.standard_normal((2, 30)))
    noisy = unit((one + 1e-7 * rng.standard_normal(30))[None])[0]
    chosen = greedy_dpp(np.array([0.9, 0.89, -0.9]), np.stack([one, noisy, other]), 2, 0.7)
    assert chosen == [0, 2]


@given(
    st.integers(0, 10**6), st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6)), max_size=9)
)
@settings(max_examples=60, deadline=None)
def test_batched_is_one_by_one(seed: int, sizes: list[tuple[int, int]]) -> None:
    problems = [Candidates(*problem(seed + i, n, 7), k) for i, (n, k) in enumerate(sizes)]
    together = greedy_dpp_batch(problems, 0.7)
    assert together == [greedy_dpp(*one, 0.7) for one in problems]
    assert greedy_dpp_batch(problems[::-1], 0.7) == together[::-1]


def test_large_pool_in_a_batch_of_small_ones() -> None:
    problems = [Candidates(*problem(i, 1000 if i == 3 else 5, 240), 3) for i in range(8)]
    together = greedy_dpp_batch(problems, 0.7)
    assert together == [greedy_dpp(*one, 0.7) for one in problems]


def test_nothing_and_one() -> None:
    assert greedy_dpp_batch([], 0.7) == []
    assert greedy_dpp(np.zeros(0), np.zeros((0, 4)), 3, 0.7) == []
    assert greedy_dpp(np.array([-5.0]), np.array([[0.0, 1.0]]), 3, 0.7) == [0]
    assert mmr(np.zeros(0), np.zeros((0, 4)), 3, 0.7) == []
    assert mmr(np.array([-5.0]), np.array([[0.0, 1.0]]), 3, 0.7) == [0]
    assert top_k(np.zeros(0), 3) == []


def test_ties_take_the_first() -> None:
    same = np.zeros(6)
    assert greedy_dpp(same, np.eye(6), 3, 0.5) == [0, 1, 2]
    assert mmr(same, np.eye(6), 3, 0.5) == [0, 1, 2]
    assert top_k(same, 3) == [0, 1, 2]
    repeated = np.tile(unit(np.random.default_rng(0).standard_normal((1, 240))), (6, 1))
    assert greedy_dpp(same, repeated, 3, 0.5) == [0, 1, 2]
    assert mmr(same, repeated, 3, 0.5) == [0, 1, 2]


def naive_mmr(relevance: np.ndarray, features: np.ndarray, k: int, trade_off: float) -> list[int]:
    chosen: list[int] = []
    while len(chosen) < min(k, len(relevance)):

        def score(i: int) -> float:
            near = max((float(features[i] @ features[j]) for j in chosen), default=0.0)
            return trade_off * relevance[i] - (1 - trade_off) * near if chosen else relevance[i]

        left = [i for i in range(len(relevance)) if i not in chosen]
        chosen.append(max(left, key=lambda i: (score(i), -i)))
    return chosen


@given(st.integers(0, 10**6), st.integers(1, 15), st.integers(1, 6), st.floats(0, 1))
@settings(max_examples=150, deadline=None)
def test_mmr_is_its_definition(seed: int, n: int, k: int, trade_off: float) -> None:
    relevance, features = problem(seed, n, 5)
    assert mmr(relevance, features, k, trade_off) == naive_mmr(relevance, features, k, trade_off)


@given(st.lists(st.floats(-1, 1), max_size=20), st.integers(1, 25))
def test_top_k_sorts_and_mmr_with_relevance_alone_does_the_same(
    values: list[float], k: int
) -> None:
    relevance = np.array(values)
    expected = sorted(range(len(values)), key=lambda i: (-values[i], i))[:k]
    assert top_k(relevance, k) == expected
    assert mmr(relevance, np.eye(len(values), 20), k, 1.0) == expected


def test_relevance_may_be_far_below_zero() -> None:
    relevance, features = problem(9, 8, 10)
    assert greedy_dpp(relevance - 500, features, 4, 0.9) == greedy_dpp(relevance, features, 4, 0.9)


def dense_greedy(relevance: np.ndarray, features: np.ndarray, k: int, theta: float) -> list[int]:
    """Every gain of every step, on the most relevant one of each set of equal rows."""
    by_relevance = sorted(range(len(relevance)), key=lambda i: (-relevance[i], i))
    leaders = {}
    for i in by_relevance:
        leaders.setdefault(tuple(features[i]), i)
    free, chosen = sorted(leaders.values()), []
    while free and len(chosen) < k:
        basis = np.linalg.qr(features[chosen].T)[0] if chosen else np.zeros((features.shape[1], 0))
        rest = {i: 1 - float(np.sum((features[i] @ basis) ** 2)) for i in free}
        free = [i for i in free if rest[i] > 1e-9]
        if free:
            gain = {i: theta / (1 - theta) * relevance[i] + np.log(rest[i]) for i in free}
            best = max(gain.values())
            chosen.append(next(i for i in free if gain[i] > best - 1e-9))
            free.remove(chosen[-1])
    spanned = [i for i in by_relevance if i in leaders.values() and i not in chosen]
    repeated = [i for i in by_relevance if i not in leaders.values()]
    return (chosen + spanned + repeated)[:k]


@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 12), st.sampled_from([0, 0.5]))
@settings(max_examples=200, deadline=None)
def test_dpp_with_ties_and_repetitions_is_the_dense_one(
    seed: int, n: int, k: int, theta: float
) -> None:
    rng = np.random.default_rng(seed)
    features = np.eye(7)[rng.integers(0, 7, n)]
    relevance = rng.integers(0, 3, n) / 2
    assert greedy_dpp(relevance, features, k, theta) == dense_greedy(relevance, features, k, theta)


def test_dpp_of_a_restaurant_of_ordinary_size_is_the_naive_greedy() -> None:
    rng = np.random.default_rng(0)
    for spread in (0.01, 0.3):
        features = unit(1.4 * rng.standard_normal(512) + rng.standard_normal((36, 512)))
        relevance = spread * rng.standard_normal(36)
        expected = naive_greedy(kernel(relevance, features, 0.7), 10)
        assert greedy_dpp(relevance, features, 10, 0.7) == expected


def gram(seed: int, n: int, rank: int) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((n, rank))
    return rows @ rows.T


@given(
    st.integers(0, 10**6),
    st.lists(st.tuples(st.integers(1, 14), st.integers(0, 7)), max_size=6),
    st.sampled_from([1e-200, 1, 1e150]),
)
@settings(max_examples=150, deadline=None)
def test_from_kernels_is_the_naive_greedy(
    seed: int, shapes: list[tuple[int, int]], scale: float
) -> None:
    kernels = [gram(seed + i, n, 16) for i, (n, _) in enumerate(shapes)]
    ks = [k for _, k in shapes]
    expected = [naive_greedy(one, k) for one, k in zip(kernels, ks, strict=True)]
    assert greedy_dpp_kernels([scale * one for one in kernels], ks) == expected


@given(st.integers(0, 10**6), st.integers(1, 70), st.integers(1, 40), st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_a_stack_of_kernels_is_one_by_one(seed: int, pools: int, n: int, k: int) -> None:
    ranks = np.random.default_rng(seed).integers(0, 8, pools)
    stack = np.stack([gram(seed + i, n, rank) for i, rank in enumerate(ranks)])
    ks = np.random.default_rng(seed).integers(0, k + 1, pools).tolist()
    alone = [greedy_dpp_kernels([one], k)[0] for one in stack]
    assert greedy_dpp_kernels(stack, k) == greedy_dpp_kernels(list(stack), k) == alone
    assert greedy_dpp_kernels(stack, ks) == [a[:b] for a, b in zip(alone, ks, strict=True)]
    assert greedy_dpp_kernels(stack[:, ::-1, ::-1], k) == [
        greedy_dpp_kernels([one[::-1, ::-1]], k)[0] for one in stack
    ]


@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 6), st.integers(1, 30))
@settings(max_examples=100, deadline=None)
def test_from_kernels_stops_at_the_rank(seed: int, n: int, rank: int, k: int) -> None:
    matrix = gram(seed, n, rank)
    expected = naive_greedy(matrix, min(k, rank))
    assert greedy_dpp_kernels([matrix], k) == [expected]


@given(
    st.integers(0, 10**6),
    st.lists(st.integers(1, 4), min_size=1, max_size=6),
    st.integers(1, 24),
)
@settings(max_examples=100, deadline=None)
def test_of_equal_rows_of_a_kernel_the_first_is_taken(seed: int, copies: list[int], k: int) -> None:
    source = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(copies)), copies))
    distinct = gram(seed, len(copies), 10)
    first = [int(np.flatnonzero(source == i)[0]) for i in range(len(copies))]
    expected = [first[i] for i in naive_greedy(distinct, k)]
    assert greedy_dpp_kernels([distinct[np.ix_(source, source)]], k) == [expected]


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 8), st.floats(0.05, 0.95))
@settings(max_examples=100, deadline=None)
def test_from_kernels_is_from_features(seed: int, n: int, k: int, theta: float) -> None:
    problems = [Candidates(*problem(seed + i, n, 12), k) for i in range(3)]
    kernels = [kernel(one.relevance, one.features, theta) for one in problems]
    assert greedy_dpp_kernels(kernels, k) == greedy_dpp_batch(problems, theta)


def test_kernels_of_nothing_one_and_ties() -> None:
    assert greedy_dpp_kernels([], 3) == []
    assert greedy_dpp_kernels(np.zeros((0, 4, 4)), 3) == []
    assert greedy_dpp_kernels([np.zeros((0, 0)), np.eye(1)], 3) == [[], [0]]
    assert greedy_dpp_kernels(np.zeros((2, 0, 0)), 3) == [[], []]
    assert greedy_dpp_kernels([np.zeros((3, 3))], 3) == [[]]
    assert greedy_dpp_kernels([np.eye(3)], 0) == [[]]
    assert greedy_dpp_kernels([np.eye(6)], 3) == [[0, 1, 2]]
    assert greedy_dpp_kernels([np.ones((6, 6))], 3) == [[0]]
    assert greedy_dpp_kernels([np.diag([1.0, 3.0, 0.0, 2.0])], 4) == [[1, 3, 0]]
    assert greedy_dpp_kernels([np.diag([1e-30, 1e30])], 2) == [[1, 0]]
    assert (
        greedy_dpp_kernels([np.eye(3, dtype=np.float32), np.eye(2, dtype=int)], 2) == [[0, 1]] * 2
    )


@pytest.mark.parametrize("stacked", [False, True])
@pytest.mark.parametrize(
    ("row", "column", "value", "message"),
    [
        (1, 1, -1.0, "kernel 1 has a negative value on its diagonal"),
        (2, 2, np.nan, "kernel 1 has a value that is not finite"),
        (0, 0, np.inf, "kernel 1 has a value that is not finite"),
        (0, 2, np.nan, "kernel 1 has a value that is not finite"),
        (0, 1, -np.inf, "kernel 1 has a value that is not finite"),
    ],
)
def test_kernels_with_values_that_cannot_be(
    stacked: bool, row: int, column: int, value: float, message: str
) -> None:
    kernels = [np.eye(3), np.eye(3), np.eye(3)]
    kernels[1][row, column] = value
    with pytest.raises(ValueError, match=message):
        greedy_dpp_kernels(np.stack(kernels) if stacked else kernels, 2)


def test_kernels_of_the_wrong_shape() -> None:
    for bad in (np.ones((2, 3)), np.ones(4), np.ones((2, 2, 2)), np.ones(())):
        with pytest.raises(ValueError, match="kernel 1 has the shape"):
            greedy_dpp_kernels([np.eye(2), bad], 2)
    for bad in (np.eye(3), np.ones((2, 3, 4))):
        with pytest.raises(ValueError, match=r"it must be \[pools, n, n\]"):
            greedy_dpp_kernels(bad, 2)
    with pytest.raises(ValueError, match="k is -1"):
        greedy_dpp_kernels([np.eye(2)], -1)
    with pytest.raises(ValueError, match="one for each pool"):
        greedy_dpp_kernels([np.eye(2)], [1, 2])
