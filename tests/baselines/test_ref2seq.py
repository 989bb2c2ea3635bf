"""Ref2Seq against arithmetic of its own, and as a model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import neural_world
import numpy as np
import pytest
import torch
from baseline_world import ListSplit, query, review
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.neural.padding import IGNORED, shifted
from baselines.neural.randomness import seeded
from baselines.neural.words import Words
from baselines.ref2seq import Ref2Seq
from baselines.ref2seq.network import Attention, Ref2SeqNetwork, Ref2SeqStepper, Sizes
from baselines.ref2seq.references import (
    Segmenter,
    choose,
    same_text,
    segment_tensors,
    texts_by_item,
)
from baselines.ref2seq.rows import Ref2SeqRows, Sources
from showcase_bench import Example, Gold, NoProgress, Query
from showcase_bench.errors import UsageError

WIDTH = 8
WORDS = 30


def network(width: int = WIDTH, dropout: float = 0.3) -> Ref2SeqNetwork:
    with seeded(1):
        made = Ref2SeqNetwork(Sizes(width=width, attention=6, dropout=dropout), words=WORDS)
    return made.eval()


def segments_of(counts: list[list[int]], seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random segments of these lengths, row by row."""
    rng = np.random.default_rng(seed)
    rows = [[tuple(rng.integers(4, WORDS, n).tolist()) for n in row] for row in counts]
    return segment_tensors(rows, 0)


USER = [[3, 1], [], [5], [2, 4, 1], [1], [], [2, 2], [4]]
ITEM = [[2], [1, 6], [], [3], [2, 2, 2], [], [1], [5, 1]]


def batch_of(n: int = 8) -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(0)
    texts = [rng.integers(4, WORDS, 3 + i % 5).tolist() for i in range(n)]
    words, targets = shifted(texts, 1, 2, 0)
    user, user_lengths = segments_of(USER[:n], 1)
    item, item_lengths = segments_of(ITEM[:n], 2)
    return {
        "user": user,
        "user_lengths": user_lengths,
        "item": item,
        "item_lengths": item_lengths,
        "words": words,
        "targets": targets,
    }


def chosen(batch: dict[str, torch.Tensor], rows: list[int]) -> dict[str, torch.Tensor]:
    return {name: one[rows] for name, one in batch.items()}


def test_one_step_of_attention_by_numpy():
    with seeded(3):
        attention = Attention(WIDTH, 6)
        states, places = torch.randn(2, 3, WIDTH), torch.randn(2, 5, WIDTH)
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], dtype=torch.bool)
    weights = attention.weights(states, attention.of_place(places), mask).detach().numpy()
    own = {name: one.double().numpy() for name, one in attention.state_dict().items()}
    for row in range(2):
        for step in range(3):
            scores = []
            for place in range(5):
                state = own["of_state.weight"] @ states[row, step].double().numpy()
                held = own["of_place.weight"] @ places[row, place].double().numpy()
                mixed = np.tanh(state + held + own["of_place.bias"])
                scores.append(own["score.weight"][0] @ mixed if mask[row, place] else -np.inf)
            expected = np.exp(scores) / np.exp(scores).sum()
            np.testing.assert_allclose(weights[row, step], expected, atol=1e-6)


def test_attention_depends_on_the_decoder_and_sums_to_one():
    made, batch = network(), batch_of()
    with torch.inference_mode():
        state = made.read(batch)
        out, _ = made.decoder(made.words(batch["words"]), state.hidden)
        for attention, side in (
            (made.user_attention, state.user),
            (made.item_attention, state.item),
        ):
            weights = attention.weights(out, side.keys, side.mask)
            there = side.mask.any(dim=1)
            assert not weights.isnan().any()
            assert not weights[~side.mask[:, None].expand_as(weights)].any()
            ones = torch.ones_like(weights[there].sum(dim=-1))
            torch.testing.assert_close(weights[there].sum(dim=-1), ones)
            several = side.mask.sum(dim=1) > 1
            between_steps = (weights[several][:, 0] - weights[several][:, 1]).abs().amax(dim=-1)
            assert (between_steps > 1e-6).all()


def gru_by_numpy(weights: dict[str, np.ndarray], suffix: str, x: np.ndarray) -> np.ndarray:
    """States of one direction of one layer, in the order that ``x`` is read in."""
    n = weights[f"weight_hh_{suffix}"].shape[1]
    h, states = np.zeros(n), []
    for one in x:
        a = weights[f"weight_ih_{suffix}"] @ one + weights[f"bias_ih_{suffix}"]
        b = weights[f"weight_hh_{suffix}"] @ h + weights[f"bias_hh_{suffix}"]
        reset, update = (1 / (1 + np.exp(-(a + b)[part * n : (part + 1) * n])) for part in (0, 1))
        new = np.tanh(a[2 * n :] + reset * b[2 * n :])
        h = (1 - update) * new + update * h
        states.append(h)
    return np.array(states)


def test_encoder_by_numpy_whatever_the_order_of_lengths():
    """The states of each segment are its own: nothing stays in the order that packing sorts to."""
    made, batch = network(), batch_of()
    weights = {
        name.removeprefix("gru."): one.double().numpy()
        for name, one in made.user_encoder.state_dict().items()
    }
    table = made.words.weight.detach().double().numpy()
    with torch.inference_mode():
        encoded = made.read(batch).user
    for row, counts in enumerate(USER):
        held, ends = [], []
        for j, n in enumerate(counts):
            x = table[batch["user"][row, j, :n].numpy()]
            last = []
            for layer in range(2):
                forward = gru_by_numpy(weights, f"l{layer}", x)
                backward = gru_by_numpy(weights, f"l{layer}_reverse", x[::-1])[::-1]
                last.append(forward[-1] + backward[0])
                x = np.concatenate([forward, backward], axis=1)
            held.append(forward + backward)
            ends.append(last)
        total = sum(counts)
        assert int(encoded.mask[row].sum()) == total
        if total:
            expected = np.concatenate(held)
            np.testing.assert_allclose(encoded.places[row, :total], expected, atol=1e-6)
            np.testing.assert_allclose(encoded.summary[:, row], np.mean(ends, 0), atol=1e-6)
        assert not encoded.places[row, total:].any()


def test_loss_is_the_mean_over_words():
    made, batch = network(), batch_of()
    losses = made(batch)
    logits = made.write(batch["words"], made.read(batch))[0].detach().double().numpy()
    logits -= logits.max(-1, keepdims=True)
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    targets = batch["targets"].numpy()
    said = [
        -logs[i, t, targets[i, t]]
        for i, t in np.ndindex(*targets.shape)
        if targets[i, t] != IGNORED
    ]
    assert float(losses.total.detach()) == pytest.approx(np.mean(said), rel=1e-5)
    assert losses.weight == len(said)


def stepper_of(made: Ref2SeqNetwork, batch: dict[str, torch.Tensor]) -> Ref2SeqStepper:
    names = ("user", "user_lengths", "item", "item_lengths")

    def references(rows: Any) -> dict[str, torch.Tensor]:
        return {name: batch[name][list(rows)] for name in names}

    return Ref2SeqStepper(made, references, begin_token=1)


def test_steps_equal_the_whole_pass():
    made, batch = network(), batch_of()
    stepper = stepper_of(made, batch)
    words = torch.from_numpy(np.random.default_rng(3).integers(4, WORDS, (8, 7)))
    words[:, 0] = 1
    with torch.inference_mode():
        whole = made.write(words, made.read(batch))[0]
        rows = [4, 1, 1, 5, 3]
        logits, state = stepper.begin(rows)
        torch.testing.assert_close(logits, whole[rows, 0], atol=1e-5, rtol=0)
        for t in range(1, 7):
            if t == 3:
                kept = torch.tensor([2, 3, 3, 0])
                rows = [rows[i] for i in kept.tolist()]
                state = stepper.select(state, kept)
            logits, state = stepper.step(words[rows, t], state)
            torch.testing.assert_close(logits, whole[rows, t], atol=1e-5, rtol=0)


def test_padding_and_batch_change_no_output():
    made, batch = network(), batch_of()
    with torch.inference_mode():
        whole = made.write(batch["words"], made.read(batch))[0]
        order = [5, 2, 7, 0, 1, 3, 6, 4]
        moved = chosen(batch, order)
        again = made.write(moved["words"], made.read(moved))[0]
        torch.testing.assert_close(again, whole[order], atol=1e-5, rtol=0)
        wide = dict(batch)
        wide["user"] = torch.nn.functional.pad(batch["user"], (0, 3, 0, 2), value=9)
        wide["user_lengths"] = torch.nn.functional.pad(batch["user_lengths"], (0, 2))
        again = made.write(batch["words"], made.read(wide))[0]
        torch.testing.assert_close(again, whole, atol=1e-5, rtol=0)
        for i in range(8):
            one = chosen(batch, [i])
            s, n = len(USER[i]) or 1, max([1, *USER[i]])
            one["user"], one["user_lengths"] = one["user"][:, :s, :n], one["user_lengths"][:, :s]
            alone = made.write(one["words"], made.read(one))[0]
            torch.testing.assert_close(alone[0], whole[i], atol=1e-5, rtol=0)


def test_both_sides_and_both_orders_matter():
    made, batch = network(), batch_of()
    with torch.inference_mode():
        whole = made.write(batch["words"], made.read(batch))[0]
        for side in ("user", "item"):
            other = {**batch, side: batch[side].where(batch[side] != batch[side][0, 0, 0], 29)}
            again = made.write(batch["words"], made.read(other))[0]
            assert not torch.allclose(again[0], whole[0], atol=1e-5)
            assert torch.equal(again[5], whole[5])  # this row has no references at all


def test_gradients_reach_every_parameter():
    made = network().train()
    with seeded(0):
        made(batch_of()).total.backward()
    still = [name for name, one in made.named_parameters() if not one.grad.abs().sum() > 0]
    assert still == []


def test_rows_without_any_reference_learn():
    made, batch = network().train(), chosen(batch_of(), [1, 5])
    nothing = torch.zeros(2, 1, 1, dtype=torch.int64)
    for side in ("user", "item"):
        batch[side], batch[f"{side}_lengths"] = nothing, nothing[:, :, 0]
    losses = made(batch)
    losses.total.backward()
    assert torch.isfinite(losses.total)
    grads = [one.grad for one in made.parameters() if one.grad is not None]
    assert all(torch.isfinite(one).all() for one in grads)


def test_a_batch_of_eight_is_learned_by_heart():
    made, batch = network(width=24, dropout=0.0).train(), batch_of()
    optimizer = torch.optim.Adam(made.parameters(), lr=1e-2)
    for _ in range(100):
        optimizer.zero_grad()
        made(batch).total.backward()
        optimizer.step()
    assert float(made.eval()(batch).total.detach()) < 0.02


CODEC = Words.learn(["The ramen was warm. I loved it! So quiet.", "Fine. Cheap tacos."])


def decoded(tokens: torch.Tensor, lengths: torch.Tensor) -> list[str]:
    return [CODEC.decode(tokens[j, : int(n)].tolist()) for j, n in enumerate(lengths) if int(n) > 0]


def target_rows() -> list[Example]:
    own = "The  ramen was warm. I loved it!"
    history = [review("the ramen was warm. i loved it!"), review("So quiet. The ramen was warm.")]
    asked = query("q", "u", "b", history=history)
    return [
        Example(asked, Gold((), (own,), 5.0)),
        Example(query("r", "v", "b"), Gold((), ("Fine. Cheap tacos.",), None)),
        Example(query("s", "w", "b"), Gold((), (own,), None)),
        Example(query("t", "x", "elsewhere"), Gold((), ("Cheap tacos. Fine.",), None)),
        Example(query("v", "x", "elsewhere"), Gold((), (" ",), None)),
    ]


@pytest.mark.parametrize("seed", [None, 0, 1])
def test_the_target_is_in_neither_reference(seed):
    """A text that only differs in case and spaces is the target too; single sentences may stay."""
    rows = target_rows()
    sources = Sources(CODEC, texts_by_item(rows, 50), most_segments=2, most_tokens=20)
    made = Ref2SeqRows(rows, sources, most_tokens=64)
    rng = None if seed is None else np.random.default_rng(seed)
    batch = made.batch([0, 1, 3], rng)
    assert len(made) == 4
    user = [decoded(*one) for one in zip(batch["user"], batch["user_lengths"], strict=True)]
    item = [decoded(*one) for one in zip(batch["item"], batch["item_lengths"], strict=True)]
    assert user == [["So quiet.", "The ramen was warm."], [], []]
    assert item == [["Fine.", "Cheap tacos."], ["The ramen was warm.", "I loved it!"], []]


def test_a_query_without_target_reads_everything():
    rows = target_rows()
    sources = Sources(CODEC, texts_by_item(rows, 50), most_segments=9, most_tokens=2)
    batch = sources.references([rows[0].query], [None])
    item = decoded(batch["item"][0], batch["item_lengths"][0])
    assert item == ["The ramen", "I loved", "Fine.", "Cheap tacos"]
    assert decoded(batch["user"][0], batch["user_lengths"][0]) == [
        "The ramen",
        "I loved",
        "So quiet",
    ]


def test_texts_by_item_are_bounded_and_distinct():
    rows = target_rows()
    assert texts_by_item(rows, 50) == {
        "b": ["The  ramen was warm. I loved it!", "Fine. Cheap tacos."],
        "elsewhere": ["Cheap tacos. Fine."],
    }
    assert texts_by_item(rows, 1)["b"] == ["The  ramen was warm. I loved it!"]
    assert texts_by_item([], 1) == {}


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 30), st.integers(1, 12), st.none() | st.integers(0, 5))
def test_choose_keeps_order_and_bounds(n, most, seed):
    segments = [(i,) for i in range(n)]
    rng = None if seed is None else np.random.default_rng(seed)
    found = choose(segments, most, rng)
    assert len(found) == min(n, most)
    assert found == sorted(set(found))
    again = choose(segments, most, None if seed is None else np.random.default_rng(seed))
    assert found == again


def test_every_segment_is_drawn_in_training():
    rng = np.random.default_rng(0)
    drawn = {one for _ in range(60) for one in choose([(i,) for i in range(9)], 2, rng)}
    assert drawn == {(i,) for i in range(9)}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=5), st.text(max_size=30))
def test_segments_never_hold_the_target(texts, target):
    codec = Words.learn([*texts, target])
    segmenter = Segmenter(codec, 20)
    found = segmenter.segments([*texts, target], without=target)
    rest = [one for one in texts if same_text(one) != same_text(target)]
    assert found == Segmenter(codec, 20).segments(rest)
    assert all(0 < len(one) <= 20 for one in found)


SMALL = {"epochs": 2, "batch_size": 8}


def small(model: Ref2Seq) -> Ref2Seq:
    model.config = replace(model.config, sizes=Sizes(width=16, attention=16, dropout=0.1))
    return model


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    return neural_world.fit(small(Ref2Seq(**SMALL)), tmp_path_factory.mktemp("fit"))


def texts(model: Ref2Seq, asked: list[Query]) -> list[str]:
    store = neural_world.NeuralStore()
    return list(model.write(asked, neural_world.chosen_of(asked), store))


def test_hard_queries_are_answered(fitted):
    written = texts(fitted, neural_world.queries())
    assert len(written) == len(neural_world.queries())
    assert all(isinstance(one, str) for one in written)


def test_answers_do_not_depend_on_the_others(fitted):
    asked = neural_world.queries()
    whole = texts(fitted, asked)
    assert texts(fitted, asked[::-1]) == whole[::-1]
    assert [texts(fitted, [one])[0] for one in asked] == whole
    assert texts(fitted, []) == []


def test_saved_and_loaded_writes_the_same(fitted, tmp_path):
    asked = neural_world.queries()
    fitted.save(tmp_path)
    loaded = small(Ref2Seq(**SMALL))
    loaded.load(tmp_path)
    assert texts(loaded, asked) == texts(fitted, asked)
    assert loaded.learning_curve() == fitted.learning_curve()
    assert loaded.parameters() == fitted.parameters() > 0


def test_same_seed_same_bytes(fitted, tmp_path):
    again = neural_world.fit(small(Ref2Seq(**SMALL)), tmp_path / "again")
    other = neural_world.fit(small(Ref2Seq(**SMALL)), tmp_path / "other", seed=1)
    files = []
    for name, model in (("a", fitted), ("b", again), ("c", other)):
        (tmp_path / name).mkdir()
        model.save(tmp_path / name)
        files.append((tmp_path / name / "model.safetensors").read_bytes())
    assert files[0] == files[1] != files[2]


def test_nothing_to_learn_from(tmp_path):
    model = small(Ref2Seq(**SMALL))
    nothing = ListSplit([], neural_world.NeuralStore())
    model.fit(nothing, nothing, seed=0, workdir=tmp_path, progress=NoProgress())
    assert all(isinstance(one, str) for one in texts(model, neural_world.queries()))


def test_references_decide_what_is_written(tmp_path):
    """What a new user says, and the dish of a business, are copied from the references."""
    dishes, words = ("ramen", "pizza", "tacos", "curry"), ("crisp", "warm", "cheap")

    def ask(i: int, user: str) -> Query:
        return query(f"{user}{i}", user, f"b{i % 4}", history=[f"So {words[i % 3]}!"])

    rows = [
        Example(ask(i, f"u{i}"), Gold((), (f"{dishes[i % 4]} {words[i % 3]}",), None))
        for i in range(60)
    ]
    model = small(Ref2Seq(epochs=25, batch_size=10, learning_rate=1e-2, decoding="greedy"))
    model.fit(ListSplit(rows), ListSplit([]), seed=0, workdir=tmp_path, progress=NoProgress())
    written = texts(model, [ask(i, "new") for i in range(12)])
    expected = [f"{dishes[i % 4]} {words[i % 3]}" for i in range(12)]
    assert [one.lower().strip(".") for one in written] == expected


@pytest.mark.parametrize(
    "bad",
    [
        {"config": "big"},
        {"decoding": "beam(size=0)"},
        {"epochs": -1},
        {"batch_size": 0},
        {"learning_rate": -1.0},
        {"segments": 0},
    ],
)
def test_bad_arguments_are_refused(bad):
    with pytest.raises(UsageError):
        Ref2Seq(**bad)


def test_paper_configuration_is_that_of_the_paper():
    model = Ref2Seq(config="paper")
    assert (model.config.most_segments, model.config.segment_tokens) == (5, 20)
    training = model.training
    assert (training.optimizer, training.learning_rate, training.clip) == ("adam", 2e-4, 5.0)
    assert (model.decoding.method, model.decoding.size) == ("beam", 10)
    assert Ref2Seq(segments=7).config.most_segments == 7
