"""Train a CLIP on the photos and reviews of a task's training split.

Without ``--init``, this makes the weights of the encoder ``mini-clip`` that the package carries:
a small model from scratch on the embedded world. With ``--init``, a given CLIP is tuned further on
any task's training split; the result is named ``open_clip:ARCH/OUT/weights.safetensors``, and
``clip-align(encoder=...)`` takes it.

    python tools/train_clip.py --out retrained
    python tools/train_clip.py --check
    python tools/train_clip.py --task gest --init open_clip:ViT-B-32-quickgelu/openai --out tuned
    python tools/train_clip.py --task mini --init open_clip:ViT-B-32/clips/vit.safetensors --out t

Progress goes to standard error. ``--check`` trains as the packaged JSON says, writes nothing, and
ends with 1 if a recall on the test split moved by more than the stated tolerance.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from clip_training.fine_tune import fine_tune
from clip_training.loop import Settings
from clip_training.pairs import KeptPixels, Pairs, pairs_of
from clip_training.scratch import SETTINGS, TOLERANCE, drift, from_scratch, write

from showcase_bench.datasets.mini import stored_fingerprint
from showcase_bench.datasets.tasks import TASKS, file_task
from showcase_bench.encoders.mini_clip import WEIGHTS
from showcase_bench.errors import ShowcaseError, UsageError
from showcase_bench.evaluate import Workspace

TUNING = Settings(
    epochs=5, batch=64, learning_rate=1e-5, weight_decay=0.2, betas=(0.9, 0.98), thin_chance=0.0
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; 0 done, 1 the check failed, 2 the user's error."""
    options = _options(arguments)
    torch.set_num_threads(options.threads)
    try:
        if options.check:
            return _check()
        return _tune(options) if options.init else _train(options)
    except ShowcaseError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--task", default="mini", help="name of a task, or a GEST-shaped .json file (default: mini)"
    )
    parser.add_argument("--init", metavar="open_clip:ARCH/TAG-or-PATH", help="the CLIP to tune")
    parser.add_argument("--out", type=Path, help="folder of the result (default: the package's)")
    parser.add_argument("--epochs", type=int, help="default: 5 with --init, else the recipe's")
    parser.add_argument("--batch", type=int, help="pairs in a step")
    parser.add_argument("--learning-rate", type=float, help="highest learning rate")
    parser.add_argument("--seed", type=int, help="default: 0")
    parser.add_argument("--threads", type=int, default=1, help="of torch (default: 1)")
    parser.add_argument("--check", action="store_true", help="retrain the packaged weights")
    options = parser.parse_args(arguments)
    others = ("init", "out", "epochs", "batch", "learning_rate", "seed")
    if options.check and (
        options.task != "mini" or any(getattr(options, one) is not None for one in others)
    ):
        parser.error("--check trains as the packaged JSON says; only --threads goes with it")
    if options.init and not options.out:
        parser.error("--init needs --out, the folder to write weights.safetensors into")
    if options.threads < 1:
        parser.error(f"--threads must be at least 1, not {options.threads}")
    return options


def _train(options: argparse.Namespace) -> int:
    if options.task != "mini":
        raise UsageError("a model from scratch is made on the task mini only; give --init")
    folder = _writable(options.out or WEIGHTS.parent)
    weights, facts = _from_scratch(_changed(SETTINGS, options))
    write(folder, weights, facts)
    _print(facts["figures"])
    return 0


def _tune(options: argparse.Namespace) -> int:
    folder, settings = _writable(options.out), _changed(TUNING, options)
    pairs, pixels = _open(options.task)
    facts = fine_tune(options.init, folder, pairs, pixels, settings, _report)
    _print(facts["figures"])
    return 0


def _check() -> int:
    shipped = json.loads(WEIGHTS.with_suffix(".json").read_text(encoding="utf-8"))
    recipe = shipped["recipe"]["settings"]
    weights, facts = _from_scratch(Settings(**{**recipe, "betas": tuple(recipe["betas"])}))
    moved = drift(facts, shipped)
    same = facts["sha256"] == shipped["sha256"]
    _print({"moved": moved, "tolerance": TOLERANCE, "same_bytes": same, "bytes": len(weights)})
    return int(max(map(abs, moved.values())) > TOLERANCE)


def _from_scratch(settings: Settings) -> tuple[bytes, dict[str, Any]]:
    pairs, pixels = _open("mini")
    return from_scratch(pairs, pixels, settings, stored_fingerprint(), _report)


def _open(task: str) -> tuple[dict[str, Pairs], KeptPixels]:
    found = file_task(Path(task)) if task.endswith(".json") else TASKS.get(task)
    workspace = Workspace.open(found)
    pairs = {name: pairs_of(workspace.split(name)) for name in ("train", "val", "test")}
    return pairs, KeptPixels(workspace.images)


def _writable(folder: Path) -> Path:
    """The folder, made if need be; training is too long to find out at its end."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise UsageError(f"--out {folder}: cannot be written: {error.strerror}") from error


def _changed(settings: Settings, options: argparse.Namespace) -> Settings:
    given = {"epochs": options.epochs, "batch": options.batch, "seed": options.seed}
    given["learning_rate"] = options.learning_rate
    for name, value in given.items():
        if value is not None and (value < 0 or (value == 0 and name != "seed")):
            least = "at least" if name == "seed" else "above"
            raise UsageError(f"--{name.replace('_', '-')} must be {least} 0, not {value}")
    return replace(settings, **{name: one for name, one in given.items() if one is not None})


def _report(line: str) -> None:
    if line.endswith("\n"):
        sys.stderr.write(f"\r\033[K{line}" if sys.stderr.isatty() else line)
    elif sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{line}")
    sys.stderr.flush()


def _print(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
