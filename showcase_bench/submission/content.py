"""The content of a file that may be compressed, in pieces, within limits."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

import pyarrow as pa

from showcase_bench.submission.limits import MIB, Limits
from showcase_bench.submission.problems import Problem, RefusedError
from showcase_bench.submission.zstd_frames import MAGIC, check_frames

__all__ = ["Content", "is_compressed", "open_content", "uncompressed"]

_GZIP_MAGIC = b"\x1f\x8b"
_PIECE = 64 << 10
_TRUNCATED = "the compressed data end too early: the file is truncated; compress and send it again"


class _Pieces(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Content:
    """A stream whose pieces are counted.

    Raises
    ------
    RefusedError
        From :meth:`read`: there is more content than allowed, or more to a compressed byte, or
        the compressed data are damaged.
    """

    def __init__(self, pieces: _Pieces, taken: _Counted | None, limits: Limits) -> None:
        self._pieces = pieces
        self._taken = taken
        self._limits = limits
        self.bytes = 0
        """Of content, until now."""
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of the content until now, in hexadecimal."""
        return self._digest.hexdigest()

    def read(self, size: int = _PIECE) -> bytes:
        """At most ``size`` bytes, and none at the end."""
        limits = self._limits
        try:
            data = self._pieces.read(size)
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise _damaged(error) from error
        self.bytes += len(data)
        self._digest.update(data)
        if self.bytes > limits.file_bytes:
            raise too_large(self.bytes, limits, more=True)
        if (
            self._taken is not None
            and self.bytes > limits.ratio_from
            and self.bytes > limits.ratio * self._taken.bytes
        ):
            raise RefusedError(
                Problem(
                    "compression",
                    f"{self.bytes:,} bytes come out of {self._taken.bytes:,}, which is more than "
                    f"{limits.ratio} to 1: refused as a decompression bomb; send it uncompressed",
                )
            )
        return data


@contextlib.contextmanager
def open_content(file: IO[bytes], limits: Limits) -> Iterator[Content]:
    """Plain, gzip or Zstandard content of an open file that can be sought, by its first bytes.

    Raises
    ------
    RefusedError
        Zstandard frames that are not acceptable; or as :class:`Content`, later.
    """
    head = file.read(len(MAGIC))
    file.seek(-len(head), 1)
    if head.startswith(_GZIP_MAGIC):
        taken = _Counted(file)
        yield Content(_Gzip(taken, limits), taken, limits)
    elif head == MAGIC:
        check_frames(file, limits)
        taken = _Counted(file)
        with pa.CompressedInputStream(pa.PythonFile(taken, "r"), "zstd") as stream:
            yield Content(stream, taken, limits)
    else:
        yield Content(file, None, limits)


def too_large(size: int, limits: Limits, *, more: bool = False) -> RefusedError:
    """The refusal of a file of ``size`` bytes, or of content of which ``more`` may follow."""
    most = limits.file_bytes
    told = f"more than {most:,} bytes" if more else f"{size:,} bytes"
    allowed = f"{most // MIB} MiB" if most >= MIB else f"{most} bytes"
    return RefusedError(
        Problem("file-too-large", f"{told}, and {allowed} are allowed; the rest was not read")
    )


def is_compressed(path: Path) -> bool:
    """Whether a file begins like gzip or Zstandard; False where it cannot be read, or only once."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError:
        return False
    return head.startswith(_GZIP_MAGIC) or head == MAGIC


def uncompressed(path: Path) -> Path:
    """The path without the endings ``.gz`` and ``.zst``, which names go by."""
    return path.with_name(path.name.removesuffix(".gz").removesuffix(".zst") or path.name)


class _Counted:
    """A raw file that counts what is taken from it; closing it leaves the file open."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.bytes = 0
        self.closed = False

    def read(self, size: int = _PIECE) -> bytes:
        data = self._file.read(size)
        self.bytes += len(data)
        return data

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return True


class _Gzip:
    """The members of a gzip file one after another; never more output held than is asked for."""

    def __init__(self, raw: _Counted, limits: Limits) -> None:
        self._raw = raw
        self._limits = limits
        self._members = 1
        self._inflate = zlib.decompressobj(wbits=31)
        self._pending = b""

    def read(self, size: int) -> bytes:
        while True:
            if self._inflate.eof:
                rest = self._inflate.unused_data or self._raw.read()
                if not rest:
                    return b""
                self._next_member(rest)
            at_end = False
            if not self._pending:
                self._pending = self._raw.read()
                at_end = not self._pending
            # What was decompressed and did not fit before comes out even without new input.
            data = self._inflate.decompress(self._pending, size)
            self._pending = self._inflate.unconsumed_tail
            if data:
                return data
            if at_end and not self._inflate.eof:
                raise RefusedError(Problem("compression", _TRUNCATED))

    def _next_member(self, rest: bytes) -> None:
        self._members += 1
        if self._members > self._limits.frames:
            raise RefusedError(
                Problem(
                    "compression",
                    f"more than {self._limits.frames:,} gzip members; compress the file as one",
                )
            )
        self._inflate = zlib.decompressobj(wbits=31)
        self._pending = rest


def _damaged(error: Exception) -> RefusedError:
    if "Truncated" in str(error):
        return RefusedError(Problem("compression", _TRUNCATED))
    return RefusedError(
        Problem(
            "compression",
            f"the content is damaged or cannot be read ({error}); make the file again",
        )
    )
