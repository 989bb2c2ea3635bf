"""Tuning a given CLIP of open_clip on a task's training split."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import open_clip
import torch
from safetensors.torch import save

from clip_training.loop import Settings, train
from clip_training.pairs import KeptPixels, Pairs
from clip_training.trainee import Trainee, judge
from showcase_bench.encoders.torch_tools import find_device, read_safetensors
from showcase_bench.errors import UsageError
from showcase_bench.files import replace_file

__all__ = ["fine_tune", "load_trainee"]

_FORM = "write --init open_clip:ARCH/TAG or open_clip:ARCH/PATH.safetensors"


def fine_tune(
    init: str,
    folder: Path,
    pairs: Mapping[str, Pairs],
    pixels: KeptPixels,
    settings: Settings,
    report: Callable[[str], None],
) -> dict[str, Any]:
    """Tune on ``train``, choose the epoch by ``val``, write ``weights.safetensors`` and its JSON.

    Parameters
    ----------
    init
        ``open_clip:ARCH/TAG`` or ``open_clip:ARCH/PATH.safetensors``.
    folder
        Exists and can be written.
    pairs
        By split; figures of ``test``, where it has photos, are before and after tuning.

    Returns
    -------
    dict
        What the JSON holds.

    Raises
    ------
    UsageError
        ``init`` is of another form, open_clip cannot build it, or there is nothing to train on.
    """
    trainee = load_trainee(init, settings.seed)
    before = judge(trainee, pairs["test"], pixels) if pairs["test"].image_ids else None
    best = train(trainee, pairs["train"], pairs["val"], pixels, settings, report)
    trainee.model.load_state_dict(best.state)
    after = judge(trainee, pairs["test"], pixels) if pairs["test"].image_ids else None
    facts = {
        "init": init,
        "settings": asdict(settings),
        "figures": {
            "epoch": best.epoch,
            "training_loss": best.loss,
            "validation": asdict(best.validation),
            "test_before": before and asdict(before),
            "test": after and asdict(after),
        },
    }
    state = {name: values.cpu().contiguous() for name, values in sorted(best.state.items())}
    replace_file(folder / "weights.safetensors", save(state))
    text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
    replace_file(folder / "weights.json", f"{text}\n".encode())
    return facts


def load_trainee(init: str, seed: int) -> Trainee:
    """The CLIP that ``init`` names; raises as :func:`fine_tune`.

    Activation and preprocessing are those of the architecture, as they will be when the tuned
    file is opened by its path, whatever the tag was trained with.
    """
    kind, _, argument = init.partition(":")
    arch, _, source = argument.partition("/")
    if kind != "open_clip" or not arch or not source:
        raise UsageError(f"cannot read {init!r}: {_FORM}")
    local = source.endswith(".safetensors")
    _check_activation(arch, source)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model, _, transform = open_clip.create_model_and_transforms(arch)
            if local:
                state = read_safetensors(Path(source).expanduser(), "open_clip")
            else:
                state = open_clip.create_model(arch, pretrained=source).state_dict()
        model.load_state_dict(state)
    except (RuntimeError, ValueError, AssertionError, OSError) as error:
        raise UsageError(f"open_clip cannot build {arch!r} with {source!r}: {error}") from error
    side = model.visual.image_size
    device = find_device()
    return Trainee(
        model=model.float().to(device, memory_format=torch.channels_last),
        transform=transform,
        tokens=open_clip.get_tokenizer(arch),
        side=side if isinstance(side, int) else side[0],
        mean=tuple(model.visual.image_mean),
        std=tuple(model.visual.image_std),
        device=device,
    )


def _check_activation(arch: str, tag: str) -> None:
    quick = bool((open_clip.get_pretrained_cfg(arch, tag) or {}).get("quick_gelu"))
    config = open_clip.get_model_config(arch) or {}
    if quick and not config.get("quick_gelu"):
        raise UsageError(
            f"the weights {arch}/{tag} need the activation of {arch}-quickgelu: "
            f"write --init open_clip:{arch}-quickgelu/{tag}"
        )
