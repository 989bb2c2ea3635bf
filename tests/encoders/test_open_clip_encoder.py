"""CLIP models through open_clip: against its own encode_text and encode_image."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from showcase_bench.encoders import PairEncoder, get_encoder
from showcase_bench.encoders.clip_images import encode_clip_images
from showcase_bench.encoders.clip_text import can_cut, encode_clip_texts
from showcase_bench.errors import MissingDependencyError, UsageError

open_clip = pytest.importorskip("open_clip")
torch = pytest.importorskip("torch")
safetensors = pytest.importorskip("safetensors.torch")

VISION = {"image_size": 32, "layers": 1, "width": 16, "head_width": 8, "patch_size": 16}
TEXT = {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 2}
TEXTS = [
    "soup",
    "",
    "A long table, and friendly staff who didn't mind the kids!",
    "soup",
    "the end <end_of_text> is not the end",
    "日本語のメニュー 🍕 café &amp; bar",
    "word " * 300,
    " \n\t ",
    "\ud800 lone",
]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Tiny models are slower on several threads."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def archs(tmp_path_factory):
    """Tiny architectures under names of their own, and files of random weights."""
    folder = tmp_path_factory.mktemp("archs")
    kinds = {
        "tiny-test-causal": (TEXT, False),
        "tiny-test-eos": ({**TEXT, "pool_type": "eos", "eos_id": 49407}, False),
        "tiny-test-last": ({**TEXT, "pool_type": "last"}, False),
        "tiny-test-open": ({**TEXT, "no_causal_mask": True}, True),
        "tiny-test-custom": (TEXT, True),
        "tiny-test-class": ({**TEXT, "embed_cls": True}, True),
        "tiny-test-bias": ({**TEXT, "proj_bias": True}, True),
    }
    files = {}
    for name, (text, custom) in kinds.items():
        config = {"embed_dim": 8, "vision_cfg": VISION, "text_cfg": text, "custom_text": custom}
        (folder / f"{name}.json").write_text(json.dumps(config))
        open_clip.add_model_config(folder / f"{name}.json")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(len(name))
            model = open_clip.create_model(name)
            for one in model.parameters():  # makes the places and layers matter
                torch.nn.init.normal_(one, std=0.3)
        files[name] = folder / f"{name}.safetensors"
        safetensors.save_file(
            {k: v.contiguous() for k, v in model.state_dict().items()}, files[name]
        )
    return files


@pytest.fixture(scope="module")
def encoder(archs):
    return get_encoder(f"open_clip:tiny-test-causal/{archs['tiny-test-causal']}", PairEncoder)


def own(path, name):
    """The model and preprocessing as open_clip builds them."""
    model, _, transform = open_clip.create_model_and_transforms(name, pretrained=str(path))
    return model.eval(), transform


def photos(count, side=40):
    random = np.random.default_rng(count)
    return [random.integers(0, 256, (side, side + i % 9, 3), dtype=np.uint8) for i in range(count)]


CUT = {"causal": True, "eos": True, "custom": True, "bias": True}


@pytest.mark.parametrize("kind", ["causal", "eos", "custom", "bias", "last", "open", "class"])
def test_texts_equal_open_clips_own(archs, kind):
    name = f"tiny-test-{kind}"
    model, _ = own(archs[name], name)
    assert can_cut(torch, model) == CUT.get(kind, False)
    tokens = open_clip.get_tokenizer(name)(TEXTS)
    with torch.inference_mode():
        expected = model.encode_text(tokens, normalize=True).numpy()
    found = get_encoder(f"open_clip:{name}/{archs[name]}", PairEncoder).encode_texts(TEXTS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(expected[0] - expected[2]).max() > 1e-3  # the texts are told apart


@pytest.mark.parametrize("kind", ["causal", "eos", "last"])
@pytest.mark.parametrize("batch", [1, 3, 64])
def test_rows_of_tokens_of_any_length(archs, kind, batch):
    model, _ = own(archs[f"tiny-test-{kind}"], f"tiny-test-{kind}")
    random = np.random.default_rng(batch)
    rows = [
        [49406, *random.integers(1, 49000, n).tolist(), 49407] for n in (75, 0, 1, 40, 3, 3, 74)
    ]
    padded = torch.zeros(len(rows), 77, dtype=torch.long)
    for i, row in enumerate(rows):
        padded[i, : len(row)] = torch.tensor(row)
    with torch.inference_mode():
        expected = model.encode_text(padded, normalize=True).numpy()
    found = encode_clip_texts(torch, model, rows, "cpu", batch)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert encode_clip_texts(torch, model, [], "cpu").shape == (0, 8)


def test_a_mask_that_looks_ahead_is_not_cut(archs):
    model, _ = own(archs["tiny-test-causal"], "tiny-test-causal")
    model.attn_mask[3, 40] = 0.0
    assert not can_cut(torch, model)


def test_photos_equal_open_clips_own(archs, encoder):
    from PIL import Image

    model, transform = own(archs["tiny-test-causal"], "tiny-test-causal")
    pixels = photos(70)
    with torch.inference_mode():
        stacked = torch.stack([transform(Image.fromarray(one)) for one in pixels])
        expected = model.encode_image(stacked, normalize=True).numpy()
    np.testing.assert_allclose(encoder.encode_images(pixels), expected, atol=1e-5)
    for batch in (1, 64):
        found = encode_clip_images(torch, model, transform, pixels, "cpu", batch)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert encode_clip_images(torch, model, transform, [], "cpu").shape == (0, 8)


@pytest.mark.parametrize("shape", [(1, 1), (1, 30_000), (30_000, 1), (3, 400), (2000, 2)])
def test_small_and_elongated_photos(encoder, shape):
    grey = np.full((*shape, 3), 90, dtype=np.uint8)
    same = encoder.encode_images([np.full((50, 50, 3), 90, dtype=np.uint8)])
    np.testing.assert_allclose(encoder.encode_images([grey]), same, atol=1e-5)


def test_of_a_strip_the_middle_counts(encoder):
    strip = np.zeros((2, 9000, 3), dtype=np.uint8)
    before = encoder.encode_images([strip])
    strip[:, :4000] = 255
    np.testing.assert_allclose(encoder.encode_images([strip]), before, atol=1e-6)
    strip[:, 4400:4600] = 255
    assert np.abs(encoder.encode_images([strip]) - before).max() > 1e-3


def test_one_at_a_time_equals_all_at_once(encoder):
    pixels = photos(5)
    alone = [encoder.encode_images([one])[0] for one in pixels]
    np.testing.assert_allclose(encoder.encode_images(pixels), alone, atol=1e-4)
    alone = [encoder.encode_texts([one])[0] for one in TEXTS]
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), alone, atol=1e-4)


def test_nothing_gives_no_rows(encoder):
    assert encoder.encode_texts([]).shape == encoder.encode_images([]).shape == (0, 8)
    assert encoder.token_counts([]).shape == (0,)


def test_tokens_are_counted_before_the_cut(encoder):
    assert encoder.most_tokens == 77
    assert encoder.token_counts(["", "soup", "word " * 300]).tolist() == [2, 3, 302]


def test_what_is_written_about_itself(archs, encoder, tmp_path):
    path = archs["tiny-test-causal"]
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    assert encoder.identity == f"open_clip:tiny-test-causal/local@{sha[:8]}"
    assert f"|weights:{sha}|" in encoder.signature
    assert "|precision:" in encoder.signature
    copy = tmp_path / "other-name.safetensors"
    copy.write_bytes(path.read_bytes())
    again = get_encoder(f"open_clip:tiny-test-causal/{copy}", PairEncoder)
    assert (again.signature, again.identity) == (encoder.signature, encoder.identity)
    assert str(tmp_path) not in again.signature


def test_it_is_known_without_torch(archs):
    """Identity, signature, width and limit of a local file of a known architecture."""
    code = (
        "import sys\n"
        "from showcase_bench.encoders import PairEncoder, get_encoder\n"
        "one = get_encoder(sys.argv[1], PairEncoder)\n"
        "print(one.identity, one.dim, one.most_tokens, len(one.signature) > 64)\n"
        "print(sorted({'torch', 'open_clip'} & set(sys.modules)))\n"
    )
    name = f"open_clip:ViT-B-32/{archs['tiny-test-causal']}"
    command = [sys.executable, "-c", code, name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    first, second = done.stdout.splitlines()
    assert first.split()[1:] == ["512", "77", "True"]
    assert second == "[]" or torch.cuda.is_available()


def test_global_random_state_is_left_alone(archs):
    before = torch.get_rng_state()
    one = get_encoder(f"open_clip:tiny-test-eos/{archs['tiny-test-eos']}", PairEncoder)
    one.encode_texts(["soup"])
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("", "cannot read the encoder"),
        ("ViT-B-32", "cannot read the encoder"),
        ("/openai", "cannot read the encoder"),
        ("ViT-B-32//models/weights.pt", "ends in .safetensors"),
        ("ViT-B-32/weights.bin", "ends in .safetensors"),
        ("ViT-B-32//no/such/weights.safetensors", "no such file of weights"),
    ],
)
def test_an_argument_that_cannot_work(argument, words):
    with pytest.raises(UsageError, match=words):
        get_encoder(f"open_clip:{argument}", PairEncoder)


@pytest.mark.parametrize("damage", ["cut", "noise", "empty", "other"])
def test_damaged_weights_name_the_file(archs, tmp_path, damage):
    whole = archs["tiny-test-causal"].read_bytes()
    path = tmp_path / "broken.safetensors"
    if damage == "other":
        safetensors.save_file({"other": torch.zeros(3)}, path)
    else:
        path.write_bytes(
            {"cut": whole[: len(whole) // 2], "noise": b"x" * 500, "empty": b""}[damage]
        )
    broken = get_encoder(f"open_clip:tiny-test-causal/{path}", PairEncoder)
    with pytest.raises(UsageError, match=r"broken\.safetensors: not the complete weights"):
        broken.encode_texts(["soup"])


def test_weights_of_another_architecture(archs):
    one = get_encoder(f"open_clip:RN50/{archs['tiny-test-causal']}", PairEncoder)
    with pytest.raises(UsageError, match="not the complete weights of RN50"):
        one.encode_texts(["soup"])


def test_unknown_architectures_and_tags(archs):
    weights = archs["tiny-test-causal"]
    with pytest.raises(UsageError, match=r"no architecture 'ViT-B-33'.*ViT-B-32"):
        _ = get_encoder(f"open_clip:ViT-B-33/{weights}", PairEncoder).dim
    with pytest.raises(UsageError, match=r"no weights ViT-B-32/openia.*'openai'"):
        _ = get_encoder("open_clip:ViT-B-32/openia", PairEncoder).signature


def test_without_a_network_the_message_says_which_file_to_bring(tmp_path, monkeypatch):
    import huggingface_hub

    def refuse(repo, *, local_files_only=False, **options):
        raise huggingface_hub.errors.LocalEntryNotFoundError("Got: ConnectError. Check it.")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    one = get_encoder("open_clip:ViT-B-32/openai", PairEncoder)
    with pytest.raises(MissingDependencyError) as caught:
        _ = one.identity
    message = str(caught.value)
    assert "open_clip:ViT-B-32/openai" in message
    assert "ConnectError" in message
    assert "open_clip_model.safetensors" in message
    assert "open_clip:ViT-B-32/PATH.safetensors" in message


def test_a_tag_takes_the_files_and_the_activation_of_the_hub(archs, tmp_path, monkeypatch):
    """A hub that is a folder here: the file is hashed, and the model is built as the tag says."""
    import huggingface_hub

    (tmp_path / "open_clip_model.safetensors").write_bytes(archs["tiny-test-causal"].read_bytes())
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda repo, **_: str(tmp_path))
    about = {"hf_hub": "someone/tiny/", "quick_gelu": True, "mean": (0.5, 0.5, 0.5)}
    monkeypatch.setattr(open_clip, "get_pretrained_cfg", lambda arch, tag: about)
    one = get_encoder("open_clip:tiny-test-causal/known", PairEncoder)
    sha = hashlib.sha256(archs["tiny-test-causal"].read_bytes()).hexdigest()
    assert one.identity == f"open_clip:tiny-test-causal/known@{sha[:8]}"
    model, _, transform = open_clip.create_model_and_transforms(
        "tiny-test-causal",
        pretrained=str(archs["tiny-test-causal"]),
        force_quick_gelu=True,
        image_mean=(0.5, 0.5, 0.5),
    )
    tokens = open_clip.get_tokenizer("tiny-test-causal")(["soup of the day"])
    with torch.inference_mode():
        expected = model.eval().encode_text(tokens, normalize=True).numpy()
    np.testing.assert_allclose(one.encode_texts(["soup of the day"]), expected, atol=1e-5)
    expected = encode_clip_images(torch, model, transform, photos(2), "cpu")
    np.testing.assert_allclose(one.encode_images(photos(2)), expected, atol=1e-6)
