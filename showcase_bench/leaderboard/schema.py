"""The JSON Schema of a board's JSON, made of the types that are written."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

from showcase_bench.evaluate.runs.records import pretty_json
from showcase_bench.leaderboard.board import SCHEMA, Board

__all__ = ["board_schema"]

_SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def board_schema() -> str:
    """JSON Schema (draft 2020-12) that every board of this version fulfils."""
    parts: dict[str, Any] = {}
    _reference(Board, parts)
    whole = parts.pop(Board.__name__)
    own = {"schema": {"const": SCHEMA, "description": "Version of this format."}}
    return pretty_json(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Leaderboard of showcase-bench",
            "description": "Values are on the scale of their metric; null is unknown.",
            **whole,
            "properties": {**own, **whole["properties"]},
            "required": ["schema", *whole["required"]],
            "$defs": dict(sorted(parts.items())),
        }
    )


def _reference(kind: type, parts: dict[str, Any]) -> dict[str, Any]:
    """A reference to the schema of a dataclass, which is added to ``parts``."""
    if kind.__name__ not in parts:
        parts[kind.__name__] = {}
        hints = get_type_hints(kind)
        parts[kind.__name__] = {
            "type": "object",
            "properties": {one.name: _schema(hints[one.name], parts) for one in fields(kind)},
            "required": [one.name for one in fields(kind)],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _schema(hint: Any, parts: dict[str, Any]) -> dict[str, Any]:
    """The schema of a type that boards are made of."""
    if isinstance(hint, type) and is_dataclass(hint):
        return _reference(hint, parts)
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        return {"anyOf": [_schema(one, parts) for one in inside]}
    if origin is tuple and inside[-1] is Ellipsis:
        return {"type": "array", "items": _schema(inside[0], parts)}
    if origin is tuple:
        every = [_schema(one, parts) for one in inside]
        return {"type": "array", "prefixItems": every, "items": False, "minItems": len(every)}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _schema(inside[1], parts)}
    raise TypeError(f"no schema is known for {hint!r}")
