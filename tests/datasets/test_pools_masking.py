from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.datasets.masking import Mask, Targets, text_key
from showcase_bench.datasets.pools import distractors, shuffled

IDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(IDS, st.sets(IDS, max_size=12))
def test_shuffled_is_a_permutation_that_only_the_ids_decide(example_id, ids):
    order = shuffled(example_id, sorted(ids))
    assert sorted(order) == sorted(ids)
    assert order == shuffled(example_id, sorted(ids, reverse=True))
    digests = [hashlib.sha256(f"{example_id}\0{one}".encode()).hexdigest() for one in order]
    assert digests == sorted(digests)


@given(IDS, st.sets(IDS, min_size=2, max_size=12), st.data())
def test_leaving_out_a_photo_leaves_the_order_of_the_rest(example_id, ids, data):
    gone = data.draw(st.sampled_from(sorted(ids)))
    expected = tuple(one for one in shuffled(example_id, ids) if one != gone)
    assert shuffled(example_id, ids - {gone}) == expected


def test_every_place_is_equally_likely():
    places = [shuffled(f"example {i}", ["gold", "a", "b", "c"]).index("gold") for i in range(4000)]
    for place in range(4):
        assert abs(places.count(place) - 1000) < 5 * (4000 * 0.25 * 0.75) ** 0.5


@given(
    IDS,
    st.sets(IDS, max_size=5),
    st.integers(0, 300),
    st.integers(0, 30),
)
def test_distractors_are_distinct_others_and_as_many_as_there_are(example_id, own, size, number):
    catalogue = sorted({f"photo {i}" for i in range(size)} | own)
    chosen = distractors(example_id, sorted(own), catalogue, number)
    assert len(set(chosen)) == len(chosen) == min(number, len(catalogue) - len(own))
    assert not set(chosen) & own
    assert set(chosen) <= set(catalogue)
    assert chosen == distractors(example_id, sorted(own, reverse=True), catalogue, number)


def test_distractors_when_nearly_all_photos_are_own():
    catalogue = [f"{i:05d}" for i in range(5000)]
    chosen = distractors("x", catalogue[:4900], catalogue, 20)
    assert len(set(chosen)) == 20
    assert min(chosen) >= "04900"


def test_distractors_are_spread_over_the_catalogue():
    catalogue = [f"{i:03d}" for i in range(200)]
    drawn = [one for i in range(2000) for one in distractors(f"e{i}", ["000"], catalogue, 2)]
    counts = [drawn.count(one) for one in catalogue]
    assert counts[0] == 0
    mean = 4000 / 199
    chi2 = sum((count - mean) ** 2 / mean for count in counts[1:])
    assert chi2 < 198 + 5 * (2 * 198) ** 0.5


def test_text_key_ignores_white_space_only():
    assert text_key(" a  b\n c\u00a0d") == text_key("a b c d")
    assert text_key("a b") != text_key("A b")
    assert text_key("ab") != text_key("a b")
    assert text_key("") is None
    assert text_key(" \t\n") is None


@pytest.mark.parametrize(
    ("review_id", "text", "expected"),
    [
        ("h", " ", Mask.EMPTY),
        ("target", "", Mask.EMPTY),
        ("own", "anything", Mask.OWN),
        ("h", "my  own text", Mask.OWN),
        ("target", "my own text", Mask.OWN),
        ("target", "anything", Mask.BY_ID),
        ("second name", "The Target text", Mask.BY_ID),
        ("h", "The Target  text ", Mask.BY_TEXT),
        ("h", "the target text", Mask.KEPT),
        ("", "x", Mask.KEPT),
    ],
)
def test_first_reason_that_applies(review_id, text, expected):
    targets = Targets()
    targets.add(("target", "second name"), "The Target text")
    targets.add(("silent",), "  ")
    assert targets.mask(review_id, text, ("own",), text_key("my own text")) is expected


def test_an_empty_own_text_masks_nothing():
    targets = Targets()
    targets.add(("silent",), "")
    assert targets.mask("h", "words", ("own",), text_key("")) is Mask.KEPT
