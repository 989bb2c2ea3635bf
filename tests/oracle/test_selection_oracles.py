"""Precision, recall, F1 and nDCG against ir_measures; diversity and chance by enumeration."""

import itertools
import math
import random

import ir_measures
import numpy as np
import pytest
from ir_measures import P, R, nDCG

from showcase_bench.metrics import Batch, chance, parse_metric

NAMES = ("precision", "recall", "f1", "ndcg")


def random_batch(seed, n=250, most_pool=12):
    rng = random.Random(seed)
    selected, gold, pools = [], [], []
    for row in range(n):
        pool = [f"p{row}-{i}" for i in range(rng.randint(1, most_pool))]
        gold.append(tuple(rng.sample(pool, k=rng.randint(0, len(pool)))))
        selected.append(tuple(rng.sample(pool, k=rng.randint(0, len(pool)))))
        pools.append(tuple(pool))
    ids = tuple(f"q{row}" for row in range(n))
    return Batch(ids, (None,) * n, ((),) * n, tuple(selected), tuple(gold), tuple(pools))


@pytest.mark.parametrize("k", [1, 2, 3, 5, 20])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_selection_equals_ir_measures(seed, k):
    batch = random_batch(seed)
    qrels = [
        ir_measures.Qrel(query, image, 1)
        for query, gold in zip(batch.ids, batch.gold_images, strict=True)
        for image in gold
    ]
    run = [
        ir_measures.ScoredDoc(query, image, -float(place))
        for query, shown in zip(batch.ids, batch.selected, strict=True)
        for place, image in enumerate(shown)
    ]
    measures = {"precision": P @ k, "recall": R @ k, "ndcg": nDCG @ k}
    peer = {
        (one.query_id, one.measure): one.value
        for one in ir_measures.iter_calc(measures.values(), qrels, run)
    }
    counted = batch.has_gold_images()
    for name in NAMES:
        stats = parse_metric(f"{name}@{k}").statistics(batch)
        for row, query in enumerate(batch.ids):
            if not counted[row]:
                assert stats[row].tolist() == [0, 0]
                continue
            if name == "f1":
                p, r = peer[query, P @ k], peer[query, R @ k]
                expected = 2 * p * r / (p + r) if p + r else 0.0
            else:
                expected = peer[query, measures[name]]
            assert stats[row].tolist() == pytest.approx([expected, 1.0], rel=1e-12)
    for name, measure in measures.items():
        metric = parse_metric(f"{name}@{k}")
        total = ir_measures.calc_aggregate([measure], qrels, run)[measure]
        value = metric.score(metric.statistics(batch).sum(axis=0))
        assert value == pytest.approx(total, rel=1e-12)


def test_a_repeated_image_hits_once():
    batch = Batch(("1",), (None,), ((),), (("a", "a", "b"),), (("a", "b"),))
    for name, expected in (("precision@3", 2 / 3), ("recall@3", 1.0), ("recall@2", 0.5)):
        assert parse_metric(name).values(batch).tolist() == pytest.approx([expected])


def one_example(shown, gold, pool):
    return Batch(("1",), (None,), ((),), (tuple(shown),), (tuple(gold),), (tuple(pool),))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", range(1, 6))
def test_chance_of_one_example_equals_enumeration(name, size):
    pool = [f"i{i}" for i in range(size)]
    for within, outside, k in itertools.product(range(size + 1), (0, 2), (1, 2, 3, 7)):
        gold = [*pool[:within], *(f"lost{i}" for i in range(outside))]
        if not gold:
            continue
        metric = parse_metric(f"{name}@{k}")
        values = [
            float(metric.values(one_example(order, gold, pool))[0])
            for order in itertools.permutations(pool, min(k, size))
        ]
        level = chance(metric, one_example((), gold, pool))
        assert level.expected == pytest.approx(np.mean(values), abs=1e-12)
        assert level.standard_error == pytest.approx(np.std(values), abs=1e-7)
        assert level.best == pytest.approx(max(values), abs=1e-12)
        assert 0 <= level.low <= level.expected <= level.high <= level.best <= 1


@pytest.mark.parametrize("name", NAMES)
def test_chance_of_a_batch_equals_monte_carlo(name):
    batch = random_batch(7, n=60)
    metric, rng, values = parse_metric(f"{name}@3"), random.Random(1), []
    for _ in range(1_500):
        shown = tuple(tuple(rng.sample(pool, k=min(3, len(pool)))) for pool in batch.pools)
        drawn = Batch(batch.ids, batch.hypotheses, batch.references, shown, batch.gold_images)
        values.append(float(metric.score(metric.statistics(drawn).sum(axis=0))))
    level = chance(metric, batch)
    assert level.expected == pytest.approx(np.mean(values), abs=5 * np.std(values) / 38)
    assert level.standard_error == pytest.approx(np.std(values), rel=0.12)
    inside = np.mean((np.array(values) >= level.low) & (np.array(values) <= level.high))
    assert 0.92 < inside < 0.98


def test_chance_is_none_where_it_has_no_meaning():
    no_pool = Batch(("1",), ("a",), (("a",),), (("x",),), (("x",),))
    no_gold = one_example("a", "", "ab")
    assert chance(parse_metric("precision"), no_pool) is None
    assert chance(parse_metric("precision"), no_gold) is None
    assert chance(parse_metric("rouge-l"), one_example("a", "a", "ab")) is None
    assert chance(parse_metric("precision"), Batch((), (), ())) is None


def test_chance_of_pools_that_leave_no_choice():
    level = chance(parse_metric("recall@3"), one_example((), "ab", "ab"))
    assert level == pytest.approx((1.0, 0.0, 1.0, 1.0, 1.0))
    assert chance(parse_metric("recall@3"), one_example((), "z", "ab")) == (0, 0, 0, 0, 0)


def features_of(table):
    return lambda ids, encoder: np.array([table[one] for one in ids], dtype=np.float32)


@pytest.mark.parametrize("k", [2, 3, 6])
@pytest.mark.parametrize("seed", [0, 1])
def test_div_equals_brute_force(seed, k):
    rng = np.random.default_rng(seed)
    table = {}
    batch = random_batch(seed, n=1_300, most_pool=8)
    for image in (one for pool in batch.pools for one in pool):
        vector = rng.standard_normal(5)
        table[image] = vector / np.linalg.norm(vector) * (rng.random() > 0.15)
    batch = Batch(
        batch.ids, batch.hypotheses, batch.references, batch.selected, features=features_of(table)
    )
    stats = parse_metric(f"div@{k}").statistics(batch)
    for row, shown in enumerate(batch.selected):
        vectors = [table[one] for one in shown[:k] if np.any(table[one])]
        gaps = [1 - float(a @ b) for a, b in itertools.combinations(vectors, 2)]
        expected = [np.mean(gaps), 1.0] if gaps else [0.0, 0.0]
        assert stats[row].tolist() == pytest.approx(expected, abs=1e-6)


def test_div_of_equal_opposite_and_unreadable_images():
    table = {"a": [1, 0], "b": [1, 0], "c": [-1, 0], "d": [0, 1], "lost": [0, 0]}
    shown = [("a", "b"), ("a", "c"), ("a", "d"), ("a", "lost"), ("a",), (), ("a", "lost", "c")]
    n = len(shown)
    batch = Batch(
        tuple(map(str, range(n))), (None,) * n, ((),) * n, tuple(shown), features=features_of(table)
    )
    metric = parse_metric("div@3")
    assert metric.statistics(batch).tolist() == [
        [0, 1], [2, 1], [1, 1], [0, 0], [0, 0], [0, 0], [2, 1],
    ]  # fmt: skip
    assert metric.scored(batch).tolist() == [True, True, True, False, False, False, True]
    assert parse_metric("div@2").statistics(batch)[6].tolist() == [0, 0]
    assert math.isnan(metric.score(np.zeros(2)))
