"""Read references and predicted texts that belong to no data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from showcase_bench.errors import PredictionError
from showcase_bench.evaluate.score.frame import Frame
from showcase_bench.evaluate.score.framing import frame_of_references
from showcase_bench.evaluate.showcases.canonical import surrogate_problem
from showcase_bench.evaluate.showcases.kept_lines import Stamp
from showcase_bench.submission.json_line import parse_object
from showcase_bench.submission.kept_showcases import collect_showcases
from showcase_bench.submission.lines import Collected, Row, collect, parse_text
from showcase_bench.submission.reader import missing_ids
from showcase_bench.types import Showcase

__all__ = ["ReferencesRecipe", "read_references", "read_texts"]

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


def read_texts(
    path: Path, references: Mapping[str, Sequence[str]], spool_folder: Path | None = None
) -> Sequence[Showcase]:
    """Predicted texts in the order of ``references``; image ids in the file are ignored.

    The file may be compressed with gzip or Zstandard. Many texts stay in it, or go to a temporary
    file in ``spool_folder``, as :func:`~showcase_bench.submission.open_predictions` says.

    Raises
    ------
    PredictionError
        The file is missing or empty, any line is wrong, or the ids are not those of
        ``references``, each once: all problems with line and field.
    StoreError
        The temporary file cannot be written.
    """
    numbers = {one: number for number, one in enumerate(references)}

    def make(one: str, number: int | None, row: Row, problems: list[str]) -> Showcase:
        if number is None:
            problems.append(f"field 'id': {one!r} has no references")
        text = parse_text(row, problems)
        if text is not None:
            problems += filter(None, [surrogate_problem("text", text)])
        return Showcase(one, (), text)

    def require(found: Collected[Showcase | None]) -> None:
        if found.whole:
            found.problems += missing_ids(list(references), found.values)
        if found.problems:
            raise PredictionError(path, found.problems, _TEXT_HINT)

    return collect_showcases(path, numbers, make, require, _text, spool_folder)


def _text(line: bytes) -> Showcase:
    """The text of a line that was checked."""
    row = parse_object(line)
    return Showcase(row["id"], (), parse_text(row, []))


@dataclass(frozen=True)
class ReferencesRecipe:
    """The frame of a file of references, which every process reads.

    Raises
    ------
    PredictionError
        From :meth:`open`: the file was changed.
    """

    path: Path
    cache: Path
    """Folder that keeps tokens between processes."""
    stamp: Stamp

    @classmethod
    def of(cls, path: Path, cache: Path) -> ReferencesRecipe | None:
        """The recipe of the file at a path before it is read; None where it is not a file."""
        return cls(path.absolute(), cache, Stamp.of(path)) if path.is_file() else None

    def open(self) -> Frame:
        """The frame, with encoders of its own."""
        if Stamp.of(self.path) != self.stamp:
            raise PredictionError(self.path, "was changed while it was scored", "Score it again.")
        return frame_of_references(read_references(self.path), self.cache)
