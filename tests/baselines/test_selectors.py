from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from baseline_world import ListSplit, Store, fit, queries, query, review, row, world

from baselines.common.relevance import Relevance
from baselines.dpp import DPP
from baselines.mmr import MMR
from baselines.topk import TopK
from showcase_bench import Example, Gold
from showcase_bench.errors import UsageError

RED, GREEN, BLUE = [1.0, 0, 0, 0.6], [0, 1.0, 0, 0.6], [0, 0, 1.0, 0.6]


def shade(color: list[float], step: int) -> list[float]:
    return [value + 0.01 * step * (i == 3) for i, value in enumerate(color)]


def taught() -> ListSplit:
    """Reviews that say pizza show red, ramen green, wine blue."""
    colors = {"pizza": RED, "ramen": GREEN, "wine": BLUE}
    images = Store(
        {f"{word}-{i}": shade(color, i) for word, color in colors.items() for i in range(8)}
    )
    examples = [
        row(f"{word}{i}", f"w{i}", f"b{i}", f"the {word} was good", [f"{word}-{i}"])
        for word in colors
        for i in range(6)
    ]
    return ListSplit(examples, images)


def shown(model, asked, images) -> tuple[str, ...]:
    (showcase,) = model.predict([asked], images)
    return showcase.image_ids


def relevance(train: ListSplit, asked, **arguments) -> dict[str, float]:
    settings = {"alpha": 1.0, "history_weight": 1.0, "max_terms": 100, **arguments}
    model = Relevance("color-layout", **settings)
    model.fit(train)
    (scored,) = model.scored_pools([asked], train.images)
    return dict(zip(scored.pool.ids, scored.relevance.tolist(), strict=True))


POOL = ["wine-7", "pizza-7", "ramen-7", "pizza-6", "ramen-6", "wine-6"]


@pytest.mark.parametrize("word", ["pizza", "ramen", "wine"])
def test_words_of_the_history_call_for_what_was_shown_with_them(word: str) -> None:
    train = taught()
    asked = query(business="new", pool=POOL, history=[f"I love {word}"], k=2)
    for model in (TopK(), MMR(trade_off=1), DPP(theta=0.999)):
        assert set(shown(fit(model, train), asked, train.images)) == {f"{word}-6", f"{word}-7"}


def test_diversity_trades_the_second_photo_of_a_kind_for_another_kind() -> None:
    train = taught()
    asked = query(business="new", pool=POOL, history=["pizza pizza, some ramen"], k=3)
    for model in (MMR(trade_off=0.2), DPP(theta=0.1)):
        kinds = {image_id[:4] for image_id in shown(fit(model, train), asked, train.images)}
        assert kinds == {"pizz", "rame", "wine"}


def test_relevance_is_the_ridge_regression_of_its_definition() -> None:
    train = taught()
    texts = ["the pizza was good", "the ramen was good", "the wine was good"]
    ids = [f"{word}-{i}" for word in ("pizza", "ramen", "wine") for i in range(6)]
    raw = train.images.features(ids, "color-layout").astype(float)
    mean = raw.mean(axis=0)
    targets = (raw - mean) / np.linalg.norm(raw - mean, axis=1, keepdims=True)
    words = ["the", "pizza", "was", "good", "ramen", "wine"]
    frequency = np.array([18, 6, 18, 18, 6, 6])
    idf = np.log(19 / (1 + frequency)) + 1

    def vector(text: str) -> np.ndarray:
        tf = np.array([text.split().count(word) for word in words])
        weighted = np.where(tf > 0, 1 + np.log(np.maximum(tf, 1)), 0) * idf
        return weighted / np.linalg.norm(weighted)

    design = np.stack([vector(texts[i // 6]) for i in range(18)])
    weights = np.linalg.solve(design.T @ design + 2.5 * np.eye(6), design.T @ targets)
    predicted = vector("good ramen ramen wine") @ weights
    photos = train.images.features(sorted(POOL), "color-layout").astype(float) - mean
    cosines = photos @ predicted / np.linalg.norm(photos, axis=1) / np.linalg.norm(predicted)
    asked = query(business="new", pool=POOL, history=["good ramen", "RAMEN Wine?"])
    found = relevance(train, asked, alpha=2.5)
    np.testing.assert_allclose([found[one] for one in sorted(POOL)], cosines, atol=1e-6)


def test_history_photos_add_their_mean_cosine() -> None:
    train = taught()
    asked = query(business="new", pool=POOL, history=[review("ramen", "pizza-1", "wine-1", "bad")])
    words = relevance(train, asked, history_weight=0)
    both = relevance(train, asked, history_weight=0.5)
    ids = [f"{word}-{i}" for word in ("pizza", "ramen", "wine") for i in range(6)]
    mean = train.images.features(ids, "color-layout").astype(float).mean(axis=0)

    def centred(image_id: str) -> np.ndarray:
        row = train.images.features([image_id], "color-layout")[0] - mean
        return row / np.linalg.norm(row)

    for one in POOL:
        near = np.mean([centred(one) @ centred(other) for other in ("pizza-1", "wine-1")])
        assert both[one] == pytest.approx(words[one] + 0.5 * near, abs=1e-6)


def test_history_photos_alone_are_enough() -> None:
    train = taught()
    asked = query(business="new", pool=POOL, history=[review("", "wine-2")], k=2)
    assert set(shown(fit(TopK(), train), asked, train.images)) == {"wine-6", "wine-7"}


@pytest.mark.parametrize("history", [[], [""], ["unheard-of words"]])
def test_without_a_usable_history_the_business_speaks(history: list[str]) -> None:
    train = taught()
    train.append(row("x", "w", "green", "x", ["ramen-1"]))
    asked = query(business="green", pool=POOL, history=history, k=2)
    assert set(shown(fit(TopK(), train), asked, train.images)) == {"ramen-6", "ramen-7"}


def test_weight_zero_ignores_history_photos_altogether() -> None:
    train = taught()
    train.append(row("x", "w", "green", "x", ["ramen-1"]))
    asked = query(business="green", pool=POOL, history=[review("", "wine-2")], k=2)
    model = fit(TopK(history_weight=0), train)
    assert set(shown(model, asked, train.images)) == {"ramen-6", "ramen-7"}


def test_fitting_again_forgets_what_features_were_centred_on() -> None:
    train = taught()
    asked = query(business="new", pool=POOL, history=[review("", "wine-2")])
    model = Relevance("color-layout", 1.0, 1.0, 100)
    model.fit(train)
    model.fit(ListSplit([], train.images))
    (scored,) = model.scored_pools([asked], train.images)
    rows = train.images.features([*scored.pool.ids, "wine-2"], "color-layout").astype(float)
    np.testing.assert_allclose(scored.relevance, rows[:-1] @ rows[-1], atol=1e-6)


def test_fitting_does_not_change_the_stores_rows() -> None:
    class Shared(Store):
        def features(self, image_ids, encoder):
            key = tuple(image_ids)
            self.kept = getattr(self, "kept", {})
            return self.kept.setdefault(key, super().features(image_ids, encoder))

    train = world(Shared())
    fit(DPP(), train)
    for ids, rows in train.images.kept.items():
        assert rows.tobytes() == Store().features(ids, "color-layout").tobytes()


def test_labels_of_the_query_do_not_reach_prediction_and_val_is_not_used() -> None:
    train = world()
    model = fit(DPP(), train)
    other = DPP()
    val = ListSplit([Example(query("v", pool=["v1"]), Gold(("v1",), ("wine " * 9,)))])
    fit_arguments = {"seed": 3, "workdir": None, "progress": None}
    other.fit(train, val, **fit_arguments)
    assert list(other.predict(queries(), Store())) == list(model.predict(queries(), Store()))


def test_unreadable_training_photos_are_left_out() -> None:
    train = taught()
    broken = ListSplit(
        [*train, row("x", "w", "b0", "pizza", ["bad-1"]), row("y", "w", "b0", "pizza", ["bad-2"])],
        train.images,
    )
    asked = query(business="new", pool=POOL, history=["pizza"])
    # The two texts have no photo to learn from, so they do not enter the regression either.
    assert relevance(broken, asked) == relevance(train, asked)


@pytest.mark.parametrize("kind", [TopK, MMR, DPP])
def test_unreadable_photos_come_last_and_twins_go_by_id(kind) -> None:
    train = taught()
    images = train.images
    images.given.update({"twin-b": [0.2, 1, 0, 0.6], "twin-a": [0.2, 1, 0, 0.6]})
    pool = ["bad-2", "twin-b", "bad-1", "twin-a", "pizza-7"]
    asked = query(business="new", pool=pool, history=["ramen"], k=5)
    order = shown(fit(kind(), train), asked, images)
    assert order[0] == "twin-a"
    assert order[3:] == ("bad-1", "bad-2")


def test_dpp_shows_a_twin_only_when_nothing_else_is_left() -> None:
    train = taught()
    train.images.given.update({f"twin-{i}": [0, 1, 0, 0.6] for i in range(6)})
    pool = [*(f"twin-{i}" for i in range(6)), "pizza-7", "wine-7"]
    asked = query(business="new", pool=pool, history=["ramen"], k=4)
    for theta in (0.0, 0.7, 0.99):
        order = shown(fit(DPP(theta=theta), train), asked, train.images)
        assert sum(one.startswith("twin") for one in order[:3]) == 1
        assert order[3].startswith("twin")


def test_diversity_rises_and_relevance_falls_as_theta_falls() -> None:
    train = taught()
    rng = np.random.default_rng(0)
    ids = [f"x{i}" for i in range(30)]
    train.images.given.update({one: rng.random(4).tolist() for one in ids})
    asked = query(business="new", pool=ids, history=["pizza and wine"], k=4)
    scores = relevance(train, asked, alpha=10.0)
    values, spreads = [], []
    for theta in (0.0, 0.5, 0.9, 0.99):
        chosen = shown(fit(DPP(theta=theta), train), asked, train.images)
        rows = train.images.features(chosen, "color-layout").astype(float)
        values.append(sum(scores[one] for one in chosen))
        spreads.append(np.linalg.slogdet(rows @ rows.T)[1])
    assert all(a <= b + 1e-9 for a, b in pairwise(values))
    assert all(a >= b - 1e-9 for a, b in pairwise(spreads))
    assert values[0] < values[-1]


@pytest.mark.parametrize(
    ("kind", "arguments", "word"),
    [
        (DPP, {"theta": 1}, "theta"),
        (DPP, {"theta": -0.1}, "theta"),
        (DPP, {"theta": float("nan")}, "theta"),
        (MMR, {"trade_off": 1.1}, "trade_off"),
        (MMR, {"trade_off": "high"}, "trade_off"),
        (TopK, {"alpha": 0}, "alpha"),
        (TopK, {"history_weight": -1}, "history_weight"),
        (TopK, {"max_terms": 0}, "max_terms"),
        (TopK, {"max_terms": 2.5}, "max_terms"),
        (TopK, {"encoder": ""}, "encoder"),
    ],
)
def test_arguments_out_of_range_are_named(kind, arguments, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        kind(**arguments)


def test_vocabulary_is_limited_to_the_most_frequent_words() -> None:
    train = taught()
    asked = query(business="new", pool=POOL, history=["wine"], k=2)
    # "the", "was" and "good" take the three places, so "wine" is not known.
    assert relevance(train, asked, max_terms=3) == relevance(
        train, query(business="new", pool=POOL)
    )
