"""One way to write a value, so that equal values have equal hashes."""

from __future__ import annotations

import json

__all__ = ["canonical_json"]


def canonical_json(value: object) -> bytes:
    """UTF-8 JSON with sorted keys and no white space; equal values give equal bytes.

    Raises
    ------
    ValueError
        A number is not finite.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()
