"""The index of the photos of a tar archive: made once, kept on disk, mapped into memory."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from showcase_bench.datasets.columns import Strings, integers
from showcase_bench.datasets.images.tar_headers import Member, members
from showcase_bench.datasets.usable import usable_cache
from showcase_bench.errors import DataError
from showcase_bench.files import replace_file
from showcase_bench.types import Progress

__all__ = ["Identity", "TarIndex", "open_index"]

_VERSION = 1
_SCHEMA = pa.schema([("id", pa.large_string()), ("offset", pa.int64()), ("size", pa.int64())])
_SUFFIXES = (b".jpg", b".jpeg", b".png", b".webp")
_LONGEST_ID = 255
_MOST_PHOTOS = 6_000_000
_ABOUT = b"showcase_bench"
_HEAD = 64
_SKIPPED = {"link": "links", "device": "devices", "sparse": "sparse", "folder": "folders"}


@dataclass(frozen=True, slots=True)
class Identity:
    """How an archive is recognised."""

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    """Also tells apart a file that was replaced by one of the same size and given the old time."""

    @classmethod
    def of(cls, path: Path, state: os.stat_result) -> Identity:
        """Identity of a file in a certain state."""
        return cls(str(path.resolve()), state.st_size, state.st_mtime_ns, state.st_ctime_ns)

    def check(self, path: Path, state: os.stat_result) -> None:
        """Raise DataError when the file is in another state."""
        if (state.st_size, state.st_mtime_ns) != (self.size, self.mtime_ns):
            raise DataError(path, "the archive was changed since it was opened", "Open it again.")


class TarIndex:
    """Where the photos of one archive are."""

    def __init__(self, batch: pa.RecordBatch, identity: Identity, counts: dict[str, int]) -> None:
        self.ids = Strings(batch.column("id"))
        """Sorted by UTF-8 bytes, which is the order of the code points."""
        self.identity = identity
        self.counts = counts
        self._offsets = integers(batch.column("offset"))
        self._sizes = integers(batch.column("size"))

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, image_id: str) -> tuple[int, int] | None:
        """Offset and size of a photo's data in bytes; None where the archive has none."""
        low, high = 0, len(self.ids)
        while low < high:
            middle = (low + high) // 2
            if self.ids[middle] < image_id:
                low = middle + 1
            else:
                high = middle
        if low == len(self.ids) or self.ids[low] != image_id:
            return None
        return self._offsets[low], self._sizes[low]

    def digest(self, start: str) -> str:
        """SHA-256 over ``start``, the archive's size and time, and all that is in the index."""
        state = f"{start}|{self.identity.size}|{self.identity.mtime_ns}|{len(self)}\n"
        digest = hashlib.sha256(state.encode())
        for image_id in self.ids:
            digest.update(f"{image_id}\n".encode())
        digest.update(self._offsets)
        digest.update(self._sizes)
        return digest.hexdigest()


def open_index(path: Path, cache_dir: Path, progress: Progress) -> TarIndex:
    """Open the kept index of an archive, and make it first where that is needed.

    Raises
    ------
    DataError
        The archive is missing, compressed, damaged, or holds more than 6 million photos.
    UsageError
        ``cache_dir`` cannot be written.
    """
    try:
        with path.open("rb") as stream:
            identity = Identity.of(path, os.fstat(stream.fileno()))
            name = hashlib.sha256(repr(identity).encode()).hexdigest()[:24]
            target = cache_dir / "tars" / f"{name}-v{_VERSION}.index"
            found = _load(target, identity)
            if found is not None:
                return found
            batch, counts = _scan(progress.track(members(stream, path), label="index"), path)
    except FileNotFoundError as error:
        raise DataError(path, "no such file", "Check the path.") from error
    except IsADirectoryError as error:
        raise DataError(
            path, "is a folder", "Name the .tar file, or use it as --images."
        ) from error
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror or error}") from error
    with usable_cache(cache_dir):
        _save(target, batch, {"identity": asdict(identity), "counts": counts})
    return TarIndex(batch, identity, counts)


def _scan(found: Iterable[Member], path: Path) -> tuple[pa.RecordBatch, dict[str, int]]:
    """Collect the photos among the members; of one id the last."""
    counts: Counter[str] = Counter()
    ids: list[bytes] = []
    offsets, sizes = array("q"), array("q")
    for member in found:
        image_id = _photo_id(member, counts)
        if image_id is None:
            continue
        ids.append(image_id)
        offsets.append(member.offset)
        sizes.append(member.size)
        if len(ids) > _MOST_PHOTOS:
            raise DataError(path, f"more than {_MOST_PHOTOS:,} photos", "Split the archive.")
    order = sorted(range(len(ids)), key=ids.__getitem__)
    last = list({ids[i]: i for i in order}.values())
    counts["duplicates"] += len(order) - len(last)
    columns = [
        pa.array([ids[i] for i in last], pa.large_binary()).cast(pa.large_string()),
        pa.array(np.asarray(offsets, dtype=np.int64)[last], pa.int64()),
        pa.array(np.asarray(sizes, dtype=np.int64)[last], pa.int64()),
    ]
    kept = {name: n for name, n in sorted(counts.items()) if n}
    return pa.record_batch(columns, schema=_SCHEMA), kept


def _photo_id(member: Member, counts: Counter[str]) -> bytes | None:
    """Id of a member that is a photo; the others are counted."""
    if member.kind != "file":
        counts[_SKIPPED[member.kind]] += 1
        return None
    folder, _, name = member.name.rpartition(b"/")
    if member.name.startswith(b"/") or b".." in folder.split(b"/") or b"\\" in name:
        counts["unsafe_names"] += 1
        return None
    image_id = next((name[: -len(end)] for end in _SUFFIXES if name.endswith(end)), b"")
    if not 0 < len(image_id) <= _LONGEST_ID or name.startswith(b"._") or not _is_text(image_id):
        counts["not_photos"] += 1
        return None
    counts["photos"] += 1
    return image_id


def _is_text(name: bytes) -> bool:
    try:
        return "\0" not in name.decode()
    except UnicodeDecodeError:
        return False


def _save(target: Path, batch: pa.RecordBatch, about: dict[str, Any]) -> None:
    """Write the index in one step, after a head of its own checksum."""
    schema = batch.schema.with_metadata({_ABOUT: json.dumps(about).encode()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(batch.replace_schema_metadata(schema.metadata))
    body = sink.getvalue()
    target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target, f"{zlib.crc32(body):08x}".encode().ljust(_HEAD), memoryview(body))


def _load(target: Path, identity: Identity) -> TarIndex | None:
    """Map a kept index; None where it is missing, damaged or of another archive."""
    try:
        with pa.memory_map(str(target)) as source:
            whole = source.read_buffer()
            if whole.size <= _HEAD:
                return None
            body = whole.slice(_HEAD)
            if bytes(whole[:_HEAD]) != f"{zlib.crc32(body):08x}".encode().ljust(_HEAD):
                return None
            reader = pa.ipc.open_file(body)
            about = json.loads(reader.schema.metadata[_ABOUT])
            if not reader.schema.equals(_SCHEMA) or about["identity"] != asdict(identity):
                return None
            return TarIndex(reader.get_batch(0), identity, about["counts"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
