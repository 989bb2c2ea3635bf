"""Data as script files: the only way in which a page that was opened from disk can load them.

A chunk is one call, ``showcaseSite.receive("<key>", <JSON>)``. Large chunks are deflated:
``showcaseSite.unpack("<key>", "<base64>")``. Everything in them is data: the JSON is ASCII, and
what could end a script element or open a comment stands as an escape.
"""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path

__all__ = ["DIGITS", "ChunkWriter", "packed_chunk", "plain_chunk", "round_value", "safe_json"]

_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
DIGITS = 5
"""Significant digits of numbers; pages show four at most."""


def safe_json(value: object) -> str:
    """JSON in ASCII that is safe inside of a script, in HTML and in a script file.

    ``<``, ``>`` and ``&`` are escaped, and with all that is not ASCII the line separators that end
    a line in old scripts, the characters that turn the direction of text, and lone surrogates.

    Raises
    ------
    ValueError
        A number is not finite.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def plain_chunk(key: str, value: object) -> bytes:
    """A chunk that people can read."""
    return f"showcaseSite.receive({safe_json(key)},{safe_json(value)});\n".encode("ascii")


def packed_chunk(key: str, value: object) -> bytes:
    """A chunk that is deflated; a fifth of the size, with texts that repeat a tenth."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = squeezer.compress(safe_json(value).encode("ascii")) + squeezer.flush()
    text = base64.b64encode(data).decode("ascii")
    return f'showcaseSite.unpack({safe_json(key)},"{text}");\n'.encode("ascii")


def round_value(value: float | None, digits: int = DIGITS) -> float | int | None:
    """A number with so many significant digits; whole ones without a point. None stays."""
    if value is None:
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


class ChunkWriter:
    """Writes chunks below ``<folder>/data``; keys are made by this package, never from data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "data"

    def plain(self, key: str, value: object) -> None:
        """Write :func:`plain_chunk` as ``data/<key>.js``."""
        self._write(key, plain_chunk(key, value))

    def packed(self, key: str, value: object) -> None:
        """Write :func:`packed_chunk` as ``data/<key>.js``."""
        self._write(key, packed_chunk(key, value))

    def _write(self, key: str, data: bytes) -> None:
        path = self._folder / f"{key}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
