"""Check and score what a pull request hands in, without any right and without writing a run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from showcase_bench.errors import PredictionError, UsageError
from showcase_bench.evaluate import StoredRun, Workspace
from showcase_bench.leaderboard.board import Board, Row, Section
from showcase_bench.metrics import Metric
from showcase_bench.pull_request.folders import ChangedFolder, changed_folders, folder_of
from showcase_bench.pull_request.place import board_with
from showcase_bench.pull_request.report import (
    MOST_FILES,
    MOST_FOLDERS,
    MOST_PROBLEMS,
    Cell,
    FileReport,
    FolderReport,
    Place,
    Report,
    cut,
)
from showcase_bench.submission import (
    Checked,
    Submission,
    SubmittedRow,
    check_submission,
    require_own_name,
    score_row,
)
from showcase_bench.submission.card import Card, task_facts
from showcase_bench.submission.examples import Examples
from showcase_bench.types import NoProgress, Progress, Showcase

__all__ = ["Judge", "report_on"]

_LETTER = re.compile(r"[A-Za-z]\d*")
_MOST_LIKE = 12
_NO_PROGRESS = NoProgress()


def report_on(
    head: Path, base: Path | None, judge: Judge, *, progress: Progress = _NO_PROGRESS
) -> Report:
    """Check, score and place every submission of ``head`` that ``base`` has not, or has otherwise.

    Each is placed alone among the stored runs: submissions of one pull request do not move each
    other's ranks.

    Raises
    ------
    UsageError
        ``head`` or ``base`` is no folder, or the runs cannot share a board.
    """
    changed = changed_folders(head, base)
    looked_at = changed[:MOST_FOLDERS]
    task = judge.workspace.task
    systems = {(run.record.label, run.record.role) for run in judge.runs}
    return Report(
        task=cut(task.name),
        version=task.version,
        split=cut(task.split),
        data_sha256=judge.workspace.dataset.revision,
        n=len(judge.workspace.scored_split),
        systems=len(systems),
        folders=tuple(judge.folder(one, progress) for one in looked_at),
        not_looked_at=len(changed) - len(looked_at),
    )


@dataclass(frozen=True)
class Judge:
    """What every submission of a pull request is held against."""

    workspace: Workspace
    runs: Sequence[StoredRun]
    """All scored with ``metrics``, in this order."""
    metrics: Sequence[Metric]

    def folder(self, folder: ChangedFolder, progress: Progress = _NO_PROGRESS) -> FolderReport:
        """The report of one submission."""
        name = cut(folder.name)
        if folder.problem:
            return FolderReport(name, refusal=cut(folder.problem))
        if len(folder.files) > MOST_FILES:
            told = f"{len(folder.files)} files of predictions, at most {MOST_FILES} are allowed"
            return FolderReport(name, refusal=told)
        found = FolderReport(name)
        scored: list[tuple[Card, tuple[Showcase, ...]]] = []
        for path in folder.files:
            report, checked = self._file(path)
            found = replace(found, files=(*found.files, report))
            if checked is not None and checked.card is not None and checked.showcases is not None:
                scored.append((checked.card, checked.showcases))
        if not found.sound:
            return found
        try:
            _require_one_system(folder.name, [card for card, _ in scored])
            require_own_name(scored[0][0], self.runs)
        except UsageError as error:
            return replace(found, refusal=cut(str(error)))
        rows = [score_row(*one, self.workspace, self.metrics, progress) for one in scored]
        return self._placed(found, rows)

    def _file(self, path: Path) -> tuple[FileReport, Checked | None]:
        examples = Examples.of_workspace(self.workspace)
        try:
            asked = Submission(path, task_facts(self.workspace), examples)
            checked = check_submission(asked, keep=True, need_card=True)
        except PredictionError as error:
            return FileReport(path.name, 0, 1, (cut("; ".join(error.problems)),)), None
        problems = checked.problems
        told = tuple(cut(str(one)) for one in problems.kept[:MOST_PROBLEMS])
        return FileReport(path.name, checked.lines, problems.total, told), checked

    def _placed(self, found: FolderReport, rows: Sequence[SubmittedRow]) -> FolderReport:
        card = rows[0].card
        # An earlier submission of this name makes room, with the seeds that are no longer there.
        others = [run for run in self.runs if run.record.inputs.model.lower() != card.name.lower()]
        board = board_with(others, [row.as_run(self.workspace) for row in rows])
        notes = dict.fromkeys(note for row in rows for note in row.raised())
        return replace(
            found,
            system=card.name,
            seeds=tuple(sorted(row.card.seed for row in rows)),
            flags=card.flags,
            notes=tuple(map(cut, notes)),
            places=tuple(_places(board, card.name)),
        )


def _require_one_system(folder: str, cards: Sequence[Card]) -> None:
    """Raise a :class:`UsageError` if the files of a folder are not seeds of what it is named."""
    seeds = [card.seed for card in cards]
    for card in cards:
        if card.name != cards[0].name or card.uses_gold != cards[0].uses_gold:
            raise UsageError(
                "its files are of several systems: all cards of a folder have one name and one "
                "uses_gold, and differ in their seed"
            )
        if seeds.count(card.seed) > 1:
            raise UsageError(f"two of its files have seed {card.seed}; hand in one file a seed")
    if folder_of(cards[0].name) != folder:
        raise UsageError(
            f"the card names it {cards[0].name!r}, so its folder is {folder_of(cards[0].name)!r}: "
            "rename one of them"
        )


def _places(board: Board, name: str) -> list[Place]:
    found = []
    for section in board.sections:
        found += [_place(section, row) for row in section.rows if row.model == name]
    return found


def _place(section: Section, row: Row) -> Place:
    mine = set(_LETTER.findall(row.letters))
    like = [
        one.model
        for one in section.rows
        if one.model != row.model and mine.intersection(_LETTER.findall(one.letters))
    ]
    cells = []
    for column in section.columns:
        score = row.scores[column.name]
        half = None
        if score.value is not None and score.low is not None and score.high is not None:
            half = max(score.high - score.value, score.value - score.low)
        cells.append(Cell(column.name, score.value, half, column.higher_is_better))
    return Place(
        section=section.name,
        primary=section.primary,
        rank=row.rank,
        letters=cut(row.letters),
        of=sum(one.rank is not None for one in section.rows),
        like=tuple(map(cut, like[:_MOST_LIKE])),
        more=len(like[_MOST_LIKE:]),
        cells=tuple(cells),
    )
