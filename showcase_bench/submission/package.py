"""Packed submissions: one archive that holds the predictions, the card and their hashes.

The archive is a ZIP without compression of its own, with exactly three members: ``manifest.json``,
``card.toml`` and ``predictions.jsonl.zst``. Every system can open it, its directory is at a known
place at its end, and nothing in it depends on the clock or the machine; Zstandard inside packs
predictions better and faster than what ZIP offers. It is never extracted: members are known by
their names, and read as streams.
"""

from __future__ import annotations

import hashlib
import io
import json
import stat
import struct
import zipfile
from typing import Any, BinaryIO

import pyarrow as pa

from showcase_bench.submission.limits import Limits
from showcase_bench.submission.problems import Problem, RefusedError

__all__ = [
    "ARCHIVE_ERRORS",
    "CARD",
    "MAGIC",
    "MANIFEST",
    "PREDICTIONS",
    "build_package",
    "damaged_member",
    "open_package",
    "read_manifest",
    "read_member",
]

MAGIC = b"PK\x03\x04"
MANIFEST, CARD, PREDICTIONS = "manifest.json", "card.toml", "predictions.jsonl.zst"
_MEMBERS = (MANIFEST, CARD, PREDICTIONS)
ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
)
"""What reading a damaged archive may raise."""
_SCHEMA = 1
_LEVEL = 19
_END = struct.Struct("<4s4H2LH")
_END64_BYTES = 20
_MOST_DIRECTORY = 4096
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UTF8_NAMES = 0x800
_AGAIN = "pack it again with `showcase-bench submission pack`"


def build_package(predictions: bytes, card: bytes, n: int) -> bytes:
    """The archive of canonical predictions of ``n`` examples and a card.

    Equal inputs give equal bytes with the same version of the Zstandard library; the hashes in the
    manifest are of the uncompressed parts, and equal everywhere.
    """
    manifest = {
        "schema": _SCHEMA,
        "n": n,
        "card": _facts(card),
        "predictions": _facts(predictions),
    }
    codec = pa.Codec("zstd", compression_level=_LEVEL)
    contents = {
        MANIFEST: (json.dumps(manifest, indent=2) + "\n").encode(),
        CARD: card,
        PREDICTIONS: codec.compress(predictions, asbytes=True),
    }
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name in _MEMBERS:
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, contents[name])
    return sink.getvalue()


def open_package(file: BinaryIO, size: int, limits: Limits) -> zipfile.ZipFile:
    """The archive in ``file``, which has ``size`` bytes, after a look at its directory.

    Raises
    ------
    RefusedError
        It is damaged, or is not what :func:`build_package` makes: another member, path, kind,
        compression or size.
    """
    _check_end(file, size)
    try:
        archive = zipfile.ZipFile(file)
        members = archive.infolist()
    except ARCHIVE_ERRORS as error:
        raise _refused(f"not a ZIP archive that can be read ({error}); {_AGAIN}") from error
    names = [one.orig_filename for one in members]  # not cut at a zero byte
    if sorted(names) != sorted(_MEMBERS):
        other = next((n for n in names if n not in _MEMBERS), names[0])
        raise _refused(
            f"member {other[:60]!r} does not belong there: a package holds "
            f"{', '.join(_MEMBERS)}, each once; {_AGAIN}"
        )
    for one in members:
        _check_member(one, size, limits)
    return archive


def read_member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A small member whole.

    Raises
    ------
    RefusedError
        It has more than ``most`` bytes, or is damaged.
    """
    try:
        with archive.open(name) as member:
            data = member.read(most + 1)
    except ARCHIVE_ERRORS as error:
        raise damaged_member(name, error) from error
    if len(data) > most:
        raise _refused(f"member {name} has more than {most:,} bytes; {_AGAIN}")
    return data


def read_manifest(data: bytes) -> dict[str, Any]:
    """The manifest: ``{"schema", "n", "card": {"bytes", "sha256"}, "predictions": ...}``.

    Raises
    ------
    RefusedError
        It is not what :func:`build_package` writes.
    """
    try:
        found = json.loads(data)
        exact = (
            set(found) == {"schema", "n", "card", "predictions"}
            and type(found["schema"]) is int
            and type(found["n"]) is int
            and all(set(found[part]) == {"bytes", "sha256"} for part in ("card", "predictions"))
            and all(type(found[part]["bytes"]) is int for part in ("card", "predictions"))
            and all(type(found[part]["sha256"]) is str for part in ("card", "predictions"))
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        exact = False
    if not exact:
        raise _refused(f"the manifest is not one of this program; {_AGAIN}")
    if found["schema"] != _SCHEMA:
        raise _refused(
            f"the package has another schema than {_SCHEMA}, which this version reads; "
            "update showcase-bench, or pack it again"
        )
    manifest: dict[str, Any] = found
    return manifest


def damaged_member(name: str, error: Exception) -> RefusedError:
    """The refusal of a member that cannot be read."""
    return _refused(f"member {name} is damaged ({error}); {_AGAIN}")


def _facts(data: bytes) -> dict[str, str | int]:
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _check_end(file: BinaryIO, size: int) -> None:
    """Look at the end record, so that the directory that is read is known to be small."""
    file.seek(max(size - _END.size - _END64_BYTES, 0))
    tail = file.read(_END.size + _END64_BYTES)
    file.seek(0)
    end = tail[-_END.size :]
    if len(end) < _END.size or not end.startswith(b"PK\x05\x06"):
        raise _refused(f"its end record is missing: it is truncated, or has a comment; {_AGAIN}")
    _, disk, directory_disk, here, entries, length, _, comment = _END.unpack(end)
    plain = disk == directory_disk == comment == 0 and not tail.startswith(b"PK\x06\x07")
    if not plain or here != entries or entries != len(_MEMBERS) or length > _MOST_DIRECTORY:
        raise _refused(f"a package has {len(_MEMBERS)} members and no extras; {_AGAIN}")


def _check_member(one: zipfile.ZipInfo, size: int, limits: Limits) -> None:
    if one.compress_type != zipfile.ZIP_STORED or one.flag_bits & ~_UTF8_NAMES:
        raise _refused(f"member {one.filename} is compressed or encrypted by ZIP; {_AGAIN}")
    if stat.S_IFMT(one.external_attr >> 16) not in (0, stat.S_IFREG):
        raise _refused(f"member {one.filename} is a link or a special file; {_AGAIN}")
    if one.file_size != one.compress_size or one.file_size > min(size, limits.file_bytes):
        raise _refused(f"member {one.filename} has a wrong size; {_AGAIN}")


def _refused(message: str) -> RefusedError:
    return RefusedError(Problem("package", message, "package"))
