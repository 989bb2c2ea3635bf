"""Div@k against brute force, and on photos that hurt."""

import itertools
import math
import random

import numpy as np
import pytest

from showcase_bench.errors import UsageError
from showcase_bench.metrics import Batch
from showcase_bench.metrics.set_diversity import div as div_module
from showcase_bench.metrics.set_diversity.div import Div


def shown_only(shown, features=None):
    n = len(shown)
    ids = tuple(map(str, range(n)))
    return Batch(ids, (None,) * n, ((),) * n, tuple(map(tuple, shown)), features=features)


def features_of(table):
    return lambda ids, encoder: np.array([table[one] for one in ids], dtype=np.float32)


def random_world(seed, n):
    """Rankings over 300 photos, some of which cannot be read."""
    rng = np.random.default_rng(seed)
    table = {}
    for image in range(300):
        vector = rng.standard_normal(5)
        table[f"p{image}"] = vector / np.linalg.norm(vector) * (rng.random() > 0.15)
    draw = random.Random(seed)
    shown = [draw.sample(sorted(table), k=draw.randint(0, 8)) for _ in range(n)]
    return shown, table


@pytest.mark.parametrize("k", [2, 3, 6])
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("pairs", [64, div_module._PAIRS])
def test_div_equals_brute_force(seed, k, pairs, monkeypatch):
    monkeypatch.setattr(div_module, "_PAIRS", pairs)
    shown, table = random_world(seed, 1_300)
    stats = Div(k).statistics(shown_only(shown, features_of(table)))
    for row, images in enumerate(shown):
        vectors = [table[one] for one in images[:k] if np.any(table[one])]
        gaps = [1 - float(a @ b) for a, b in itertools.combinations(vectors, 2)]
        expected = [np.mean(gaps), 1.0] if gaps else [0.0, 0.0]
        assert stats[row].tolist() == pytest.approx(expected, abs=1e-6)


def test_div_of_equal_opposite_and_unreadable_images():
    table = {"a": [1, 0], "b": [1, 0], "c": [-1, 0], "d": [0, 1], "lost": [0, 0]}
    shown = [("a", "b"), ("a", "c"), ("a", "d"), ("a", "lost"), ("a",), (), ("a", "lost", "c")]
    batch = shown_only(shown, features_of(table))
    metric = Div(3)
    assert metric.statistics(batch).tolist() == [
        [0, 1], [2, 1], [1, 1], [0, 0], [0, 0], [0, 0], [2, 1],
    ]  # fmt: skip
    assert metric.scored(batch).tolist() == [True, True, True, False, False, False, True]
    assert Div(2).statistics(batch)[6].tolist() == [0, 0]
    assert math.isnan(metric.score(np.zeros(2)))


def test_a_repeated_image_is_no_pair():
    table = {"a": [1, 0], "b": [0, 1]}
    batch = shown_only(["aa", "aab", "aba"], features_of(table))
    assert Div(3).statistics(batch).tolist() == [[0, 0], [1, 1], [1, 1]]


def test_features_of_another_length_than_one_are_scaled():
    table = {"a": [3, 0], "b": [5, 5]}
    value = Div(2).values(shown_only(["ab"], features_of(table)))
    assert value == pytest.approx([1 - math.sqrt(0.5)])


def test_an_image_of_one_example_is_asked_for_once_and_with_the_encoder():
    asked = []

    def features(ids, encoder):
        asked.append((list(ids), encoder))
        return np.ones((len(ids), 2), dtype=np.float32)

    metric, batch = Div(2, "mine"), shown_only(["ab", "", "ba", "cd"], features)
    metric.statistics(batch)
    metric.scored(batch)
    assert asked == [(["a", "b", "c", "d"], "mine")]


def test_nothing_shown_needs_no_features():
    assert Div(3).statistics(shown_only([(), ()])).tolist() == [[0, 0], [0, 0]]
    assert Div(3).statistics(shown_only([])).shape == (0, 2)
    with pytest.raises(UsageError, match="needs the features"):
        Div(3).statistics(shown_only(["ab"]))


@pytest.mark.parametrize(("k", "encoder"), [(1, "a"), (0, "a"), (3, ""), (3, None), (3, "a|b")])
def test_senseless_parameters_are_refused(k, encoder):
    with pytest.raises(UsageError, match="div"):
        Div(k, encoder)
