"""Encoders by name, with those of other packages, and how light they are to list and make."""

from __future__ import annotations

import subprocess
import sys

import pytest

from showcase_bench.encoders import ENCODERS, ImageEncoder, PairEncoder, TextEncoder, get_encoder
from showcase_bench.encoders import names as module
from showcase_bench.encoders.base import TokenEncoder
from showcase_bench.errors import RegistryError, UsageError

HEAVY = ("torch", "open_clip", "timm", "transformers", "tokenizers", "safetensors")


def test_importing_and_making_encoders_imports_nothing_heavy():
    code = (
        "import sys, importlib\n"
        "for one in ('open_clip', 'hf', 'minilm', 'timm', 'clip_text', 'clip_images'):\n"
        "    importlib.import_module(f'showcase_bench.encoders.{one}')\n"
        "print(sorted(set(sys.modules) & set(sys.argv[1:])))\n"
    )
    command = [sys.executable, "-c", code, *HEAVY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("open_clip", {ImageEncoder, TextEncoder, PairEncoder}),
        ("timm", {ImageEncoder}),
        ("hf", {TextEncoder, TokenEncoder}),
        ("minilm", {TextEncoder, TokenEncoder}),
    ],
)
def test_what_each_can_do(name, kinds):
    cls = ENCODERS.get(name)
    every = (ImageEncoder, TextEncoder, PairEncoder, TokenEncoder)
    assert {kind for kind in every if issubclass(cls, kind)} == kinds
    assert cls.summary


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(RegistryError, match=r"unknown encoder 'openclip'.*'open_clip'"):
        get_encoder("openclip:ViT-B-32/openai", PairEncoder)


def test_the_wrong_kind_is_refused_before_it_is_made():
    with pytest.raises(UsageError, match="'timm' does not encode texts"):
        get_encoder("timm:resnet18", TextEncoder)


@pytest.fixture
def register(tmp_path, monkeypatch):
    """Register targets as other packages do."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "my_encoders.py").write_text(
        "import numpy as np\n"
        "from showcase_bench.encoders import PairEncoder\n"
        "class Mine(PairEncoder):\n"
        "    def __init__(self, argument=''): self.argument = argument\n"
        "    signature = 'mine|v:1'\n"
        "    identity = 'mine'\n"
        "    dim = most_tokens = 1\n"
        "    def token_counts(self, texts): return np.ones(len(texts), np.int64)\n"
        "    def encode_texts(self, texts): return np.ones((len(texts), 1), np.float32)\n"
        "    encode_images = encode_texts\n"
    )

    def add(target):
        info = tmp_path / f"dist{len(list(tmp_path.iterdir()))}-0.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {info.name}\nVersion: 0.1\n")
        (info / "entry_points.txt").write_text(f"[showcase_bench.encoders]\n{target}\n")
        fresh = module.Registry("showcase_bench.encoders", "encoder", module._check)
        monkeypatch.setattr(module, "ENCODERS", fresh)

    yield add
    sys.modules.pop("my_encoders", None)


def test_other_packages_register_theirs(register):
    register("mine = my_encoders:Mine")
    encoder = get_encoder("mine:some/argument:x", PairEncoder)
    assert encoder.argument == "some/argument:x"
    assert get_encoder("mine", TextEncoder).argument == ""


def test_a_name_of_ours_cannot_be_taken(register):
    register("open_clip = my_encoders:Mine")
    with pytest.raises(RegistryError, match=r"'open_clip' is registered 2 times"):
        get_encoder("open_clip:a/b", PairEncoder)


def test_something_else_than_an_encoder_is_refused(register):
    register("mine = json:loads")
    with pytest.raises(RegistryError, match="must be a subclass"):
        get_encoder("mine", PairEncoder)
