"""Features on disk: write-once files that verify themselves.

A shard is two files named after the SHA-256 of their content: ``<digest>.npy`` holds the matrix
and ``<digest>.json`` the ids of its rows. Both appear under their final names in one step each,
the JSON last, so a reader sees a whole shard or none, and processes that write the same features
write the same files.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["Shard", "read_shards", "write_shard"]

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Shard:
    """Some photos' features."""

    ids: Sequence[str]
    features: NDArray[np.float32]
    """Shape [len(ids), d]; a row of zeros for each unreadable photo."""
    unreadable: Mapping[str, str]
    """Why each unreadable photo is so."""


def write_shard(folder: Path, shard: Shard) -> None:
    """Add ``shard`` to ``folder``, which is created if need be.

    Raises
    ------
    OSError
        The folder cannot be written; nothing half-written is left under a shard's name.
    """
    matrix = io.BytesIO()
    np.save(matrix, shard.features, allow_pickle=False)
    head = json.dumps(
        {"ids": list(shard.ids), "unreadable": dict(sorted(shard.unreadable.items()))}
    ).encode()
    digest = hashlib.sha256(head)
    digest.update(matrix.getbuffer())
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / f"{digest.hexdigest()}.npy", matrix.getbuffer())
    _write(folder / f"{digest.hexdigest()}.json", head)


def read_shards(folder: Path, dim: int) -> Iterator[Shard]:
    """Every intact shard of ``folder`` in the order of their names.

    Files that are damaged, half there or of another dimension than ``dim`` are passed over; a
    missing folder has no shards.
    """
    for path in sorted(folder.glob("*.json")):
        shard = _read(path)
        if shard is not None and shard.features.shape == (len(shard.ids), dim):
            yield shard


def _read(path: Path) -> Shard | None:
    try:
        head = path.read_bytes()
        with path.with_suffix(".npy").open("rb") as file:
            digest = hashlib.sha256(head)
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            if digest.hexdigest() != path.stem:
                return None
            file.seek(0)
            features = np.load(file, allow_pickle=False)
        content = json.loads(head)
        return Shard(content["ids"], features, content["unreadable"])
    except (OSError, ValueError, KeyError):
        return None


def _write(path: Path, content: bytes | memoryview) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
