"""Mutated submissions, each a pure function of a random generator."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Callable

import pyarrow as pa

from showcase_bench.evaluate.showcases.canonical import dump_predictions
from showcase_bench.submission.package import build_package
from tools.submission_fuzzing.world import CARD, GOOD

_TOKENS = [
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\r\n", b"\x00", b"\xff", b"\xc3"),
    *(b"null", b"true", b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-0", b"0", b"7"),
    *(b'"id"', b'"text"', b'"image_ids"', b'"\\u0069d"', b'"q0"', b'"q1"', b'"a"', b'"zz"'),
    *(b"\\u0000", b"\\ud800", b"\\udc00", b"\\ud83d\\ude00", b"\\u0085", b"\xc2\x85", b"\x7f"),
    *(b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x80\xae", b"\t", b" " * 9),
    *(b"[" * 1500, b'{"a":' * 1200, b"9" * 5000, b"x" * 201, b"x" * 1001, b"\n" * 70, b"=1+1"),
    *(b'{"id": "q0"}\n', b'{"id": "q9", "text": ""}\n', b"../../etc/passwd", b"<script>"),
    *(b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x07"),
]
_CARD_TOKENS = [
    *(b'"', b"=", b"[", b"]", b"[task]\n", b"\n", b"#", b"'", b'"""', b"\\u0000", b"\\n", b"\x00"),
    *(b"true", b"nan", b"inf", b"1979-05-27", b"0x1F", b"99999999999999999999", b"9" * 1500),
    *(b"<b>", b"](javascript:x)", b"\\\\input{x}", b"=cmd|' /C calc'!A0", b"${x}", b"`id`", b"@a"),
    *(
        b'name = "x"\n',
        b"a.b.c = 1\n",
        b"[" * 700,
        b"seed = -1\n",
        b"../..",
        b"\xe2\x80\xae",
        b"\xff",
    ),
]

Case = tuple[str, bytes, bytes]
"""Kind, predictions or package, card."""


def mutated(rng: random.Random) -> Case:
    """One submission: mostly a good one that was damaged, of one of six kinds."""
    kind, make = rng.choice(_KINDS)
    content, card = make(rng)
    return kind, content, card


def damaged(rng: random.Random, data: bytes, tokens: list[bytes]) -> bytes:
    """``data`` after one to six cuts, copies, flips and insertions; sometimes unchanged."""
    out = bytearray(data)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3, 6))):
        at = rng.randrange(len(out) + 1)
        end = min(len(out), at + rng.choice((0, 1, 1, 2, 5, 20, 100)))
        match rng.randrange(7):
            case 0:
                del out[at:end]
            case 1 if out:
                out[min(at, len(out) - 1)] ^= 1 << rng.randrange(8)
            case 2:
                out[at:at] = rng.choice(tokens)
            case 3:
                out[at:end] = rng.choice(tokens)
            case 4:
                out[at:at] = out[at:end]
            case 5:
                out[at:end] = rng.randbytes(end - at)
            case _:
                lines = bytes(out).split(b"\n")
                rng.shuffle(lines)
                out = bytearray(b"\n".join(lines))
    if rng.random() < 0.02:
        del out[rng.randrange(len(out) + 1) :]
    return bytes(out)


def _good(rng: random.Random) -> bytes:
    """A good submission in another order and spelling."""
    lines = dump_predictions(GOOD).splitlines(keepends=True)
    if rng.random() < 0.5:
        rng.shuffle(lines)
    return rng.choice((b"", b"", b"\n", b"  \r\n")).join(lines)


def _plain(rng: random.Random) -> tuple[bytes, bytes]:
    return damaged(rng, _good(rng), _TOKENS), CARD


def _card(rng: random.Random) -> tuple[bytes, bytes]:
    return _good(rng), damaged(rng, CARD, _CARD_TOKENS)


def _inside(rng: random.Random, pack: Callable[[bytes], bytes]) -> tuple[bytes, bytes]:
    """Damaged before it is packed, after it, or both."""
    inner = _good(rng) if rng.random() < 0.6 else damaged(rng, _good(rng), _TOKENS)
    packed = pack(inner)
    return (damaged(rng, packed, _TOKENS) if rng.random() < 0.8 else packed), CARD


def _gzip(rng: random.Random) -> tuple[bytes, bytes]:
    parts = rng.choice((1, 1, 2))

    def pack(data: bytes) -> bytes:
        size = len(data) // parts + 1
        return b"".join(
            gzip.compress(data[at : at + size], mtime=0) for at in range(0, len(data), size)
        )

    return _inside(rng, pack)


def _zstd(rng: random.Random) -> tuple[bytes, bytes]:
    codec = pa.Codec("zstd", compression_level=rng.choice((1, 3, 19)))
    return _inside(rng, lambda data: bytes(codec.compress(data, asbytes=True)))


def _package(rng: random.Random) -> tuple[bytes, bytes]:
    card = CARD if rng.random() < 0.7 else damaged(rng, CARD, _CARD_TOKENS)
    return _inside(rng, lambda data: build_package(data, card, len(GOOD)))


def _other_zip(rng: random.Random) -> tuple[bytes, bytes]:
    """An archive of other members, or with members that are packed otherwise."""
    names = ["manifest.json", "card.toml", "predictions.jsonl.zst", "../x", "/etc/passwd", "a/b"]
    rng.shuffle(names)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in names[: rng.choice((1, 3, 3, 3, 4))]:
            how = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
            archive.writestr(name, rng.choice((_good(rng), CARD, b"{}")), how)
    return damaged(rng, sink.getvalue(), _TOKENS), CARD


_KINDS = [
    ("plain", _plain),
    ("plain", _plain),
    ("plain", _plain),
    ("card", _card),
    ("gzip", _gzip),
    ("zstd", _zstd),
    ("package", _package),
    ("other zip", _other_zip),
]
