"""An independent reading of predictions: the plain way, whole in memory, by Python's own scanner.

The scanner that the package uses is written in C; this one is the pure Python one.
"""

from __future__ import annotations

import json
import json.decoder
import json.scanner
import unicodedata
from typing import Any

from showcase_bench.types import Showcase
from tools.submission_fuzzing.world import LIMITS, QUERIES


class _BadError(Exception):
    pass


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise _BadError
    return dict(pairs)


def _constant(_: str) -> None:
    raise _BadError


_DECODER: Any = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)
_DECODER.parse_string = json.decoder.py_scanstring
_DECODER.parse_object = json.decoder.JSONObject
_DECODER.scan_once = json.scanner.py_make_scanner(_DECODER)


def read_plainly(content: bytes) -> list[Showcase] | None:
    """The predictions in ``content`` in the order of the split; None where anything is wrong."""
    if len(content) > LIMITS.file_bytes:
        return None
    lines = content.split(b"\n")
    if len(lines) - (lines[-1] == b"") > LIMITS.lines:
        return None
    found: dict[str, Showcase] = {}
    try:
        for line in lines:
            if len(line) > LIMITS.line_bytes:
                return None
            if line.strip(b" \t\r"):
                one = _showcase(_DECODER.decode(line.decode("utf-8")))
                if one.id in found:
                    return None
                found[one.id] = one
    except (_BadError, ValueError, RecursionError, KeyError):
        return None
    if set(found) != {query.id for query in QUERIES}:
        return None
    return [found[query.id] for query in QUERIES]


def _showcase(row: Any) -> Showcase:
    if type(row) is not dict or not set(row) <= {"id", "image_ids", "text"}:
        raise _BadError
    query = {query.id: query for query in QUERIES}.get(row["id"]) if _text(row["id"]) else None
    images, text = row.get("image_ids"), row.get("text")
    images = [] if images is None else images
    if query is None or type(images) is not list or not all(map(_text, images)):
        raise _BadError
    if len(images) > query.k or len(set(images)) < len(images) or set(images) - set(query.pool):
        raise _BadError
    if text is not None and not _allowed(text):
        raise _BadError
    return Showcase(query.id, tuple(images), text)


def _text(value: object) -> bool:
    return type(value) is str


def _allowed(text: object) -> bool:
    return (
        isinstance(text, str)
        and len(text) <= LIMITS.text_chars
        and not any(
            unicodedata.category(char) == "Cs"
            or (unicodedata.category(char) == "Cc" and char not in "\t\n\r")
            for char in text
        )
    )
