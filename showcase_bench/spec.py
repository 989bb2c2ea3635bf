"""The little language in which models and metrics are named: ``name@cutoff(key=value, ...)``.

``dpp``, ``dpp(theta=0.9)``, ``precision@3`` and ``bleu-4(tok=13a)`` are specs. Values are integers,
floats, ``true`` / ``false`` / ``none``, or strings (bare, or in single or double quotes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from showcase_bench.errors import UsageError

__all__ = [
    "Scalar",
    "Spec",
    "format_arguments",
    "format_value",
    "parse_spec",
    "parse_value",
    "spec_label",
    "split_list",
]

Scalar = bool | int | float | str | None

_SPEC = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._:/+-]*)(?:@(?P<at>\d+))?\s*(?:\((?P<args>.*)\))?\s*",
    re.DOTALL,
)
_BARE = re.compile(r"[^\s,()='\"]+")
_WORDS: Mapping[str, Scalar] = {"true": True, "false": False, "none": None}


@dataclass(frozen=True, slots=True)
class Spec:
    """A parsed spec."""

    name: str
    cutoff: int | None = None
    arguments: Mapping[str, Scalar] = field(default_factory=dict)

    def __str__(self) -> str:
        cutoff = "" if self.cutoff is None else f"@{self.cutoff}"
        return f"{self.name}{cutoff}{format_arguments(self.arguments)}"


def parse_spec(text: str) -> Spec:
    """Parse ``name@cutoff(key=value, ...)``.

    Raises
    ------
    UsageError
        The text is not of this form, or a key is given twice.
    """
    match = _SPEC.fullmatch(text)
    if match is None:
        raise UsageError(f"cannot read {text!r}: expected name, name@3 or name(key=value, ...)")
    arguments: dict[str, Scalar] = {}
    for part in split_list(match["args"] or ""):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not key.isidentifier():
            raise UsageError(f"cannot read {part!r} in {text!r}: expected key=value")
        if key in arguments:
            raise UsageError(f"{key!r} is given twice in {text!r}")
        arguments[key] = parse_value(value)
    cutoff = None if match["at"] is None else int(match["at"])
    return Spec(match["name"], cutoff, arguments)


def split_list(text: str) -> list[str]:
    """Split at the commas that are outside of parentheses and quotes; blank parts are dropped."""
    return [part.strip() for part in _parts(text) if part.strip()]


def _parts(text: str) -> Iterator[str]:
    depth, quote, start = 0, "", 0
    for i, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth < 0:
                raise UsageError(f"unbalanced parentheses in {text!r}")
        elif char == "," and depth == 0:
            yield text[start:i]
            start = i + 1
    if depth or quote:
        raise UsageError(f"unbalanced {'quotes' if quote else 'parentheses'} in {text!r}")
    yield text[start:]


def parse_value(text: str) -> Scalar:
    """Read one value; the inverse of :func:`format_value`."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if text in _WORDS:
        return _WORDS[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def format_value(value: Scalar) -> str:
    """Write one value so that :func:`parse_value` reads it back."""
    for word, meaning in _WORDS.items():
        if value is meaning:
            return word
    if isinstance(value, str):
        if parse_value(value) == value and _BARE.fullmatch(value):
            return value
        quote = "'" if "'" not in value else '"'
        if quote in value:
            raise UsageError(f"a value cannot hold both kinds of quotes: {value!r}")
        return f"{quote}{value}{quote}"
    return repr(value)


def format_arguments(arguments: Mapping[str, Scalar]) -> str:
    """Write ``(key=value, ...)`` with sorted keys; empty for no arguments."""
    inner = ",".join(f"{key}={format_value(arguments[key])}" for key in sorted(arguments))
    return f"({inner})" if inner else ""


def spec_label(name: str, variant: str, arguments: Mapping[str, Scalar]) -> str:
    """Write ``name:variant(key=value, ...)`` without what is empty."""
    return f"{name}{':' if variant else ''}{variant}{format_arguments(arguments)}"
