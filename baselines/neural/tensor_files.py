"""Tensors and facts on disk: safetensors beside JSON, checked in full when they are read."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from showcase_bench.errors import StoreError
from showcase_bench.files import replace_file

__all__ = [
    "MOST_JSON",
    "describe_tensors",
    "read_facts",
    "read_tensors",
    "remove_leftovers",
    "write_facts",
    "write_tensors",
]

MOST_JSON = 256 * 2**20
"""Bytes of a JSON file that are read at most."""

_TEMPORARY = ".tensors-"


def write_tensors(folder: Path, name: str, tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """Write tensors into ``folder`` in one step, and give what :func:`read_tensors` asks for.

    Names that stand for one tensor, as those of tied weights do, are written once. Equal tensors
    give equal bytes.

    Parameters
    ----------
    name
        File name; ``{hash}`` in it becomes the first 16 digits of the content's SHA-256.

    Raises
    ------
    StoreError
        A tensor holds numbers that are not finite, or the file cannot be written.
    """
    for key, tensor in tensors.items():
        if not _finite(tensor):
            raise StoreError(
                f"{folder / name} is not written: tensor {key!r} holds numbers that are not "
                "finite. Train with a lower learning rate, and keep constants such as masks out "
                "of the state (persistent=False)."
            )
    own, shared = _without_repeats(tensors)
    with _unwritable(folder):
        handle, temporary = tempfile.mkstemp(prefix=_TEMPORARY, dir=folder)
        os.close(handle)
        path = Path(temporary)
        try:
            save_file(own, path)
            path.chmod(0o644)
            sha256 = _sha256(path, sync=True)
            final = name.replace("{hash}", sha256[:16])
            path.replace(folder / final)
        finally:
            path.unlink(missing_ok=True)
    return {"file": final, "sha256": sha256, "shared": shared}


def read_tensors(folder: Path, written: Any, fix: str) -> dict[str, Tensor]:
    """Read on the CPU what :func:`write_tensors` described as ``written``.

    Parameters
    ----------
    fix
        Sentence that ends each error: what the user can do.

    Raises
    ------
    StoreError
        The file is missing or damaged, or holds numbers that are not finite.
    """
    file, sha256, shared = _description(folder, written, fix)
    path = folder / file
    try:
        if _sha256(path) != sha256:
            _damaged(path, "its content is not what was written (SHA-256 differs)", fix)
        tensors = load_file(path)
    except FileNotFoundError as error:
        raise StoreError(f"{path} is missing. {fix}") from error
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise StoreError(f"{path} cannot be read: {error}. {fix}") from error
    for key, tensor in tensors.items():
        if not _finite(tensor):
            _damaged(path, f"tensor {key!r} holds numbers that are not finite", fix)
    for alias, key in shared.items():
        if key not in tensors or alias in tensors:
            _damaged(path, f"tensor {alias!r} is said to be {key!r}, which does not fit", fix)
    return tensors | {alias: tensors[key] for alias, key in shared.items()}


def remove_leftovers(folder: Path, pattern: str, kept: str) -> None:
    """Remove the files of a pattern other than ``kept``, and what a killed writer left half done.

    Nobody else may be writing tensors there.
    """
    for path in (*folder.glob(pattern), *folder.glob(f"{_TEMPORARY}*")):
        if path.name != kept:
            path.unlink(missing_ok=True)


def write_facts(path: Path, facts: Mapping[str, Any]) -> None:
    """Write a JSON object in one step; keys keep their order, any string survives.

    Raises
    ------
    StoreError
        It would be larger than what is read again, or the file cannot be written.
    """
    data = json.dumps(facts, separators=(",", ":"), allow_nan=False).encode("ascii")
    if len(data) > MOST_JSON:
        raise StoreError(
            f"{path} is not written: {len(data):,} bytes are more than the {MOST_JSON:,} that can "
            "be read again. Learn fewer facts, such as a smaller vocabulary."
        )
    with _unwritable(path.parent):
        replace_file(path, data)


def read_facts(path: Path, fix: str) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    StoreError
        The file is missing, too large, or not a JSON object of finite numbers.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_JSON + 1)
    except FileNotFoundError as error:
        raise StoreError(f"{path} is missing. {fix}") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error}. {fix}") from error
    if len(data) > MOST_JSON:
        _damaged(path, f"it is larger than {MOST_JSON:,} bytes", fix)
    try:
        facts = json.loads(data, parse_constant=_not_finite)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path} is not JSON: {error}. {fix}") from error
    if not isinstance(facts, dict):
        _damaged(path, "it is not a JSON object", fix)
    return facts


def describe_tensors(tensors: Mapping[str, Tensor]) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Kind of number and shape of each tensor, such as ``("float32", (3, 4))``."""
    return {
        name: (str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape))
        for name, tensor in tensors.items()
    }


def _without_repeats(
    tensors: Mapping[str, Tensor],
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Each distinct tensor by its first name, in memory of its own; and other names of them."""
    own: dict[str, Tensor] = {}
    shared: dict[str, str] = {}
    first: dict[Any, str] = {}
    storages: set[int] = set()
    for name, tensor in sorted(tensors.items()):
        value = tensor.detach()
        place = value.untyped_storage().data_ptr()
        same = (value.data_ptr(), value.dtype, value.shape, value.stride(), value.device)
        if value.numel() and same in first:
            shared[name] = first[same]
            continue
        first[same] = name
        own[name] = value.contiguous().clone() if place in storages else value.contiguous()
        storages.add(place)
    return own, shared


def _finite(tensor: Tensor) -> bool:
    if not (tensor.is_floating_point() or tensor.is_complex()):
        return True
    return bool(torch.isfinite(tensor).all())


def _sha256(path: Path, *, sync: bool = False) -> str:
    with path.open("rb") as file:
        if sync:
            os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _description(folder: Path, written: Any, fix: str) -> tuple[str, str, dict[str, str]]:
    match written:
        case {"file": str(file), "sha256": str(sha256), "shared": dict(shared)} if file == Path(
            file
        ).name and all(isinstance(one, str) for one in shared.values()):
            return file, sha256, shared
    return _damaged(folder, "its JSON does not name a file of tensors", fix)


def _not_finite(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}, which is not a number of JSON")


def _damaged(path: Path, what: str, fix: str) -> NoReturn:
    raise StoreError(f"{path} is damaged: {what}. {fix}")


@contextmanager
def _unwritable(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise StoreError(
            f"cannot write into {folder}: {error}. Free some space, or choose a folder that can be "
            "written to."
        ) from error
