"""Plain values as YAML in block style, for people to edit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias, Union

__all__ = ["Value", "to_yaml"]

Value: TypeAlias = Union[  # noqa: UP007 - an alias that names itself cannot be written with |
    str, int, bool, datetime, Mapping[str, "Value"], Sequence["Value"]
]


def to_yaml(value: Mapping[str, Value]) -> str:
    """A document; texts are quoted, so that none is taken for a number, a date or a comment.

    Equal values give equal documents; keys keep their order. An empty mapping gives ``{}``.

    Raises
    ------
    TypeError
        A value is of another type than :data:`Value` names.
    """
    return "".join(f"{line}\n" for line in _lines(value)) if value else "{}\n"


def _lines(value: Value) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            if _is_nested(one):
                yield f"{key}:"
                yield from (f"  {line}" for line in _lines(one))
            else:
                yield f"{key}: {_scalar(one)}"
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for one in value:
            inner = list(_lines(one)) if _is_nested(one) else [_scalar(one)]
            yield f"- {inner[0]}"
            yield from (f"  {line}" for line in inner[1:])


def _is_nested(value: Value) -> bool:
    return isinstance(value, Mapping | Sequence) and not isinstance(value, str) and bool(value)


def _scalar(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, Sequence):
        return "[]"
    raise TypeError(f"cannot be written as YAML: {type(value).__name__}")


def _quoted(text: str) -> str:
    """In double quotes with JSON's escapes, all of which YAML has too."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else _escaped(one) for one in quoted)


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
