"""What a site is made from: systems in the order of the board, metrics, examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

from showcase_bench.canonical import canonical_json
from showcase_bench.errors import UsageError
from showcase_bench.evaluate import StoredRun, Workspace
from showcase_bench.evaluate.runs.compatible import newest
from showcase_bench.leaderboard.board import Board, Column
from showcase_bench.metrics import Metric, parse_metric
from showcase_bench.types import Example

__all__ = ["Contents", "ShownMetric", "SiteSystem", "require_same_data"]


@dataclass(frozen=True)
class SiteSystem:
    """One system with its runs, one a seed; its number is its place in the list of systems."""

    label: str
    role: str
    flags: tuple[str, ...]
    runs: tuple[StoredRun, ...]
    """By seed."""
    sections: tuple[str, ...]
    """Names of the sections of the board that it is in."""
    shown: tuple[int, ...] = (0,)
    """Of each run whose examples are shown, the place of the first that answered alike."""

    @property
    def shown_runs(self) -> list[tuple[int, StoredRun]]:
        """Runs whose showcases and scores of single examples are written, with their places."""
        return [(at, self.runs[at]) for at in dict.fromkeys(self.shown)]


@dataclass(frozen=True)
class ShownMetric:
    """One metric of the board; its number is its place in the list of metrics."""

    section: str
    primary: bool
    column: Column
    metric: Metric


@dataclass(frozen=True)
class Contents:
    """All that pages are made from."""

    board: Board
    workspace: Workspace
    systems: tuple[SiteSystem, ...]
    metrics: tuple[ShownMetric, ...]

    @classmethod
    def of(
        cls,
        board: Board,
        runs: Sequence[StoredRun],
        workspace: Workspace,
        *,
        all_seeds: bool = False,
    ) -> Contents:
        """Order the newest of ``runs``, which ``board`` was built from, as the board does.

        Examples are shown of each system's first seed, or of all seeds.

        Raises
        ------
        UsageError
            The runs were made on other data, or under another protocol, than the workspace's.
        """
        require_same_data(runs, workspace)
        by_label: dict[str, list[StoredRun]] = {}
        for run in newest(runs):
            by_label.setdefault(run.record.label, []).append(run)
        places: dict[str, list[str]] = {}
        for section in board.sections:
            for row in section.rows:
                places.setdefault(row.model, []).append(section.name)
        for label in by_label:
            places.setdefault(label, [])
        systems = tuple(
            SiteSystem(
                label,
                by_label[label][0].record.role,
                by_label[label][0].record.flags,
                tuple(by_label[label]),
                tuple(sections),
                _shown(by_label[label]) if all_seeds else (0,),
            )
            for label, sections in places.items()
        )
        metrics = tuple(
            ShownMetric(
                section.name,
                column.name == section.primary,
                column,
                parse_metric(column.signature),
            )
            for section in board.sections
            for column in section.columns
        )
        return cls(board, workspace, systems, metrics)

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """Those of the scored split, in its order."""
        return tuple(self.workspace.scored_split.examples())

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Number of each system by its label."""
        return {system.label: number for number, system in enumerate(self.systems)}

    @cached_property
    def default_systems(self) -> tuple[int, ...]:
        """Numbers of up to six systems to show first: full showcases, then leaders of sections."""
        fair = [i for i, one in enumerate(self.systems) if one.role == "system"]
        places: dict[int, int] = {}
        for section in self.board.sections:
            for place, row in enumerate(section.rows):
                number = self.numbers[row.model]
                places[number] = places.get(number, 0) + place
        full = [i for i in fair if len(self.systems[i].sections) == len(self.board.sections)]
        full.sort(key=lambda i: (places.get(i, 0), i))
        leaders = [
            number
            for section in self.board.sections
            for number in [self.numbers[row.model] for row in section.rows if row.rank][:2]
        ]
        chosen = dict.fromkeys([*full[:3], *leaders, *fair, *range(len(self.systems))])
        return tuple(list(chosen)[:6])


def _shown(runs: Sequence[StoredRun]) -> tuple[int, ...]:
    answers = [run.record.predictions_sha256 for run in runs]
    return tuple(answers.index(one) for one in answers)


def require_same_data(runs: Sequence[StoredRun], workspace: Workspace) -> None:
    """Make sure that ``runs`` are of the workspace's examples.

    Raises
    ------
    UsageError
        They were made on other data, another split, or under another protocol.
    """
    here = (workspace.dataset.revision, workspace.task.split, asdict(workspace.policy))
    for run in runs:
        inputs = run.record.inputs
        there = (inputs.data_sha256, inputs.split, dict(inputs.policy))
        for name, mine, theirs in zip(("data", "split", "protocol"), here, there, strict=True):
            if canonical_json(mine) != canonical_json(theirs):
                raise UsageError(
                    f"{run.folder} was made with another {name} than the task that was opened "
                    f"({theirs}, and here {mine}): name its task, or its --data and options"
                )
