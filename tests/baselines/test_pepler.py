from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import neural_world
import numpy as np
import pytest
import torch
from baseline_world import ListSplit, row

from baselines.neural.padding import IGNORED
from baselines.neural.pretrained import build_causal
from baselines.neural.tables import Tables
from baselines.neural.training import Training, train_network
from baselines.pepler import Pepler
from baselines.pepler.network import (
    PeplerNetwork,
    Sizes,
    pepler_stepper,
    small_language_model,
)
from baselines.pepler.rows import PeplerRows
from showcase_bench import NoProgress
from showcase_bench.errors import StoreError, UsageError

WORDS = 11
STORE = neural_world.NeuralStore()


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def network(dropout: float = 0.0) -> PeplerNetwork:
    torch.manual_seed(0)
    shape = small_language_model(WORDS, Sizes(16, 2, 2, dropout))
    return PeplerNetwork(build_causal(shape), users=4, items=3).eval()


def batch(n: int = 3, words: int = 5) -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(1)
    return {
        "user": torch.arange(n) % 4,
        "item": torch.arange(n) % 3,
        "words": torch.randint(4, WORDS, (n, words), generator=draw),
        "targets": torch.randint(4, WORDS, (n, words), generator=draw),
    }


def test_a_place_sees_user_item_and_the_words_up_to_its_own() -> None:
    net, given = network(), batch()
    with torch.no_grad():
        before = net.logits(given["user"], given["item"], given["words"])
        words = given["words"].clone()
        words[:, 3] = (words[:, 3] - 3) % 7 + 4
        after = net.logits(given["user"], given["item"], words)
        other_user = net.logits((given["user"] + 1) % 4, given["item"], given["words"])
        other_item = net.logits(given["user"], (given["item"] + 1) % 3, given["words"])
    assert torch.equal(before[:, :3], after[:, :3])
    assert (before[:, 3:] - after[:, 3:]).abs().amax(dim=(0, 2)).min() > 1e-6
    for other in (other_user, other_item):
        assert (before - other).abs().amax(dim=2).min() > 1e-6


def test_prompts_stand_at_the_places_before_the_text() -> None:
    net, given = network(), batch(1, 4)
    gpt = net.language_model.transformer
    table = net.language_model.get_input_embeddings().weight
    rows = [net.users.weight[0], net.items.weight[0], *(table[i] for i in given["words"][0])]
    with torch.no_grad():
        hidden = torch.stack([one + gpt.wpe.weight[i] for i, one in enumerate(rows)])[None]
        mask = torch.full((6, 6), -torch.inf).triu(1)
        for block in gpt.h:
            seen = block.attn.c_attn(block.ln_1(hidden)).split(16, dim=2)
            query, key, value = (x.view(1, 6, 2, 8).transpose(1, 2) for x in seen)
            weights = (query @ key.transpose(2, 3) / 8**0.5 + mask).softmax(dim=-1)
            mixed = (weights @ value).transpose(1, 2).reshape(1, 6, 16)
            hidden = hidden + block.attn.c_proj(mixed)
            hidden = hidden + block.mlp(block.ln_2(hidden))
        expected = gpt.ln_f(hidden)[:, 2:] @ table.T
        found = net.logits(given["user"], given["item"], given["words"])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_loss_is_the_mean_over_words_that_count() -> None:
    net, given = network(), batch()
    given["targets"][1, 2:] = IGNORED
    with torch.no_grad():
        loss = net(given)
        said = net.logits(given["user"], given["item"], given["words"]).log_softmax(-1)
    places = [(i, t) for i in range(3) for t in range(5) if given["targets"][i, t] != IGNORED]
    by_hand = -np.mean([float(said[i, t, given["targets"][i, t]]) for i, t in places])
    assert loss.weight == len(places) == 12
    assert float(loss.total) == pytest.approx(by_hand, abs=1e-5)


def test_stepping_is_the_full_pass_with_selection_between() -> None:
    net, given = network(), batch(4, 6)
    words = torch.cat([torch.ones(4, 1, dtype=torch.int64), given["words"]], dim=1)
    with torch.no_grad():
        full = net.logits(given["user"], given["item"], words)
        stepper = pepler_stepper(net, given["user"], given["item"], 1)
        kept = torch.arange(4)
        logits, state = stepper.begin([0, 1, 2, 3])
        for t in range(6):
            torch.testing.assert_close(logits, full[kept, t], atol=1e-5, rtol=1e-4)
            if t == 2:
                chosen = torch.tensor([3, 0, 0])
                kept, state = kept[chosen], stepper.select(state, chosen)
            logits, state = stepper.step(words[kept, t + 1], state)
        torch.testing.assert_close(logits, full[kept, 6], atol=1e-5, rtol=1e-4)


def test_padding_and_the_batch_change_nothing() -> None:
    net, given = network(), batch(4, 5)
    padded = torch.cat([given["words"], torch.zeros(4, 7, dtype=torch.int64)], dim=1)
    with torch.no_grad():
        whole = net.logits(given["user"], given["item"], padded)[:, :5]
        for i in range(4):
            alone = net.logits(given["user"][[i]], given["item"][[i]], given["words"][[i]])
            torch.testing.assert_close(whole[[i]], alone, atol=1e-5, rtol=1e-5)


def test_gradients_reach_every_parameter() -> None:
    net = network()
    net(batch(12)).total.backward()
    for name, one in net.named_parameters():
        assert one.grad is not None, name
        assert one.grad.abs().sum() > 0, name


class Fixed:
    """The same batch of eight."""

    def __init__(self) -> None:
        self.rows = batch(8)
        self.rows["user"], self.rows["item"] = torch.arange(8) % 4, torch.arange(8) // 4
        self.rows["words"][:, 0] = 1
        self.rows["targets"][:, :-1] = self.rows["words"][:, 1:]

    def __len__(self) -> int:
        return 8

    def size(self, row: int) -> int:
        return 5

    def batch(self, rows: object, rng: object) -> dict[str, torch.Tensor]:
        return {name: one[list(rows)] for name, one in self.rows.items()}  # type: ignore[call-overload]


class Nothing(Fixed):
    def __len__(self) -> int:
        return 0


def test_overfits_a_batch_of_eight(tmp_path: Path) -> None:
    training = Training(epochs=60, batch_size=8, learning_rate=2e-2)
    curve = train_network(
        network(),
        Fixed(),
        Nothing(),
        training,
        seed=0,
        workdir=tmp_path,
        progress=NoProgress(),
        label="test",
    )
    assert curve[-1]["loss"] < 0.05


def test_prompt_tuning_leaves_the_language_model_bit_equal(tmp_path: Path) -> None:
    net = network()
    net.tune(language_model=False)
    before = {name: one.clone() for name, one in net.state_dict().items()}
    training = Training(epochs=3, batch_size=4, learning_rate=1e-2)
    train_network(
        net,
        Fixed(),
        Nothing(),
        training,
        seed=0,
        workdir=tmp_path,
        progress=NoProgress(),
        label="test",
    )
    for name, one in net.state_dict().items():
        assert torch.equal(one, before[name]) == name.startswith("language_model."), name


def test_id_dropout_draws_from_the_generator_and_validation_drops_nothing() -> None:
    facts = {
        "codec": {"kind": "words", "words": ["a", "b"]},
        "users": ["u0", "u1"],
        "items": ["b0"],
    }
    examples = [row(f"r{i}", f"u{i % 2}", "b0", "a b") for i in range(200)]
    examples.append(row("blank", "u0", "b0", " "))
    tables = Tables(facts)
    told = PeplerRows(examples, tables, most_tokens=9, id_dropout=0.5)
    every = range(200)
    assert len(told) == 200
    quiet = told.batch(every, None)
    assert quiet["user"].tolist() == [1, 2] * 100
    assert quiet["words"][0].tolist() == [1, 4, 5]
    assert quiet["targets"][0].tolist() == [4, 5, 2]
    noisy = told.batch(every, np.random.default_rng(3))
    again = told.batch(every, np.random.default_rng(3))
    assert torch.equal(noisy["user"], again["user"])
    assert 60 < int((noisy["user"] == 0).sum()) < 140
    assert not torch.equal(noisy["user"] == 0, noisy["item"] == 0)


def small(**own: object) -> Pepler:
    return Pepler(epochs=1, decoding="greedy", **own)  # type: ignore[arg-type]


def two_stages() -> Pepler:
    model = small()
    (full,) = model.config.stages
    prompt = replace(full, name="prompt", language_model=False)
    model.config = replace(model.config, stages=(prompt, full))
    return model


def answers(model: Pepler) -> list[str]:
    asked = neural_world.queries()
    return list(model.write(asked, neural_world.chosen_of(asked), STORE))


def test_fit_answers_saves_and_loads_the_same_bytes(tmp_path: Path) -> None:
    model = neural_world.fit(small(), tmp_path / "work")
    said = answers(model)
    assert len(said) == len(neural_world.queries())
    assert all(isinstance(one, str) for one in said)
    folder = tmp_path / "saved"
    folder.mkdir()
    model.save(folder)
    loaded = small()
    loaded.load(folder)
    assert answers(loaded) == said
    assert loaded.parameters() == model.parameters()
    again = neural_world.fit(small(), tmp_path / "again")
    (tmp_path / "second").mkdir()
    again.save(tmp_path / "second")
    for name in ("model.safetensors", "model.json"):
        assert (folder / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
    with pytest.raises(StoreError, match="does not fit"):
        Pepler(config="mini").load(_with_other_width(folder, tmp_path / "other"))


def _with_other_width(folder: Path, other: Path) -> Path:
    other.mkdir()
    for file in folder.iterdir():
        content = file.read_bytes()
        if file.name == "model.json":
            content = content.replace(b'"n_layer": 2', b'"n_layer": 1')
            content = content.replace(b'"n_layer":2', b'"n_layer":1')
        (other / file.name).write_bytes(content)
    return other


def test_an_interrupted_fit_ends_the_same(tmp_path: Path) -> None:
    whole = neural_world.fit(two_stages(), tmp_path / "whole")

    class Cut(NoProgress):
        def __init__(self) -> None:
            self.bars = 0

        def track(self, items, *, label, total=None):  # type: ignore[no-untyped-def]
            self.bars += 1
            if self.bars == len(whole.config.stages):
                raise KeyboardInterrupt
            return super().track(items, label=label, total=total)

    cut = two_stages()
    with pytest.raises(KeyboardInterrupt):
        cut.fit(
            neural_world.split(),
            neural_world.split(12, 200, "val"),
            seed=0,
            workdir=tmp_path / "cut",
            progress=Cut(),
        )
    resumed = neural_world.fit(two_stages(), tmp_path / "cut")
    points = whole.learning_curve()
    assert [(one["stage"], one["split"], one["epoch"]) for one in points] == [
        ("prompt", "train", 1),
        ("prompt", "val", 1),
        ("full", "train", 2),
        ("full", "val", 2),
    ]
    assert points[2]["step"] == points[3]["step"] == 2 * points[0]["step"]
    assert resumed.learning_curve() == whole.learning_curve()
    for name, one in resumed.network.state_dict().items():
        assert torch.equal(one, whole.network.state_dict()[name]), name


def test_an_empty_split_still_answers(tmp_path: Path) -> None:
    model = small()
    empty = ListSplit([], STORE)
    model.fit(empty, empty, seed=0, workdir=tmp_path, progress=NoProgress())
    assert len(answers(model)) == len(neural_world.queries())


def test_texts_do_not_depend_on_the_other_queries(tmp_path: Path) -> None:
    model = neural_world.fit(small(), tmp_path)
    asked = neural_world.queries()
    chosen = neural_world.chosen_of(asked)
    together = list(model.write(asked, chosen, STORE))
    reverse = list(model.write(asked[::-1], chosen[::-1], STORE))
    assert reverse[::-1] == together
    assert list(model.write(asked[4:5], chosen[4:5], STORE)) == together[4:5]


@pytest.mark.parametrize(
    "arguments",
    [{"config": "large"}, {"epochs": -1}, {"id_dropout": 2}, {"decoding": "best"}],
)
def test_wrong_arguments(arguments: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Pepler(**arguments)  # type: ignore[arg-type]


def test_pretrained_weights_are_taken_from_a_folder_and_not_needed_to_load(
    tmp_path: Path,
) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {word: i for i, word in enumerate(["<|endoftext|>", "the", "was", "ramen", "warm"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="was"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<|endoftext|>"])
    torch.manual_seed(5)
    known = build_causal(small_language_model(len(words), Sizes(16, 2, 1, 0.0)))
    source = tmp_path / "gpt"
    known.save_pretrained(source)
    tokenizer.save(str(source / "tokenizer.json"))
    model = Pepler(config="paper", weights=str(source), decoding="greedy", epochs=0)
    neural_world.fit(model, tmp_path / "work")
    for name, one in known.state_dict().items():
        assert torch.equal(model.network.language_model.state_dict()[name], one), name
    said = answers(model)
    (tmp_path / "saved").mkdir()
    model.save(tmp_path / "saved")
    for file in source.iterdir():
        file.unlink()
    loaded = Pepler(config="paper", weights=str(source), decoding="greedy", epochs=0)
    loaded.load(tmp_path / "saved")
    assert answers(loaded) == said
