"""Selection metrics against their definitions, and on inputs that hurt."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from selection_world import METRICS, images_only, one_example, random_batch

from showcase_bench.errors import UsageError
from showcase_bench.metrics.selection.average_precision import MAP
from showcase_bench.metrics.selection.hit import Hit
from showcase_bench.metrics.selection.hits import first_hits, hits_at
from showcase_bench.metrics.selection.mrr import MRR
from showcase_bench.metrics.selection.precision import Precision


def by_definition(shown, gold, k):
    """All metrics of one example, from the text of their definitions."""
    gold, seen, marks = set(gold), set(), []
    for image in shown[:k]:
        marks.append(image in gold and image not in seen)
        seen.add(image)
    found = sum(marks)
    precision, recall = found / k, found / len(gold)
    ideal = sum(1 / math.log2(place + 1) for place in range(1, min(k, len(gold)) + 1))
    gain = sum(1 / math.log2(place + 1) for place, hit in enumerate(marks, 1) if hit)
    precisions = sum(sum(marks[:place]) / place for place, hit in enumerate(marks, 1) if hit)
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if found else 0.0,
        "ndcg": gain / ideal,
        "hit": 1.0 if found else 0.0,
        "mrr": 1 / (marks.index(True) + 1) if found else 0.0,
        "map": precisions / len(gold),
        "map-ideal": precisions / min(k, len(gold)),
    }


images = st.lists(st.sampled_from(["a", "b", "c", "d", "é", "𝕏", ""]), max_size=9)


@given(rows=st.lists(st.tuples(images, images), max_size=6), k=st.integers(1, 10))
def test_values_equal_the_definitions(rows, k):
    shown, gold = [one for one, _ in rows], [one for _, one in rows]
    batch = images_only(shown, gold)
    for name, build in METRICS.items():
        stats = build(k).statistics(batch)
        expected = [
            [by_definition(one, known, k)[name], 1.0] if known else [0.0, 0.0]
            for one, known in rows
        ]
        np.testing.assert_allclose(
            stats, np.array(expected).reshape(-1, 2), rtol=1e-12, err_msg=name
        )


@pytest.mark.parametrize("name", METRICS)
def test_values_stay_within_the_bounds_where_shares_do_not_add_up_to_one(name):
    gold = [f"i{i}" for i in range(60)]
    for k in range(1, 61):
        values = METRICS[name](k).values(images_only([gold] * 3, [gold, gold[:k], gold[:7]]))
        assert (values >= 0).all()
        assert (values <= 1).all()


def test_a_repeated_image_takes_a_place_and_hits_once():
    batch = one_example("aab", "ab")
    expected = {"precision": 2 / 3, "recall": 1, "hit": 1, "mrr": 1, "map": (1 + 2 / 3) / 2}
    for name, value in expected.items():
        assert METRICS[name](3).values(batch).tolist() == pytest.approx([value])
    assert METRICS["recall"](2).values(batch).tolist() == [0.5]


def test_the_two_norms_of_map_differ_only_for_more_gold_than_places():
    batch = images_only(["abc", "abc", "xbc"], ["ab", "abcdef", "bcdef"])
    assert MAP(3).values(batch) == pytest.approx([1, 3 / 6, (1 / 2 + 2 / 3) / 5])
    assert MAP(3, "ideal").values(batch) == pytest.approx([1, 1, (1 / 2 + 2 / 3) / 3])
    assert MAP(3).signature == "map@3|norm:gold|rel:binary|v:1"
    assert MAP(3, "ideal").name == "map@3(norm=ideal)"


def test_names_and_signatures():
    assert str(Hit(3)) == "hit@3|rel:binary|v:1"
    assert str(MRR(10)) == "mrr@10|rel:binary|v:1"
    assert str(Precision(3)) == "precision@3|rel:binary|v:1"


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("k", [0, -1, 2.0, True, "3", None])
def test_a_senseless_cutoff_is_refused(name, k):
    with pytest.raises(UsageError, match="at least 1"):
        METRICS[name](k)


@pytest.mark.parametrize("norm", ["relevant", "", None, 3])
def test_an_unknown_norm_is_refused(norm):
    with pytest.raises(UsageError, match="gold, ideal"):
        MAP(3, norm)


def test_an_enormous_cutoff_takes_no_room():
    batch = random_batch(0)
    for build in METRICS.values():
        largest = build(10**12)
        assert np.isfinite(largest.statistics(batch)).all()
    np.testing.assert_array_equal(MRR(10**12).values(batch), MRR(12).values(batch))


def test_a_very_long_ranking():
    shown = [f"i{i}" for i in range(20_000)]
    batch = one_example(shown, shown[-1:])
    assert MRR(20_000).values(batch).tolist() == [1 / 20_000]
    assert MRR(19_999).values(batch).tolist() == [0.0]
    assert MAP(20_000).values(one_example(shown, shown)).tolist() == pytest.approx([1.0])


@pytest.mark.parametrize("name", METRICS)
def test_nothing_to_score(name):
    metric = METRICS[name](3)
    none, no_gold, nothing = images_only([], []), one_example("a", ""), one_example("", "a")
    assert metric.statistics(none).shape == (0, 2)
    assert math.isnan(metric.score(metric.statistics(none).sum(axis=0)))
    assert metric.statistics(no_gold).tolist() == [[0, 0]]
    assert metric.statistics(nothing).tolist() == [[0, 1]]
    assert not metric.scored(no_gold).any()
    assert not metric.scored(nothing).any()


@pytest.mark.parametrize("name", METRICS)
@given(hits=st.lists(st.booleans(), min_size=1, max_size=9), data=st.data(), k=st.integers(1, 9))
def test_more_or_earlier_hits_never_lower_the_value(name, hits, data, k):
    at = data.draw(st.integers(0, len(hits) - 1))
    better = list(hits)
    if not better[at]:
        better[at] = True
    elif at and not better[at - 1]:
        better[at - 1 : at + 1] = [True, False]
    gold = [f"g{i}" for i in range(10)]

    def value(marks):
        left = iter(gold)
        shown = [next(left) if hit else f"x{place}" for place, hit in enumerate(marks)]
        return METRICS[name](k).values(one_example(shown, gold))[0]

    assert value(better) >= value(hits) - 1e-15


def test_hits_are_found_once_for_all_cutoffs_and_metrics():
    class Counted(tuple):
        reads = 0

        def __iter__(self):
            type(self).reads += 1
            return super().__iter__()

    batch = images_only(["ab"], ["b"])
    object.__setattr__(batch, "gold_images", (Counted("b"),))
    for k in (1, 2, 3):
        for build in METRICS.values():
            build(k).statistics(batch)
    assert Counted.reads == 1


def test_first_hits_are_those_of_a_perfect_ranking():
    rng = random.Random(4)
    numbers = [rng.randint(0, 4) for _ in range(30)]
    gold = [[f"{row}-{i}" for i in range(number)] for row, number in enumerate(numbers)]
    shown = [[*known, "other"] for known in gold]
    expected = hits_at(images_only(shown, gold), 9)
    found = first_hits(np.array(numbers), np.array(numbers))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
