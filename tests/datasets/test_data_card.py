from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from showcase_bench.datasets import SplitPolicy, card_markdown, data_card, load_dataset
from showcase_bench.errors import ImageError

GEST_LIKE = (
    Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "gest_like" / "gest_like.json"
)


def row(user, business, text, pics=(), history=(), rating=4):
    return {
        "user_id": user,
        "business_id": business,
        "rating": rating,
        "review_text": text,
        "pics": [{"id": one} for one in pics],
        "history_reviews": [list(one) for one in history],
    }


class SomePhotos:
    key = "some"

    def load(self, image_id):
        if image_id in ("p1", "p5", "p6"):
            raise ImageError(image_id, "no file" if image_id != "p5" else "truncated")
        if image_id == "p3":
            return np.full((8, 8, 3), 90, dtype=np.uint8)
        # p4, posted with a test row, shows what p2 does, a little brighter.
        pixels = np.random.default_rng(2).integers(0, 200, (8, 8, 3), dtype=np.uint8)
        return np.repeat(np.repeat(pixels, 8, 0), 8, 1) + np.uint8(image_id == "p4")


FILE = {
    "train": [
        row("u", "b", "one two three", ["p1", "p2"], [("u_c", "x")], 5),
        row("u", "b", "one two  three", ["p2"], [("u_b", "x"), ("z", " ")], None),
        row("v", "c", "", ["p3"], [("w_b", "answer by id")]),
        row("v", "c", "", ["p3"], [("w_b", "answer by id")]),
    ],
    "test": [
        row("w", "b", "the target", ["p4"], [("z", "text of x_d"), ("w_b", "own")]),
        row("x", "d", "text  of x_d", [], [("w_b", "id")]),
        row("y", "e", "solo", ["p5", "p6"]),
    ],
}


@pytest.fixture
def dataset(tmp_path):
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps(FILE), encoding="utf-8")
    return load_dataset(path, cache_dir=tmp_path / "cache", images=SomePhotos())


def test_every_number_of_a_tiny_file(dataset):
    card = data_card(dataset, SplitPolicy(k=2))
    train, val, test = (card["splits"][name] for name in ("train", "val", "test"))
    assert train == {
        "rows_under_policy": 3,
        "rows": 3,
        "users": 2,
        "businesses": 2,
        "photos": 3,
        "mean_rating": 4.5,
        "rows_without_rating": 1,
        "mean_words": 2.0,
        "empty_texts": 1,
        "duplicate_texts": 1,
        "texts_of_training_rows": None,
        "dropped_duplicate_rows": 1,
        "repeated_user_business_pairs": 1,
        "gold_photos": {"min": 1, "median": 1.0, "mean": pytest.approx(4 / 3), "max": 2},
        "rows_without_photos": 0,
        "pool": {"min": 1, "median": 3.0, "mean": pytest.approx(7 / 3), "max": 3},
        "pools_smaller_than_k": 1,
        "pools_without_choice": 1,
        "history": {
            "mean_in_file": pytest.approx(4 / 3),
            "mean_shown": pytest.approx(1 / 3),
            "rows_without": 2,
            "texts": 4,
            "empty_texts": 1,
        },
        "answers_in_history": {"texts": 2, "rows": 2, "own": 1, "by_id": 1, "by_text": 0},
        "rows_with_user_in_train": 3,
        "rows_with_business_in_train": 3,
        "unseen_photos": {
            "pool_items": 7,
            "gold_items": 4,
            "unseen_pool_items": 2,
            "unseen_gold_items": 0,
            "gold_share_of_pool": pytest.approx(4 / 7),
            "gold_share_of_unseen": 0.0,
        },
        "distributions": train["distributions"],
    }
    assert val["rows"] == 0
    assert val["mean_rating"] is None
    assert val["pool"] == {"min": None, "median": None, "mean": None, "max": None}
    assert val["unseen_photos"]["gold_share_of_unseen"] is None
    assert test["answers_in_history"] == {
        "texts": 3, "rows": 2, "own": 1, "by_id": 1, "by_text": 1,
    }  # fmt: skip
    assert test["texts_of_training_rows"] == 0
    assert test["rows_with_business_in_train"] == 1
    assert test["rows_with_user_in_train"] == 0
    assert test["unseen_photos"]["unseen_pool_items"] == 3
    assert test["unseen_photos"]["unseen_gold_items"] == 3
    assert (test["pools_smaller_than_k"], test["pools_without_choice"]) == (1, 2)
    assert card["shared"] == {
        "train and val": {"users": 0, "businesses": 0, "photos": 0},
        "train and test": {"users": 0, "businesses": 1, "photos": 0},
        "val and test": {"users": 0, "businesses": 0, "photos": 0},
    }
    assert card["total"] == {
        "images": 6, "reviews": 6, "users": 5, "businesses": 4, "mean_words": pytest.approx(2),
    }  # fmt: skip
    assert card["paper"] is None
    assert {key: card["photos"][key] for key in ("distinct", "of_several_rows", "unreadable")} == {
        "distinct": 6,
        "of_several_rows": 1,
        "unreadable": {
            "total": 3,
            "splits": {"train": 1, "val": 0, "test": 2},
            "reasons": {
                "no file": {"photos": 2, "first": ["p1", "p6"]},
                "truncated": {"photos": 1, "first": ["p5"]},
            },
        },
    }


def test_the_card_is_json_with_keys_in_a_fixed_order(dataset):
    once, again = (json.dumps(data_card(dataset, SplitPolicy()), allow_nan=False) for _ in "ab")
    assert once == again
    assert list(json.loads(once)) == [
        "name", "file", "sha256", "policy", "total", "paper", "splits", "shared", "photos", "traps",
        "preparation",
    ]  # fmt: skip


def test_without_decoding_no_photo_is_loaded(dataset):
    dataset.images.load = None
    photos = data_card(dataset, SplitPolicy(), decode=False)["photos"]
    assert photos["unreadable"] is None
    assert photos["near_duplicates"] is None
    assert "alike" not in card_markdown(data_card(dataset, SplitPolicy(), decode=False))


def test_the_policy_shows_in_the_card(dataset):
    card = data_card(dataset, SplitPolicy(mask_history=False, history_limit=1), decode=False)
    train = card["splits"]["train"]
    assert train["answers_in_history"]["texts"] == 2
    assert train["history"]["mean_shown"] == 1
    text = card_markdown(card)
    assert "SHOWN" in text
    assert "its last 1 reviews" in text
    cross = data_card(dataset, SplitPolicy(pool="cross", distractors=2), decode=False)
    assert cross["splits"]["test"]["pool"]["mean"] == pytest.approx((5 + 2 + 4) / 3)
    assert "2 photos of other businesses" in card_markdown(cross)


def test_markdown_has_every_split_and_reason(dataset):
    text = card_markdown(data_card(dataset, SplitPolicy(k=2)))
    assert "# Data card: tiny\n" in text
    assert "| rows | 3 | 0 | 3 |" in text
    assert "| mean rating | 4.50 | – | 4.00 |" in text
    assert "| answers, texts | 2 | 0 | 3 |" in text
    assert "| train and test | 0 | 1 | 0 |" in text
    assert "- no file: 2, such as `p1`, `p6`" in text
    assert "unseen-photos" in text
    for table in text.split("\n\n"):
        widths = {line.count("|") for line in table.splitlines() if line.startswith("|")}
        assert len(widths) <= 1, table


def test_markdown_is_not_broken_by_names(tmp_path):
    path = tmp_path / "a|b<script>`x`.json"
    path.write_text(json.dumps({"test": [row("u", "b", "t")]}), encoding="utf-8")
    dataset = load_dataset(path, cache_dir=tmp_path / "cache")
    text = card_markdown(data_card(dataset, SplitPolicy()))
    assert "<script>" not in text
    assert "a b script  x" in text


@pytest.mark.skipif(not GEST_LIKE.exists(), reason="needs the shared data beside the checkout")
def test_gest_like(tmp_path):
    card = data_card(load_dataset(GEST_LIKE, cache_dir=tmp_path), SplitPolicy())
    file = json.loads(GEST_LIKE.read_text(encoding="utf-8"))
    splits = card["splits"]
    assert [splits[name]["rows"] for name in splits] == [288, 48, 145]
    assert card["photos"]["distinct"] == 547
    assert card["photos"]["unreadable"]["total"] == 0
    assert card["photos"]["near_duplicates"]["near"] == 0
    assert splits["test"]["rows_with_business_in_train"] == 104
    for name, rows in file.items():
        found = splits[name]
        assert found["users"] == len({one["user_id"] for one in rows})
        assert found["businesses"] == len({one["business_id"] for one in rows})
        words = [len(one["review_text"].split()) for one in rows]
        assert found["mean_words"] == pytest.approx(sum(words) / len(words))
    asked = Counter(one["review_id"] for name in ("val", "test") for one in file[name])
    for name, rows in file.items():
        by_id = sum(one[0] in asked for own in rows for one in own["history_reviews"])
        assert splits[name]["answers_in_history"]["by_id"] == by_id
