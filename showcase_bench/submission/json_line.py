"""One line of JSON from outside: an object, strictly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, NoReturn

__all__ = ["LineError", "Row", "parse_object"]

Row = Mapping[str, Any]
LineCode = Literal["not-utf8", "not-json", "not-an-object", "key-repeated", "not-finite"]
_MOST_CHARS = 60


class LineError(ValueError):
    """The line is not one JSON object; the message says why."""

    def __init__(self, code: LineCode, message: str, field: str | None = None) -> None:
        self.code: LineCode = code
        self.field = field
        super().__init__(message)


def parse_object(raw: bytes) -> Row:
    """The JSON object of one line.

    Raises
    ------
    LineError
        Not UTF-8, not JSON, nested too deep, NaN or Infinity, a key twice, or no object.
    """
    try:
        text = raw.decode()
        row = json.loads(text, object_pairs_hook=_distinct_keys, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise LineError("not-utf8", f"not UTF-8: {error.reason} at byte {error.start}") from error
    except LineError:
        raise
    except json.JSONDecodeError as error:
        # As short as the line is long: the message of a long line must not quote it.
        raise LineError("not-json", f"not JSON: {error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise LineError("not-json", "not JSON that can be read: nested too deep") from error
    except ValueError as error:
        raise LineError("not-json", f"not JSON: {error}") from error
    if not isinstance(row, dict):
        raise LineError("not-an-object", f"a JSON object is expected, not {type(row).__name__}")
    return row


def _distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise LineError("key-repeated", f"field {key[:_MOST_CHARS]!r} is given twice", key)
            seen.add(key)
    return row


def _refuse_constant(name: str) -> NoReturn:
    raise LineError("not-finite", f"{name} is not a JSON value; use null or a finite number")
