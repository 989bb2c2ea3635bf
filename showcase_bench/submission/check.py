"""Check a submission as a whole: predictions, card and, where it is packed, manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from showcase_bench.submission.card import Card, TaskFacts
from showcase_bench.submission.card_check import parse_card
from showcase_bench.submission.content import Content, open_content, too_large, uncompressed
from showcase_bench.submission.examples import Examples
from showcase_bench.submission.limits import DEFAULT, Limits
from showcase_bench.submission.package import (
    ARCHIVE_ERRORS,
    CARD,
    MAGIC,
    MANIFEST,
    PREDICTIONS,
    damaged_member,
    open_package,
    read_manifest,
    read_member,
)
from showcase_bench.submission.problems import Code, Part, Problem, Problems, RefusedError
from showcase_bench.submission.rows import RowCheck
from showcase_bench.submission.safe_open import open_regular, shown_path
from showcase_bench.types import Showcase

__all__ = ["Checked", "Submission", "card_beside", "check_submission"]


@dataclass(frozen=True)
class Submission:
    """What a check is told: the files, and what they are for."""

    path: Path
    task: TaskFacts
    examples: Examples
    card: Path | None = None
    """Of predictions that are not packed; None: the file beside them, if there is one."""
    limits: Limits = DEFAULT


@dataclass(frozen=True)
class Checked:
    """What a check found."""

    path: str
    problems: Problems
    lines: int
    """Of the predictions, blank ones included; 0 where they could not be read."""
    missing: tuple[str, ...]
    """Ids without a prediction; empty where reading stopped early."""
    card: Card | None
    """None where there is none or it is wrong."""
    showcases: tuple[Showcase, ...] | None
    """In the order of the split; None where anything is wrong, or they were not asked for."""

    @property
    def sound(self) -> bool:
        """Whether there is no problem."""
        return self.problems.total == 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "path": self.path,
            "sound": self.sound,
            "lines": self.lines,
            "card": None if self.card is None else self.card.name,
            **self.problems.to_dict(),
            "missing": list(self.missing),
        }


def card_beside(path: Path) -> Path:
    """Where the card of a file of predictions is looked for: its name, ending in ``.toml``."""
    return path.with_name(f"{uncompressed(path).name.removesuffix('.jsonl')}.toml")


def check_submission(asked: Submission, *, keep: bool, need_card: bool) -> Checked:
    """Check everything, and report all problems at once.

    Memory is bounded whatever the file holds, unless ``keep`` asks for the showcases.

    Parameters
    ----------
    keep
        Whether to keep the showcases of a sound submission.
    need_card
        Whether a missing card is a problem.

    Raises
    ------
    PredictionError
        The predictions or the card are missing, cannot be read, or are no regular files.
    """
    limits = asked.limits
    problems = Problems(limits.kept_problems)
    rows = RowCheck(asked.examples, limits, problems)
    found: dict[str, Showcase] = {}
    card: Card | None = None
    file, size = open_regular(asked.path)
    with file:
        try:
            if size > limits.file_bytes:
                raise too_large(size, limits)
            with _opened(asked, file, size, problems, need_card=need_card) as (
                card,
                content,
                facts,
            ):
                for showcase in rows.showcases(content):
                    if keep:
                        found[showcase.id] = showcase
                if facts is not None and not problems.stopped:
                    _check_facts(facts, "predictions", content.bytes, content.sha256, problems)
                    if facts["n"] != len(asked.examples.ids):
                        _mismatch(problems, "n", f"{len(asked.examples.ids)} examples")
        except RefusedError as refused:
            problems.stop(refused.problem)
    sound = problems.total == 0
    return Checked(
        path=shown_path(asked.path),
        problems=problems,
        lines=rows.lines,
        missing=() if problems.stopped else tuple(rows.missing()),
        card=card,
        showcases=tuple(found[one] for one in asked.examples.ids) if keep and sound else None,
    )


@contextmanager
def _opened(
    asked: Submission, file: BinaryIO, size: int, problems: Problems, *, need_card: bool
) -> Iterator[tuple[Card | None, Content, dict[str, Any] | None]]:
    """Card, predictions and, of a package, manifest."""
    limits = asked.limits
    head = file.read(len(MAGIC))
    file.seek(0)
    if head != MAGIC:
        card = _card_of_file(asked, problems, need_card=need_card)
        with open_content(file, limits) as content:
            yield card, content, None
        return
    with open_package(file, size, limits) as archive:
        data = read_member(archive, CARD, limits.card_bytes)
        card = parse_card(data, asked.task, problems)
        facts = read_manifest(read_member(archive, MANIFEST, limits.manifest_bytes))
        _check_facts(facts, "card", len(data), hashlib.sha256(data).hexdigest(), problems)
        try:
            with archive.open(PREDICTIONS) as member, open_content(member, limits) as content:
                yield card, content, facts
        except ARCHIVE_ERRORS as error:
            raise damaged_member(PREDICTIONS, error) from error


def _card_of_file(asked: Submission, problems: Problems, *, need_card: bool) -> Card | None:
    path = asked.card or card_beside(asked.path)
    if asked.card is None and not path.exists() and not path.is_symlink():
        if need_card:
            _missing_card(path, problems)
        return None
    file, size = open_regular(path)
    with file:
        data = file.read(asked.limits.card_bytes + 1)
    if len(data) > asked.limits.card_bytes:
        told = f"{size:,} bytes, at most {asked.limits.card_bytes:,} are allowed; shorten it"
        problems.add(Problem("card-syntax", told, "card"))
        return None
    return parse_card(data, asked.task, problems)


def _missing_card(path: Path, problems: Problems) -> None:
    told = (
        f"there is no {shown_path(path)}; `showcase-bench submission new` writes one to fill in, "
        "and --card names one that is elsewhere"
    )
    problems.add(Problem("card-absent", told, "card"))


def _check_facts(
    facts: dict[str, Any], part: Part, size: int, sha256: str, problems: Problems
) -> None:
    if facts[part]["bytes"] != size:
        _mismatch(problems, f"{part}.bytes", f"{size:,} bytes")
    if facts[part]["sha256"] != sha256:
        _mismatch(problems, f"{part}.sha256", sha256)


def _mismatch(problems: Problems, field: str, really: str) -> None:
    code: Code = "hash-mismatch"
    told = f"the package holds {really}, which is not what it says; pack it again"
    problems.add(Problem(code, told, "manifest", None, field))
