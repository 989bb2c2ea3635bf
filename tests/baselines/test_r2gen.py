"""R2Gen: memory and norms against numpy, the network's laws, and the model on the small world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from neural_world import NeuralStore, chosen_of, fit, queries, split
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn

from baselines.neural.padding import IGNORED, shifted
from baselines.neural.randomness import seeded
from baselines.r2gen import R2Gen
from baselines.r2gen.layers import Sizes
from baselines.r2gen.memory import ConditionalNorm, RelationalMemory
from baselines.r2gen.network import R2GenNetwork, R2GenStepper
from baselines.r2gen.visual import MiniClipTrunk, PhotoBatch, Squares, Trunk
from showcase_bench import NoProgress
from showcase_bench.encoders import ImageEncoder, get_encoder
from showcase_bench.errors import UsageError

V = 12
SIZES = Sizes(
    width=16, heads=2, inner=20, layers=2, dropout=0.0, memory_rows=3, memory_heads=4,
    visual_scale=0.5,
)  # fmt: skip
TEXTS = [[4, 5, 6], [7], [8, 9, 10, 11, 4, 4], [5, 5], [], [6, 4], [9], [11, 10, 9]]
TINY = {"epochs": 1, "batch_size": 16, "decoding": "greedy"}


class TinyTrunk(Trunk):
    """Four places of six channels, with a batch norm."""

    side = 8
    channels = 6

    def __init__(self) -> None:
        super().__init__((0.5, 0.4, 0.3), (0.2, 0.3, 0.4))
        self.conv = nn.Conv2d(3, 6, 4, stride=4)
        self.norm = nn.BatchNorm2d(6)

    def places(self, pixels: Tensor) -> Tensor:
        return torch.tanh(self.norm(self.conv(pixels)))


def network(sizes: Sizes = SIZES, seed: int = 3) -> R2GenNetwork:
    with seeded(seed):
        return R2GenNetwork(sizes, TinyTrunk(), V, begin=1).eval()


def batch(texts: list[list[int]] = TEXTS) -> dict[str, Tensor]:
    """Row i has i % 4 photos."""
    rng = np.random.default_rng(0)
    photos = rng.integers(0, 256, (len(texts), 3, 3, 8, 8)).astype(np.uint8)
    present = np.arange(3) < (np.arange(len(texts)) % 4)[:, None]
    words, targets = shifted(texts, 1, 2, 0)
    return {
        "photos": torch.from_numpy(photos * present[:, :, None, None, None]),
        "present": torch.from_numpy(present),
        "words": words,
        "targets": targets,
    }


def arrays(module: nn.Module) -> dict[str, np.ndarray]:
    return {name: one.detach().double().numpy() for name, one in module.named_parameters()}


def linear(own: dict[str, np.ndarray], name: str, x: np.ndarray) -> np.ndarray:
    return x @ own[f"{name}.weight"].T + own.get(f"{name}.bias", 0.0)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def memory_by_hand(own: dict[str, np.ndarray], memory: np.ndarray, word: np.ndarray, heads: int):
    """One text: memory [rows, width], word [width]."""
    joint = np.vstack([memory, word])
    query = linear(own, "query", memory)
    key, value = np.split(linear(own, "keys_values", joint), 2, axis=1)
    size = memory.shape[1] // heads
    seen = np.zeros_like(memory)
    for head in range(heads):
        part = slice(head * size, (head + 1) * size)
        for row in range(len(memory)):
            scores = [query[row, part] @ one[part] / np.sqrt(size) for one in key]
            weights = np.exp(scores) / np.exp(scores).sum()
            seen[row, part] = sum(w * one[part] for w, one in zip(weights, value, strict=True))
    summed = memory + linear(own, "mix", seen)
    inner = np.maximum(linear(own, "mlp.0", summed), 0)
    candidate = summed + np.maximum(linear(own, "mlp.2", inner), 0)
    gates = linear(own, "word_gates", word) + linear(own, "memory_gates", np.tanh(memory))
    width = memory.shape[1]
    return sigmoid(gates[:, :width]) * memory + sigmoid(gates[:, width:]) * np.tanh(candidate)


def test_the_memory_step_is_that_of_the_paper():
    with seeded(0):
        cell = RelationalMemory(3, 8, 2)
    own, rng = arrays(cell), np.random.default_rng(1)
    words = rng.standard_normal((2, 5, 8))
    memory = np.stack([np.eye(3, 8)] * 2)
    joined, last = cell(cell.first(2), torch.from_numpy(words).float())
    for at in range(5):
        memory = np.stack([memory_by_hand(own, memory[i], words[i, at], 2) for i in range(2)])
        found = joined[:, at].detach().numpy().reshape(2, 3, 8)
        np.testing.assert_allclose(found, memory, atol=1e-5)
    np.testing.assert_allclose(last.detach().numpy(), memory, atol=1e-5)


def norm_by_hand(own: dict[str, np.ndarray], x: np.ndarray, memory: np.ndarray) -> np.ndarray:
    def moved(name: str) -> np.ndarray:
        return linear(own, f"{name}.2", np.maximum(linear(own, f"{name}.0", memory), 0))

    plain = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-6)
    return (own["scale"] + moved("more_scale")) * plain + own["shift"] + moved("more_shift")


def test_the_conditional_norm_is_that_of_the_paper():
    with seeded(0):
        norm = ConditionalNorm(6, 9)
    with torch.no_grad():
        norm.scale += torch.arange(6) / 7
        norm.shift -= torch.arange(6) / 5
    rng = np.random.default_rng(2)
    x, memory = 3 + 5 * rng.standard_normal((2, 4, 6)), rng.standard_normal((2, 4, 9))
    found = norm(torch.from_numpy(x).float(), torch.from_numpy(memory).float())
    np.testing.assert_allclose(
        found.detach().numpy(), norm_by_hand(arrays(norm), x, memory), atol=1e-5
    )


def test_memory_drives_every_norm_of_the_decoder():
    net, given = network(), batch()
    plain = net(given).total.detach()
    for layer in net.decoder:
        assert len(layer.norms) == 3
        for norm in layer.norms:
            kept = norm.more_scale[2].bias.detach().clone()
            with torch.no_grad():
                norm.more_scale[2].bias += 0.5
            assert not torch.isclose(net(given).total.detach(), plain)
            with torch.no_grad():
                norm.more_scale[2].bias.copy_(kept)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(3, V - 1), min_size=1, max_size=12), st.integers(0, 7), st.data())
def test_steps_give_the_logits_of_the_full_pass(text, row, data):
    net, rows = network(), batch()
    photos, present = rows["photos"], rows["present"]
    with torch.no_grad():
        words = torch.tensor([[1, *text]])
        state = net.look(photos[row : row + 1], present[row : row + 1])
        full = net.output(net.read(words, state)[0])[0]
        stepper = R2GenStepper(net, lambda at: PhotoBatch(photos[at], present[at]))
        order = data.draw(st.permutations(range(8)))
        place = order.index(row)
        logits, state = stepper.begin(order)
        for at, token in enumerate(text):
            torch.testing.assert_close(logits[place], full[at], atol=1e-5, rtol=1e-4)
            others = data.draw(st.lists(st.integers(0, len(logits) - 1), max_size=3))
            kept = torch.tensor([*others, place])
            state = stepper.select(state, kept)
            place = len(others)
            tokens = torch.tensor([3] * place + [token])
            logits, state = stepper.step(tokens, state)
        torch.testing.assert_close(logits[place], full[-1], atol=1e-5, rtol=1e-4)


def test_the_memory_is_part_of_the_state():
    net, rows = network(), batch()
    with torch.no_grad():
        stepper = R2GenStepper(net, lambda at: PhotoBatch(rows["photos"][at], rows["present"][at]))
        _, state = stepper.begin([1, 2])
        same, _ = stepper.step(torch.tensor([4, 5]), state)
        other, _ = stepper.step(torch.tensor([4, 5]), state._replace(memory=state.memory.flip(1)))
    assert not torch.allclose(same, other, atol=1e-4)


def test_later_words_do_not_reach_back():
    net, rows = network(), batch()
    with torch.no_grad():
        state = net.look(rows["photos"], rows["present"])
        words = rows["words"]
        changed = torch.cat([words[:, :3], torch.full_like(words[:, 3:], 9)], dim=1)
        first, second = net.read(words, state)[0], net.read(changed, state)[0]
    torch.testing.assert_close(first[:, :3], second[:, :3])
    assert not torch.allclose(first[:, 3:], second[:, 3:])


def test_padding_order_of_photos_and_company_change_nothing():
    net, rows = network(), batch()
    together = net(rows)
    total = 0.0
    for i, text in enumerate(TEXTS):
        alone = {name: one[i : i + 1] for name, one in rows.items()}
        alone["words"] = alone["words"][:, : len(text) + 1]
        alone["targets"] = alone["targets"][:, : len(text) + 1]
        photos = i % 4
        alone["photos"] = alone["photos"][:, :photos].flip(1)
        alone["present"] = alone["present"][:, :photos]
        found = net(alone)
        total += float(found.total.detach()) * found.weight
    np.testing.assert_allclose(total / together.weight, float(together.total.detach()), rtol=1e-5)
    hidden = rows["photos"].clone()
    hidden[~rows["present"]] = 77
    wide = {
        **rows,
        "photos": hidden,
        "words": nn.functional.pad(rows["words"], (0, 4), value=5),
        "targets": nn.functional.pad(rows["targets"], (0, 4), value=IGNORED),
    }
    torch.testing.assert_close(net(wide).total, together.total, rtol=1e-6, atol=1e-6)


def test_photos_matter_and_none_is_learned():
    net, rows = network(), batch()
    with torch.no_grad():
        with_photos = net.look(rows["photos"], rows["present"]).photos[0][0]
        none = torch.zeros_like(rows["present"])
        without = net.look(rows["photos"], none).photos[0][0]
        assert with_photos.shape[2] == 1 + 3 * 4
        assert without.shape[2] == 1
        torch.testing.assert_close(with_photos[0, :, 0], without[0, :, 0])
        assert not torch.allclose(with_photos[1, :, 0], without[1, :, 0], atol=1e-3)


def test_every_parameter_learns_and_eight_rows_are_learned_by_heart():
    net, rows = network(replace(SIZES, width=32, inner=48)).train(), batch()
    rows["photos"][4, 0] = 200
    rows["present"][4, 0] = True  # row 0 alone is without a photo
    net(rows).total.backward()
    assert all(one.grad is not None and one.grad.abs().sum() > 0 for one in net.parameters())
    optimizer = torch.optim.Adam(net.parameters(), 0.005, amsgrad=True)
    for _ in range(120):
        optimizer.zero_grad()
        loss = net(rows).total
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.01


def test_the_trunk_learns_at_its_own_rate_and_keeps_its_statistics():
    net, rows = network(), batch()
    groups = net.parameter_groups()
    assert [group["scale"] for group in groups] == [0.5, 1.0]
    assert [id(one) for one in groups[0]["params"]] == [id(one) for one in net.trunk.parameters()]
    assert sum(len(group["params"]) for group in groups) == len(list(net.parameters()))
    before = {name: one.clone() for name, one in net.trunk.named_buffers()}
    net.train()
    assert net.training
    assert net.trunk.training
    assert not net.trunk.norm.training
    net(rows)
    assert all(torch.equal(one, before[name]) for name, one in net.trunk.named_buffers())


def test_the_mini_trunk_sees_what_mini_clip_sees():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    with seeded(0):
        trunk = MiniClipTrunk().eval()
    square = torch.from_numpy(pixels.transpose(2, 0, 1)[None].copy())
    with torch.no_grad():
        places = trunk(square)
        assert places.shape == (1, 16, 768)
        last = places[:, :, 256:].transpose(1, 2).reshape(1, 512, 4, 4)
        assert torch.equal(last[:, :, ::2, ::2], last[:, :, 1::2, 1::2])
        encoder = get_encoder("mini-clip", ImageEncoder)
        tower = encoder._loaded.model.visual
        vector = nn.functional.normalize(tower.attnpool(last[:, :, ::2, ::2]), dim=-1)
    np.testing.assert_allclose(vector.numpy(), encoder.encode_images([pixels]), atol=1e-5)


def test_squares_are_the_middle_scaled_and_bad_photos_are_none():
    class Store(NeuralStore):
        loads = 0

        def load(self, image_id: str) -> np.ndarray:
            self.loads += 1
            return super().load(image_id)

    store = Store()
    squares = Squares(store, 20)
    pixels = NeuralStore().load("ramen-1")
    scaled = Image.fromarray(pixels).resize((20, 20), Image.Resampling.BICUBIC, (5, 0, 45, 40))
    wanted = np.asarray(scaled).transpose(2, 0, 1)
    np.testing.assert_array_equal(squares.get("ramen-1"), wanted)
    assert squares.get("bad-1") is None
    photos, present = squares.batch(
        [("pizza-1", "ramen-1", "bad-1"), (), ("bad-1",), ("ramen-1",)], 2
    )
    assert present.tolist() == [[True, True], [False, False], [False, False], [True, False]]
    np.testing.assert_array_equal(photos[0, 1].numpy(), wanted)
    assert not photos[1:3].any()
    assert store.loads == 3
    assert squares.batch([("c", "b", "a")], 2).photos.equal(squares.batch([("b", "a")], 9).photos)
    assert squares.batch([], 2).photos.shape == (0, 0, 3, 20, 20)


def test_what_does_not_fit_is_decoded_again(monkeypatch):
    monkeypatch.setattr("baselines.r2gen.visual._KEPT_BYTES", 2 * 3 * 8 * 8)
    squares = Squares(NeuralStore(), 8)
    first = [squares.get(f"ramen-{i}") for i in range(4)]
    again = [squares.get(f"ramen-{i}") for i in range(4)]
    assert [one is other for one, other in zip(first, again, strict=True)] == [True, True] + [
        False
    ] * 2
    np.testing.assert_array_equal(first, again)


def small(**more: object) -> R2Gen:
    model = R2Gen(**{**TINY, **more})
    model.config = replace(model.config, sizes=SIZES)
    return model


def test_hard_queries_save_and_load_and_company(tmp_path):
    (tmp_path / "saved").mkdir()
    beam = "beam(size=2,max_tokens=12)"
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
    assert again.learning_curve() == model.learning_curve()
    reordered = list(model.write(asked[::-1], [one[::-1] for one in chosen[::-1]], store))
    assert reordered[::-1] == texts
    alone = [next(iter(model.write([q], [c], store))) for q, c in zip(asked, chosen, strict=True)]
    assert alone == texts


def test_same_seed_same_bytes_and_nobody_elses_randomness(tmp_path):
    found = []
    for at, seed in enumerate((0, 0, 1)):
        before = torch.random.get_rng_state()
        model = fit(small(), tmp_path / str(at), n=20, seed=seed)
        assert torch.equal(before, torch.random.get_rng_state())
        (tmp_path / f"saved{at}").mkdir()
        model.save(tmp_path / f"saved{at}")
        found.append((tmp_path / f"saved{at}" / "model.safetensors").read_bytes())
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(("rows", "val"), [(0, 0), (0, 4), (4, 0)])
def test_empty_splits(tmp_path, rows, val):
    model = small()
    parts = split(rows), split(val, 50, "val")
    model.fit(*parts, seed=0, workdir=tmp_path, progress=NoProgress())
    texts = list(model.write(queries(), chosen_of(queries()), NeuralStore()))
    assert all(isinstance(text, str) for text in texts)
    assert list(model.write([], [], NeuralStore())) == []


@pytest.fixture(scope="module")
def resnet():
    import torchvision

    with seeded(5):
        return torchvision.models.resnet101(weights=None).eval()


def test_paper_takes_local_weights(tmp_path, resnet):
    path = tmp_path / "resnet.safetensors"
    save_file({name: one.contiguous() for name, one in resnet.state_dict().items()}, path)
    model = R2Gen("paper", epochs=0, visual=str(path))
    model.config = replace(model.config, sizes=SIZES)
    model.fit(split(2), split(0), seed=0, workdir=tmp_path, progress=NoProgress())
    assert len(model.facts["visual_sha256"]) == 64
    square = torch.randint(0, 256, (1, 3, 224, 224), dtype=torch.uint8)
    with torch.no_grad():
        places = model.network.trunk(square)
        assert places.shape == (1, 49, 2048)
        scaled = (square / 255 - model.network.trunk.mean) / model.network.trunk.deviation
        wanted = resnet(scaled)
        found = resnet.fc(places.mean(dim=1))
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)


def test_weights_that_do_not_fit(tmp_path):
    other = tmp_path / "other.safetensors"
    save_file({"conv1.weight": torch.zeros(64, 3, 7, 7)}, other)
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"12345678")
    for path, said in (
        (other, "torchvision's resnet101"),
        (damaged, "damaged.safetensors"),
        (tmp_path / "none.safetensors", "visual is"),
        (tmp_path, "visual is"),
    ):
        model = R2Gen("paper", epochs=0, visual=str(path))
        with pytest.raises(UsageError, match=said):
            model.fit(split(1), split(0), seed=0, workdir=tmp_path, progress=NoProgress())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"config": "huge"}, "config is 'huge'"),
        ({"decoding": "guess"}, "decoding is 'guess'"),
        ({"epochs": -1}, "epochs"),
        ({"learning_rate": "fast"}, "learning_rate"),
        ({"visual": "x.safetensors"}, "brings its own visual weights"),
    ],
)
def test_bad_arguments(arguments, said):
    with pytest.raises(UsageError, match=said):
        R2Gen(**arguments)


def test_the_paper_configuration_is_the_papers():
    config = R2Gen("paper").config
    sizes, training = config.sizes, config.training
    assert (sizes.width, sizes.heads, sizes.inner, sizes.layers) == (512, 8, 512, 3)
    assert (sizes.memory_rows, sizes.dropout) == (3, 0.1)
    assert (training.optimizer, training.amsgrad, training.learning_rate) == ("adam", True, 1e-4)
    assert training.learning_rate * sizes.visual_scale == 5e-5
    assert R2Gen("paper").decoding.size == 3
