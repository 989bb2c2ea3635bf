"""The rows of the embedded world: shape, sizes, histories, knobs."""

from __future__ import annotations

import hashlib
import json
import re
import statistics
from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.datasets.mini import (
    MiniConfig,
    build_rows,
    fingerprint,
    truth,
    write_mini,
)
from showcase_bench.datasets.mini.catalogue import CUISINES, DISHES, GUESTS, SCENES, TRAITS
from showcase_bench.datasets.mini.photos import DISH_DRAWINGS
from showcase_bench.datasets.mini.sentences import DISH_BAD, DISH_GOOD, DISH_SHOWN, GENERIC
from showcase_bench.errors import DataError, UsageError

SMALL = MiniConfig(n_train=300, n_val=40, n_test=120)


@pytest.fixture(scope="module")
def rows():
    return build_rows(MiniConfig())


@pytest.fixture(scope="module")
def every(rows):
    return [row for split in rows.values() for row in split]


def row_id(row):
    return f"{row['user_id']}_{row['business_id']}"


def test_sizes_are_exact(rows):
    assert {name: len(part) for name, part in rows.items()} == {
        "train": 2000,
        "val": 250,
        "test": 500,
    }


def test_every_row_has_the_shape_of_gest(every):
    seen = set()
    for row in every:
        assert sorted(row) == [
            "business_id",
            "history_reviews",
            "pics",
            "rating",
            "review_text",
            "user_id",
        ]
        assert re.fullmatch(r"[0-9a-f]{24}", row["business_id"])
        assert re.fullmatch(r"[0-9]{21}", row["user_id"])
        assert type(row["rating"]) is int
        assert 1 <= row["rating"] <= 5
        assert isinstance(row["review_text"], str)
        assert row["review_text"] == row["review_text"].strip()
        assert "{" not in row["review_text"]
        assert row["pics"]
        for pic in row["pics"]:
            assert sorted(pic) == ["id", "url"]
            assert re.fullmatch(r"AF1Qip[A-Za-z0-9_-]{38}", pic["id"])
            assert isinstance(pic["url"], list)
            assert pic["id"] not in seen
            seen.add(pic["id"])
    assert len({row_id(row) for row in every}) == len(every)


def test_histories_are_strictly_earlier_reviews_of_the_same_user(every):
    texts = {row_id(row): row["review_text"] for row in every}
    by_user = defaultdict(list)
    for row in every:
        by_user[row["user_id"]].append(row)
        past = [review_id for review_id, _ in row["history_reviews"]]
        assert len(set(past)) == len(past)
        assert row_id(row) not in past
        for review_id, text in row["history_reviews"]:
            assert review_id.split("_", 1)[0] == row["user_id"]
            assert text
            assert texts.get(review_id, text) == text
    for mine in by_user.values():
        mine.sort(key=lambda row: (len(row["history_reviews"]), row["review_text"] != ""))
        for older, newer in pairwise(mine):
            past, later = older["history_reviews"], newer["history_reviews"]
            assert later[: len(past)] == past
            assert row_id(newer) not in [review_id for review_id, _ in past]
            if older["review_text"]:
                assert row_id(older) in [review_id for review_id, _ in later]


def test_some_histories_hold_rows_of_the_file_and_some_do_not(every, rows):
    ids = {row_id(row) for row in every}
    known = [h[0] in ids for row in every for h in row["history_reviews"]]
    assert 0.2 < statistics.mean(known) < 0.8
    targets = {row_id(row) for row in rows["test"]}
    leaks = sum(any(h[0] in targets for h in row["history_reviews"]) for row in rows["test"])
    assert leaks > 20
    assert sum(not row["history_reviews"] for row in every) > 10


def test_the_world_is_like_gest_in_its_averages(rows, every):
    assert 3.1 < statistics.mean(len(row["history_reviews"]) for row in every) < 3.7
    assert 1.75 < statistics.mean(len(row["pics"]) for row in every) < 2.05
    assert 4.3 < statistics.mean(row["rating"] for row in every) < 4.5
    words = [len(row["review_text"].split()) for row in every]
    assert 22 < statistics.mean(words) < 27
    assert statistics.pstdev(words) > 10
    assert 180 <= len({row["business_id"] for row in every}) <= 260
    pools = Counter()
    for row in every:
        pools[row["business_id"]] += len(row["pics"])
    sizes = [pools[row["business_id"]] for row in rows["test"]]
    assert 15 < statistics.mean(sizes) < 32
    assert max(sizes) < 80
    assert 5 < sum(size < 3 for size in pools.values()) < 40


def test_a_third_of_the_held_out_users_is_cold(rows):
    warm = {row["user_id"] for row in rows["train"]}
    for split in ("val", "test"):
        users = {row["user_id"] for row in rows[split]}
        assert 0.25 < len(users - warm) / len(users) < 0.42
    assert not {r["user_id"] for r in rows["val"]} & {r["user_id"] for r in rows["test"]}


def test_imperfect_rows_are_where_they_belong(rows, every):
    empty = {name: sum(not row["review_text"] for row in part) for name, part in rows.items()}
    assert empty["val"] == empty["test"] == 0
    assert 0.01 < empty["train"] / len(rows["train"]) < 0.03
    repeats = Counter(row["review_text"] for row in every if row["review_text"])
    assert 3 <= repeats["Great place!"] < 30
    assert sum(count for count in repeats.values() if count > 1) / len(every) < 0.08


def test_same_settings_same_rows_and_another_seed_other_rows():
    one = build_rows(SMALL)
    build_rows(MiniConfig(seed=1, n_train=5, n_val=0, n_test=0))  # displaces what is remembered
    assert build_rows(SMALL) == one
    other = build_rows(MiniConfig(seed=1, n_train=300, n_val=40, n_test=120))
    ids = {row_id(row) for part in one.values() for row in part}
    assert not ids & {row_id(row) for part in other.values() for row in part}


def test_rows_are_the_callers_own():
    rows = build_rows(SMALL)
    rows["test"][0]["pics"].clear()
    rows["test"].clear()
    assert len(build_rows(SMALL)["test"]) == 120
    assert build_rows(SMALL)["test"][0]["pics"]


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**63 - 1),
    st.tuples(st.integers(0, 25), st.integers(0, 8), st.integers(0, 8)).filter(any),
    st.integers(1, 9),
    st.lists(st.sampled_from([0.0, 0.4, 1.0]), min_size=4, max_size=4),
)
def test_any_small_world_is_sound(seed, sizes, n_businesses, knobs):
    config = MiniConfig(seed, *sizes, n_businesses, *knobs)
    rows = build_rows(config)
    assert tuple(len(rows[name]) for name in ("train", "val", "test")) == sizes
    every = [row for part in rows.values() for row in part]
    assert len({row_id(row) for row in every}) == len(every)
    assert len({row["business_id"] for row in every}) <= n_businesses
    pictures = [pic["id"] for row in every for pic in row["pics"]]
    assert len(set(pictures)) == len(pictures)


@pytest.mark.parametrize(
    "settings_",
    [
        {"n_train": -1},
        {"n_test": 1.5},
        {"n_val": True},
        {"n_train": 0, "n_val": 0, "n_test": 0},
        {"n_businesses": 0},
        {"seed": -1},
        {"seed": 2**63},
        {"image_size": 8},
        {"image_size": 5000},
        {"personalization": 1.01},
        {"grounding": -0.1},
        {"generic": float("nan")},
        {"noise": "much"},
    ],
)
def test_senseless_settings_are_refused_by_name(settings_):
    with pytest.raises(UsageError, match=next(iter(settings_))):
        MiniConfig(**settings_)


def test_settings_that_are_equal_compare_equal():
    assert MiniConfig(personalization=1) == MiniConfig(personalization=1.0)
    assert hash(MiniConfig(seed=0)) == hash(MiniConfig())


def test_the_file_is_canonical_json(tmp_path):
    path = tmp_path / "mini.json"
    path.write_text("something older")
    assert write_mini(path, SMALL) == path
    raw = path.read_bytes()
    assert json.loads(raw) == build_rows(SMALL)
    assert hashlib.sha256(raw).hexdigest() == fingerprint(SMALL, pixels=False)["rows_sha256"]
    assert not raw.isascii()
    assert b"\\u" not in raw
    assert [p.name for p in tmp_path.iterdir()] == ["mini.json"]
    again = write_mini(tmp_path / "again.json", SMALL)
    assert again.read_bytes() == raw


def test_a_file_that_cannot_be_written_is_a_clear_error(tmp_path):
    with pytest.raises(DataError, match="cannot be written"):
        write_mini(tmp_path / "missing" / "mini.json", SMALL)
    (tmp_path / "taken").mkdir()
    with pytest.raises(DataError, match="cannot be written"):
        write_mini(tmp_path / "taken", SMALL)
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_the_catalogue_is_consistent():
    assert len(DISHES) >= 30
    assert set(DISHES) == set(DISH_DRAWINGS)
    assert {dish.cuisine for dish in DISHES.values()} == set(CUISINES)
    assert {trait for dish in DISHES.values() for trait in dish.traits} == set(TRAITS)
    assert set(GUESTS) <= set(DISHES)
    assert not set(DISHES) & set(SCENES)
    for dish in DISHES.values():
        assert len(dish.good) >= 3
        assert len(dish.parts) >= 3
        assert len(dish.bad) >= 2
    assert all("{dish}" in line for line in (*DISH_GOOD, *DISH_BAD, *DISH_SHOWN))


def names_shown_dish(row, subject):
    text = row["review_text"].lower()
    dishes = {subject[pic["id"]] for pic in row["pics"]} - set(SCENES)
    return any(name.lower() in text for dish in dishes for name in DISHES[dish].names)


def share_that_names_a_shown_dish(grounding):
    config = MiniConfig(n_train=0, n_val=0, n_test=400, grounding=grounding, generic=0.0, noise=0.0)
    named = [
        names_shown_dish(row, planted.subject)
        for row, planted in zip(build_rows(config)["test"], truth(config)["test"], strict=True)
        if planted.subject[row["pics"][0]["id"]] in DISHES
    ]
    return statistics.mean(named)


def test_grounding_makes_texts_name_what_the_photos_show():
    none, half, full = (share_that_names_a_shown_dish(knob) for knob in (0.0, 0.5, 1.0))
    assert full == 1.0
    assert none < half - 0.05 < full - 0.1
    assert none < 0.6


def generic_texts(generic):
    config = MiniConfig(n_train=0, n_val=0, n_test=300, generic=generic, noise=0.0)
    fixed = [line.rstrip(".").lower() for line in GENERIC if "{" not in line]
    texts = [row["review_text"].lower() for row in build_rows(config)["test"]]
    found = sum(line in text for text in texts for line in fixed) / len(texts)
    planted = truth(config)["test"]
    whole = sum(row.n_sentences for row in planted)
    return found, sum(row.n_generic for row in planted) / whole


def test_the_share_of_generic_sentences_follows_its_knob():
    (found0, share0), (found25, share25), (found1, share1) = map(generic_texts, (0.0, 0.25, 1.0))
    assert share0 == 0.0
    assert found0 < 0.05
    assert 0.18 < share25 < 0.3
    assert share1 > 0.75
    assert found0 < found25 < found1


def test_noise_brings_typing_slips():
    def odd_words(noise):
        config = MiniConfig(n_train=0, n_val=0, n_test=300, noise=noise)
        words = Counter()
        for row in build_rows(config)["test"]:
            words.update(re.findall(r"[a-z]{5,}", row["review_text"].lower()))
        return sum(count == 1 for count in words.values())

    assert odd_words(1.0) > odd_words(0.0) + 30
