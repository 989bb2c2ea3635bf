from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.datasets.sources.assemble import distinct_reviews, time_cut, user_rows
from showcase_bench.datasets.sources.review import (
    ConvertOptions,
    Report,
    SourcePhoto,
    SourceReview,
    is_safe_id,
    iso_time,
)
from showcase_bench.errors import UsageError

PHOTOS = st.lists(st.sampled_from("pqrs"), max_size=3, unique=True).map(
    lambda ids: tuple(SourcePhoto(one, f"https://x.org/{one}.jpg") for one in ids)
)
REVIEWS = st.lists(
    st.builds(
        lambda time, business, rating, text, photos: SourceReview(
            time, "u", business, rating, text, photos, len(photos)
        ),
        st.integers(0, 6),
        st.sampled_from("abcdefgh"),
        st.sampled_from([1.0, 5.0]),
        st.sampled_from(["", " ", "one", "two words", "now three words"]),
        PHOTOS,
    ),
    max_size=12,
)
OPTIONS = st.builds(
    ConvertOptions,
    min_photos=st.integers(0, 2),
    min_words=st.integers(0, 3),
    history=st.integers(0, 4),
)


def naive(reviews, options):
    """Rows of one user by definition, each found anew."""
    kept = []
    for one in sorted(reviews):
        if all(one.business_id != other.business_id for other in kept):
            kept.append(one)
    targets = [
        one
        for one in kept
        if len(one.photos) >= options.min_photos and len(one.text.split()) >= options.min_words
    ]
    rows = []
    for one in targets:
        later = sum(other > one for other in targets)
        split = "train"
        if later == 0 and len(targets) >= 2:
            split = "test"
        elif later == 1 and len(targets) >= 3:
            split = "val"
        past = [r for r in kept if r.time < one.time and r.text.strip()]
        past = past[len(past) - options.history :] if len(past) > options.history else past
        row = {
            "user_id": "u",
            "business_id": one.business_id,
            "rating": one.rating,
            "review_text": one.text,
            "pics": [{"id": p.id, "url": [p.url]} for p in one.photos],
            "history_reviews": [[f"u_{r.business_id}", r.text] for r in past],
            "time": one.time,
        }
        rows.append((split, one.time, row))
    return rows


@settings(max_examples=300, deadline=None)
@given(reviews=REVIEWS, options=OPTIONS, data=st.data())
def test_rows_equal_the_naive_ones_in_any_order_of_the_input(reviews, options, data):
    report = Report("x")
    mixed = data.draw(st.permutations(reviews))
    found = list(user_rows(distinct_reviews(mixed, report), options, report))
    assert found == naive(reviews, options)
    others = sum(report.history_only.values()) + sum(report.dropped.values())
    assert len(found) + others == len(reviews)
    assert report.dropped["duplicate"] <= len(reviews) - len(set(reviews))


def test_reasons():
    def one(time, business, text="some words", n_photos=1):
        photos = tuple(SourcePhoto(f"p{i}", "https://x.org/p.jpg") for i in range(n_photos))
        return SourceReview(time, "u", business, 3.0, text, photos, n_photos)

    report = Report("x")
    reviews = [
        one(5, "a"),
        one(5, "a"),
        one(6, "a"),
        one(1, "b", n_photos=0),
        one(1, "c", text="word"),
        one(1, "d", text=" "),
        one(1, "e", text="", n_photos=0),
    ]
    options = ConvertOptions(min_words=2)
    rows = list(user_rows(distinct_reviews(reviews, report), options, report))
    assert [row["history_reviews"] for _, _, row in rows] == [
        [["u_b", "some words"], ["u_c", "word"]]
    ]
    assert report.dropped == {"duplicate": 1, "repeated_business": 1, "empty_text": 2}
    assert report.history_only == {"few_photos": 1, "few_words": 1}


@given(times=st.lists(st.integers(-3, 30), min_size=1, max_size=60))
def test_the_cut(times):
    cut = time_cut(times)
    n = len(times)
    ordered = sorted(times)
    assert (cut.val, cut.test) == (ordered[int(n * 0.8 + 1e-9)], ordered[int(n * 0.9 + 1e-9)])
    splits = [cut.split(time) for time in ordered]
    assert splits == sorted(splits, key=["train", "val", "test"].index)
    assert splits.count("train") <= 0.8 * n
    assert splits.count("train") + splits.count("val") <= 0.9 * n
    assert splits.count("test") >= 1
    for split in ("val", "test"):
        if len(set(times)) == n:
            assert abs(splits.count(split) - 0.1 * n) <= 1


def test_the_cut_of_ten():
    cut = time_cut(list(range(10)))
    assert [cut.split(t) for t in range(10)] == ["train"] * 8 + ["val", "test"]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("AEYORY2AVPMCPDV57CE337YU5LXA", True),
        ("-_KU_O5udG6zpxOg-VcAEodg", True),
        ("71a+b.c", True),
        ("a" * 128, True),
        ("a" * 129, False),
        ("", False),
        (".", False),
        ("..", False),
        (".hidden", False),
        ("a/b", False),
        ("a\\b", False),
        ("a\n", False),
        ("a b", False),
        ("a\u202eb", False),
        ("é", False),
        ("C:x", False),
    ],
)
def test_safe_ids(text, safe):
    assert is_safe_id(text) is safe


@pytest.mark.parametrize("field", ["min_photos", "min_words", "history", "max_broken"])
def test_options_below_zero(field):
    with pytest.raises(UsageError, match=f"{field} must be at least 0"):
        ConvertOptions(**{field: -1})


def test_unknown_split():
    with pytest.raises(UsageError, match="no split 'random'"):
        ConvertOptions(split="random")


@given(st.integers(0, 253_402_300_799_999))
def test_iso_times(milliseconds):
    moment = datetime.fromisoformat(iso_time(milliseconds))
    assert moment.tzinfo == UTC
    assert round(moment.timestamp() * 1000) == milliseconds
