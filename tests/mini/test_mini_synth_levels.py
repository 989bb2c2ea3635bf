"""Known truth: what random, the true preference and the answer score, against brute force."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.datasets.mini import MiniConfig, build_rows, truth
from showcase_bench.datasets.synth import division, synth, towns, truth_levels
from showcase_bench.datasets.synth.levels import expected_scores
from showcase_bench.errors import UsageError
from showcase_bench.metrics import Batch, chance, parse_metric

PACKAGE = ("precision", "recall", "f1", "ndcg")
METRICS = {*PACKAGE, "hit", "mrr", "map"}


def scores_of(hits, n_gold, k):
    """Each metric of one order of photos, by its definition; ``hits`` has the whole order."""
    shown = hits[:k]
    precision, recall = sum(shown) / k, sum(shown) / n_gold
    both = precision + recall
    ideal = sum(1 / math.log2(place + 1) for place in range(1, min(k, n_gold) + 1))
    places = [place for place, hit in enumerate(shown, start=1) if hit]
    return {
        f"precision@{k}": precision,
        f"recall@{k}": recall,
        f"f1@{k}": 2 * precision * recall / both if both else 0.0,
        f"ndcg@{k}": sum(1 / math.log2(place + 1) for place in places) / ideal,
        f"hit@{k}": float(bool(places)),
        f"mrr@{k}": 1 / places[0] if places else 0.0,
        f"map@{k}": sum(sum(shown[:place]) / place for place in places) / n_gold,
    }


def mean_over_orders(tiers, k):
    """``tiers`` are lists of 0 and 1; all orders within them are tried."""
    n_gold = sum(map(sum, tiers))
    found = [
        scores_of([hit for tier in order for hit in tier], n_gold, k)
        for order in itertools.product(*map(itertools.permutations, tiers))
    ]
    return {name: math.fsum(one[name] for one in found) / len(found) for name in found[0]}


tiers_of_hits = (
    st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=5), min_size=1, max_size=4)
    .filter(lambda tiers: any(map(any, tiers)))
    .filter(lambda tiers: math.prod(math.factorial(len(tier)) for tier in tiers) <= 800)
)


@settings(max_examples=150, deadline=None)
@given(tiers_of_hits, st.integers(1, 9))
def test_expectations_equal_the_mean_over_all_orders(tiers, k):
    pairs = [(len(tier), sum(tier)) for tier in tiers]
    found = expected_scores(pairs, k)
    assert found == pytest.approx(mean_over_orders(tiers, k), abs=1e-12)
    assert {name.partition("@")[0] for name in found} == METRICS


def test_a_tier_that_only_holds_gold_hits_for_sure():
    found = expected_scores([(2, 2), (5, 0)], 3)
    assert found["hit@3"] == found["mrr@3"] == found["recall@3"] == found["ndcg@3"] == 1.0


def tiny(seed):
    return MiniConfig(seed=seed, n_train=6, n_val=3, n_test=9, n_businesses=7)


def brute(config, split, k):
    """Levels from the rows of the file and the truth photo by photo, trying all orders."""
    total = {"random": [], "oracle": [], "best": []}
    for row, true in zip(build_rows(config)[split], truth(config)[split], strict=True):
        gold = {pic["id"] for pic in row["pics"]}
        values = sorted(set(true.utility.values()), reverse=True)
        liked = [[int(i in gold) for i in true.utility if true.utility[i] == v] for v in values]
        hits = [int(i in gold) for i in true.utility]
        if len(hits) > 7:
            return None
        total["random"].append(mean_over_orders([hits], k))
        total["oracle"].append(mean_over_orders(liked, k))
        total["best"].append(mean_over_orders([[h] for h in sorted(hits, reverse=True)], k))
    return {
        name: {
            level: math.fsum(one[name] for one in scores) / len(scores)
            for level, scores in total.items()
        }
        for name in total["best"][0]
    }


def test_levels_of_tiny_worlds_equal_brute_force():
    compared = 0
    for seed, k, split in itertools.product(range(12), (1, 3), ("val", "test")):
        expected = brute(tiny(seed), split, k)
        if expected is None:
            continue
        compared += 1
        found = truth_levels(tiny(seed), split, k)
        assert set(found) == set(expected)
        for name, levels in expected.items():
            assert found[name] == pytest.approx(levels, abs=1e-12), name
    assert compared >= 6


@pytest.mark.parametrize("k", [1, 3, 10])
def test_random_and_best_equal_the_chance_level_of_the_metrics(k):
    config = MiniConfig(seed=2, n_train=300, n_val=0, n_test=150)
    gold, pools = [], []
    for row, true in zip(build_rows(config)["test"], truth(config)["test"], strict=True):
        gold.append(tuple(pic["id"] for pic in row["pics"]))
        pools.append(tuple(true.utility))
    n = len(gold)
    ids = tuple(map(str, range(n)))
    batch = Batch(ids, (None,) * n, ((),) * n, ((),) * n, tuple(gold), tuple(pools))
    levels = truth_levels(config, "test", k)
    for name in PACKAGE:
        frame = chance(parse_metric(f"{name}@{k}"), batch)
        found = levels[f"{name}@{k}"]
        assert found["random"] == pytest.approx(frame.expected, rel=1e-12)
        assert found["best"] == pytest.approx(frame.best, rel=1e-12)


def test_a_folder_gives_the_numbers_of_its_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(division, "TOWN_ROWS", 50)
    config = MiniConfig(seed=6, n_train=90, n_val=30, n_test=80)
    assert len(towns(config)) == 4
    synth(config, tmp_path / "world")
    for split in ("train", "val", "test"):
        assert truth_levels(tmp_path / "world", split, 2) == truth_levels(config, split, 2)


def test_levels_are_in_order_and_within_bounds():
    for metric, levels in truth_levels(MiniConfig()).items():
        assert list(levels) == ["random", "oracle", "best"]
        assert 0 < levels["random"] < levels["oracle"] < levels["best"] <= 1, metric


def test_one_photo_to_show_makes_metrics_agree():
    levels = truth_levels(MiniConfig(n_train=50, n_val=0, n_test=40), k=1)
    for level in ("random", "oracle", "best"):
        precision = levels["precision@1"][level]
        for name in ("hit@1", "mrr@1", "ndcg@1"):
            assert levels[name][level] == pytest.approx(precision, abs=1e-12)


@pytest.mark.parametrize(
    ("split", "k", "message"),
    [
        ("dev", 3, "no split 'dev'"),
        ("test", 0, "at least 1 photo"),
        ("test", True, "at least 1 photo"),
        ("val", 3, "the split val of this world is empty"),
    ],
)
def test_senseless_questions_are_refused(split, k, message):
    with pytest.raises(UsageError, match=message):
        truth_levels(MiniConfig(n_train=5, n_val=0, n_test=5), split, k)
