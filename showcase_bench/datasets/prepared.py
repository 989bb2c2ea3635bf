"""The cache of prepared data sets: found and checked, or made, in one piece.

A prepared data set is a folder named after the content of its file. It is built in a temporary
folder beside and moved into place when complete, so that it is whole or not there; its record
holds a checksum of every file, so that damage is found and repaired by preparing again.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from showcase_bench.datasets.columns import (
    BUSINESSES,
    EXAMPLES,
    HISTORY,
    PHOTOS,
    ExampleBatch,
    read_batches,
)
from showcase_bench.datasets.integrity.manifest import write_manifest
from showcase_bench.datasets.json_rows import SPLITS
from showcase_bench.datasets.prepare import FORMAT_VERSION, FileCounts, prepare
from showcase_bench.datasets.usable import usable_cache
from showcase_bench.errors import DataError, UsageError
from showcase_bench.files import new_folder
from showcase_bench.types import Progress

__all__ = ["Prepared", "file_sha256", "find_or_prepare"]

_RECORD = "prepared.json"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Prepared:
    """The mapped columns of one data set."""

    examples: dict[str, list[ExampleBatch]]
    """Split name to its batches."""
    photos: pa.RecordBatch
    businesses: pa.RecordBatch
    counts: FileCounts


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises
    ------
    DataError
        The file is missing, a folder, or cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise DataError(path, "no such file", "Check the path.") from error
    except IsADirectoryError as error:
        raise DataError(path, "is a folder", "Name the JSON file in it.") from error
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror or error}") from error


def find_or_prepare(path: Path, sha256: str, cache_dir: Path, progress: Progress) -> Prepared:
    """Open the prepared columns of a file, and make them first where that is needed.

    Parameters
    ----------
    path
        The file.
    sha256
        What it contains.
    cache_dir
        The columns are in ``datasets/<start of the sha256>-v<format>`` below. Several processes
        may do this at once; they write the same.
    progress
        Tracks the rows while preparing.

    Raises
    ------
    DataError
        The file breaks the format.
    UsageError
        ``cache_dir`` cannot be written.
    """
    folder = cache_dir / "datasets" / f"{sha256[:16]}-v{FORMAT_VERSION}"
    found = _open(folder, sha256)
    if found is not None:
        return found
    with usable_cache(cache_dir), new_folder(folder) as temporary:
        counts = prepare(path, sha256, temporary, progress)
        _write_record(temporary, sha256, counts)
        write_manifest(temporary, [one.name for one in temporary.iterdir()])
    found = _open(folder, sha256)
    if found is None:
        raise UsageError(
            f"the prepared data in {folder} was damaged right after it was written. "
            "Check the disk, or choose another cache folder."
        )
    return found


def _open(folder: Path, sha256: str) -> Prepared | None:
    """Check and map a prepared folder; None where it is missing, partial or damaged."""
    try:
        record = json.loads((folder / _RECORD).read_bytes())
        if record["sha256"] != sha256 or record["format"] != FORMAT_VERSION:
            return None
        if record["files"] != _checksums(folder) or record.pop("crc32") != _crc32(record):
            return None
        examples = {split: _read_split(folder, split) for split in SPLITS}
        (photos,) = read_batches(folder / "photos.arrow", PHOTOS)
        (businesses,) = read_batches(folder / "businesses.arrow", BUSINESSES)
        return Prepared(examples, photos, businesses, record["counts"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read_split(folder: Path, split: str) -> list[ExampleBatch]:
    examples = read_batches(folder / f"{split}.arrow", EXAMPLES)
    history = read_batches(folder / f"{split}.history.arrow", HISTORY)
    return [ExampleBatch(*pair) for pair in zip(examples, history, strict=True)]


def _write_record(folder: Path, sha256: str, counts: FileCounts) -> None:
    record = {
        "format": FORMAT_VERSION,
        "sha256": sha256,
        "files": _checksums(folder),
        "counts": counts,
    }
    text = json.dumps({**record, "crc32": _crc32(record)}, indent=2, sort_keys=True)
    (folder / _RECORD).write_text(f"{text}\n", encoding="utf-8")


def _crc32(record: dict[str, Any]) -> str:
    return f"{zlib.crc32(json.dumps(record, sort_keys=True).encode()):08x}"


def _checksums(folder: Path) -> dict[str, str]:
    """CRC-32 and size of every column file; enough against damage, and fast."""
    return {file.name: _checksum(file) for file in sorted(folder.glob("*.arrow"))}


def _checksum(file: Path) -> str:
    crc, size = 0, 0
    with file.open("rb", buffering=0) as stream:
        while data := stream.read(_CHUNK):
            crc = zlib.crc32(data, crc)
            size += len(data)
    return f"{crc:08x}-{size}"
