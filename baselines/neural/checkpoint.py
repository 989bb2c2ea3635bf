"""What ``save`` and ``load`` of a trained model write: ``model.safetensors`` and ``model.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from baselines.neural.tensor_files import (
    describe_tensors,
    read_facts,
    read_tensors,
    write_facts,
    write_tensors,
)
from showcase_bench.errors import StoreError

__all__ = ["Checkpoint", "load_checkpoint", "save_checkpoint"]

_FIX = "Fit the model again, or restore the folder from where it came."
_MOST_NAMED = 5


@dataclass(frozen=True)
class Checkpoint:
    """A trained network's numbers and what is needed to build it."""

    facts: dict[str, Any]
    """As given to :func:`save_checkpoint`, after a round trip through JSON."""
    tensors: dict[str, Tensor]
    """State of the network by name, on the CPU."""
    path: Path
    """The JSON file."""

    def into(self, network: nn.Module) -> None:
        """Put the numbers into a network of the same shape.

        Raises
        ------
        StoreError
            A tensor is missing, not expected, or of another shape or kind of number; the network
            is unchanged.
        """
        asked, found = describe_tensors(network.state_dict()), describe_tensors(self.tensors)
        problems = [f"{name} is missing" for name in asked if name not in found]
        problems += [f"{name} is not expected" for name in found if name not in asked]
        problems += [
            f"{name} is {_shape(found[name])} instead of {_shape(asked[name])}"
            for name in asked
            if name in found and found[name] != asked[name]
        ]
        if problems:
            more = len(problems) - _MOST_NAMED
            listed = "; ".join(problems[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
            raise StoreError(
                f"{self.path} does not fit the network: {listed}. It was written by a model with "
                f"other arguments. {_FIX}"
            )
        network.load_state_dict(self.tensors)


def save_checkpoint(
    folder: Path, kind: str, version: int, facts: dict[str, Any], tensors: Mapping[str, Tensor]
) -> None:
    """Write a network into a folder, which exists; equal input gives equal bytes.

    The tensors' file comes first and the JSON, which holds its SHA-256, second: what an
    interruption leaves is never taken for whole.

    Parameters
    ----------
    kind, version
        Of the model; :func:`load_checkpoint` refuses others.
    facts
        JSON types.
    tensors
        The network's ``state_dict()``; tied weights are written once.

    Raises
    ------
    StoreError
        A tensor holds numbers that are not finite, or the files cannot be written.
    """
    written = write_tensors(folder, "model.safetensors", tensors)
    write_facts(
        folder / "model.json",
        {"kind": kind, "version": version, "tensors": written, "facts": facts},
    )


def load_checkpoint(folder: Path, kind: str, version: int) -> Checkpoint:
    """Read what :func:`save_checkpoint` wrote.

    Raises
    ------
    StoreError
        A file is missing or damaged, of another kind of model or another version, or holds
        numbers that are not finite.
    """
    path = folder / "model.json"
    content = read_facts(path, _FIX)
    found_kind, found_version = content.get("kind"), content.get("version")
    if found_kind != kind:
        raise StoreError(f"{path} is of the model {found_kind!r}, not {kind!r}. {_FIX}")
    if found_version != version:
        raise StoreError(
            f"{path} is of version {found_version!r} of {kind!r}; this program reads version "
            f"{version}. Fit the model again, or use the program that wrote it."
        )
    facts = content.get("facts")
    if not isinstance(facts, dict):
        raise StoreError(f"{path} is damaged: it has no object 'facts'. {_FIX}")
    return Checkpoint(facts, read_tensors(folder, content.get("tensors"), _FIX), path)


def _shape(described: tuple[str, tuple[int, ...]]) -> str:
    number, shape = described
    return f"{number}[{', '.join(map(str, shape))}]"
