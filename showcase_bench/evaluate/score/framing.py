"""Frames of tasks, and of texts that belong to none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from showcase_bench.datasets.tasks import Places, Task
from showcase_bench.encoders.text_store import TextStore
from showcase_bench.errors import UsageError
from showcase_bench.evaluate.score.frame import PART_ROWS, Frame, Recipe, codes
from showcase_bench.evaluate.task.column import Column
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.metrics import TextTable
from showcase_bench.types import NoProgress, Progress

__all__ = ["frame_of_references", "frame_of_workspace"]


def frame_of_workspace(
    workspace: Workspace, progress: Progress | None = None, *, clustered: bool = True
) -> Frame:
    """The scored split of a task; without ``clustered`` its examples count as independent.

    Raises
    ------
    UsageError
        The rows of the split have neither texts nor photos of their own: their gold is hidden.
    """
    split = workspace.scored_split
    rows, n = split.rows, len(split)
    gold = (rows.gold(i) for i in range(n))
    if not any(one.image_ids or any(one.texts) for one in gold):
        raise UsageError(
            f"split {workspace.task.split!r} of {workspace.dataset.path} has no gold, so there is "
            "nothing to score against. `showcase-bench predict` works without; the organizers "
            "score its file with `showcase-bench score --private`."
        )

    def training() -> tuple[str, ...]:
        if "train" not in workspace.dataset.split_names:
            return ()
        learned = workspace.split("train").rows
        golds = (learned.gold(i) for i in range(len(learned)))
        return tuple(text for gold in golds for text in gold.texts if text)

    users, businesses = Column(n, rows.user), Column(n, rows.business)
    frame = Frame(
        ids=Column(n, rows.id),
        references=Column(n, lambda i: tuple(t for t in rows.gold(i).texts if t)),
        gold_images=Column(n, lambda i: rows.gold(i).image_ids),
        pools=Column(n, rows.pool),
        candidates=Column(n, rows.candidates),
        clusters=(codes(users), codes(businesses)) if clustered else (),
        features=workspace.images.features,
        embeddings=workspace.texts,
        users=users,
        businesses=businesses,
        histories=Column(n, rows.history_texts),
        k=workspace.policy.k,
        read_training=training,
        read_visits=lambda: workspace.visits,
        table=TextTable(workspace.cache, progress),
        recipe=WorkspaceRecipe(workspace.task, workspace.places),
        unreadable=lambda: dict(workspace.images.unreadable),
    )
    return frame if n > PART_ROWS else frame.in_memory()


@dataclass(frozen=True)
class WorkspaceRecipe:
    """The frame of a task, whose data every process maps into memory."""

    task: Task
    places: Places

    def open(self) -> Frame:
        """The frame, with encoders of its own and without clusters."""
        workspace = Workspace.open(self.task, places=self.places)
        return frame_of_workspace(workspace, clustered=False)


def frame_of_references(
    references: Mapping[str, Sequence[str]],
    cache: Path | None,
    progress: Progress | None = None,
    recipe: Recipe | None = None,
) -> Frame:
    """Texts alone: references by id; examples count as independent of each other.

    ``cache`` is the folder that keeps tokens and embeddings between processes, if one does;
    ``recipe`` makes the same frame in another process, if something does.
    """
    nothing: tuple[tuple[str, ...], ...] = ((),) * len(references)
    return Frame(
        ids=tuple(references),
        references=tuple(map(tuple, references.values())),
        gold_images=nothing,
        pools=nothing,
        clusters=(),
        embeddings=TextStore(cache, progress or NoProgress()),
        table=TextTable(cache, progress),
        recipe=recipe,
    )
