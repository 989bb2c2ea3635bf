"""A sound submission scored: its row, and the run that it is stored as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import showcase_bench
from showcase_bench.errors import UsageError
from showcase_bench.evaluate import RunRecord, Scorer, StoredRun, Workspace, frame_of_workspace
from showcase_bench.evaluate.runs.facts import FACTS, example_facts, score_table
from showcase_bench.evaluate.runs.records import Levels, RunInputs
from showcase_bench.evaluate.runs.store import RunFiles
from showcase_bench.evaluate.score.scorer import Scored
from showcase_bench.evaluate.showcases.canonical import dump_predictions
from showcase_bench.evaluate.suite.environment import code_revision, describe_environment
from showcase_bench.metrics import Metric
from showcase_bench.submission.card import Card
from showcase_bench.submission.notes import Note, notes_on, training_photos
from showcase_bench.types import NoProgress, Progress, Score, Showcase, Timings

__all__ = ["SubmittedRow", "metrics_of_runs", "require_own_name", "score_row"]

_UNKNOWN = Timings(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, None, measured=False)


@dataclass(frozen=True)
class SubmittedRow:
    """One submission on one task."""

    card: Card
    showcases: tuple[Showcase, ...]
    scored: Scored
    levels: Mapping[str, Levels]
    notes: tuple[Note, ...]
    """All statistics; those that are raised stand beside the row."""

    @property
    def scores(self) -> tuple[Score, ...]:
        """One a metric."""
        return self.scored.scores

    def raised(self) -> tuple[str, ...]:
        """Notes that are above their thresholds, in words."""
        return tuple(f"{note.name}: {note.message}" for note in self.notes if note.raised)

    def as_run(self, workspace: Workspace) -> tuple[RunRecord, RunFiles]:
        """What :meth:`~showcase_bench.evaluate.RunStore.write` stores.

        The predictions stand in for the code that is not known: their hash is a part of the run's
        id. All photos are looked at, as for every run, so that their number agrees on a board.
        """
        workspace.prefetch()
        queries = workspace.queries
        table = score_table(workspace, self.scored.statistics, example_facts(workspace))
        files = RunFiles(dump_predictions(self.showcases), table.to_parquet())
        digests = files.digests()
        task, dataset = workspace.task, workspace.dataset
        inputs = RunInputs(
            task=task.name,
            task_version=task.version,
            split=task.split,
            policy=asdict(task.policy),
            data_name=dataset.name,
            data_sha256=dataset.revision,
            images_key=workspace.images.key,
            model=self.card.name,
            arguments={},
            seed=self.card.seed,
            code_sha256=digests["predictions_sha256"],
            version=showcase_bench.__version__,
        )
        record = RunRecord(
            id=inputs.run_id,
            inputs=inputs,
            given={},
            role=self.card.role,
            flags=self.card.flags,
            distribution="submission",
            created=datetime.now(UTC).isoformat(timespec="microseconds"),
            code=code_revision(),
            environment=describe_environment(),
            n=len(queries),
            unreadable_images=len(workspace.images.unreadable),
            timings=_UNKNOWN,
            scores=self.scores,
            primary=task.primary_names(),
            levels=self.levels,
            facts=FACTS,
            card=self.card.facts(),
            notes=self.raised(),
            **digests,
        )
        return record, files


def score_row(
    card: Card,
    showcases: tuple[Showcase, ...],
    workspace: Workspace,
    metrics: Sequence[Metric],
    progress: Progress | None = None,
) -> SubmittedRow:
    """Score checked predictions, in the order of the split, and look for signs of gaming.

    Raises
    ------
    MissingDependencyError
        A metric needs a package that is not installed.
    UsageError
        A metric is bound to other references or weights.
    """
    frame = frame_of_workspace(workspace, progress or NoProgress())
    scorer = Scorer(frame, metrics)
    scored = scorer.score(showcases, progress=progress)
    notes = notes_on(showcases, frame, training_photos(workspace))
    return SubmittedRow(card, showcases, scored, scorer.levels, tuple(notes))


def metrics_of_runs(workspace: Workspace, runs: Sequence[StoredRun]) -> tuple[Metric, ...]:
    """The metrics that ``runs`` were scored with; the task's where there is no run.

    Raises
    ------
    UsageError
        A stored signature is not one of an installed metric.
    """
    if not runs:
        return workspace.metrics
    newest = max(runs, key=lambda run: (run.record.created, run.record.id))
    return workspace.parse_metrics([score.signature for score in newest.record.scores])


def require_own_name(card: Card, runs: Sequence[StoredRun]) -> None:
    """Raise a :class:`UsageError` if a run of another kind has the submission's name."""
    for run in runs:
        record = run.record
        if record.inputs.model.lower() == card.name.lower() and "submission" not in record.flags:
            raise UsageError(
                f"{run.folder} is a run of a model named {record.inputs.model!r}, so a submission "
                "cannot have this name: change `name` in the card"
            )
