"""Chance levels by enumeration of every random selection, and by drawing many."""

import itertools
import math
import random

import numpy as np
import pytest
from selection_world import METRICS, images_only, one_example, random_batch

from showcase_bench.metrics import chance
from showcase_bench.metrics.selection import chance as chance_module
from showcase_bench.metrics.selection.draws import Draws, pool_facts, situations
from showcase_bench.metrics.text_diversity.length import Length


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("size", range(1, 7))
def test_chance_of_one_example_equals_enumeration(name, size):
    pool = [f"i{i}" for i in range(size)]
    for within, outside, k in itertools.product(range(size + 1), (0, 2), (1, 2, 3, 4, 6, 9)):
        gold = [*pool[:within], *(f"lost{i}" for i in range(outside))]
        if not gold:
            continue
        metric = METRICS[name](k)
        orders = list(itertools.permutations(pool, min(k, size)))
        values = metric.values(images_only(orders, [gold] * len(orders)))
        level = chance(metric, one_example((), gold, pool))
        assert level.expected == pytest.approx(np.mean(values), abs=1e-12)
        assert level.standard_error == pytest.approx(np.std(values), abs=1e-7)
        assert level.best == pytest.approx(max(values), abs=1e-12)
        assert 0 <= level.low <= level.expected <= level.high <= level.best <= 1


@pytest.mark.parametrize("name", METRICS)
def test_chance_of_a_batch_is_the_mean_over_independent_examples(name):
    pools = ["abcd", "ab", "abcde", "", "abc", "abcd", "c"]
    gold = ["ax", "ab", "bcd", "a", "", "ax", "xyz"]
    metric = METRICS[name](3)
    means, variances, best = [], [], []
    for pool, known in zip(pools, gold, strict=True):
        if not known:
            continue
        orders = list(itertools.permutations(pool, min(3, len(pool))))
        values = metric.values(images_only(orders, [known] * len(orders)))
        means.append(values.mean())
        variances.append(values.var())
        best.append(values.max())
    level = chance(metric, images_only([""] * 7, gold, pools))
    assert level.expected == pytest.approx(np.mean(means), abs=1e-12)
    assert level.standard_error == pytest.approx(math.sqrt(sum(variances)) / 6, abs=1e-12)
    assert level.best == pytest.approx(np.mean(best), abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_chance_of_a_batch_equals_monte_carlo(name):
    batch = random_batch(7, n=60)
    metric, rng, rounds = METRICS[name](3), random.Random(1), 1_500
    shown = [rng.sample(pool, k=min(3, len(pool))) for _ in range(rounds) for pool in batch.pools]
    stats = metric.statistics(images_only(shown, batch.gold_images * rounds))
    values = metric.score(stats.reshape(rounds, len(batch), 2).sum(axis=1))
    level = chance(metric, batch)
    assert level.expected == pytest.approx(values.mean(), abs=5 * values.std() / rounds**0.5)
    assert level.standard_error == pytest.approx(values.std(), rel=0.12)
    inside = np.mean((values >= level.low) & (values <= level.high))
    assert 0.92 < inside < 0.98


def exact_mean_of_map(size, within, shown):
    """Expectation of the sum of precisions by recursion over the places, in plain floats."""
    state = {0: 1.0}
    total = 0.0
    for place in range(1, shown + 1):
        after = {}
        for found, weight in state.items():
            hit = (within - found) / (size - place + 1)
            total += weight * hit * (found + 1) / place
            for more, share in ((1, hit), (0, 1 - hit)):
                if share > 0:
                    after[found + more] = after.get(found + more, 0.0) + weight * share
        state = after
    return total


@pytest.mark.parametrize(("size", "within", "k"), [(40, 7, 25), (300, 2, 300), (500, 450, 200)])
def test_large_pools(size, within, k):
    pool = [f"i{i}" for i in range(size)]
    batch = one_example((), pool[:within], pool)
    level = chance(METRICS["map"](k), batch)
    expected = exact_mean_of_map(size, within, min(k, size)) / within
    assert level.expected == pytest.approx(expected, rel=1e-11)
    miss = math.comb(size - within, k) / math.comb(size, k)
    hit = chance(METRICS["hit"](k), batch)
    assert hit.expected == pytest.approx(1 - miss, rel=1e-11)
    assert hit.standard_error == pytest.approx(math.sqrt(miss * (1 - miss)), abs=1e-8)
    first = [
        math.comb(size - place, within - 1) / math.comb(size, within)
        for place in range(1, size + 1)
    ]
    rank = math.fsum(weight / place for place, weight in enumerate(first[:k], 1))
    assert chance(METRICS["mrr"](k), batch).expected == pytest.approx(rank, rel=1e-11)
    rng = random.Random(size)
    shown = [rng.sample(pool, k=min(k, size)) for _ in range(3_000)]
    values = METRICS["map"](k).values(images_only(shown, [pool[:within]] * 3_000))
    assert level.standard_error == pytest.approx(values.std(), rel=0.1)


@pytest.mark.parametrize("name", METRICS)
def test_looking_at_few_draws_at_a_time_changes_nothing(name, monkeypatch):
    metric, batch = METRICS[name](4), random_batch(11, n=300)
    whole = chance(metric, batch)
    monkeypatch.setattr(chance_module, "_CELLS", 9)
    assert chance(metric, batch) == pytest.approx(whole, rel=1e-14)


def test_situations_name_each_kind_of_pool_once():
    batch = random_batch(5, n=400)
    draws, kinds = situations(pool_facts(batch))
    found = [tuple(int(column[kind]) for column in draws) for kind in kinds]
    expected = [
        (len(set(pool)), len(set(pool) & set(gold)), len(set(gold)))
        for gold, pool in zip(batch.gold_images, batch.pools, strict=True)
        if gold
    ]
    assert found == expected
    assert len(draws.size) == len(set(expected))


@pytest.mark.parametrize("k", [1, 3, 8])
def test_the_chance_of_no_hit_is_hypergeometric(k):
    rows = [(n, r) for n in range(7) for r in range(n + 1)]
    size, within = (np.array(column) for column in zip(*rows, strict=True))
    without = Draws(size, within, np.ones(len(rows), dtype=int)).without(k)
    for at, (n, r) in enumerate(rows):
        for places in range(without.shape[1]):
            drawn = min(places, n)
            expected = math.comb(n - r, drawn) / math.comb(n, drawn)
            assert without[at, places] == pytest.approx(expected, abs=1e-15)


def test_chance_is_none_where_it_has_no_meaning():
    for build in METRICS.values():
        assert chance(build(3), images_only(["x"], ["x"])) is None
        assert chance(build(3), one_example("a", "", "ab")) is None
        assert chance(build(3), images_only([], [])) is None
    assert chance(Length("whitespace"), one_example("a", "a", "ab")) is None


@pytest.mark.parametrize("name", ["recall", "ndcg", "hit", "mrr", "map", "map-ideal"])
def test_chance_of_pools_that_leave_no_choice(name):
    level = chance(METRICS[name](3), one_example((), "ab", "ab"))
    assert level == pytest.approx((1.0, 0.0, 1.0, 1.0, 1.0))
    assert chance(METRICS[name](3), one_example((), "z", "ab")) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("size", [7, 355, 356, 363, 400, 405, 999])
def test_a_pool_of_nothing_but_gold_leaves_not_even_rounding_to_chance(name, size):
    pool = [f"i{i}" for i in range(size)]
    level = chance(METRICS[name](size - 2), one_example((), pool, pool))
    assert level.standard_error == 0
    assert level.expected == pytest.approx(level.best, rel=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_an_enormous_cutoff_costs_no_more_than_the_pool(name):
    batch = random_batch(2)
    far, enough = (chance(METRICS[name](k), batch) for k in (10**12, 12))
    if name in ("recall", "hit", "mrr", "map"):
        assert far == pytest.approx(enough, abs=1e-12)
    assert 0 < far.expected <= far.best
