"""Pair encoders by name, and the one on open_clip with and without the package."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import types

import numpy as np
import pytest

from showcase_bench.encoders import open_clip as module
from showcase_bench.encoders import pairs
from showcase_bench.encoders.pairs import PairEncoder, get_pair_encoder
from showcase_bench.errors import MissingDependencyError, RegistryError, UsageError

HAS_OPEN_CLIP = importlib.util.find_spec("open_clip") is not None


def test_importing_it_imports_no_torch():
    code = (
        "import sys, showcase_bench.encoders.open_clip, showcase_bench.encoders.pairs;"
        "print([m for m in ('torch', 'open_clip', 'safetensors') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(HAS_OPEN_CLIP, reason="open_clip is installed here")
def test_without_the_package_the_message_says_what_to_install():
    with pytest.raises(MissingDependencyError, match=r"'torch'.*showcase-bench\[neural\]"):
        get_pair_encoder("open_clip:ViT-B-32/openai")


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(RegistryError, match=r"unknown pair encoder 'openclip'.*'open_clip'"):
        get_pair_encoder("openclip:ViT-B-32/openai")


def distribution(folder, name, target):
    info = folder / f"{name}-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(f"[showcase_bench.pair_encoders]\n{target}\n")


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """Register a target as other packages do."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "my_pairs.py").write_text(
        "import numpy as np\n"
        "from showcase_bench.encoders.pairs import PairEncoder\n"
        "class Mine(PairEncoder):\n"
        "    def __init__(self, argument): self.argument = argument\n"
        "    signature = 'mine|v:1'\n"
        "    def encode_texts(self, texts): return np.ones((len(texts), 1), np.float32)\n"
        "    encode_images = encode_texts\n"
    )

    def register(target):
        distribution(tmp_path, f"dist{len(list(tmp_path.iterdir()))}", target)
        monkeypatch.setattr(
            pairs,
            "PAIR_ENCODERS",
            pairs.Registry("showcase_bench.pair_encoders", "pair encoder", pairs._check),
        )

    yield register
    sys.modules.pop("my_pairs", None)


def test_other_packages_register_theirs(registry):
    registry("mine = my_pairs:Mine")
    encoder = get_pair_encoder("mine:some/argument:x")
    assert isinstance(encoder, PairEncoder)
    assert encoder.argument == "some/argument:x"
    assert get_pair_encoder("mine").argument == ""


def test_a_name_of_ours_cannot_be_taken(registry):
    registry("open_clip = my_pairs:Mine")
    with pytest.raises(RegistryError, match="built in and registered by my_pairs:Mine"):
        get_pair_encoder("open_clip:a/b")


def test_something_else_than_an_encoder_is_refused(registry):
    registry("mine = json:loads")
    with pytest.raises(RegistryError, match="must be a subclass"):
        get_pair_encoder("mine")


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
        module.OpenClip(argument)


class Tensor:
    """As much of a tensor as the encoder touches."""

    def __init__(self, values):
        self.values = np.asarray(values, dtype=np.float32)

    def numpy(self):
        return self.values

    def to(self, device):
        assert device == "cpu"
        return self

    def float(self):
        return self

    cpu = detach = float


class FakeModel:
    def __init__(self):
        self.weights = {"w": Tensor([[1, 2]])}
        self.batches = []

    def to(self, device):
        return self

    def eval(self):
        return self

    def state_dict(self):
        return self.weights

    def load_state_dict(self, state):
        if set(state) != {"w"}:
            raise RuntimeError("unexpected keys")
        self.weights = state

    def encode_text(self, tokens):
        self.batches.append(len(tokens.values))
        return tokens

    encode_image = encode_text


@pytest.fixture
def fake(monkeypatch):
    """Stand-ins of torch, open_clip and safetensors; gives the model that is made."""
    model = FakeModel()
    torch = types.ModuleType("torch")
    torch.cuda = types.SimpleNamespace(is_available=lambda: False)
    torch.stack = lambda parts: Tensor(np.stack(parts))

    class NoGrad:
        def __enter__(self): ...
        def __exit__(self, *_): ...

    torch.no_grad = NoGrad
    clip = types.ModuleType("open_clip")

    def create(arch, pretrained):
        if arch != "tiny" or pretrained not in (None, "known"):
            raise RuntimeError("not found")
        return model, None, lambda photo: np.asarray(photo, dtype=np.float32).mean(axis=(0, 1)) + 1

    clip.create_model_and_transforms = create
    clip.get_tokenizer = lambda arch: lambda texts: Tensor([[len(t), 1.0] for t in texts])
    safe = types.ModuleType("safetensors")
    safe_torch = types.ModuleType("safetensors.torch")

    def load_file(path):
        with open(path) as file:  # noqa: PTH123
            return {name: Tensor(values) for name, values in json.load(file).items()}

    safe_torch.load_file = load_file
    for name, one in (
        ("torch", torch),
        ("open_clip", clip),
        ("safetensors", safe),
        ("safetensors.torch", safe_torch),
    ):
        monkeypatch.setitem(sys.modules, name, one)
    return model


def test_what_the_package_gives_is_batched_and_normalised(fake):
    encoder = get_pair_encoder("open_clip:tiny/known")
    texts = encoder.encode_texts(["x" * (n % 7) for n in range(150)])
    assert fake.batches == [64, 64, 22]
    expected = np.array([[n % 7, 1.0] for n in range(150)])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert texts.dtype == np.float32
    assert np.allclose(texts, expected)
    photos = [np.full((4, 5, 3), (9, 0, n), dtype=np.uint8) for n in range(3)]
    found = encoder.encode_images(photos)
    assert np.allclose(np.linalg.norm(found, axis=1), 1)
    assert np.allclose(found[:, 2] / found[:, 1], [1, 2, 3])
    assert encoder.encode_texts([]).shape == (0, 0)


def test_the_signature_knows_the_weights_and_no_path(fake, tmp_path):
    known = get_pair_encoder("open_clip:tiny/known").signature
    assert known.startswith("open_clip|arch:tiny|tag:known|weights:")
    signatures = set()
    for name, values in (("a", [[1, 2]]), ("b", [[1, 2]]), ("c", [[1, 3]])):
        path = tmp_path / f"{name}.safetensors"
        path.write_text(json.dumps({"w": values}))
        signature = get_pair_encoder(f"open_clip:tiny/{path}").signature
        assert str(tmp_path) not in signature
        signatures.add(signature)
    assert len(signatures) == 2
    assert known.split("weights:")[1] in {one.split("weights:")[1] for one in signatures}


def test_weights_that_do_not_fit_and_unknown_names(fake, tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_text(json.dumps({"other": [1]}))
    with pytest.raises(UsageError, match="weights cannot be loaded: unexpected keys"):
        get_pair_encoder(f"open_clip:tiny/{path}")
    with pytest.raises(UsageError, match="cannot build 'tiny' with 'unknown'"):
        get_pair_encoder("open_clip:tiny/unknown")


@pytest.mark.skipif(not HAS_OPEN_CLIP, reason="needs open_clip")
def test_a_real_model_from_a_local_file(tmp_path):
    import open_clip
    import torch
    from safetensors.torch import save_file

    vision = {"image_size": 32, "layers": 1, "width": 16, "head_width": 8, "patch_size": 16}
    text = {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
    config = {"embed_dim": 8, "vision_cfg": vision, "text_cfg": text}
    (tmp_path / "tiny-random.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path / "tiny-random.json")
    torch.manual_seed(0)
    model = open_clip.create_model("tiny-random")
    weights = tmp_path / "weights.safetensors"
    save_file({name: one.contiguous() for name, one in model.state_dict().items()}, str(weights))
    encoder = get_pair_encoder(f"open_clip:tiny-random/{weights}")
    assert encoder.signature == get_pair_encoder(f"open_clip:tiny-random/{weights}").signature
    photos = [np.full((40, 50, 3), shade, dtype=np.uint8) for shade in (0, 90, 255)]
    for vectors in (
        encoder.encode_texts(["soup", "a long table", ""]),
        encoder.encode_images(photos),
    ):
        assert vectors.shape == (3, 8)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
