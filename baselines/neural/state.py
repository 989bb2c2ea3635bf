"""How far a training is, in memory and on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.neural.means import Mean
from baselines.neural.settings import Training
from baselines.neural.tensor_files import (
    describe_tensors,
    read_facts,
    read_tensors,
    remove_leftovers,
    write_facts,
    write_tensors,
)
from showcase_bench.errors import StoreError

__all__ = ["State", "StateFile", "describe", "identity_of"]


@dataclass
class State:
    """Where a training stands, besides the numbers of network and optimizer."""

    epoch: int = 1
    """The one that is worked on."""
    update: int = 0
    """Updates done in this epoch."""
    step: int = 0
    """Updates done in all epochs."""
    best: float | None = None
    """Lowest validation loss."""
    stale: int = 0
    """Epochs since the best one."""
    reductions: int = 0
    """Epochs that were not better than all before."""
    curve: list[dict[str, Any]] = field(default_factory=list)
    whole: Mean = field(default_factory=Mean)
    """Of this epoch."""
    recent: Mean = field(default_factory=Mean)
    """Since the last point of the curve."""


class StateFile:
    """The checkpoint of a training: ``training.json`` and the safetensors file that it names.

    Tensors are written first, under a name of their content; the JSON is then replaced in one
    step, and older tensors are removed: at any moment one whole checkpoint is there.

    Parameters
    ----------
    folder
        Made where it is missing.
    identity
        What a training must have in common with its checkpoint, as JSON types.
    """

    def __init__(self, folder: Path, identity: dict[str, Any]) -> None:
        self.path = folder / "training.json"
        self._folder = folder
        self._identity = identity
        self._fix = f"Delete {self.path} to train from the beginning."

    def read(self) -> tuple[State, dict[str, Any], dict[str, Tensor]] | None:
        """State, the optimizer's scalars, and tensors; None where there is no checkpoint.

        Raises
        ------
        StoreError
            The checkpoint is damaged, or of another training.
        """
        if not self.path.exists():
            return None
        content = read_facts(self.path, self._fix)
        self._require_same(content.get("identity"))
        tensors = read_tensors(self._folder, content.get("tensors"), self._fix)
        try:
            return _state(content["state"]), dict(content["optimizer"]), tensors
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"{self.path} is damaged: {error!r}. {self._fix}") from error

    def write(self, state: State, optimizer: dict[str, Any], tensors: Mapping[str, Tensor]) -> None:
        """Put this in the place of the last checkpoint.

        Raises
        ------
        StoreError
            It cannot be written; the last checkpoint is still there.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot make the folder {self._folder}: {error}. Choose another."
            ) from error
        written = write_tensors(self._folder, "training-{hash}.safetensors", tensors)
        content = {
            "identity": self._identity,
            "tensors": written,
            "state": asdict(state),
            "optimizer": optimizer,
        }
        write_facts(self.path, content)
        remove_leftovers(self._folder, "training-*.safetensors", written["file"])

    def _require_same(self, found: Any) -> None:
        if found == self._identity:
            return
        if not isinstance(found, dict):
            raise StoreError(f"{self.path} is damaged: it has no identity. {self._fix}")
        other = [
            f"{name} is {found.get(name)!r} there and {value!r} here"
            for name, value in self._identity.items()
            if found.get(name) != value
        ]
        raise StoreError(
            f"{self.path} is the checkpoint of another training: {'; '.join(other)}. Use another "
            f"folder for this one. {self._fix}"
        )


def describe(state: State, label: str, epochs: int, validated: bool) -> str:
    """What a progress bar says, such as "Training peter, epoch 3 of at most 20, loss 2.31"."""
    last = {point["split"]: point["loss"] for point in state.curve}
    loss = last.get("train") if state.whole.loss is None else state.whole.loss
    most = f"at most {epochs}" if validated else f"{epochs}"
    text = f"Training {label}, epoch {min(state.epoch, epochs)} of {most}"
    text += "" if loss is None else f", loss {loss:.2f}"
    return f"{text}, val {last['val']:.2f}" if "val" in last else text


def identity_of(
    network: nn.Module,
    training: Training,
    sizes: Mapping[str, NDArray[np.int64]],
    seed: int,
    label: str,
) -> dict[str, Any]:
    """What two calls must have in common for one to go on where the other stopped.

    Parameters
    ----------
    sizes
        Lengths of the rows of each split.
    """
    shapes = json.dumps(describe_tensors(network.state_dict()))
    rows = {
        f"rows of {split}": f"{len(own)} ({_short_hash(own.astype('<i8').tobytes())})"
        for split, own in sizes.items()
    }
    settings = asdict(training)
    shape = f"{sum(one.numel() for one in network.state_dict().values())} numbers"
    return {
        "label": label,
        "seed": seed,
        "network": f"{shape} ({_short_hash(shapes.encode())})",
        **rows,
        **settings,
    }


def _state(values: dict[str, Any]) -> State:
    means: dict[str, Any] = {name: Mean(**values[name]) for name in ("whole", "recent")}
    state = State(**{**values, **means})
    counts = (state.epoch, state.update, state.step, state.stale, state.reductions)
    if not all(type(one) is int and one >= 0 for one in counts):
        raise ValueError(f"counts {counts}")
    if not isinstance(state.curve, list) or not isinstance(state.best, float | None):
        raise TypeError("the curve is not a list, or the best loss is not a number")
    return state


def _short_hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
