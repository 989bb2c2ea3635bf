"""PETER against arithmetic of its own, and as a model."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import neural_world
import numpy as np
import pytest
import torch
from baseline_world import ListSplit, row
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.neural.padding import IGNORED, padded, shifted
from baselines.neural.randomness import seeded
from baselines.neural.tables import Tables
from baselines.peter import Peter, PeterFeature
from baselines.peter.features import Features
from baselines.peter.network import (
    Inputs,
    PeterNetwork,
    PeterStepper,
    Sizes,
    peter_mask,
)
from baselines.peter.rows import PeterRows, learn_tables
from showcase_bench import Example, Gold, NoProgress
from showcase_bench.errors import UsageError

TINY = Sizes(width=16, heads=2, layers=2, hidden=32)


def network(sizes: Sizes = TINY, words: int = 30) -> PeterNetwork:
    with seeded(1):
        made = PeterNetwork(sizes, users=5, items=6, words=words)
    return made.eval()


def inputs(n: int, *, feature: bool = False) -> Inputs:
    user, item = torch.arange(n) % 5, torch.arange(n) % 6
    return Inputs(user, item, torch.arange(n) % 7 + 4 if feature else None)


def batch_of(n: int, *, feature: bool = False, seed: int = 0) -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(seed)
    texts = [rng.integers(4, 30, 3 + i % 5).tolist() for i in range(n)]
    words, targets = shifted(texts, 1, 2, 0)
    asked = inputs(n, feature=feature)
    batch = {"user": asked.user, "item": asked.item, "words": words, "targets": targets}
    batch["bag"] = padded(texts, IGNORED)
    batch["rating"] = torch.tensor([1.0 + i % 5 if i % 3 else float("nan") for i in range(n)])
    return batch if asked.feature is None else {**batch, "feature": asked.feature}


def test_mask_is_the_one_of_the_paper():
    by_hand = [
        [1, 1, 0, 0, 0],  # the user sees the item
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 1, 1, 1, 0],
        [1, 1, 1, 1, 1],
    ]
    assert peter_mask(5).tolist() == [[bool(one) for one in line] for line in by_hand]
    assert peter_mask(2, past=3).tolist() == [[True] * 4 + [False], [True] * 5]
    assert peter_mask(1, past=4).tolist() == [[True] * 5]


@pytest.mark.parametrize("feature", [False, True])
def test_what_changes_when_one_input_changes(feature):
    made, asked = network(), inputs(1, feature=feature)
    words = torch.tensor([[1, 5, 6, 7]])
    before = made.begin(asked, words)[0][0]
    places = asked.places

    def changed(asked: Inputs, words: torch.Tensor) -> list[bool]:
        after = made.begin(asked, words)[0][0]
        return (~torch.isclose(before, after, atol=1e-6).all(dim=-1)).tolist()

    everywhere = [True] * (places + 4)
    assert changed(asked._replace(user=torch.tensor([3])), words) == everywhere
    assert changed(asked._replace(item=torch.tensor([3])), words) == everywhere
    if feature:
        other = asked._replace(feature=torch.tensor([20]))
        assert changed(other, words) == [False] * 2 + [True] * 5
    for place in range(4):
        others = words.clone()
        others[0, place] = 11
        assert changed(asked, others) == [False] * (places + place) + [True] * (4 - place)


def numpy_hidden(made: PeterNetwork, rows: np.ndarray) -> np.ndarray:
    """The whole network for one row, in float64 and loops."""
    weights = {name: one.double().numpy() for name, one in made.state_dict().items()}
    n, width = rows.shape
    heads = made.sizes.heads
    x = rows * np.sqrt(width)
    for place in range(n):
        for i in range(width):
            angle = place / 10_000 ** (2 * (i // 2) / width)
            x[place, i] += np.sin(angle) if i % 2 == 0 else np.cos(angle)

    def linear(name: str, x: np.ndarray) -> np.ndarray:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(name: str, x: np.ndarray) -> np.ndarray:
        y = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return y * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    for layer in range(made.sizes.layers):
        name = f"layers.{layer}"
        query, key, value = np.split(linear(f"{name}.attend", x), 3, axis=-1)
        seen = np.zeros_like(x)
        size = width // heads
        for place in range(n):
            visible = 2 if place == 0 else place + 1
            for head in range(heads):
                part = slice(head * size, (head + 1) * size)
                scores = key[:visible, part] @ query[place, part] / np.sqrt(size)
                shares = np.exp(scores - scores.max())
                seen[place, part] = shares / shares.sum() @ value[:visible, part]
        x = norm(f"{name}.after_attention", x + linear(f"{name}.joined", seen))
        fed = linear(f"{name}.narrow", np.maximum(linear(f"{name}.wide", x), 0))
        x = norm(f"{name}.after_feed", x + fed)
    return x


@pytest.mark.parametrize("feature", [False, True])
def test_losses_by_numpy(feature):
    made, batch = network(replace(TINY, dropout=0.0)), batch_of(7, feature=feature)
    losses = made(batch)
    tables = {
        name: getattr(made, name).weight.detach().double().numpy()
        for name in ("users", "items", "words", "to_words", "to_hidden", "to_rating")
    }
    bias = {
        name: getattr(made, name).bias.detach().double().numpy()
        for name in ("to_words", "to_hidden", "to_rating")
    }

    def log_softmax(hidden: np.ndarray) -> np.ndarray:
        logits = hidden @ tables["to_words"].T + bias["to_words"]
        logits -= logits.max(-1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(-1, keepdims=True))

    words, context, rating = [], [], []
    for i in range(7):
        text = [int(one) for one in batch["bag"][i] if one != IGNORED]
        before = [tables["users"][batch["user"][i]], tables["items"][batch["item"][i]]]
        if feature:
            before.append(tables["words"][batch["feature"][i]])
        hidden = numpy_hidden(made, np.stack(before + [tables["words"][w] for w in [1, *text]]))
        said = log_softmax(hidden[len(before) :])
        words += [-said[t, word] for t, word in enumerate([*text, 2])]
        context += [-log_softmax(hidden[1])[word] for word in text]
        if i % 3:
            squashed = 1 / (1 + np.exp(-(hidden[0] @ tables["to_hidden"].T + bias["to_hidden"])))
            stars = (squashed @ tables["to_rating"].T + bias["to_rating"])[0]
            rating.append((stars - (1 + i % 5)) ** 2)
    assert losses.parts["words"] == pytest.approx(np.mean(words), rel=1e-5)
    assert losses.parts["context"] == pytest.approx(np.mean(context), rel=1e-5)
    assert losses.parts["rating"] == pytest.approx(np.mean(rating), rel=1e-5)
    assert float(losses.total.detach()) == pytest.approx(np.mean(words), rel=1e-5)
    total = np.mean(words) + np.mean(context) + 0.1 * np.mean(rating)
    minimised = made.train()(batch).total
    assert float(minimised.detach()) == pytest.approx(total, rel=1e-5)
    assert losses.weight == len(words)


def test_ratings_may_all_be_unknown():
    batch = {**batch_of(4), "rating": torch.full((4,), float("nan"))}
    losses = network().train()(batch)
    losses.total.backward()
    assert losses.parts["rating"] == 0
    assert torch.isfinite(losses.total)


@pytest.mark.parametrize("feature", [False, True])
def test_steps_equal_the_whole_pass(feature):
    made, asked = network(), inputs(6, feature=feature)
    words = torch.from_numpy(np.random.default_rng(3).integers(4, 30, (6, 9)))
    words[:, 0] = 1
    stepper = PeterStepper(made, asked, begin_token=1)
    with torch.inference_mode():
        whole = made.to_words(made.begin(asked, words)[0][:, asked.places :])
        rows = [4, 0, 0, 3]
        logits, state = stepper.begin(rows)
        torch.testing.assert_close(logits, whole[rows, 0], atol=1e-5, rtol=0)
        for t in range(1, 9):
            if t == 4:
                kept = torch.tensor([2, 3, 3, 0, 1])
                rows = [rows[i] for i in kept.tolist()]
                state = stepper.select(state, kept)
            logits, state = stepper.step(words[rows, t], state)
            torch.testing.assert_close(logits, whole[rows, t], atol=1e-5, rtol=0)
        assert state.places == asked.places + 9


def test_padding_and_batch_change_no_output():
    made, batch = network(), batch_of(8)
    asked = Inputs(batch["user"], batch["item"])
    with torch.inference_mode():
        whole = made.begin(asked, batch["words"])[0]
        order = torch.tensor([5, 2, 7, 0, 1, 3, 6, 4])
        moved = made.begin(Inputs(asked.user[order], asked.item[order]), batch["words"][order])[0]
        torch.testing.assert_close(moved, whole[order], atol=1e-5, rtol=0)
        for i in range(8):
            n = int((batch["targets"][i] != IGNORED).sum())
            one = Inputs(asked.user[i : i + 1], asked.item[i : i + 1])
            alone = made.begin(one, batch["words"][i : i + 1, :n])[0]
            torch.testing.assert_close(alone[0], whole[i, : n + 2], atol=1e-5, rtol=0)


def test_gradients_reach_every_parameter():
    made = network().train()
    with seeded(0):
        made(batch_of(8, feature=True)).total.backward()
    still = [name for name, one in made.named_parameters() if not one.grad.abs().sum() > 0]
    assert still == []


def test_groups_hold_every_parameter_once():
    made = network(replace(TINY, id_rate=4.0))
    ids, rest = made.parameter_groups()
    assert {id(one) for one in ids["params"]} == {id(made.users.weight), id(made.items.weight)}
    grouped = [id(one) for one in [*ids["params"], *rest["params"]]]
    assert sorted(grouped) == sorted(id(one) for one in made.parameters())
    assert (ids["scale"], rest["scale"]) == (4.0, 1.0)


def test_a_batch_of_eight_is_learned_by_heart():
    made = network(Sizes(width=32, heads=2, layers=2, hidden=64, dropout=0.0)).train()
    batch = batch_of(8)
    batch["user"] = torch.arange(8) % 5
    batch["item"] = torch.tensor([0, 1, 2, 3, 4, 5, 0, 1])
    optimizer = torch.optim.Adam(made.parameters(), lr=1e-2)
    for _ in range(150):
        optimizer.zero_grad()
        made(batch).total.backward()
        optimizer.step()
    parts = made.eval()(batch).parts
    assert float(parts["words"]) < 0.02
    assert float(parts["rating"]) < 0.02


def rows_of(n: int = 12, **given: Any) -> PeterRows:
    examples = list(neural_world.split(n))
    tables = Tables(learn_tables(examples, 1000))
    usual = {"most_tokens": 64, "user_dropout": 0.5, "item_dropout": 0.5}
    return PeterRows(examples, tables, **{**usual, **given})


def drawn_by(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_rows_leave_out_what_has_no_text_and_drop_ids_in_training_only():
    rows = rows_of()
    assert len(rows) == 11
    everything = range(len(rows))
    val = rows.batch(everything, None)
    assert (val["user"] > 0).all()
    assert (val["item"] > 0).all()
    drawn = [rows.batch(everything, drawn_by(seed)) for seed in (4, 4, 5)]
    assert torch.equal(drawn[0]["user"], drawn[1]["user"])
    assert not torch.equal(drawn[0]["user"], drawn[2]["user"])
    assert 0 < int((drawn[0]["user"] == 0).sum()) < 11
    assert not torch.equal(drawn[0]["user"] == 0, drawn[0]["item"] == 0)
    assert "feature" not in val
    one_side = rows_of(user_dropout=1.0, item_dropout=0.0).batch(everything, drawn_by(1))
    assert not one_side["user"].any()
    assert one_side["item"].all()


def test_rows_are_cut_and_rated():
    rows = rows_of(most_tokens=3)
    assert {rows.size(i) for i in range(len(rows))} == {3}
    unrated = Example(neural_world.example(1).query, Gold((), ("Good ramen.", " ", "Fine."), None))
    tables = Tables(learn_tables([unrated], 10))
    several = PeterRows([unrated], tables, most_tokens=9, user_dropout=0, item_dropout=0)
    batch = several.batch([0, 1], None)
    assert len(several) == 2
    assert batch["rating"].isnan().all()
    assert batch["words"][:, 0].tolist() == [1, 1]
    assert batch["targets"][1].tolist()[-1] == IGNORED


def test_features_are_the_nouns():
    texts = [
        "The lasagna was great.",
        "We had the warm lasagna and loved it.",
        "My soup is cold! I like a good soup.",
        "The soup, again.",
        "Great great great.",
        "The lasagna and a terrace were fine.",
        "I great the terrace.",
        "Fine.",
    ]
    features = Features.mine(texts, least=2, most_share=0.5)
    assert set(features.facts()["documents"]) == {"lasagna", "soup", "terrace"}
    assert features.of("A great lasagna on the terrace") == "terrace"  # in fewer texts
    assert features.of("lasagna lasagna lasagna TERRACE") == "lasagna"  # said more often
    assert features.of("Soup or terrace? terrace or soup") == "soup"  # the first of equals
    assert features.of("great, warm and fine") is None
    assert features.of("") is None
    again = Features.from_facts(features.facts())
    assert again.of("Soup or terrace?") == features.of("Soup or terrace?")
    assert len(Features.mine([])) == 0
    assert Features.mine([]).of("soup") is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=8), st.text(max_size=60))
def test_features_never_fail(texts, text):
    features = Features.mine(texts, least=1, most_share=1.0, least_nouns=0.0)
    found = features.of(text)
    assert found is None or found in features.facts()["documents"]


def small(model: Any) -> Any:
    sizes = Sizes(width=32, heads=2, layers=1, hidden=64, dropout=0.0)
    model.config = replace(model.config, sizes=sizes)
    return model


SMALL = {"epochs": 2, "batch_size": 8}


@pytest.fixture(scope="module", params=[Peter, PeterFeature])
def fitted(request, tmp_path_factory):
    return neural_world.fit(request.param(**SMALL), tmp_path_factory.mktemp("fit"))


def texts(model: Any, asked: list[Any]) -> list[str | None]:
    store = neural_world.NeuralStore()
    if isinstance(model, PeterFeature):
        examples = [Example(one, Gold((), ("The ramen was crisp.",), None)) for one in asked]
        return [one.text for one in model.predict_with_gold(examples, store)]
    return list(model.write(asked, neural_world.chosen_of(asked), store))


def test_hard_queries_are_answered(fitted):
    written = texts(fitted, neural_world.queries())
    assert len(written) == len(neural_world.queries())
    assert all(isinstance(one, str) for one in written)


def test_answers_do_not_depend_on_the_others(fitted):
    asked = neural_world.queries()
    whole = texts(fitted, asked)
    assert texts(fitted, asked[::-1]) == whole[::-1]
    assert [texts(fitted, [one])[0] for one in asked[:6]] == whole[:6]
    assert texts(fitted, []) == []


def test_saved_and_loaded_writes_the_same(fitted, tmp_path):
    asked = neural_world.queries()
    fitted.save(tmp_path)
    loaded = type(fitted)(**SMALL)
    loaded.load(tmp_path)
    assert texts(loaded, asked) == texts(fitted, asked)
    assert loaded.learning_curve() == fitted.learning_curve()
    assert loaded.parameters() == fitted.parameters() > 0


def test_same_seed_same_bytes(fitted, tmp_path):
    again = neural_world.fit(type(fitted)(**SMALL), tmp_path / "again")
    other = neural_world.fit(type(fitted)(**SMALL), tmp_path / "other", seed=1)
    files = []
    for name, model in (("a", fitted), ("b", again), ("c", other)):
        (tmp_path / name).mkdir()
        model.save(tmp_path / name)
        files.append((tmp_path / name / "model.safetensors").read_bytes())
    assert files[0] == files[1] != files[2]


@pytest.mark.parametrize("kind", [Peter, PeterFeature])
def test_nothing_to_learn_from(kind, tmp_path):
    model = kind(**SMALL)
    nothing = ListSplit([], neural_world.NeuralStore())
    model.fit(nothing, nothing, seed=0, workdir=tmp_path, progress=NoProgress())
    assert all(isinstance(one, str) for one in texts(model, neural_world.queries()))


def test_ids_decide_what_is_written(tmp_path):
    """Each business has its dishes and each user a word: both are learned from ids alone."""
    model = small(
        Peter(epochs=30, batch_size=8, learning_rate=3e-3, user_dropout=0.0, decoding="greedy")
    )
    rows = [
        row(f"r{i}", f"u{i % 3}", f"b{i % 4}", f"The {dish} was {word}.")
        for i in range(36)
        for dish in [("ramen", "pizza", "tacos", "curry")[i % 4]]
        for word in [("crisp", "warm", "cheap")[i % 3]]
    ]
    world = ListSplit(rows)
    model.fit(world, ListSplit([]), seed=0, workdir=tmp_path, progress=NoProgress())
    written = texts(model, [one.query for one in rows[:12]])
    assert written == [one.gold.texts[0] for one in rows[:12]]


def test_the_feature_decides_what_is_written(tmp_path):
    dishes = ("ramen", "pizza", "tacos", "curry")
    rows = [row(f"r{i}", "u", "b", f"I liked the {dishes[i % 4]}.") for i in range(24)]
    rows += [row(f"s{i}", "u", "b", "Fine.") for i in range(40)]
    model = small(PeterFeature(epochs=40, batch_size=8, learning_rate=5e-3, decoding="greedy"))
    world = ListSplit(rows)
    model.fit(world, ListSplit([]), seed=0, workdir=tmp_path, progress=NoProgress())
    shown = list(model.predict_with_gold(rows[:4], world.images))
    for dish, one in zip(dishes, shown, strict=True):
        assert dish in (one.text or "")
        assert one.image_ids == ()
    blank = Example(rows[0].query, Gold((), (" ",), None))
    assert isinstance(next(iter(model.predict_with_gold([blank], world.images))).text, str)


def test_flags_say_what_the_oracle_sees():
    assert PeterFeature.role == "ceiling"
    assert PeterFeature.flags == ("uses gold", "uses target feature")
    assert Peter.role == "system"
    assert Peter.flags == ()
    assert Peter.can_save()
    assert PeterFeature.can_save()


@pytest.mark.parametrize("kind", [Peter, PeterFeature])
@pytest.mark.parametrize(
    "bad",
    [
        {"config": "big"},
        {"decoding": "greedier"},
        {"epochs": -1},
        {"batch_size": 0},
        {"learning_rate": float("nan")},
        {"user_dropout": 1.5},
        {"item_dropout": -0.5},
    ],
)
def test_bad_arguments_are_refused(kind, bad):
    with pytest.raises(UsageError):
        kind(**bad)


def test_paper_configuration_is_that_of_the_paper():
    model = Peter(config="paper")
    assert model.config.sizes == Sizes(512, 2, 2, 2048, 0.2, 1.0, 0.1, 1.0)
    training = model.training
    assert (training.optimizer, training.learning_rate, training.clip) == ("sgd", 1.0, 1.0)
    assert (training.schedule, training.plateau_factor) == ("plateau", 0.25)
    assert str(model.decoding) == "greedy"
    sizes = [one.numel() for one in model.config.build(Tables(learn_tables([], 9))).parameters()]
    assert sum(sizes) > 6_000_000


def test_padding_helpers():
    assert padded([[1, 2], [], [3]], 9).tolist() == [[1, 2], [9, 9], [3, 9]]
    assert padded([], 9).shape == (0, 0)
    assert padded([[], []], 9).shape == (2, 0)
    words, targets = shifted([[7, 8], []], 1, 2, 0)
    assert words.tolist() == [[1, 7, 8], [1, 0, 0]]
    assert targets.tolist() == [[7, 8, 2], [2, IGNORED, IGNORED]]
    for text in ([4], [5, 6, 7]):
        words, targets = shifted([text], 1, 2, 0)
        assert all(a == b for a, (_, b) in zip(targets[0], pairwise(words[0]), strict=False))
