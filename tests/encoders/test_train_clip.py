import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("open_clip")
import torch

from showcase_bench.datasets.dataset import load_dataset
from showcase_bench.datasets.mini import MiniConfig, MiniImages, write_mini
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.encoders import PairEncoder, get_encoder
from showcase_bench.errors import ImageError, UsageError

TOOLS = Path(__file__).resolve().parents[2] / "tools"
WORLD = MiniConfig(n_train=24, n_val=8, n_test=8, n_businesses=3, image_size=32)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Parts:
    """Modules of the script, which import each other as it does."""

    def __init__(self):
        for name in ("augment", "fine_tune", "loop", "pairs", "retrieval", "scratch"):
            setattr(self, name, import_module(f"clip_training.{name}"))
        self.script = import_module("train_clip")


@pytest.fixture(scope="module")
def parts():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOOLS)
        yield Parts()


@pytest.fixture(scope="module")
def world(parts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    images = MiniImages(WORLD)
    path = write_mini(folder / "tiny.json", WORLD)
    dataset = load_dataset(path, cache_dir=folder / "cache", images=images)
    pairs = {
        name: parts.pairs.pairs_of(dataset.examples(name, SplitPolicy()).example(i) for i in rows)
        for name in ("train", "val", "test")
        for rows in [range(len(dataset.examples(name, SplitPolicy())))]
    }
    return pairs, parts.pairs.KeptPixels(images)


def silent(line):
    pass


def test_training_twice_gives_the_same_bytes(parts, world):
    pairs, pixels = world
    settings = parts.loop.Settings(epochs=2, batch=16, warmup_steps=2, seed=3)
    before = torch.random.get_rng_state()
    made = [parts.scratch.from_scratch(pairs, pixels, settings, {}, silent) for _ in range(2)]
    assert made[0] == made[1]
    assert torch.equal(torch.random.get_rng_state(), before)
    other = parts.loop.Settings(epochs=2, batch=16, warmup_steps=2, seed=4)
    assert parts.scratch.from_scratch(pairs, pixels, other, {}, silent)[0] != made[0][0]
    assert max(map(abs, parts.scratch.drift(made[0][1], made[1][1]).values())) == 0


def test_training_lowers_the_loss(parts, world):
    pairs, pixels = world
    trainee, _ = parts.scratch.make_trainee(list(range(49406)), 0)
    settings = parts.loop.Settings(epochs=8, batch=16, warmup_steps=4)
    losses = []

    def report(line):
        if line.endswith("\n"):
            losses.append(float(line.split("loss ")[1].split()[0]))

    best = parts.loop.train(trainee, pairs["train"], pairs["val"], pixels, settings, report)
    assert losses[-1] < losses[0] - 0.1
    assert best.loss in [pytest.approx(one, abs=1e-3) for one in losses]


def test_written_files_read_back(parts, tmp_path):
    facts = {"vocabulary": [1, 2], "figures": {"x": 0.5}, "sha256": "é"}
    parts.scratch.write(tmp_path, b"weights", facts)
    assert (tmp_path / "mini_clip.safetensors").read_bytes() == b"weights"
    assert json.loads((tmp_path / "mini_clip.json").read_bytes()) == facts


def test_tuned_weights_open_as_an_encoder(parts, world, tmp_path):
    import open_clip

    pairs, pixels = world
    sides = {"image_size": 32, "patch_size": 16, "width": 16, "head_width": 8, "layers": 1}
    words = {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
    arch = {"embed_dim": 16, "vision_cfg": sides, "text_cfg": words}
    (tmp_path / "tiny-test-clip.json").write_text(json.dumps(arch), encoding="utf-8")
    open_clip.add_model_config(tmp_path / "tiny-test-clip.json")
    with torch.random.fork_rng():
        model = open_clip.create_model("tiny-test-clip")
    start = tmp_path / "start.safetensors"
    import_module("safetensors.torch").save_file(model.state_dict(), start)
    settings = parts.loop.Settings(epochs=1, batch=16, warmup_steps=1, thin_chance=0.0)
    (tmp_path / "out").mkdir()
    init = f"open_clip:tiny-test-clip/{start}"
    facts = parts.fine_tune.fine_tune(init, tmp_path / "out", pairs, pixels, settings, silent)
    assert facts["figures"]["test"] != facts["figures"]["test_before"]
    tuned = get_encoder(f"open_clip:tiny-test-clip/{tmp_path}/out/weights.safetensors", PairEncoder)
    untuned = get_encoder(init, PairEncoder)
    trainee = parts.fine_tune.load_trainee(init, 0)
    texts = ["The tacos were great!", ""]
    np.testing.assert_allclose(untuned.encode_texts(texts), trainee.embed_texts(texts), atol=1e-4)
    assert np.abs(tuned.encode_texts(texts) - untuned.encode_texts(texts)).max() > 1e-3


@pytest.mark.parametrize(
    "init",
    ["minilm", "open_clip:", "open_clip:RN50", "open_clip:no-such/x", "open_clip:ViT-B-32/openai"],
)
def test_a_wrong_start_is_refused(parts, init):
    with pytest.raises(UsageError, match="open_clip"):
        parts.fine_tune.load_trainee(init, 0)


def test_too_little_to_train_on_is_refused(parts, world):
    pairs, pixels = world
    trainee, _ = parts.scratch.make_trainee([1], 0)
    settings = parts.loop.Settings(epochs=1)
    with pytest.raises(UsageError, match="validation split"):
        parts.loop.train(
            trainee, pairs["train"], pairs["val"].subset([0]), pixels, settings, silent
        )


def test_unreadable_photos_are_passed_over(parts, world):
    pairs, _ = world

    class Broken:
        key = "broken"

        def load(self, image_id):
            if image_id in pairs["train"].image_ids[::2] or image_id in pairs["test"].image_ids:
                raise ImageError(image_id, "gone")
            return np.full((20, 30, 3), len(image_id), np.uint8)

    settings = parts.loop.Settings(epochs=1, batch=16)
    pixels = parts.pairs.KeptPixels(Broken())
    _, facts = parts.scratch.from_scratch(pairs, pixels, settings, {}, silent)
    assert facts["figures"]["test"]["photos"] == 0
    assert facts["figures"]["validation"]["photos"] == len(pairs["val"].image_ids)


def test_loss_against_plain_sums(parts):
    rng = np.random.default_rng(0)
    images, texts = (rng.normal(size=(5, 4)) for _ in range(2))
    same = np.zeros((5, 5), bool)
    same[0, 1] = same[1, 0] = same[3, 3] = True
    logits = 3 * images @ texts.T
    total = 0.0
    for i in range(5):
        allowed = [j for j in range(5) if j == i or not same[i, j]]
        total += np.log(np.exp(logits[i, allowed]).sum()) - logits[i, i]
        total += np.log(np.exp(logits[allowed, i]).sum()) - logits[i, i]
    tensors = [torch.from_numpy(one) for one in (images, texts)]
    loss = parts.loop.contrastive_loss(*tensors, same, torch.tensor(3.0))
    assert float(loss) == pytest.approx(total / 10)


def test_retrieval_against_brute_force(parts):
    rng = np.random.default_rng(1)
    n, owner = 40, np.sort(np.random.default_rng(2).integers(0, 15, 40))
    images, texts = rng.normal(size=(n, 6)), rng.normal(size=(15, 6))
    texts[3] = texts[7]
    unit = [
        (one / np.linalg.norm(one, axis=1, keepdims=True)).astype("f4") for one in (images, texts)
    ]
    words = [f"text {7 if i == 3 else i}" for i in range(15)]
    business = [f"b{i % 4}" for i in range(15)]
    pairs = parts.pairs.Pairs(tuple(map(str, range(n))), owner, tuple(words), tuple(business))
    found = parts.retrieval.retrieval(*unit, pairs, k=3)
    cosines = unit[0] @ unit[1].T
    hits = [
        sum(cosines[p, t] > cosines[p, owner[p]] for t in range(15) if words[t] != words[owner[p]])
        < 3
        for p in range(n)
    ]
    present = sorted(set(owner.tolist()))
    back = [
        bool(set(np.argsort(-cosines[:, t])[:3]) & set(np.flatnonzero(owner == t))) for t in present
    ]
    within, across = [], []
    for p in range(n):
        own = owner[p]
        here = [t for t in range(15) if business[t] == business[own] and t != own]
        away = [t for t in range(15) if business[t] != business[own]]
        within.append(cosines[p, own] - cosines[p, here].mean())
        across.append(cosines[p, own] - cosines[p, away].mean())
    assert found.image_to_text == pytest.approx(np.mean(hits))
    assert found.text_to_image == pytest.approx(np.mean(back))
    assert found.lift_within == pytest.approx(np.mean(within), abs=1e-6)
    assert found.lift_across == pytest.approx(np.mean(across), abs=1e-6)
    draws = np.argsort(rng.random((20_000, n)), axis=1)[:, :3]
    luck = np.mean([np.isin(draws, np.flatnonzero(owner == t)).any(axis=1).mean() for t in present])
    assert found.chance_text_to_image == pytest.approx(luck, abs=0.01)


@given(st.text(alphabet="ab .!?\n", max_size=60), st.integers(0, 99))
def test_thinned_texts_keep_sentences_in_order(parts, text, seed):
    thinned = parts.augment.thin_out(text, 1.0, 0.4, np.random.default_rng(seed))
    place = 0
    for word in thinned.split():
        place = text.find(word, place) + len(word)
        assert place >= len(word)
    assert bool(thinned.strip()) >= bool(text.strip() and not set(text.strip()) - set("ab "))
    assert parts.augment.thin_out(text, 0.0, 0.4, np.random.default_rng(seed)) == text


def test_augmented_photos_follow_their_generator(parts):
    photos = parts.augment.square([np.full((9, 40, 3), 200, np.uint8)] * 3, 16)
    assert photos.shape == (3, 3, 16, 16)
    assert int(photos.min()) == int(photos.max()) == 200
    first, again = (
        parts.augment.augment_photos(photos, 12, torch.Generator().manual_seed(5)) for _ in range(2)
    )
    assert torch.equal(first, again)
    assert first.shape == (3, 3, 12, 12)
    assert float(first.min()) >= 0
    assert float(first.max()) <= 1
    assert not torch.equal(first[0], first[1])


def test_help_has_examples(parts, capsys):
    with pytest.raises(SystemExit) as ended:
        parts.script.main(["--help"])
    assert ended.value.code == 0
    assert "--init open_clip:ViT-B-32-quickgelu/openai" in capsys.readouterr().out


def test_from_scratch_is_for_mini_only():
    command = [sys.executable, str(TOOLS / "train_clip.py"), "--task", "gest", "--out", "."]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "give --init" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "line",
    [
        ["--check", "--epochs", "2"],
        ["--check", "--seed", "0"],
        ["--check", "--task", "gest"],
        ["--init", "open_clip:RN50/openai"],
        ["--threads", "0"],
    ],
)
def test_arguments_that_do_not_go_together(parts, line):
    with pytest.raises(SystemExit) as ended:
        parts.script.main(line)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["--epochs", "0"], "--epochs must be above 0"),
        (["--seed", "-1"], "--seed must be at least 0"),
        (["--learning-rate", "-0.1"], "--learning-rate must be above 0"),
    ],
)
def test_values_that_cannot_work(parts, capsys, tmp_path, line, told):
    assert parts.script.main([*line, "--out", str(tmp_path)]) == 2
    assert told in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told_at_once(parts, capsys, tmp_path):
    (tmp_path / "file").touch()
    assert parts.script.main(["--out", str(tmp_path / "file" / "out")]) == 2
    assert "cannot be written" in capsys.readouterr().err
