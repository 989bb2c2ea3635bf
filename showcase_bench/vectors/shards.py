"""Vectors on disk: write-once files that verify themselves.

A shard is two files named after the SHA-256 of their content: ``<digest>.npy`` holds the matrix,
and ``<digest>.keys`` what its rows belong to: a line of JSON, the number of rows of each key as
little-endian uint32, and the keys. Each appears under its final name in one step, the keys last,
so a reader sees a whole shard or none, and processes that write the same vectors write the same
files.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from showcase_bench.files import replace_file
from showcase_bench.vectors.keys import pack_keys, unpack_keys

__all__ = ["Dtype", "Matrix", "Shard", "open_matrix", "read_shards", "write_shard"]

Dtype: TypeAlias = Literal["float32", "float16"]
Matrix: TypeAlias = NDArray[np.floating[Any]]

_COUNT = np.dtype("<u4")
_CHUNK = 1 << 20
_MAPPED_FROM = 1 << 20


@dataclass(frozen=True, slots=True)
class Shard:
    """Some keys and their vectors."""

    keys: Sequence[str]
    """Distinct."""
    counts: NDArray[np.int64]
    """How many rows belong to each key."""
    vectors: Matrix
    """Shape [sum(counts), d]: the rows of the first key, of the second, and so on."""
    notes: Mapping[str, str]
    """Remarks on some of the keys."""
    path: Path | None = None
    """File that ``vectors`` are mapped from, if they are."""


def write_shard(folder: Path, shard: Shard) -> Shard:
    """Add ``shard`` to ``folder``, which is created if need be, and give it as it lies there.

    Raises
    ------
    OSError
        The folder cannot be written; nothing half-written is left under a shard's name.
    """
    stream = io.BytesIO()
    np.save(stream, shard.vectors, allow_pickle=False)
    matrix = stream.getvalue()
    head = _pack_head(shard)
    digest = hashlib.sha256(head)
    digest.update(matrix)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{digest.hexdigest()}.npy"
    replace_file(path, matrix)
    replace_file(path.with_suffix(".keys"), head)
    vectors = open_matrix(path)
    return Shard(shard.keys, shard.counts, vectors, shard.notes, _if_mapped(vectors, path))


def read_shards(folder: Path, dtype: Dtype, dim: int | None = None) -> Iterator[Shard]:
    """Every intact shard of ``folder`` in the order of their names.

    Files that are damaged, half there, or of another dtype or dimension than asked for are
    passed over; a missing folder has no shards. Large matrices are mapped, not read into memory;
    their files must not be cut while they are in use.
    """
    for path in sorted(folder.glob("*.keys")):
        shard = _read(path)
        if shard is None or shard.vectors.dtype != dtype:
            continue
        if dim is None or shard.vectors.shape[1] == dim:
            yield shard


def _read(path: Path) -> Shard | None:
    try:
        head = path.read_bytes()
        matrix = path.with_suffix(".npy")
        if _digest(head, matrix) != path.stem:
            return None
        keys, counts, notes = _unpack_head(head)
        vectors = open_matrix(matrix)
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    if vectors.ndim != 2 or len(vectors) != counts.sum():
        return None
    return Shard(keys, counts, vectors, notes, _if_mapped(vectors, matrix))


def _digest(head: bytes, matrix: Path) -> str:
    digest = hashlib.sha256(head)
    with matrix.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _if_mapped(matrix: Matrix, path: Path) -> Path | None:
    return path if isinstance(matrix.base, np.memmap) else None


def open_matrix(path: Path) -> Matrix:
    """Map a file from 1 MiB up, a plain array whose base is the map; read a smaller one.

    Raises
    ------
    OSError, ValueError
        It cannot be read or holds no matrix of numbers.
    """
    # np.load would also open archives.
    if path.stat().st_size >= _MAPPED_FROM:
        return np.asarray(np.lib.format.open_memmap(path, mode="r"))
    with path.open("rb") as file:
        return np.asarray(np.lib.format.read_array(file, allow_pickle=False))


def _pack_head(shard: Shard) -> bytes:
    about = {"keys": len(shard.keys), "notes": dict(sorted(shard.notes.items()))}
    counts = shard.counts.astype(_COUNT).tobytes()
    return json.dumps(about).encode() + b"\n" + counts + pack_keys(shard.keys)


def _unpack_head(head: bytes) -> tuple[list[str], NDArray[np.int64], dict[str, str]]:
    line, _, body = head.partition(b"\n")
    about = json.loads(line)
    n = int(about["keys"])
    counts = np.frombuffer(body, dtype=_COUNT, count=n).astype(np.int64)
    return unpack_keys(body[n * _COUNT.itemsize :], n), counts, dict(about["notes"])
