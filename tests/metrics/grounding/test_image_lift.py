"""Image lift: by hand, its draw by brute force, its floor by enumeration, and on the world."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.metrics import Batch
from showcase_bench.metrics.grounding.image_lift import ImageLift
from showcase_bench.metrics.grounding.other_photos import DRAWS, elsewhere, has_elsewhere, unshown
from tests.metrics.embedding.clip_world import (
    make_clip_batch,
    random_rows,
    readable,
    vector,
)


def cosine(one, other):
    a, b = (vector(f"enc {name}").astype(np.float32).astype(float) for name in (one, other))
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def mean(values):
    return sum(values) / len(values)


def lists_of(photos, n):
    return [
        [photos.images[code] for code in photos.codes[photos.rows == row].tolist()]
        for row in range(n)
    ]


@pytest.mark.parametrize("against", ["business", "other"])
def test_lift_equals_the_formula(against):
    rows = random_rows(7, 300)
    batch = make_clip_batch(rows)
    metric = ImageLift(against, "enc")
    drawn = lists_of(elsewhere(batch, np.ones(len(rows), dtype=bool)), len(rows))
    expected = []
    for (text, _, shown, pool, _), far in zip(rows, drawn, strict=True):
        rest = [one for one in pool if one not in shown] if against == "business" else far
        if text is None or not shown:
            possible = len(pool) > 1 if against == "business" else bool(far)
            expected.append([-2.0, 1.0] if possible else [0.0, 0.0])
        elif not readable(shown) or not readable(rest):
            expected.append([0.0, 0.0])
        else:
            near = mean([cosine(text, one) for one in readable(shown)])
            expected.append([near - mean([cosine(text, one) for one in readable(rest)]), 1.0])
    found = metric.statistics(batch)
    np.testing.assert_allclose(found, np.array(expected), rtol=0, atol=1e-12)
    assert {tuple(row) for row in found} > {(0.0, 0.0), (-2.0, 1.0)}
    attempted = [row[0] is not None and bool(row[2]) for row in rows]
    assert metric.scored(batch).tolist() == (found[:, 1].astype(bool) & attempted).tolist()


names = st.sampled_from([f"p{i}" for i in range(14)])
towns = st.lists(st.tuples(st.lists(names, unique=True), st.sampled_from("abc")), max_size=9)


@given(town=towns, wanted=st.integers(0, 511))
def test_the_draw_takes_any_photo_that_the_business_has_not(town, wanted):
    batch = make_clip_batch([("t", (), (), pool, business) for pool, business in town])
    asked = np.array([bool(wanted >> i & 1) for i in range(len(town))], dtype=bool)
    everything = {one for pool, _ in town for one in pool}
    drawn = lists_of(elsewhere(batch, asked), len(town))
    for row, (_, business) in enumerate(town):
        own = {one for pool, other in town if other == business for one in pool}
        allowed = everything - own
        assert len(set(drawn[row])) == len(drawn[row])
        assert set(drawn[row]) <= allowed
        assert len(drawn[row]) == (min(len(allowed), DRAWS) if asked[row] else 0)
        assert has_elsewhere(batch)[row] == bool(allowed)


def test_the_draw_is_even_and_depends_on_ids_alone():
    pools = [[f"p{b}-{i}" for i in range(10)] for b in range(8)]
    rows = [("t", (), (), pools[i % 8], f"b{i % 8}") for i in range(4_000)]
    batch = make_clip_batch(rows)
    everyone = np.ones(len(rows), dtype=bool)
    drawn = lists_of(elsewhere(batch, everyone), len(rows))
    counts = np.unique(list(itertools.chain(*drawn)), return_counts=True)[1]
    assert len(counts) == 80
    # 250 each; neighbours in the catalogue come together, so the spread is that of 50 draws of 5.
    assert 250 - 6 * np.sqrt(5 * 250) < counts.min() <= counts.max() < 250 + 6 * np.sqrt(5 * 250)
    order = random.Random(0).sample(range(len(rows)), k=len(rows))
    moved = Batch(
        tuple(batch.ids[i] for i in order),
        ("other texts",) * len(rows),
        ((),) * len(rows),
        pools=tuple(tuple(reversed(batch.pools[i])) for i in order),
        businesses=tuple(batch.businesses[i] for i in order),
    )
    again = lists_of(elsewhere(moved, everyone), len(rows))
    assert again == [drawn[i] for i in order]


def test_the_photos_that_are_left_of_a_pool():
    rows = [
        ("t", (), "ab", "abcd"),
        ("t", (), "x", "ab"),
        ("t", (), "ab", "ba"),
        ("t", (), "", "a"),
    ]
    batch = make_clip_batch(rows)
    wanted = np.array([True, True, True, False])
    assert lists_of(unshown(batch, wanted), 4) == [["c", "d"], ["a", "b"], [], []]


def test_photos_drawn_from_the_pool_have_no_lift_whatever_the_text():
    """All choices of two out of a pool of five, so that the expectation is exact."""
    pool = ["p1", "p2", "p3", "p4", "p5"]
    for text in ("ramen", "", "all about p3"):
        chosen = list(itertools.combinations(pool, 2))
        batch = make_clip_batch([(text, (), shown, pool) for shown in chosen])
        stats = ImageLift("business", "enc").statistics(batch)
        assert np.ptp(stats[:, 0]) > 0.1
        assert abs(stats[:, 0].mean()) < 1e-12


def test_what_cannot_be_compared_is_left_out():
    rows = [
        ("t", (), ["p1"], ["p1"], "a"),  # nothing else in the pool
        ("t", (), ["p1"], ["p1", "lost"], "a"),  # the other cannot be read
        ("t", (), ["lost"], ["p1", "lost"], "a"),  # the one shown cannot
        ("t", (), ["p1"], ["p1", "p2"], "a"),
        (None, (), ["p1"], ["p1", "p2"], "a"),
        (None, (), [], ["p1"], "a"),
        ("t", (), [], [], "a"),
    ]
    metric, batch = ImageLift("business", "enc"), make_clip_batch(rows)
    assert metric.counted(batch).tolist() == [False, False, False, True, True, False, False]
    assert metric.scored(batch).tolist() == [False, False, False, True, False, False, False]
    assert not ImageLift("other", "enc").counted(batch).any()
    unknown = make_clip_batch([row[:4] for row in rows])
    assert not ImageLift("other", "enc").counted(unknown).any()


def test_what_is_encoded_is_only_what_is_compared():
    rows = [("t", (), ["a"], ["a", "b"], "x"), (None, (), ["c"], ["c", "d"], "x"),
            ("u", (), [], ["e", "f"], "y")]  # fmt: skip
    batch = make_clip_batch(rows)
    ImageLift("business", "enc").statistics(batch)
    assert {one for ids, _ in batch.features.asked for one in ids} == {"a", "b"}
    assert {one for texts, _ in batch.embeddings.asked for one in texts} == {"t"}
    ImageLift("other", "enc").statistics(batch)
    assert {one for ids, _ in batch.features.asked for one in ids} == {"a", "b", "e", "f"}


@pytest.mark.parametrize("against", ["business", "other"])
def test_nothing_attempted_needs_nothing(against):
    metric = ImageLift(against)
    rows = [(None, (), [], ["a", "b"], "x"), (None, (), [], ["c", "d"], "y")]
    batch = make_clip_batch(rows, features=None, embeddings=None)
    assert metric.statistics(batch).tolist() == [[-2, 1], [-2, 1]]
    assert metric.statistics(make_clip_batch([])).shape == (0, 2)
    assert metric.scored(make_clip_batch([])).shape == (0,)


def test_names_and_senseless_parameters():
    assert ImageLift("business").name == "image-lift-business"
    assert ImageLift("other").name == "image-lift-other"
    assert ImageLift("other", "mini-clip@01234567").name == "image-lift-other"
    for bad in ({"against": "gold"}, {"against": None}, {"encoder": ""}, {"encoder": None}):
        with pytest.raises(UsageError, match="of image-lift"):
            ImageLift(**{"against": "business", **bad})


def test_missing_stores_are_named():
    rows = [("t", (), ["a"], ["a", "b"], "x")]
    with pytest.raises(UsageError, match="features of images"):
        ImageLift("business").statistics(make_clip_batch(rows, features=None))
    with pytest.raises(UsageError, match="embeddings of texts"):
        ImageLift("business").statistics(make_clip_batch(rows, embeddings=None))
