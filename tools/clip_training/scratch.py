"""The recipe of the packaged ``mini-clip``: a small CLIP from scratch on ``mini``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from safetensors.torch import save

from clip_training.loop import Best, Settings, train
from clip_training.pairs import KeptPixels, Pairs
from clip_training.retrieval import Retrieval
from clip_training.trainee import Trainee, judge
from showcase_bench.encoders.mini_clip import Vocabulary, build_mini_clip, mini_clip_transform
from showcase_bench.files import replace_file

__all__ = ["SETTINGS", "TOLERANCE", "drift", "from_scratch", "make_trainee", "write"]

SETTINGS = Settings(epochs=16, batch=64)
TOLERANCE = 0.02
"""Retraining on another machine may move a recall by so much."""
CONTEXT = 77
SIDE = 64
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
PREPROCESSING = {"size": SIDE, "mean": list(MEAN), "std": list(STD)}
_VISION = {"layers": [1, 1, 1, 1], "width": 16, "head_width": 64, "image_size": SIDE}
_TEXT = {"width": 128, "heads": 4, "layers": 1, "context_length": CONTEXT}
_WIDTH = 128
_PACKAGES = ("numpy", "open_clip_torch", "pillow", "torch", "torchvision")
_FIGURES = ("image_to_text", "text_to_image", "lift_within", "lift_across")


def from_scratch(
    pairs: Mapping[str, Pairs],
    pixels: KeptPixels,
    settings: Settings,
    fingerprint: Mapping[str, Any],
    report: Callable[[str], None],
) -> tuple[bytes, dict[str, Any]]:
    """Train on ``train``, choose the epoch by ``val``, and measure on ``test``.

    Parameters
    ----------
    pairs
        By split.
    fingerprint
        What identifies the data; kept in the recipe.

    Returns
    -------
    tuple
        The safetensors file, in float16, and the facts of the JSON beside it. The figures are
        those of the float16 weights.
    """
    pieces = _pieces(pairs["train"].texts)
    trainee, architecture = make_trainee(pieces, settings.seed)
    best = train(trainee, pairs["train"], pairs["val"], pixels, settings, report)
    half = {name: values.half().contiguous() for name, values in sorted(best.state.items())}
    trainee.model.load_state_dict({name: values.float() for name, values in half.items()})
    weights = save(half)
    facts = {
        "architecture": architecture,
        "preprocessing": PREPROCESSING,
        "vocabulary": pieces,
        "recipe": _recipe(settings, fingerprint),
        "figures": _figures(best, judge(trainee, pairs["test"], pixels)),
        "sha256": hashlib.sha256(weights).hexdigest(),
    }
    return weights, facts


def make_trainee(pieces: Sequence[int], seed: int) -> tuple[Trainee, dict[str, Any]]:
    """A fresh model for a vocabulary of CLIP's pieces, and its architecture.

    Torch's global generator is left as it was.
    """
    vocabulary = Vocabulary(pieces, CONTEXT)
    architecture = {
        "embed_dim": _WIDTH,
        "vision_cfg": _VISION,
        "text_cfg": {**_TEXT, "vocab_size": len(vocabulary)},
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build_mini_clip(open_clip, architecture)
    tokenizer = open_clip.tokenizer.SimpleTokenizer()

    def tokens(texts: Sequence[str]) -> torch.Tensor:
        padded = np.zeros((len(texts), CONTEXT), dtype=np.int64)
        for at, text in enumerate(texts):
            row = vocabulary.row(tokenizer.encode(text))
            padded[at, : len(row)] = row
        return torch.from_numpy(padded)

    trainee = Trainee(
        model=model.to(memory_format=torch.channels_last),
        transform=mini_clip_transform(open_clip, PREPROCESSING),
        tokens=tokens,
        side=SIDE,
        mean=MEAN,
        std=STD,
        device="cpu",
    )
    return trainee, architecture


def write(folder: Path, weights: bytes, facts: Mapping[str, Any]) -> None:
    """Write ``mini_clip.safetensors`` and ``mini_clip.json`` into ``folder``, which exists."""
    replace_file(folder / "mini_clip.safetensors", weights)
    text = json.dumps({**facts, "vocabulary": []}, indent=1, ensure_ascii=False, allow_nan=False)
    numbers = json.dumps(facts["vocabulary"], separators=(",", ":"))
    text = text.replace('"vocabulary": []', f'"vocabulary": {numbers}')
    replace_file(folder / "mini_clip.json", f"{text}\n".encode())


def drift(facts: Mapping[str, Any], shipped: Mapping[str, Any]) -> dict[str, float]:
    """Differences of the recalls and lifts on the test split, new minus shipped."""
    return {
        name: facts["figures"]["test"][name] - shipped["figures"]["test"][name] for name in _FIGURES
    }


def _pieces(texts: Sequence[str]) -> list[int]:
    tokenizer = open_clip.tokenizer.SimpleTokenizer()
    return sorted({piece for text in texts for piece in tokenizer.encode(text)})


def _recipe(settings: Settings, fingerprint: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "task": "mini",
        "data": dict(fingerprint),
        "settings": asdict(settings),
        "threads": torch.get_num_threads(),
        "packages": {name: version(name) for name in _PACKAGES},
        "script": "tools/train_clip.py",
    }


def _figures(best: Best, test: Retrieval) -> dict[str, Any]:
    return {
        "epoch": best.epoch,
        "training_loss": best.loss,
        "validation": asdict(best.validation),
        "test": asdict(test),
    }
