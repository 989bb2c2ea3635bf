"""The members of a tar archive, from its headers alone, in bounded memory.

Reads what GNU tar, bsdtar and Python write: ustar, the GNU extensions (long names, large numbers,
old sparse files) and pax (path and size). Written for archives that are not trusted: no header
makes it hold more than a mebibyte, and none is believed without its checksum.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn

from showcase_bench.errors import DataError

__all__ = ["Member", "members"]

_BLOCK = 512
_MOST_EXTENSION = 1 << 20
_AGAIN = "Download it again, or make it again."
_COMPRESSED = {
    b"\x1f\x8b": ("gzip", "gunzip"),
    b"BZh": ("bzip2", "bunzip2"),
    b"\xfd7zXZ\0": ("xz", "unxz"),
    b"\x28\xb5\x2f\xfd": ("zstd", "unzstd"),
}
_PLAIN_FILES = b"0\0007"
_WITHOUT_DATA = b"123456"
_EXTENSIONS = b"gxXLK"
_MAGIC = b"ustar"


class Member(NamedTuple):
    """One member."""

    name: bytes
    """Its path, as stored."""
    kind: str
    """``file``, ``folder``, ``link``, ``sparse``, or ``device`` for all others."""
    offset: int
    """Where its data start in the archive, in bytes."""
    size: int
    """Of its data, in bytes."""


def members(stream: BinaryIO, path: Path) -> Iterator[Member]:
    """Iterate over the members of an archive, in its order.

    Parameters
    ----------
    stream
        The archive, seekable.
    path
        How messages name it.

    Raises
    ------
    DataError
        Compressed, not a tar, damaged, or truncated; the message names the byte offset.
    """
    headers = _Headers(stream, path)
    extra = _Extra()
    while (block := headers.next_block()) is not None:
        start = headers.at - _BLOCK
        kind, size = block[156:157], headers.number(block[124:136], start)
        if kind in _EXTENSIONS:
            extra = extra.updated(kind, headers.extension(size, start), headers, start)
            continue
        if kind == b"S":
            headers.skip_sparse_map(block)
        size = 0 if kind in _WITHOUT_DATA else size if extra.size is None else extra.size
        offset = headers.at
        headers.skip(size, start)
        name = _name(block) if extra.name is None else extra.name
        yield Member(name, _kind(kind, name, sparse=extra.sparse), offset, size)
        extra = _Extra()


@dataclass(frozen=True, slots=True)
class _Extra:
    """What extended headers say about the next member."""

    name: bytes | None = None
    size: int | None = None
    sparse: bool = False

    def updated(self, kind: bytes, text: bytes, headers: _Headers, start: int) -> _Extra:
        """With what one more extended header says; a global one or a long link says nothing."""
        if kind == b"L":
            return replace(self, name=text.split(b"\0", 1)[0])
        if kind not in b"xX":
            return self
        found = _pax(text)
        size = self.size if b"size" not in found else headers.pax_size(found[b"size"], start)
        sparse = any(key.startswith(b"GNU.sparse") for key in found)
        return _Extra(found.get(b"path", self.name), size, self.sparse or sparse)


class _Headers:
    """A position in the archive, and its headers one after the other."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self.at = 0
        self._stream = stream
        self._path = path
        self._end = os.fstat(stream.fileno()).st_size
        self._refuse_compressed()

    def next_block(self) -> bytes | None:
        """Next header; None at the end mark of the archive."""
        start = self.at
        block = self._read(_BLOCK)
        if len(block) < _BLOCK:
            self._truncated("before the mark of its end")
        if not block.strip(b"\0"):
            return None
        if not _is_sound(block):
            if start == 0:
                raise DataError(self._path, "is not a tar archive", _AGAIN)
            self._damaged(start, "the checksum of a header is wrong")
        return block

    def number(self, field: bytes, start: int) -> int:
        """Size in a header: octal digits, or GNU's big-endian number."""
        if field[0] == 0x80:
            return int.from_bytes(field[1:], "big")
        found = _octal(field)
        if found is None:
            self._damaged(start, "the size in a header cannot be read")
        return found

    def extension(self, size: int, start: int) -> bytes:
        """Data of a header that belongs to the next member."""
        if size > _MOST_EXTENSION:
            self._damaged(start, f"an extended header of {size:,} bytes")
        text = self._read(size)
        if len(text) < size:
            self._truncated("inside a header")
        self.skip(size, start, at=self.at - size)
        return text

    def skip(self, size: int, start: int, *, at: int | None = None) -> None:
        """Go to the header after data of ``size`` bytes, which must be there."""
        begin = self.at if at is None else at
        if size > self._end - begin:
            self._truncated(f"inside the member whose header is at byte {start:,}")
        self.at = begin + -(-size // _BLOCK) * _BLOCK

    def skip_sparse_map(self, block: bytes) -> None:
        """Pass over the blocks that continue the map of an old GNU sparse file."""
        more = block[482]
        while more:
            block = self._read(_BLOCK)
            if len(block) < _BLOCK:
                self._truncated("inside a header")
            more = block[504]

    def pax_size(self, value: bytes, start: int) -> int:
        """Size in a pax header: decimal digits."""
        if not value.isdigit() or len(value) > 18:
            self._damaged(start, "the size in an extended header cannot be read")
        return int(value)

    def _read(self, size: int) -> bytes:
        self._stream.seek(self.at)
        data = self._stream.read(size)
        self.at += len(data)
        return data

    def _refuse_compressed(self) -> None:
        if not self._end:
            raise DataError(self._path, "the archive is empty", _AGAIN)
        start = self._stream.read(8)
        for magic, (name, program) in _COMPRESSED.items():
            if start.startswith(magic):
                raise DataError(
                    self._path,
                    f"is compressed with {name}, and photos in it cannot be reached one by one",
                    f"Unpack it once: {program} {self._path} (photos hardly compress, so it grows "
                    "little), and name the .tar.",
                )

    def _damaged(self, start: int, problem: str) -> NoReturn:
        raise DataError(self._path, f"is damaged at byte {start:,}: {problem}", _AGAIN)

    def _truncated(self, where: str) -> NoReturn:
        raise DataError(self._path, f"is truncated: it ends at byte {self._end:,}, {where}", _AGAIN)


def _octal(field: bytes) -> int | None:
    digits = field.split(b"\0", 1)[0].strip(b" ")
    if not digits:
        return 0
    return None if digits.strip(b"01234567") else int(digits, 8)


def _is_sound(block: bytes) -> bool:
    """Whether a header has the checksum that it states; the checksum itself counts as blanks."""
    stated = _octal(block[148:156])
    summed = block[:148] + b" " * 8 + block[156:]
    # Some old programs added the bytes up as signed ones.
    return stated == sum(summed) or stated == sum(summed) - 256 * sum(one > 127 for one in summed)


def _name(block: bytes) -> bytes:
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0]
    # GNU's own format has other things where ustar has the prefix.
    if prefix and block[257:263] == _MAGIC + b"\0":
        return prefix + b"/" + name
    return name


def _kind(kind: bytes, name: bytes, *, sparse: bool) -> str:
    if kind in b"12":
        return "link"
    if kind in b"5D" or (kind == b"\0" and name.endswith(b"/")):
        return "folder"
    if kind == b"S" or (sparse and kind in _PLAIN_FILES):
        return "sparse"
    return "file" if kind in _PLAIN_FILES else "device"


def _pax(text: bytes) -> dict[bytes, bytes]:
    """Records of a pax header up to the first unsound one; each is a length, a key and a value."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(text):
        digits, space, _ = text[at : at + 20].partition(b" ")
        if not space or not digits.isdigit() or int(digits) <= len(digits) + 1:
            break
        record = text[at + len(digits) + 1 : at + int(digits)]
        key, equals, value = record.partition(b"=")
        if not equals or not value.endswith(b"\n"):
            break
        found[key] = value[:-1]
        at += int(digits)
    return found
