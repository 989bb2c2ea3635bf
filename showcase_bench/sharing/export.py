"""Exporting a task: the half that participants get and the half that organizers keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from showcase_bench.errors import UsageError
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.sharing.folders import fresh_folders
from showcase_bench.sharing.halves import as_exported, read_private
from showcase_bench.sharing.leaks import Leaks, find_leaks
from showcase_bench.sharing.names import Names, new_salt
from showcase_bench.sharing.parts import divide
from showcase_bench.sharing.photos import IMAGES, write_photos
from showcase_bench.sharing.rows import HalfRows
from showcase_bench.sharing.settings import (
    DATA,
    EXPORT,
    PRIVATE,
    PUBLIC,
    ExportOptions,
    Half,
    check_task,
)
from showcase_bench.types import NoProgress, Progress

__all__ = ["ExportReport", "Exporter", "export_task", "reuse_salt"]

_NO_PROGRESS = NoProgress()


@dataclass(frozen=True)
class ExportReport:
    """What was written."""

    public: Path
    private: Path
    rows: Mapping[str, int]
    parts: Mapping[str, int]
    photos: int
    """Files written; 0 where only their ids are given."""
    unreadable: Mapping[str, str]
    leaks: Leaks
    """What no export can hide, in numbers."""


class Exporter:
    """Writes halves of one task with one salt.

    Parameters
    ----------
    workspace
        The task with its data.
    options
        Choices of the organizer.
    salt
        64 hexadecimal digits; None draws a new one.

    Raises
    ------
    UsageError
        The task's gold cannot be hidden, the salt has another form, or a part of the cut is empty.
    """

    def __init__(
        self, workspace: Workspace, options: ExportOptions, salt: str | None = None
    ) -> None:
        check_task(workspace.task)
        self.workspace = workspace
        self.options = options
        self.salt = new_salt() if salt is None else salt
        self.names = Names(self.salt, photos=options.photos == "files")
        self.rows = HalfRows(workspace, self.names, options)
        self.parts = divide(self.rows.scored_ids(), options.cut, self.names)

    def write_public(self, place: Path, progress: Progress = _NO_PROGRESS) -> dict[str, str]:
        """Write the public half into an empty folder; photos that cannot be read, and why."""
        _write(place / DATA, self.rows.public())
        unreadable: dict[str, str] = {}
        if self.options.photos == "files":
            (place / IMAGES).mkdir()
            data = self.workspace.dataset
            unreadable = write_photos(
                data.images, data.image_ids(), self.names, place / IMAGES, progress
            )
        (place / EXPORT).write_bytes(self._half(PUBLIC).dump())
        return unreadable

    def write_private(self, place: Path, kept: str | None = None) -> None:
        """Write the private half into an empty folder, with the gold of one part or of all."""
        gold_of = None if kept is None else frozenset(self.parts[kept])
        _write(place / DATA, self.rows.private(gold_of))
        half = replace(
            self._half(PRIVATE),
            salt=self.salt,
            cut=dict(self.options.cut),
            data_sha256=self.workspace.dataset.revision,
            kept=kept,
        )
        (place / EXPORT).write_bytes(half.dump())

    def _half(self, kind: str) -> Half:
        task = as_exported(self.workspace.task)
        return Half(
            kind=kind,
            task=task.name,
            version=task.version,
            summary=task.summary,
            split=task.split,
            policy=asdict(task.policy),
            metrics=task.metrics,
            primary=dict(task.primary),
            photos=self.options.photos,
            validation=self.options.validation,
            rows=self.rows.sizes,
            parts={part: len(ids) for part, ids in self.parts.items()},
        )


def export_task(
    workspace: Workspace,
    public: Path,
    private: Path,
    *,
    options: ExportOptions | None = None,
    salt: str | None = None,
    progress: Progress = _NO_PROGRESS,
) -> ExportReport:
    """Write both halves of a task.

    The same task, options and salt give the same bytes. Both folders appear whole, or neither does;
    an earlier export in their place is replaced, and anything else there is refused.

    Parameters
    ----------
    public, private
        The folders; only the owner may read ``private``.
    salt
        That of an earlier export, to keep its ids; None draws a new one.

    Raises
    ------
    UsageError
        A folder is in the way, or the task cannot be exported.
    StoreError
        The disk is full or cannot be written.
    """
    public, private = Path(public), Path(private)
    exporter = Exporter(workspace, options or ExportOptions(), salt)
    with fresh_folders([private, public], secret=[private]) as (kept, shown):
        unreadable = exporter.write_public(shown, progress)
        exporter.write_private(kept)
    n_photos = len(workspace.dataset.image_ids()) - len(unreadable)
    return ExportReport(
        public=public,
        private=private,
        rows=exporter.rows.sizes,
        parts={part: len(ids) for part, ids in exporter.parts.items()},
        photos=n_photos if exporter.options.photos == "files" else 0,
        unreadable=unreadable,
        leaks=find_leaks(workspace, exporter.options),
    )


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("xb") as file:
        file.writelines(pieces)


def reuse_salt(private: Path, workspace: Workspace) -> str:
    """The salt of an earlier private half of the same task.

    Raises
    ------
    UsageError
        It is no private half, or that of another task.
    """
    found = read_private(private)
    if found.half.task != workspace.task.name:
        raise UsageError(f"{private} is of task {found.half.task}, not of {workspace.task.name}")
    return found.salt
