from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from baseline_world import ListSplit, Store, fit, query, review, row, world
from hypothesis import given
from hypothesis import strategies as st

from baselines.common.order import draw, hash_order
from baselines.common.text import Tfidf, sentences
from baselines.common.typicality import Typicality
from baselines.copy_history import CopyHistory
from baselines.history_nearest import HistoryNearest
from baselines.modal_sentence import ModalSentence
from baselines.popular import Popular
from baselines.random import Random
from baselines.reference import Reference
from baselines.train_reference import TrainReference
from baselines.unseen_photos import UnseenPhotos
from showcase_bench import Example, Gold, Showcase
from showcase_bench.errors import UsageError


def one(model, asked, images=None) -> Showcase:
    (showcase,) = model.predict([asked], images or Store())
    return showcase


# hash order


@given(st.lists(st.text(max_size=5), unique=True, max_size=12), st.integers(0, 5))
def test_hash_order_is_a_permutation_that_survives_removal(items: list[str], seed: int) -> None:
    order = hash_order(items, seed, "x")
    assert sorted(order) == sorted(items)
    assert hash_order(reversed(items), seed, "x") == order
    assert hash_order(items[1:], seed, "x") == [item for item in order if item not in items[:1]]


def test_hash_order_keys_cannot_run_into_each_other() -> None:
    items = [str(i) for i in range(30)]
    keys = [("a", "b"), ("ab",), ("a", "", "b"), (1, "1"), ("1", 1), (11,), ("11",)]
    assert len({tuple(hash_order(items, *key)) for key in keys}) == len(keys)


def test_hash_order_does_not_depend_on_the_interpreters_hash_seed() -> None:
    code = "from baselines.common.order import *; print(hash_order('abcdefgh', 0), draw(99, 'k'))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert printed == {f"{hash_order('abcdefgh', 0)} {draw(99, 'k')}\n"}


def test_draw_is_uniform() -> None:
    counts = Counter(draw(7, 0, str(i)) for i in range(7000))
    assert set(counts) == set(range(7))
    assert sum((n - 1000) ** 2 / 1000 for n in counts.values()) < 22.5  # chi-square, 6 df, .999
    assert draw(0, "x") == 0


# random


def test_random_reaches_its_exact_expectation() -> None:
    model = fit(Random(), ListSplit(), seed=0)
    pool = [f"p{i}" for i in range(10)]
    n, gold = 20_000, {"p3", "p7"}
    shown = [
        one.image_ids
        for one in model.predict([query(f"q{i}", pool=pool, k=3) for i in range(n)], Store())
    ]
    hits = np.array([len(gold & set(ids)) for ids in shown])
    # Hypergeometric: k * gold / pool, and the chance of none is C(8, 3) / C(10, 3).
    spread = 3 * 0.2 * 0.8 * 7 / 9
    assert abs(hits.mean() - 0.6) < 4 * np.sqrt(spread / n)
    assert abs((hits == 0).mean() - 56 / 120) < 4 * np.sqrt(0.25 / n)
    counts = Counter(frozenset(ids) for ids in shown)
    assert len(counts) == 120 == len(list(combinations(pool, 3)))
    expected = n / 120
    assert sum((c - expected) ** 2 / expected for c in counts.values()) < 172  # 119 df, .999
    first = Counter(ids[0] for ids in shown)
    assert sum((c - n / 10) ** 2 / (n / 10) for c in first.values()) < 27.9  # 9 df, .999


def test_random_of_two_seeds_agree_only_by_chance() -> None:
    asked = [query(f"q{i}", pool=[f"p{j}" for j in range(10)], k=1) for i in range(4000)]
    a, b = (list(fit(Random(), ListSplit(), seed).predict(asked, Store())) for seed in (0, 1))
    same = np.mean([x.image_ids == y.image_ids for x, y in zip(a, b, strict=True)])
    assert abs(same - 0.1) < 4 * np.sqrt(0.09 / 4000)


# popular


def test_popular_prefers_what_guests_post_and_leaves_the_photo_itself_out() -> None:
    images = Store({"a": [1, 0, 0], "b": [1, 0.1, 0], "odd": [0, 0, 1], "new": [1, 0.05, 0]})
    train = ListSplit(
        [row("1", "x", "b", "t", ["a", "b"]), row("2", "y", "b", "t", ["odd"])], images
    )
    model = fit(Popular(), train)
    assert one(model, query(pool=["odd", "b", "a", "new"], k=4), images).image_ids[-1] == "odd"

    def by_hand(image_id: str) -> float:
        rows = {i: images.features([i], "color-layout")[0].astype(float) for i in images.given}
        others = [rows[i] for i in ("a", "b", "odd") if i != image_id]
        return float(np.mean([rows[image_id] @ other for other in others]))

    expected = sorted(["a", "b", "odd", "new"], key=lambda i: (-by_hand(i), i))
    assert list(one(model, query(pool=["odd", "b", "a", "new"], k=4), images).image_ids) == expected


def test_popular_falls_back_to_the_general_direction() -> None:
    images = Store({"a": [1, 0], "near": [1, 0.2], "far": [0, 1]})
    train = ListSplit([row("1", "x", "b", "t", ["a"])], images)
    asked = query(business="other", pool=["far", "near"], k=1)
    assert one(fit(Popular(), train), asked, images).image_ids == ("near",)


def test_popular_falls_back_when_the_photo_is_the_only_one_of_its_business() -> None:
    images = Store({"a": [0, 1], "b": [1, 0.3], "c": [1, 0], "d": [1, 0.1]})
    train = ListSplit(
        [row("1", "x", "b", "t", ["a"]), row("2", "x", "z", "t", ["b", "c", "d"])], images
    )
    # cos(a, direction) is small but above cos(new, a) = 0.
    images.given["new"] = [1, 0]
    asked = query(pool=["a", "new"], k=2)
    assert one(fit(Popular(), train), asked, images).image_ids == ("a", "new")


def test_smoothing_moves_popular_from_its_business_to_everybody() -> None:
    images = Store({"own": [0, 1], "x1": [1, 0], "x2": [1, 0.1], "p": [0.2, 1], "q": [1, 0.2]})
    train = ListSplit(
        [row("1", "x", "b", "t", ["own"]), row("2", "x", "z", "t", ["x1", "x2"])], images
    )
    asked = query(pool=["q", "p"], k=1)
    assert one(fit(Popular(), train), asked, images).image_ids == ("p",)
    assert one(fit(Popular(k_smooth=100), train), asked, images).image_ids == ("q",)


def test_popular_counts_a_photo_once_and_puts_unreadable_ones_last() -> None:
    images = Store({"a": [1, 0], "b": [0, 1], "near-a": [1, 0.2], "near-b": [0.1, 1]})
    rows = [row(str(i), "x", "b", "t", ["a", "bad"]) for i in range(5)] + [
        row("9", "x", "b", "t", ["b"])
    ]
    shown = one(
        fit(Popular(), ListSplit(rows, images)),
        query(pool=["bad2", "near-b", "bad1", "near-a"], k=4),
        images,
    ).image_ids
    # With both counted once, the photo between the two directions wins; five times a would turn it.
    assert set(shown[:2]) == {"near-a", "near-b"}
    assert shown[0] == "near-a"
    assert shown[2:] == ("bad1", "bad2")


@given(st.integers(0, 10**6), st.integers(0, 4), st.floats(0, 5))
def test_typicality_is_its_definition(seed: int, n: int, k_smooth: float) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((8, 5))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[0] = 0.0
    ids = [f"i{i}" for i in range(8)]
    photos = {"b": ids[: n + 1], "c": ids[5:]}
    place = {image_id: i for i, image_id in enumerate(ids)}
    direction = rows.sum(axis=0) / np.linalg.norm(rows.sum(axis=0))
    found = Typicality(photos, place, rows, k_smooth).scores("b", ids[1:], rows[1:])
    for image_id, row_, score in zip(ids[1:], rows[1:], found, strict=True):
        others = [rows[place[one]] for one in photos["b"] if one not in ("i0", image_id)]
        expected = row_ @ direction
        if others:
            total = sum(row_ @ other for other in others) + k_smooth * expected
            expected = total / (len(others) + k_smooth)
        assert score == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "2", True])
def test_popular_refuses_wrong_smoothing(wrong) -> None:
    with pytest.raises(UsageError, match="k_smooth"):
        Popular(k_smooth=wrong)


# history-nearest


def test_history_nearest_ranks_by_words_and_takes_photos_in_that_order() -> None:
    train = ListSplit(
        [
            row("1", "x", "b", "wine and cheese", ["w1", "w2"]),
            row("2", "y", "b", "spicy ramen with egg", ["r1"]),
            row("3", "z", "b", "ramen noodles", ["r2", "elsewhere"]),
            row("4", "u", "b", "spicy ramen spicy ramen", ["own"]),
            row("5", "x", "other", "spicy ramen", ["far"]),
        ]
    )
    asked = query(pool=["w1", "w2", "r1", "r2", "own", "far", "t"], history=["spicy", "ramen"], k=4)
    shown = one(fit(HistoryNearest(), train), asked)
    assert shown.text == "spicy ramen with egg"
    assert shown.image_ids == ("r1", "r2", "w1", "w2")


def test_history_nearest_takes_the_nearest_text_that_is_not_blank() -> None:
    train = ListSplit([row("1", "x", "b", "  ", ["p"]), row("2", "y", "b", ["", "fine"], [])])
    assert one(fit(HistoryNearest(), train), query(history=["ramen"])).text == "fine"


def test_history_nearest_looks_at_other_businesses_for_a_text_only() -> None:
    train = ListSplit(
        [
            row("1", "u", "a", "spicy ramen", ["p1"]),
            row("2", "y", "a", "ramen", ["p2"]),
            row("3", "y", "c", "wine", ["p3"]),
        ]
    )
    shown = one(
        fit(HistoryNearest(), train), query(pool=["n2", "n1"], history=["spicy ramen"], k=1)
    )
    assert shown.text == "ramen"
    assert shown.image_ids == tuple(hash_order(["n1", "n2"], "photos", 0, "q")[:1])


def test_history_nearest_without_history_draws_a_review_evenly() -> None:
    train = ListSplit([row(str(i), "x", "b", f"text number {i}", [f"p{i}"]) for i in range(4)])
    model = fit(HistoryNearest(), train)
    asked = [query(f"q{i}", pool=["p0", "p1", "p2", "p3"], k=1) for i in range(2000)]
    shown = list(model.predict(asked, Store()))
    counts = Counter(s.text for s in shown)
    assert len(counts) == 4
    assert sum((n - 500) ** 2 / 500 for n in counts.values()) < 16.3  # 3 df, .999
    assert all(s.text == f"text number {s.image_ids[0][1]}" for s in shown)
    anywhere = model.predict([query(f"q{i}", business="new") for i in range(2000)], Store())
    counts = Counter(s.text for s in anywhere)
    assert len(counts) == 4
    assert sum((n - 500) ** 2 / 500 for n in counts.values()) < 16.3


def test_history_nearest_with_own_reviews_only_attempts_no_text() -> None:
    train = ListSplit([row("1", "u", "b", "mine", ["p"])])
    shown = one(fit(HistoryNearest(), train), query(pool=["p"], history=["mine"]))
    assert shown == Showcase("q", ("p",), None)


# text controls


@pytest.mark.parametrize(
    ("history", "text"),
    [
        ([], None),
        (["first", "last"], "last"),
        (["first", " \n"], "first"),
        (["", ""], None),
        ([" keeps its blanks "], " keeps its blanks "),
    ],
)
def test_copy_history(history: list[str], text: str | None) -> None:
    assert one(CopyHistory(), query(pool=["p"], history=history)) == Showcase("q", (), text)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Nice. Good food!", "Good food!", "Nice"], "Good food!"),
        (["b. a.", "c."], "a."),
        (["Great food. Great food.", "great food.", "Bad. Bad. "], "Bad."),
        (["", "  ", "!!!"], None),
        ([], None),
    ],
)
def test_modal_sentence(texts: list[str], expected: str | None) -> None:
    train = ListSplit([row(str(i), "x", "b", text) for i, text in enumerate(texts)])
    assert one(fit(ModalSentence(), train), query(pool=["p"])) == Showcase("q", (), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("one", ["one"]),
        ("One. Two! Three? Four… five", ["One.", "Two!", "Three?", "Four…", "five"]),
        ("It cost 3.50 at Dr.Who", ["It cost 3.50 at Dr.Who"]),
        ('He said "wow!" Then left.', ['He said "wow!"', "Then left."]),
        ("Good!!! Bad...  ok", ["Good!!!", "Bad...", "ok"]),
        ("美味しい。また来る！？「最高。」と", ["美味しい。", "また来る！？", "「最高。」", "と"]),
        ("a line\nanother\r\nthird\u2028fourth", ["a line", "another", "third", "fourth"]),
        ("tabs\tand   blanks .", ["tabs and blanks ."]),
        ("🍜! 👍 ... :) ok 👌.", [":) ok 👌."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(st.text(max_size=80))
def test_sentences_keep_every_letter_in_order(text: str) -> None:
    letters = [char for char in text if char.isalnum()]
    assert [char for one in sentences(text) for char in one if char.isalnum()] == letters


def test_tfidf_without_words_has_no_terms() -> None:
    tfidf = Tfidf()
    assert tfidf.transform(["a"]).shape == (1, 0)
    tfidf.fit(["", "!"])
    assert tfidf.transform(["word", ""]).shape == (2, 0)
    tfidf.fit(["word"])
    assert tfidf.transform([]).shape == (0, 1)


# unseen-photos, reference, train-reference


def test_unseen_photos_come_first() -> None:
    model = fit(UnseenPhotos(), ListSplit([row("1", "x", "b", "t", ["a", "c"])]))
    for i in range(20):
        shown = one(model, query(f"q{i}", pool=["a", "b", "c", "d"], k=3)).image_ids
        assert set(shown[:2]) == {"b", "d"}
        assert shown[2] in {"a", "c"}


def test_reference_gives_the_gold_that_can_be_shown() -> None:
    gold = Gold(("p5", "gone", "p1", "p5", "p2"), ("", " ", "real", "second"))
    asked = query(pool=["p1", "p2", "p5"], k=2)
    (shown,) = Reference().predict_with_gold([Example(asked, gold)], Store())
    assert shown == Showcase("q", ("p5", "p1"), "real")
    (shown,) = Reference().predict_with_gold([Example(asked, Gold((), ("",)))], Store())
    assert shown == Showcase("q", (), None)


def test_train_reference_is_another_users_review_of_the_business() -> None:
    train = ListSplit(
        [
            row("1", "u", "b", "mine", ["own"]),
            row("2", "x", "b", "", ["p1"]),
            row("3", "y", "b", "theirs", ["p3", "gone", "p2"]),
            row("4", "z", "b", "others", ["p4"]),
            row("5", "z", "c", "elsewhere", []),
        ]
    )
    model = fit(TrainReference(), train)
    pool = ["own", "p1", "p2", "p3", "p4"]
    asked = [query(f"q{i}", pool=pool, k=2) for i in range(1000)]
    counts = Counter((s.text, s.image_ids) for s in model.predict(asked, Store()))
    assert set(counts) == {("theirs", ("p3", "p2")), ("others", ("p4",))}
    assert abs(counts["others", ("p4",)] - 500) < 64  # four standard deviations
    assert one(model, query(business="nowhere", pool=["p"])) == Showcase("q")
    assert one(model, query(user="z", business="c")) == Showcase("q")


def test_train_reference_without_texts_shows_photos_only() -> None:
    model = fit(TrainReference(), ListSplit([row("2", "x", "b", " ", ["p1"])]))
    assert one(model, query(pool=["p1"])) == Showcase("q", ("p1",), None)


def test_very_long_text_and_pool() -> None:
    text = "word " * 200_000
    train = ListSplit([*world(), row("long", "x", "b", text, ["p"])])
    asked = query(pool=[f"p{i}" for i in range(5000)], history=[review(text)])
    assert one(fit(HistoryNearest(), train), asked).text == text
    assert len(one(fit(Random(), train), asked).image_ids) == 3
