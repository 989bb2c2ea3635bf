import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("open_clip")

from showcase_bench.datasets.mini import MiniConfig, MiniImages, build_rows
from showcase_bench.encoders import PairEncoder, get_encoder, mini_clip
from showcase_bench.encoders.mini_clip import WEIGHTS, MiniClip, Vocabulary
from showcase_bench.errors import MissingDependencyError, UsageError

MOST_BYTES = 5_000_000
FACTS = json.loads(WEIGHTS.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def encoder():
    return MiniClip()


@pytest.fixture(scope="module")
def world():
    return MiniImages(MiniConfig())


@pytest.fixture(scope="module")
def test_rows():
    return build_rows(MiniConfig())["test"]


def test_the_shipped_file_is_the_described_one():
    content = WEIGHTS.read_bytes()
    assert hashlib.sha256(content).hexdigest() == FACTS["sha256"]
    assert len(content) <= MOST_BYTES
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    header.pop("__metadata__", None)
    kinds = {one["dtype"] for name, one in header.items() if "num_batches" not in name}
    assert kinds == {"F16"}


def test_the_recipe_tells_everything():
    recipe = FACTS["recipe"]
    assert recipe["task"] == "mini"
    assert recipe["data"]["rows_sha256"]
    assert {"seed", "epochs", "batch", "learning_rate"} <= recipe["settings"].keys()
    assert {"torch", "open_clip_torch", "numpy"} <= recipe["packages"].keys()


def test_names():
    found = get_encoder("mini-clip", PairEncoder)
    assert isinstance(found, MiniClip)
    assert found.identity == f"mini-clip@{FACTS['sha256'][:8]}"
    assert f"weights:{FACTS['sha256']}" in found.signature
    assert "not for reported" in MiniClip.summary
    with pytest.raises(UsageError):
        get_encoder("mini-clip:large", PairEncoder)


def test_making_one_and_asking_its_names_imports_no_torch():
    code = (
        "import sys; from showcase_bench.encoders.mini_clip import MiniClip; one = MiniClip();"
        "one.identity, one.signature, one.dim, one.most_tokens;"
        "print(sorted({'torch', 'open_clip', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_one_at_a_time_equals_many(encoder, world, test_rows):
    texts = [row["review_text"] for row in test_rows[:64]]
    photos = [world.load(one) for one in world.image_ids[:64]]
    for encode, items in ((encoder.encode_texts, texts), (encoder.encode_images, photos)):
        together = encode(items)
        alone = np.concatenate([encode([one]) for one in items])
        assert together.dtype == np.float32
        assert together.shape == (64, encoder.dim)
        np.testing.assert_allclose(together, alone, atol=1e-4)
        np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_the_stated_retrieval_is_that_of_the_shipped_weights(encoder, world, test_rows):
    photos = [(pic["id"], at) for at, row in enumerate(test_rows) for pic in row["pics"]]
    texts = [row["review_text"] for row in test_rows]
    assert all(texts)
    images = encoder.encode_images([world.load(one) for one, _ in photos])
    cosines = images @ encoder.encode_texts(texts).T
    stated = FACTS["figures"]["test"]
    hits = 0
    for row, (_, own) in zip(cosines, photos, strict=True):
        ahead = [at for at in range(len(texts)) if row[at] > row[own] and texts[at] != texts[own]]
        hits += len(ahead) < 5
    assert hits / len(photos) == pytest.approx(stated["image_to_text"], abs=0.005)
    found = 0
    for own in range(len(texts)):
        first = np.argsort(-cosines[:, own], kind="stable")[:5]
        found += any(photos[at][1] == own for at in first)
    assert found / len(texts) == pytest.approx(stated["text_to_image"], abs=0.005)
    assert stated["chance_image_to_text"] == 5 / len(texts)
    assert stated["image_to_text"] > 8 * stated["chance_image_to_text"]
    assert stated["text_to_image"] > 5 * stated["chance_text_to_image"]
    assert stated["lift_within"] > 0.05
    assert stated["lift_across"] > stated["lift_within"]


def test_empty_and_blank_texts(encoder):
    assert encoder.encode_texts([]).shape == (0, encoder.dim)
    assert encoder.encode_images([]).shape == (0, encoder.dim)
    vectors = encoder.encode_texts(["", " \n", "The tacos were great."])
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
    assert encoder.token_counts(["", " \n"]).tolist() == [2, 2]
    assert encoder.token_counts([]).shape == (0,)


def test_a_long_text_is_cut_and_counted(encoder):
    start = "tacos " * 75
    counts = encoder.token_counts([start, start + "burger", start + "sushi " * 50_000])
    assert counts.tolist() == [77, 78, 50_077]
    assert encoder.most_tokens == 77
    cut = encoder.encode_texts([start, start + "burger", start + "sushi " * 1000])
    np.testing.assert_allclose(cut[1:], np.repeat(cut[:1], 2, axis=0), atol=1e-6)
    assert np.abs(cut[0] - encoder.encode_texts(["tacos " * 10])[0]).max() > 1e-3


def test_unknown_pieces_are_one(encoder):
    same = encoder.encode_texts(["I ate 寿司", "I ate 餃子", "I ate tacos"])
    assert np.isfinite(same).all()
    assert np.abs(same[0] - same[2]).max() > 1e-3


def test_photos_of_any_shape(encoder):
    shapes = ((1, 1, 3), (1, 500, 3), (300, 2, 3), (64, 64, 3))
    vectors = encoder.encode_images([np.full(one, 90, np.uint8) for one in shapes])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors, np.repeat(vectors[:1], 4, axis=0), atol=1e-4)


def test_vocabulary_ends_with_its_highest_number():
    vocabulary = Vocabulary([3, 8, 20], context=6)
    assert len(vocabulary) == 7
    assert vocabulary.row([]) == [5, 6]
    assert vocabulary.row([8, 9, 3, 20]) == [5, 3, 1, 2, 4, 6]
    assert vocabulary.row([8, 9, 3, 20, 8]) == [5, 3, 1, 2, 4, 6]


def copied(folder, monkeypatch):
    for path in (WEIGHTS, WEIGHTS.with_suffix(".json")):
        shutil.copy(path, folder)
    weights = folder / WEIGHTS.name
    monkeypatch.setattr(mini_clip, "WEIGHTS", weights)
    return weights


def test_changed_weights_are_refused(tmp_path, monkeypatch):
    weights = copied(tmp_path, monkeypatch)
    MiniClip()
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(MissingDependencyError, match=r"SHA-256.*reinstall"):
        MiniClip()


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", None])
def test_a_damaged_description_is_refused(tmp_path, monkeypatch, content):
    description = copied(tmp_path, monkeypatch).with_suffix(".json")
    if content is None:
        description.unlink()
    else:
        description.write_bytes(content)
    with pytest.raises(MissingDependencyError, match="reinstall"):
        MiniClip()


@pytest.mark.parametrize("package", ["torch", "open_clip", "safetensors"])
def test_a_missing_package_is_named_when_it_is_needed(monkeypatch, package):
    encoder = MiniClip()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependencyError, match=rf"{package}.*neural"):
        encoder.encode_texts(["tacos"])


def test_loading_leaves_the_global_generator_alone():
    import torch

    before = torch.random.get_rng_state()
    MiniClip().encode_texts(["tacos"])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_package_holds_the_weights():
    assert Path(mini_clip.__file__).parent in WEIGHTS.parents


def test_a_vector_depends_on_its_own_input_alone(encoder, world, test_rows):
    import torch

    ids = [pic["id"] for row in test_rows for pic in row["pics"]][:40]
    photos = [world.load(one) for one in ids]
    texts = [row["review_text"] for row in test_rows[:40]]
    for encode, inputs in ((encoder.encode_images, photos), (encoder.encode_texts, texts)):
        together = encode(inputs)
        order = np.random.default_rng(0).permutation(len(inputs))
        torch.set_num_threads(2)
        mixed = encode([inputs[i] for i in order])
        torch.set_num_threads(1)
        assert (mixed == together[order]).all()
        for size in (1, 7, 16):
            parts = [encode(inputs[at : at + size]) for at in range(0, 21, size)]
            assert (np.concatenate(parts)[:21] == together[:21]).all()
