import hashlib
import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from personal_world import make_batch

from showcase_bench.metrics.personalization.rivals import rivals

histories = st.lists(st.sampled_from(["a", "b", "c d", "寿司", ""]), max_size=3).map(tuple)
visits = st.lists(
    st.tuples(st.sampled_from("uvwxyz"), st.sampled_from("BCD"), histories), max_size=14
)
examples = st.lists(
    st.tuples(st.sampled_from("uvwé"), st.sampled_from("BCDE"), histories), max_size=5
).map(lambda rows: [(f"q{i}", *row, "text") for i, row in enumerate(rows)])
sizes = st.integers(2, 6)


def digest(*key):
    return hashlib.sha256(json.dumps(key).encode()).digest()


def longest(found):
    return max(found, key=lambda history: (len(history), history))


def by_brute_force(examples, visits, n):
    """Of each counted example: the histories, and how many others are from the same business."""
    result = {}
    for one, user, business, history, _ in examples:
        if not history:
            continue
        others = sorted({u for u, _, h in visits if h and u != user})
        here = [u for u in others if any((v[0], v[1]) == (u, business) and v[2] for v in visits)]
        here = sorted(here, key=lambda u: digest(one, u))[: n - 1]
        ring = sorted({u for u, _, h in visits if h}, key=digest)
        start = int.from_bytes(digest(one)[:8]) % len(ring) if ring else 0
        ring = [u for u in ring[start:] + ring[:start] if u in others and u not in here]
        chosen = [longest([h for u, b, h in visits if (u, b) == (v, business)]) for v in here]
        chosen += [longest([h for u, _, h in visits if u == v]) for v in ring]
        if len(chosen) >= n - 1:
            result[one] = ([history, *chosen[: n - 1]], len(here))
    return result


def as_mapping(batch, n):
    found = rivals(batch, n)
    ids = [one for one, counts in zip(batch.ids, found.counted.tolist(), strict=True) if counts]
    rows = [[found.histories[place] for place in row] for row in found.rows.tolist()]
    return dict(zip(ids, zip(rows, found.near.tolist(), strict=True), strict=True))


@given(examples, visits, sizes)
def test_rivals_equal_brute_force(examples, visits, n):
    assert as_mapping(make_batch(examples, visits), n) == by_brute_force(examples, visits, n)


@given(examples, visits, sizes, st.integers(0, 99))
def test_the_order_of_rows_and_the_other_examples_change_nothing(examples, visits, n, seed):
    whole = as_mapping(make_batch(examples, visits), n)
    shuffled = random.Random(seed)
    some = shuffled.sample(examples, k=len(examples) // 2)
    moved = shuffled.sample(visits, k=len(visits))
    part = as_mapping(make_batch(some, moved + moved[:2]), n)
    assert part == {one: whole[one] for one, *_ in some if one in whole}


@given(examples, visits, sizes)
def test_shapes_and_distinct_histories(examples, visits, n):
    found = rivals(make_batch(examples, visits), n)
    assert found.counted.shape == (len(examples),)
    assert found.rows.shape == (found.counted.sum(), n)
    assert found.near.shape == (found.counted.sum(),)
    assert len(set(found.histories)) == len(found.histories)
    assert all(found.histories)


def test_other_users_of_the_business_come_first():
    visits = [(f"u{i}", "B" if i % 3 else "C", (f"h{i}",)) for i in range(40)]
    examples = [("q", "u1", "B", ("own",), "x"), ("r", "u0", "D", ("own",), "x")]
    found = as_mapping(make_batch(examples, visits), 10)
    (own, *others), near = found["q"]
    assert own == ("own",)
    assert near == 9
    assert {int(history[0][1:]) % 3 for history in others} <= {1, 2}
    assert ("h1",) not in others
    (_, *others), near = found["r"]
    assert near == 0
    assert len(set(others)) == 9
    assert ("h0",) not in others


def test_the_draw_differs_between_examples_and_reaches_all_users():
    visits = [(f"u{i}", f"B{i}", (f"h{i}",)) for i in range(50)]
    examples = [(f"q{i}", "me", "B", ("own",), "x") for i in range(300)]
    found = rivals(make_batch(examples, visits), 5)
    drawn = {found.histories[place][0] for place in found.rows[:, 1:].ravel().tolist()}
    assert drawn == {f"h{i}" for i in range(50)}


def test_a_user_is_one_rival_with_the_longest_history():
    visits = [
        ("v", "B", ("a",)),
        ("v", "B", ("a", "b")),
        ("v", "C", ("a", "b", "c")),
        ("w", "C", ()),
    ]
    example = [("q", "u", "B", ("own",), "x")]
    assert as_mapping(make_batch(example, visits), 2) == {"q": ([("own",), ("a", "b")], 1)}
    assert as_mapping(make_batch(example, visits), 3) == {}


def test_systems_with_one_table_share_the_draw():
    visits = [("v", "B", ("a",)), ("w", "C", ("b",))]
    first = make_batch([("q", "u", "B", ("own",), "x")], visits)
    second = make_batch([("q", "u", "B", ("own",), "other")], visits, table=first.table)
    assert rivals(first, 3) is rivals(second, 3)
    assert rivals(first, 2) is not rivals(first, 3)


@pytest.mark.parametrize("examples", [[], [("q", "u", "B", (), "x")]])
def test_without_histories_nothing_is_counted(examples):
    found = rivals(make_batch(examples, [("v", "B", ("a",))]), 2)
    assert not found.counted.any()
    assert found.rows.shape == (0, 2)
    np.testing.assert_array_equal(found.near, [])
