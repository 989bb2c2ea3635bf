"""The frames of a Zstandard file, looked at before they are decompressed (RFC 8878).

A frame's header says how much memory its decoder needs. The library takes up to 128 MiB for one;
this module refuses such frames, and files of very many tiny frames or blocks, without decoding.
"""

from __future__ import annotations

import io
from typing import IO

from showcase_bench.submission.limits import MIB, Limits
from showcase_bench.submission.problems import Problem, RefusedError

__all__ = ["MAGIC", "check_frames"]

MAGIC = b"\x28\xb5\x2f\xfd"
_RUN, _RESERVED = 1, 3
_ID_BYTES = (0, 1, 2, 4)
_TRUNCATED = "the compressed data end too early: the file is truncated; compress and send it again"


def check_frames(file: IO[bytes], limits: Limits) -> None:
    """Walk over all frames of ``file`` from its position, then go back there.

    Raises
    ------
    RefusedError
        It is not a sequence of Zstandard frames, or has too many or too large ones.
    """
    start = file.tell()
    frames = blocks = 0
    while magic := file.read(len(MAGIC)):
        if magic != MAGIC:
            raise _refused("there is something else than a Zstandard frame; compress with `zstd`")
        frames += 1
        if frames > limits.frames:
            raise _refused(f"more than {limits.frames:,} frames; compress the file as one")
        has_checksum = _check_header(file, limits)
        blocks += _skip_blocks(file, limits.blocks - blocks)
        if has_checksum:
            _take(file, 4)
    file.seek(start)


def _check_header(file: IO[bytes], limits: Limits) -> bool:
    """Read a frame's header; whether a checksum ends the frame."""
    (descriptor,) = _take(file, 1)
    single = bool(descriptor & 0x20)
    window = 0
    if not single:
        (code,) = _take(file, 1)
        base = 1 << (10 + (code >> 3))
        window = base + base // 8 * (code & 7)
    _take(file, _ID_BYTES[descriptor & 3])
    kind = descriptor >> 6
    size = _take(file, (1 if single else 0, 2, 4, 8)[kind])
    if single:
        window = int.from_bytes(size, "little") + (256 if kind == 1 else 0)
    if window > limits.window_bytes:
        raise _refused(
            f"a frame asks for a window of {window / MIB:,.0f} MiB, at most "
            f"{limits.window_bytes // MIB} are allowed; compress with `zstd -19` or lower, "
            "without --long and --ultra"
        )
    return bool(descriptor & 4)


def _skip_blocks(file: IO[bytes], most: int) -> int:
    """Go over the blocks of one frame; their number."""
    for number in range(1, most + 1):
        header = int.from_bytes(_take(file, 3), "little")
        last, kind, size = header & 1, header >> 1 & 3, header >> 3
        if kind == _RESERVED:
            raise _refused("a Zstandard block is damaged; compress and send it again")
        file.seek(1 if kind == _RUN else size, io.SEEK_CUR)
        if last:
            return number
    raise _refused("too many tiny Zstandard blocks; compress with plain `zstd`")


def _take(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise _refused(_TRUNCATED)
    return data


def _refused(message: str) -> RefusedError:
    return RefusedError(Problem("compression", message))
