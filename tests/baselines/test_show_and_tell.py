"""Show and Tell: its network against hand-made arithmetic, and the model on the small world."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from baseline_world import ListSplit
from neural_world import DIM, NeuralStore, chosen_of, fit, queries, split

from baselines.neural.decoding import Decoding
from baselines.neural.padding import IGNORED, shifted
from baselines.neural.randomness import seeded
from baselines.show_and_tell import ShowAndTell
from baselines.show_and_tell.network import Captioner, CaptionerStepper, Sizes, Standard
from baselines.show_and_tell.rows import CaptionRows, pictures_of, standard_of
from showcase_bench import Example, Gold, NoProgress
from showcase_bench.errors import StoreError, UsageError

V = 12
SIZES = Sizes(embedding=10, hidden=14, dropout=0.0)
STANDARD = Standard(np.linspace(-0.2, 0.3, DIM).tolist(), 0.25)


def network(sizes: Sizes = SIZES) -> Captioner:
    with seeded(3):
        return Captioner(sizes, STANDARD, V, begin=1).eval()


def batch(texts: list[list[int]], seed: int = 0) -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(seed)
    image = torch.from_numpy(rng.standard_normal((len(texts), DIM)).astype(np.float32))
    seen = torch.tensor([i % 3 != 2 for i in range(len(texts))])
    words, targets = shifted(texts, 1, 2, 0)
    return {"image": image * seen[:, None], "seen": seen, "words": words, "targets": targets}


TEXTS = [[4, 5, 6], [7], [8, 9, 10, 11, 4, 4], [5, 5], [], [6, 4], [9], [11, 10, 9]]


def lstm_by_hand(net: Captioner, inputs: np.ndarray) -> np.ndarray:
    """Hidden states of the inputs, [t, d], one after the other."""
    arrays = {name: one.detach().double().numpy() for name, one in net.lstm.named_parameters()}
    hidden = cell = np.zeros(SIZES.hidden)
    states = []
    for x in inputs:
        z = arrays["weight_ih_l0"] @ x + arrays["bias_ih_l0"]
        z = z + arrays["weight_hh_l0"] @ hidden + arrays["bias_hh_l0"]
        i, f, g, o = np.split(z, 4)
        cell = cell / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        hidden = np.tanh(cell) / (1 + np.exp(-o))
        states.append(hidden)
    return np.array(states)


def by_hand(net: Captioner, image: np.ndarray | None, tokens: list[int]) -> np.ndarray:
    """Logits after each of ``tokens``, with the picture as the input before them."""
    state = {name: one.detach().double().numpy() for name, one in net.state_dict().items()}
    if image is None:
        first = state["no_image"]
    else:
        centred = (image.astype(np.float64) - np.array(STANDARD.center)) / STANDARD.spread
        first = state["image.weight"] @ centred + state["image.bias"]
    inputs = np.vstack([first, state["words.weight"][tokens]])
    return lstm_by_hand(net, inputs)[1:] @ state["output.weight"].T + state["output.bias"]


def test_the_picture_is_the_first_input_and_words_follow():
    net, given = network(), batch(TEXTS)
    losses = []
    for i, text in enumerate(TEXTS):
        image = given["image"][i].numpy() if given["seen"][i] else None
        logits = by_hand(net, image, [1, *text])
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        losses += [-log_p[at, token] for at, token in enumerate([*text, 2])]
    found = net(given)
    assert found.weight == len(losses)
    np.testing.assert_allclose(float(found.total.detach()), np.mean(losses), rtol=1e-5)


def test_steps_give_the_logits_of_hand_made_arithmetic():
    net, given = network(), batch(TEXTS)
    stepper = CaptionerStepper(net, given["image"], given["seen"])
    rows = [2, 0, 1]
    logits, state = stepper.begin(rows)
    texts = [[1], [1], [1]]
    for token in (4, 9, 5, 5):
        for at, row in enumerate(rows):
            image = given["image"][row].numpy() if given["seen"][row] else None
            wanted = by_hand(net, image, texts[at])[-1]
            np.testing.assert_allclose(logits[at].detach().numpy(), wanted, atol=1e-5)
        chosen = torch.tensor([1, 1, 0])
        state = stepper.select(state, chosen)
        rows = [rows[i] for i in chosen.tolist()]
        texts = [[*texts[i], token] for i in chosen.tolist()]
        logits, state = stepper.step(torch.full((3,), token), state)


def test_padding_and_company_change_nothing():
    net, given = network(), batch(TEXTS)
    together = net(given)
    total = 0.0
    for i in range(len(TEXTS)):
        one = {name: values[i : i + 1] for name, values in given.items()}
        length = len(TEXTS[i]) + 1
        alone = net(
            {**one, "words": one["words"][:, :length], "targets": one["targets"][:, :length]}
        )
        total += float(alone.total.detach()) * alone.weight
    np.testing.assert_allclose(total / together.weight, float(together.total.detach()), rtol=1e-5)
    wider = {
        **given,
        "words": torch.nn.functional.pad(given["words"], (0, 5), value=7),
        "targets": torch.nn.functional.pad(given["targets"], (0, 5), value=IGNORED),
    }
    np.testing.assert_allclose(
        float(net(wider).total.detach()), float(together.total.detach()), rtol=1e-6
    )


def test_every_parameter_learns_and_eight_rows_are_learned_by_heart():
    with seeded(0):
        net = Captioner(Sizes(24, 32, 0.0), STANDARD, V, begin=1)
    given = batch(TEXTS)
    given["image"][5] = -given["image"][4]
    given["seen"][:] = True
    given["seen"][2] = False
    net(given).total.backward()
    assert all(one.grad is not None and one.grad.abs().sum() > 0 for one in net.parameters())
    optimizer = torch.optim.Adam(net.parameters(), 0.02)
    for _ in range(150):
        optimizer.zero_grad()
        loss = net(given).total
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.01


def test_dropout_is_in_training_only():
    net, given = network(Sizes(10, 14, 0.5)), batch(TEXTS)
    quiet = [float(net(given).total.detach()) for _ in range(2)]
    net.train()
    with seeded(1):
        loud = [float(net(given).total.detach()) for _ in range(2)]
    assert quiet[0] == quiet[1] != loud[0] != loud[1]


def test_a_picture_is_the_mean_of_the_readable_photos():
    store = NeuralStore()
    sets = [("ramen-1", "bad-1", "pizza-2"), (), ("bad-1",), ("sushi-3",), ("pizza-2", "ramen-1")]
    image, seen = pictures_of(sets, store, "any")
    rows = store.features(["ramen-1", "pizza-2"], "any")
    np.testing.assert_allclose(image[0].numpy(), (rows[0] + rows[1]) / 2, rtol=1e-6)
    assert torch.equal(image[0], image[4])
    assert seen.tolist() == [True, False, False, True, True]
    assert not image[1].any()
    assert not image[2].any()
    assert image.dtype == torch.float32
    empty, none = pictures_of([], store, "any")
    assert empty.shape == (0, DIM)
    assert none.shape == (0,)


def test_the_standard_is_that_of_the_pictures_that_are_there():
    pictures = pictures_of([("ramen-1",), (), ("pizza-2",)], NeuralStore(), "any")
    center, spread = standard_of(pictures).center, standard_of(pictures).spread
    rows = pictures.image[[0, 2]].double().numpy()
    np.testing.assert_allclose(center, rows.mean(axis=0))
    np.testing.assert_allclose(spread, np.sqrt(((rows - rows.mean(axis=0)) ** 2).mean()))
    one = pictures_of([("ramen-1",), ("ramen-1",)], NeuralStore(), "any")
    assert standard_of(one).spread == 1.0
    assert standard_of(pictures_of([()], NeuralStore(), "any")) == Standard([0.0] * DIM, 1.0)


def test_rows_leave_out_blank_texts_and_take_each_of_several():
    model = ShowAndTell(epochs=0)
    model.facts = model._learn_facts(split(6), NeuralStore())
    first = split(1)[0]
    examples = [first, Example(first.query, Gold((), ("", "  ")))]
    examples.append(Example(first.query, Gold(first.gold.image_ids, ("The ramen.", "the " * 99))))
    rows = model._rows(examples, NeuralStore())
    assert isinstance(rows, CaptionRows)
    assert len(rows) == 3
    assert [rows.size(i) for i in (1, 2)] == [3, 64]
    made = rows.batch([2, 1], None)
    assert made["words"].shape == made["targets"].shape == (2, 65)
    assert made["targets"][0, 64] == 2
    assert made["words"][:, 0].tolist() == [1, 1]


def test_a_text_is_told_once_of_each_photo_and_once_of_none():
    model = ShowAndTell(epochs=0)
    model.facts = model._learn_facts(split(6), NeuralStore())
    asked = split(1)[0].query
    told = Gold(("ramen-1", "bad-1", "pizza-2"), ("The ramen.",))
    rows = model._rows(
        [Example(asked, told), Example(asked, Gold((), ("No photo.",)))], NeuralStore()
    )
    assert len(rows) == 4
    made = rows.batch([0, 1, 2, 3], None)
    assert made["seen"].tolist() == [True, False, True, False]
    alone = NeuralStore().features(["ramen-1", "pizza-2"], "any")
    np.testing.assert_allclose(made["image"][[0, 2]].numpy(), alone, rtol=1e-6)


def small(**more: object) -> ShowAndTell:
    return ShowAndTell(**{"epochs": 4, "batch_size": 16, "decoding": "greedy", **more})


def test_it_learns_to_name_what_is_on_the_photos(tmp_path):
    model = fit(small(epochs=25, learning_rate=1e-2), tmp_path)
    asked = queries()[:8]
    texts = list(model.write(asked, [one.pool[:1] for one in asked], NeuralStore()))
    named = sum(one.pool[0].split("-")[0] in text for one, text in zip(asked, texts, strict=True))
    assert named >= 7


def test_hard_queries_save_and_load_and_company(tmp_path):
    (tmp_path / "saved").mkdir()
    beam = "beam(size=3,max_tokens=20)"
    model = fit(small(decoding=beam), tmp_path / "work")
    asked, store = queries(), NeuralStore()
    chosen = chosen_of(asked)
    texts = list(model.write(asked, chosen, store))
    assert len(texts) == len(asked)
    assert all(isinstance(text, str) for text in texts)
    model.save(tmp_path / "saved")
    again = small(decoding=beam)
    again.load(tmp_path / "saved")
    assert list(again.write(asked, chosen, store)) == texts
    assert again.parameters() == model.parameters()
    assert again.learning_curve() == model.learning_curve()
    reordered = list(model.write(asked[::-1], [one[::-1] for one in chosen[::-1]], store))
    assert reordered[::-1] == texts
    alone = [next(iter(model.write([q], [c], store))) for q, c in zip(asked, chosen, strict=True)]
    assert alone == texts


def test_same_seed_same_bytes_and_nobody_elses_randomness(tmp_path):
    found = []
    for at, seed in enumerate((0, 0, 1)):
        before = torch.random.get_rng_state()
        model = fit(small(epochs=2), tmp_path / str(at), seed=seed)
        assert torch.equal(before, torch.random.get_rng_state())
        (tmp_path / f"saved{at}").mkdir()
        model.save(tmp_path / f"saved{at}")
        found.append((tmp_path / f"saved{at}" / "model.safetensors").read_bytes())
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(("rows", "val"), [(0, 0), (0, 4), (4, 0)])
def test_empty_splits(tmp_path, rows, val):
    model = small(epochs=1)
    parts = split(rows), split(val, 50, "val")
    model.fit(*parts, seed=0, workdir=tmp_path, progress=NoProgress())
    texts = list(model.write(queries(), chosen_of(queries()), NeuralStore()))
    assert all(isinstance(text, str) for text in texts)
    assert list(model.write([], [], NeuralStore())) == []


def test_rows_without_photos_only(tmp_path):
    bare = ListSplit([Example(one.query, Gold((), one.gold.texts)) for one in split(8)])
    bare.images = NeuralStore()
    model = small(epochs=1)
    model.fit(bare, bare, seed=0, workdir=tmp_path, progress=NoProgress())
    assert len(list(model.write(queries(), chosen_of(queries()), NeuralStore()))) == len(queries())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"config": "huge"}, "config is 'huge'"),
        ({"decoding": "guess"}, "decoding is 'guess'"),
        ({"epochs": -1}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"encoder": 3}, "encoder"),
    ],
)
def test_bad_arguments(arguments, said):
    with pytest.raises(UsageError, match=said):
        ShowAndTell(**arguments)


def test_a_checkpoint_of_another_model(tmp_path):
    class Other(ShowAndTell):
        kind = "other"

    model = fit(small(epochs=0), tmp_path / "work", n=4)
    model.save(tmp_path)
    with pytest.raises(StoreError, match="show-and-tell"):
        Other().load(tmp_path)


def test_configurations():
    paper = ShowAndTell(config="paper")
    assert paper.config.encoder == "open_clip:ViT-B-32/openai"
    assert (paper.config.sizes.embedding, paper.config.sizes.hidden) == (512, 512)
    assert ShowAndTell(encoder="color-layout").config.encoder == "color-layout"
    assert ShowAndTell.selector == "dpp"
    assert "decoding" in ShowAndTell.predict_arguments
    assert Decoding.parse(paper.config.decoding) == paper.decoding
