"""Memory and time of a training step of each trained model at the sizes of ``config=paper``.

A child process per model makes synthetic rows of GEST-s2's scale (87,013 of training: ids, 24 words
a text, 1.9 photos, 3.4 reviews of history; features and pixels are random), learns vocabulary and
ids from all of them, builds the network, and runs whole updates (batch, forward, backward,
clipping, optimizer) of ``--rows`` rows of middling length on the CPU. Pretrained language models
are replaced by GPT-2 small with random weights, which costs the same.

Printed are what was measured, floating-point operations as torch counts them, and one epoch on one
GPU, with the arithmetic:

    operations of an epoch = operations per row x rows of training
    seconds of an epoch    = operations / (TFLOP/s of the GPU x share of it that is reached)
    memory at the batch    = 16 bytes x parameters + bytes per row x rows of a batch

Bytes per row are those of all tensors that the forward pass keeps for the backward pass, parameters
apart; 16 bytes are weight, gradient and two moments in float32 (8 with SGD). Memory that a step
needs for a moment only comes on top.

    python benchmarks/training_step.py [--models peter,showcase] [--rows 8] [--steps 3]
                                       [--tflops 19.5] [--utilisation 0.35] [--json]

A model that is not registered is named by ``package.module:Class``. Needs the extra neural; no
network.
"""

from __future__ import annotations

import argparse
import inspect
import json
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from _harness import measure, peak_mib

from showcase_bench import Example, Gold, Query, Review

ROWS, USERS, BUSINESSES = 87_013, 29_564, 30_831
WORDS, PHOTOS, HISTORY = 24.32, 1.87, 3.40
VOCABULARY = 40_000
SAMPLE = 512
"""Rows that batches are made of."""
FEATURES = 512
BYTES_PER_PARAMETER = 16


class RandomPhotos:
    """Random features and pixels, the same for the same name."""

    key = "random"

    def __init__(self) -> None:
        draw = np.random.default_rng(5)
        self._rows = draw.standard_normal((4096, FEATURES)).astype(np.float32)
        self._rows /= np.linalg.norm(self._rows, axis=1, keepdims=True)
        self._pixels = draw.integers(0, 256, (240, 320, 3), dtype=np.uint8)

    def load(self, image_id: str) -> np.ndarray:
        """Pixels of a photo, 320 x 240."""
        return np.roll(self._pixels, _place(image_id), axis=1)

    def features(self, names: Sequence[str], encoder: str) -> np.ndarray:
        """Unit vectors, [len(names), 512]."""
        return self._rows[[_place(name) for name in names]]

    text_features = features


def _place(name: str) -> int:
    return zlib.crc32(name.encode()) % 4096


def vocabulary() -> list[str]:
    """Distinct words of two to four syllables."""
    draw = np.random.default_rng(6)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er")]
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        words["".join(draw.choice(syllables, draw.integers(2, 5)))] = None
    return list(words)


def synthetic_rows() -> list[Example]:
    """Training rows of GEST-s2's scale; frequent words are frequent as in writing (Zipf)."""
    draw = np.random.default_rng(7)
    words = np.array(vocabulary(), dtype=object)
    share = 1 / np.arange(1, VOCABULARY + 1)
    lengths = 1 + draw.poisson(WORDS - 1, ROWS)
    picks = draw.choice(VOCABULARY, lengths.sum(), p=share / share.sum())
    ends = np.cumsum(lengths)
    texts = [
        " ".join(words[picks[end - n : end]]) + "." for end, n in zip(ends, lengths, strict=True)
    ]
    photos, past = 1 + draw.poisson(PHOTOS - 1, ROWS), draw.poisson(HISTORY, ROWS)
    users, shops = draw.integers(0, USERS, ROWS), draw.integers(0, BUSINESSES, ROWS)
    rows = []
    for i, text in enumerate(texts):
        own = tuple(f"photo-{i}-{j}" for j in range(photos[i]))
        user, shop = f"user-{users[i]}", f"shop-{shops[i]}"
        reviews = tuple(
            Review(f"{user}_{j}", user, f"past-{j}", texts[(i * 7 + j) % 4096], ())
            for j in range(past[i])
        )
        rows.append(Example(Query(f"q{i}", user, shop, reviews, own, 3), Gold(own, (text,), 4.0)))
    return rows


def random_gpt2(folder: Path) -> None:
    """GPT-2 small with random weights, and as many tokens as it has."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import GPT2Config, GPT2LMHeadModel

    end = "<|endoftext|>"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    size = GPT2Config().vocab_size
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=[end], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator((f" {word}" for word in vocabulary()), trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"bos_token": end, "eos_token": end}
    (folder / "tokenizer_config.json").write_text(json.dumps(names))
    GPT2LMHeadModel(GPT2Config(bos_token_id=0, eos_token_id=0)).save_pretrained(folder)


def trained_models() -> list[str]:
    """Registered models with a network and a configuration ``paper``."""
    from baselines.neural.model import NeuralModel
    from showcase_bench.models import MODELS

    found = []
    for name in MODELS:
        known = MODELS.get(name)
        if issubclass(known, NeuralModel) and "config" in inspect.signature(known).parameters:
            found.append(name)
    return found


def model_of(name: str, weights: Path) -> Any:
    """The model at paper size."""
    from showcase_bench.models import MODELS

    module, _, attribute = name.partition(":")
    known = getattr(import_module(module), attribute) if attribute else MODELS.get(name)
    options = {"weights": str(weights)} if "weights" in inspect.signature(known).parameters else {}
    return known(config="paper", **options)


def steps_of(name: str, weights: Path, most: int, steps: int) -> dict[str, Any]:
    """Build one model and measure its steps; runs in the child."""
    from baselines.neural.devices import accelerated
    from baselines.neural.optimizer import Updater
    from baselines.neural.randomness import seeded

    model, images = model_of(name, weights), RandomPhotos()
    examples = synthetic_rows()
    model.facts = {"seed": 0, **model._learn_facts(examples, images)}
    sample = examples[:SAMPLE]
    del examples
    with seeded(0):
        model.network = model._build()
    rows = model._rows(sample, images)
    network = model.network.train()
    order = sorted(range(len(rows)), key=rows.size)
    middle = max((len(order) - most) // 2, 0)
    chosen = order[middle : middle + most]
    before = peak_mib()
    with accelerated("fp32") as accelerator, seeded(0):
        updater = Updater(network, model.training, accelerator)
        step = partial(_step, network, rows, updater, model.training.learning_rate, chosen)
        seconds = [step() for _ in range(steps + 1)][1:]
        peak = peak_mib()
        kept = _kept_bytes(network, rows, chosen)
        operations = _operations(network, step)
    return {
        "parameters": model.parameters(),
        "batch_size": model.training.batch_size * model.training.accumulate,
        "rows_of_epoch": round(len(rows) / SAMPLE * ROWS),
        "rows": len(chosen),
        "step_s": statistics.median(seconds),
        "before_mib": before,
        "peak_mib": peak,
        "mib_per_row": kept / len(chosen) / 2**20,
        "gflop_per_row": operations / len(chosen) / 1e9,
    }


def _step(network: Any, rows: Any, updater: Any, rate: float, chosen: Sequence[int]) -> float:
    """Seconds of one update."""
    start = time.perf_counter()
    losses = network(rows.batch(chosen, np.random.default_rng(0)))
    updater.learn(losses)
    updater.update(rate, losses.weight)
    return time.perf_counter() - start


def _kept_bytes(network: Any, rows: Any, chosen: Sequence[int]) -> int:
    """Bytes that the forward pass keeps for the backward pass, each memory once."""
    import torch

    own = {one.untyped_storage().data_ptr() for one in network.parameters()}
    kept: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        memory = tensor.untyped_storage()
        if memory.data_ptr() not in own:
            kept[memory.data_ptr()] = memory.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        losses = network(rows.batch(chosen, np.random.default_rng(0)))
        losses.total.backward()
    network.zero_grad(set_to_none=True)
    return sum(kept.values())


def _operations(network: Any, step: Any) -> int:
    """Floating-point operations of one update: matrix products, convolutions and attention.

    An LSTM in one piece is not counted by torch; without oneDNN it falls into its products.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    recurrent = any(isinstance(one, torch.nn.LSTM) for one in network.modules())
    pieces = torch.backends.mkldnn.flags(enabled=False) if recurrent else nullcontext()
    with pieces, FlopCounterMode(display=False) as counted:
        step()
    return int(counted.get_total_flops())


def extrapolated(one: dict[str, Any], tflops: float, utilisation: float) -> dict[str, float]:
    """One epoch on one GPU, and the memory at the batch size of the configuration."""
    operations = one["gflop_per_row"] * 1e9 * one["rows_of_epoch"]
    held = BYTES_PER_PARAMETER * one["parameters"]
    return {
        "epoch_pflop": operations / 1e15,
        "epoch_s": operations / (tflops * 1e12 * utilisation),
        "updates": -(-one["rows_of_epoch"] // one["batch_size"]),
        "batch_gib": (held + one["mib_per_row"] * 2**20 * one["batch_size"]) / 2**30,
    }


def show(name: str, one: dict[str, Any], tflops: float, utilisation: float) -> None:
    """Print what was measured of one model, and the arithmetic."""
    print(
        f"{_short(name)}: {one['parameters']:,} parameters; {one['rows']} rows on the CPU: "
        f"{one['step_s']:.2f} s a step, peak {one['peak_mib']:,.0f} MiB "
        f"({one['before_mib']:,.0f} before the first step)\n"
        f"  epoch:  {one['gflop_per_row']:.2f} GFLOP x {one['rows_of_epoch']:,} rows = "
        f"{one['epoch_pflop']:.3f} PFLOP; / ({tflops:g} TFLOP/s x {utilisation:g}) = "
        f"{one['epoch_s']:,.0f} s, {one['updates']:,} updates\n"
        f"  memory: {BYTES_PER_PARAMETER} B x {one['parameters']:,} + {one['mib_per_row']:.1f} MiB "
        f"x {one['batch_size']} rows = {one['batch_gib']:.2f} GiB",
        flush=True,
    )


def _short(name: str) -> str:
    return name.rpartition(":")[2]


def main() -> int:
    """Measure and print; 1 where a model failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default="", help="names, with commas; all when left out")
    parser.add_argument("--rows", type=int, default=8, help="rows of the measured batch")
    parser.add_argument("--steps", type=int, default=3, help="timed steps; the median counts")
    parser.add_argument("--tflops", type=float, default=19.5, help="of the GPU; A100 in float32")
    parser.add_argument("--utilisation", type=float, default=0.35, help="share of it reached")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        step, folder = options.child[0], Path(options.child[1])
        if step == "gpt2":
            done: dict[str, Any] = {}
            random_gpt2(folder)
        else:
            done = steps_of(step, folder, int(options.child[2]), int(options.child[3]))
        print(json.dumps(done))
        return 0
    names = [one for one in options.models.split(",") if one] or trained_models()
    result, failed = {}, 0
    with tempfile.TemporaryDirectory() as folder:
        measure(__file__, "gpt2", folder)
        for name in names:
            try:
                one = measure(__file__, name, folder, str(options.rows), str(options.steps))
            except SystemExit as error:
                print(f"{name}: {error}", file=sys.stderr)
                failed = 1
                continue
            result[name] = one | extrapolated(one, options.tflops, options.utilisation)
            if not options.json:
                show(name, result[name], options.tflops, options.utilisation)
    if options.json:
        print(json.dumps(result, indent=2))
    return failed


if __name__ == "__main__":
    sys.exit(main())
