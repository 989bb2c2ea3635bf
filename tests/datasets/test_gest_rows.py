from __future__ import annotations

import hashlib
from collections import Counter, defaultdict

import pytest

from showcase_bench.datasets.gest import Photo, RowReader, history_business
from showcase_bench.datasets.json_rows import RawRow

ROW = {
    "business_id": "b" * 24,
    "user_id": "1" * 21,
    "rating": 4,
    "review_text": "Good soup.",
    "pics": [{"id": "AF1QipX", "url": ["https://x.org/p/AF1QipX=w1"]}],
    "history_reviews": [["1_2", "Bad soup."]],
}


def read(**changes):
    value = {key: one for key, one in {**ROW, **changes}.items() if one is not ...}
    counts = defaultdict(Counter)
    reader = RowReader(counts)
    row = reader.read(RawRow("train", 12, value))
    return row, reader.problems, dict(counts["train"])


def test_a_plain_row():
    row, problems, _ = read()
    assert not problems
    assert row.id == f"{'1' * 21}_{'b' * 24}"
    assert (row.rating, row.text) == (4.0, "Good soup.")
    assert row.photos == (Photo("AF1QipX", None),)
    assert row.history == (("1_2", "Bad soup."),)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("user_id", ..., "missing"),
        ("user_id", None, "missing"),
        ("user_id", "", "empty"),
        ("user_id", " \t", "empty"),
        ("user_id", "\0", "empty"),
        ("user_id", 7, "must be a text, not a number"),
        ("user_id", True, "not true or false"),
        ("business_id", ..., "missing"),
        ("business_id", ["b"], "not a list"),
        ("review_id", 3, "not a number"),
        ("review_text", {"a": 1}, "not an object"),
        ("review_text", ["x"], "not a list"),
        ("rating", "5", "must be a number or null, not a text"),
        ("rating", True, "not true or false"),
        ("rating", float("inf"), "too large"),
        ("rating", 10**400, "too large"),
        ("pics", {}, "must be a list"),
        ("pics", "x.jpg", "must be a list"),
        ("history_reviews", "x", "must be a list"),
    ],
)
def test_a_wrong_field_is_named_with_its_row(field, value, words):
    row, problems, _ = read(**{field: value})
    assert row is None
    assert len(problems) == 1
    assert problems[0].startswith(f"train row 12, field '{field}': ")
    assert words in problems[0]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pics": [{"id": "a"}, "b"]}, "pics[1]"),
        ({"pics": [{}]}, "pics[0]"),
        ({"pics": [{"id": "", "url": []}]}, "pics[0]"),
        ({"pics": [{"id": 4, "url": ["x"]}]}, "pics[0].id"),
        ({"pics": [{"id": "a", "url": 4}]}, "pics[0].url"),
        ({"pics": [{"id": "a", "url": [None]}]}, "pics[0].url"),
        ({"history_reviews": [["a", "t"], ["b"]]}, "history_reviews[1]"),
        ({"history_reviews": [["a", "t", "x"]]}, "history_reviews[0]"),
        ({"history_reviews": ["ab"]}, "history_reviews[0]"),
        ({"history_reviews": [[1, "t"]]}, "history_reviews[0]"),
        ({"history_reviews": [["a", 1]]}, "history_reviews[0]"),
    ],
)
def test_a_wrong_element_is_named_with_its_place(changes, field):
    row, problems, _ = read(**changes)
    assert row is None
    assert f"train row 12, field '{field}'" in problems[0]


@pytest.mark.parametrize("value", [None, 3, "row", [1], True, 2.5])
def test_a_row_must_be_an_object(value):
    reader = RowReader(defaultdict(Counter))
    assert reader.read(RawRow("val", 0, value)) is None
    assert reader.problems[0].startswith("val row 0: a row must be an object, not ")


def test_imperfections_are_counted():
    row, problems, counts = read(
        rating=None, review_text=None, pics=..., history_reviews=None, review_id=None, extra=[{}]
    )
    assert not problems
    assert (row.rating, row.text, row.photos, row.history) == (None, "", (), ())
    assert counts == {
        "missing_ratings": 1,
        "empty_texts": 1,
        "rows_without_photos": 1,
        "history_texts": 0,
    }
    assert read(review_text=" \n ")[2]["empty_texts"] == 1
    assert read(history_reviews=[["a_b", None]])[0].history == (("a_b", ""),)


def test_review_id_names_the_example():
    assert read(review_id="r1")[0].id == "r1"
    assert read(review_id="")[0].id == read()[0].id


@pytest.mark.parametrize(
    ("pic", "expected"),
    [
        ({"url": ["https://x.org/p/AF1QipAb-_9=w150-h150"]}, "AF1QipAb-_9"),
        ({"url": "https://x.org/p/AF1QipAb-_9=w150-h150"}, "AF1QipAb-_9"),
        ({"id": None, "url": ["https://x.org/1", "https://x.org/AF1QipZ"]}, "AF1QipZ"),
        ({"id": " ", "url": ["photos/soup bowl.v2.JPG"]}, "soup bowl.v2"),
        (
            {"url": ["https://x.org/photo.jpg"]},
            hashlib.sha256(b"https://x.org/photo.jpg").hexdigest()[:16],
        ),
        ({"url": ["//x.org/photo.jpg"]}, hashlib.sha256(b"//x.org/photo.jpg").hexdigest()[:16]),
        ({"url": [".."]}, hashlib.sha256(b"..").hexdigest()[:16]),
    ],
)
def test_photos_without_an_id_get_one(pic, expected):
    row, _, counts = read(pics=[pic])
    assert [photo.id for photo in row.photos] == [expected]
    assert counts["derived_photo_ids"] == 1


def test_the_first_relative_address_is_the_location():
    pics = [{"id": "a", "url": ["http://x/1", "C:/x.jpg", "f/a.jpg", "g/a.jpg"]}, {"id": "b"}]
    assert read(pics=pics)[0].photos == (Photo("a", "f/a.jpg"), Photo("b", None))


def test_a_photo_twice_in_a_row_counts_once():
    row, _, counts = read(pics=[{"id": "a"}, {"id": "b"}, {"id": "a"}, {"url": "a.jpg"}])
    assert [photo.id for photo in row.photos] == ["a", "b"]
    assert counts["repeated_photos_in_a_row"] == 2


def test_what_cannot_be_stored_is_replaced_and_counted():
    row, _, counts = read(review_text="a\ud800b\udfff\0c😀", history_reviews=[["x\0", "\ud83d"]])
    assert row.text == "a\ufffdb\ufffdc😀"
    assert row.history == (("x", "\ufffd"),)
    assert (counts["replaced_surrogates"], counts["stripped_nul_characters"]) == (3, 2)


@pytest.mark.parametrize(
    ("review_id", "user", "business"),
    [
        ("u_b", "u", "b"),
        ("other_b_c", "u", "b_c"),
        ("u_1_b", "u_1", "b"),
        ("u_1_b", "u", "1_b"),
        ("r123", "u", None),
        ("u_", "u", None),
        ("x_", "u", None),
        ("", "u", None),
        ("_b", "u", "b"),
    ],
)
def test_business_of_a_history_id(review_id, user, business):
    assert history_business(review_id, user) == business


def test_reading_gives_up_after_twenty_problems():
    reader = RowReader(defaultdict(Counter))
    for i in range(19):
        reader.read(RawRow("train", i, None))
    assert not reader.gave_up
    reader.read(RawRow("train", 19, None))
    assert reader.gave_up
