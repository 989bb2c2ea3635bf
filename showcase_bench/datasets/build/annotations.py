"""The annotated pairs that the classifier learns from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from showcase_bench.errors import DataError

__all__ = ["Pair", "read_annotations"]

_MAX_LINE = 1 << 20
_MOST_PROBLEMS = 20
_SHAPE = 'Expected {"sentence": "...", "image": "...", "label": 0 or 1} a line.'


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence, a photo, and whether they go together."""

    sentence: str
    image: str
    """Id of the photo, or its path below the folder of photos."""
    label: int
    """1 when the sentence speaks of what the photo shows, else 0."""


def read_annotations(path: Path) -> list[Pair]:
    """Read JSON Lines of ``sentence``, ``image`` and ``label``, in their order.

    Blank lines and repeated pairs are passed over; other fields are ignored.

    Raises
    ------
    DataError
        The file cannot be read or has no pairs, a line is broken (the first 20 are listed), or a
        pair is given with both labels.
    """
    pairs: dict[tuple[str, str], Pair] = {}
    problems: list[str] = []
    try:
        with path.open("rb") as stream:
            number = 0
            while (line := stream.readline(_MAX_LINE)) and len(problems) < _MOST_PROBLEMS:
                number += 1
                if line.strip():
                    found = _read(line)
                    problem = found if isinstance(found, str) else _add(found, pairs)
                    problems.extend([f"line {number}{problem}"] if problem else [])
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror or error}") from error
    if problems:
        raise DataError(path, problems, _SHAPE)
    if not pairs:
        raise DataError(path, "has no annotated pairs", _SHAPE)
    return list(pairs.values())


def _read(line: bytes) -> Pair | str:
    """Give the pair of a line, or what is wrong with the line."""
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        return " is not JSON in UTF-8"
    if not isinstance(value, dict):
        return " is not an object"
    texts = []
    for name in ("sentence", "image"):
        found = value.get(name)
        if not isinstance(found, str) or not found.strip():
            return f", field {name!r}: must be a text that is not empty"
        texts.append(found.encode(errors="replace").decode())
    label = value.get("label")
    if isinstance(label, bool) or label not in (0, 1):
        return ", field 'label': must be 0 or 1"
    return Pair(texts[0], texts[1], int(label))


def _add(pair: Pair, pairs: dict[tuple[str, str], Pair]) -> str:
    other = pairs.setdefault((pair.sentence, pair.image), pair)
    return ", field 'label': the same pair has the other label above" if other != pair else ""
