"""String constants of a Java class file (JVM specification, chapter 4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["string_constants"]

_UTF8, _STRING, _LONG, _DOUBLE = 1, 8, 5, 6
_WIDTHS = {
    **dict.fromkeys((3, 4, 9, 10, 11, 12, 17, 18), 4),
    **dict.fromkeys((_LONG, _DOUBLE), 8),
    **dict.fromkeys((7, _STRING, 16, 19, 20), 2),
    15: 3,
}
"""Bytes of a constant after its tag."""


@dataclass
class _Pool:
    texts: dict[int, bytes]
    strings: dict[int, int]
    end: int


def string_constants(data: bytes) -> dict[str, NDArray[np.uint16]]:
    """Every constant field of type String, by its name, as UTF-16 code units of shape [length].

    Raises
    ------
    ValueError
        ``data`` is no class file, or is cut short.
    """
    try:
        if data[:4] != b"\xca\xfe\xba\xbe":
            raise ValueError("not a Java class file")
        return dict(_constants(data, _pool(data)))
    except (struct.error, IndexError, KeyError) as error:
        raise ValueError(f"damaged Java class file: {error!r}") from error


def _pool(data: bytes) -> _Pool:
    (count,) = struct.unpack_from(">H", data, 8)
    pool = _Pool({}, {}, 10)
    index = 1
    while index < count:
        tag, start = data[pool.end], pool.end + 1
        if tag == _UTF8:
            (length,) = struct.unpack_from(">H", data, start)
            pool.texts[index] = data[start + 2 : start + 2 + length]
            pool.end = start + 2 + length
        else:
            if tag == _STRING:
                (pool.strings[index],) = struct.unpack_from(">H", data, start)
            pool.end = start + _WIDTHS[tag]
        index += 2 if tag in (_LONG, _DOUBLE) else 1
    return pool


def _constants(data: bytes, pool: _Pool) -> list[tuple[str, NDArray[np.uint16]]]:
    (interfaces,) = struct.unpack_from(">H", data, pool.end + 6)
    position = pool.end + 8 + 2 * interfaces
    (fields,) = struct.unpack_from(">H", data, position)
    position += 2
    found = []
    for _ in range(fields):
        _, name, _, attributes = struct.unpack_from(">4H", data, position)
        position += 8
        for _ in range(attributes):
            attribute, length = struct.unpack_from(">HI", data, position)
            if pool.texts[attribute] == b"ConstantValue":
                (value,) = struct.unpack_from(">H", data, position + 6)
                if value in pool.strings:
                    units = _units(pool.texts[pool.strings[value]])
                    found.append((pool.texts[name].decode(), units))
            position += 6 + length
    return found


def _units(text: bytes) -> NDArray[np.uint16]:
    """UTF-16 code units of Java's modified UTF-8, which writes NUL in two bytes."""
    decoded = text.replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
    return np.frombuffer(decoded.encode("utf-16-le", "surrogatepass"), dtype="<u2")
