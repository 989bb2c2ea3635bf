"""Read references and predicted texts that belong to no data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from showcase_bench.errors import PredictionError
from showcase_bench.evaluate.predictions import surrogate_problem
from showcase_bench.submission.lines import Row, collect, parse_text
from showcase_bench.submission.reader import FIELDS, missing_ids
from showcase_bench.types import Showcase

__all__ = ["read_references", "read_texts"]

_HINT = 'Each line must be one JSON object {"id": ..., "references": ["...", ...]}.'
_TEXT_HINT = 'Each line must be one JSON object {"id": ..., "text": ...}.'


def read_references(path: Path) -> dict[str, tuple[str, ...]]:
    """References by id, in the order of the file, which may be compressed.

    An empty list is allowed: the example cannot be scored, and is counted as such.

    Raises
    ------
    PredictionError
        The file is missing or empty, or any line is wrong: all problems with line and field.
    """

    def parse(_: str, row: Row, problems: list[str], __: int) -> tuple[str, ...]:
        texts = row.get("references")
        if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
            what = "missing" if "references" not in row else "must be a list of strings"
            problems.append(f"field 'references': {what}")
            return ()
        problems += filter(None, (surrogate_problem("references", text) for text in texts))
        return tuple(texts)

    found = collect(path, ("id", "references"), parse)
    if not found.values and not found.problems:
        found.problems.append("no references in it")
    if found.problems:
        raise PredictionError(path, found.problems, _HINT)
    return found.values


def read_texts(path: Path, references: Mapping[str, Sequence[str]]) -> list[Showcase]:
    """Predicted texts in the order of ``references``; image ids in the file are ignored.

    The file may be compressed with gzip or Zstandard.

    Raises
    ------
    PredictionError
        The file is missing or empty, any line is wrong, or the ids are not those of
        ``references``, each once: all problems with line and field.
    """

    def parse(one: str, row: Row, problems: list[str], _: int) -> Showcase:
        if one not in references:
            problems.append(f"field 'id': {one!r} has no references")
        text = parse_text(row, problems)
        if text is not None:
            problems += filter(None, [surrogate_problem("text", text)])
        return Showcase(one, (), text)

    found = collect(path, FIELDS, parse)
    if found.whole:
        found.problems += missing_ids(list(references), found.values)
    if found.problems:
        raise PredictionError(path, found.problems, _TEXT_HINT)
    return [found.values[one] for one in references]
