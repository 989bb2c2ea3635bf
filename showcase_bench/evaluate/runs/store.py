"""Runs on disk: ``<root>/<task>/<model>/<run id>/`` with three files, or up to five.

``run.json`` (what and how), ``predictions.jsonl`` (canonical order), ``scores.parquet`` (the
statistics of every example at full precision); where metrics asked for it ``swapped.jsonl``
(predictions for the same businesses on behalf of other users), and of a model that was trained
``curve.json`` (its learning curve). A folder appears whole or not at all, and ``run.json`` carries
the hashes of the others.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from io import BufferedReader
from pathlib import Path
from typing import Any

from showcase_bench.errors import StoreError
from showcase_bench.evaluate.runs.content import Content, sha256_of, written_clearly
from showcase_bench.evaluate.runs.records import RunRecord
from showcase_bench.evaluate.runs.score_table import ScoreTable
from showcase_bench.evaluate.showcases.canonical import parse_prediction_line
from showcase_bench.evaluate.showcases.spool import HELD, FiledShowcases
from showcase_bench.files import is_being_replaced, new_folder, sweep, write_durably
from showcase_bench.types import Showcase

__all__ = [
    "RunFiles",
    "RunStore",
    "StoredRun",
    "safe_name",
]

RUN, PREDICTIONS, SCORES = "run.json", "predictions.jsonl", "scores.parquet"
SWAPPED, CURVE = "swapped.jsonl", "curve.json"
_WAITS = (0.001, 0.01, 0.1, 0.5)
"""Seconds between looks for a run that another process is just putting into place."""


@dataclass(frozen=True)
class RunFiles:
    """The content of a run's files beside ``run.json``; None where there is no such file."""

    predictions: Content
    scores: Content
    swapped: Content | None = None
    curve: Content | None = None

    def named(self) -> dict[str, Content]:
        """Those that there are, by file name."""
        files = {
            PREDICTIONS: self.predictions,
            SCORES: self.scores,
            SWAPPED: self.swapped,
            CURVE: self.curve,
        }
        return {name: data for name, data in files.items() if data is not None}

    def digests(self) -> dict[str, Any]:
        """SHA-256 of each by the record's field; None where there is no such file."""
        return {
            f"{one.name}_sha256": None if data is None else sha256_of(data)
            for one in fields(self)
            for data in (getattr(self, one.name),)
        }


@dataclass(frozen=True)
class StoredRun:
    """A run on disk; its larger parts are read, and checked against their hashes, when asked."""

    folder: Path
    record: RunRecord

    def table(self) -> ScoreTable:
        """The per-example statistics.

        Raises
        ------
        StoreError
            The file is missing, changed or damaged.
        """
        data = self._verified(SCORES, self.record.scores_sha256)
        try:
            return ScoreTable.from_parquet(data)
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{self.folder / SCORES}: not a score table ({error})") from error

    @property
    def scores_path(self) -> Path:
        """Of the file of :meth:`table`."""
        return self.folder / SCORES

    def open_scores(self) -> BufferedReader:
        """The file of :meth:`table`, checked and open at its beginning; raises likewise."""
        with contextlib.ExitStack() as unless_checked:
            with self._reading(SCORES):
                file = unless_checked.enter_context(_opened(self.scores_path))
                found = hashlib.file_digest(file, "sha256").hexdigest()
                file.seek(0)
            self._require(SCORES, found, self.record.scores_sha256)
            unless_checked.pop_all()
            return file

    def predictions(self) -> Sequence[Showcase]:
        """The predictions in the order of the split; raises StoreError like :meth:`table`.

        Many of them stay in their file.
        """
        return self._showcases(PREDICTIONS, self.record.predictions_sha256)

    def swapped(self) -> Sequence[Showcase] | None:
        """The predictions on behalf of other users, if there are; raises StoreError likewise."""
        digest = self.record.swapped_sha256
        return None if digest is None else self._showcases(SWAPPED, digest)

    def curve(self) -> list[dict[str, Any]] | None:
        """Points of the learning curve, if there is one; raises StoreError likewise."""
        data = self._curve()
        if data is None:
            return None
        points: list[dict[str, Any]] = json.loads(data)
        return points

    def files(self, scores: Content) -> RunFiles:
        """The files of this run with other ``scores``; raises StoreError likewise."""
        record = self.record
        digest = record.swapped_sha256
        return RunFiles(
            self._kept(PREDICTIONS, record.predictions_sha256),
            scores,
            None if digest is None else self._kept(SWAPPED, digest),
            self._curve(),
        )

    def _curve(self) -> bytes | None:
        digest = self.record.curve_sha256
        return None if digest is None else self._verified(CURVE, digest)

    def _kept(self, name: str, sha256: str) -> Content:
        """A file of showcases: its content, or its path where there are many."""
        if self.record.n <= HELD:
            return self._verified(name, sha256)
        self._line_starts(name, sha256)
        return self.folder / name

    def _showcases(self, name: str, sha256: str) -> Sequence[Showcase]:
        if self.record.n <= HELD:
            return _showcases(self._verified(name, sha256))
        return FiledShowcases(self.folder / name, self._line_starts(name, sha256))

    def _line_starts(self, name: str, sha256: str) -> list[int]:
        """The byte where each line begins, of a file that is as it was recorded."""
        digest, starts, end = hashlib.sha256(), list[int](), 0
        with self._reading(name), _opened(self.folder / name) as file:
            for line in file:
                digest.update(line)
                starts.append(end)
                end += len(line)
        self._require(name, digest.hexdigest(), sha256)
        return starts

    def _verified(self, name: str, sha256: str) -> bytes:
        with self._reading(name):
            data = _content(self.folder / name)
        self._require(name, hashlib.sha256(data).hexdigest(), sha256)
        return data

    @contextlib.contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"{self.folder / name}: cannot be read ({error.strerror}); "
                "delete the folder of this run and run the model again"
            ) from error

    def _require(self, name: str, found: str, sha256: str) -> None:
        if found == sha256:
            return
        path = self.folder / name
        if sha256.encode() not in _content(self.folder / RUN):
            raise StoreError(
                f"{path}: another command has written this run meanwhile; run the same command "
                "again"
            )
        raise StoreError(
            f"{path}: its content is not what {RUN} recorded (sha256 differs); "
            "delete the folder of this run and run the model again"
        )


def _showcases(data: bytes) -> list[Showcase]:
    return [parse_prediction_line(line) for line in data.decode().split("\n") if line]


class RunStore:
    """A folder of runs.

    Raises
    ------
    StoreError
        On any method: a folder cannot be read or written, or holds something else than a run.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, task: str, model: str, run_id: str) -> Path:
        """Where a run lives; names are reduced to characters that are safe in every file system."""
        return self.root / safe_name(task) / safe_name(model) / run_id

    def get(self, task: str, model: str, run_id: str) -> StoredRun | None:
        """The stored run, or None."""
        folder = self.folder(task, model, run_id)
        sweep(folder.parent)
        return self._load(folder)

    def runs(self, task: str | None = None, model: str | None = None) -> Iterator[StoredRun]:
        """All runs, or those of one task or model, in the order of their paths."""
        if not self.root.is_dir():
            raise StoreError(f"{self.root}: no such folder of results")
        models = "/".join(safe_name(one) if one else "*" for one in (task, model))
        pattern = f"{models}/*/{RUN}"
        for folder in self.root.glob(models):
            sweep(folder)
        for path in sorted(self.root.glob(pattern)):
            run = None if path.parent.name.startswith(".") else self._load(path.parent)
            if run is not None:
                yield run

    def write(self, record: RunRecord, files: RunFiles) -> StoredRun:
        """Store a run whole; one that is there under the same id is replaced."""
        parts = {**files.named(), RUN: record.to_json()}
        folder = self.folder(record.inputs.task, record.inputs.model, record.id)
        with written_clearly(folder), new_folder(folder) as temporary:
            for name, data in parts.items():
                write_durably(temporary / name, data)
        return StoredRun(folder, record)

    def _load(self, folder: Path) -> StoredRun | None:
        path = folder / RUN
        try:
            data = _content(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
        return StoredRun(folder, RunRecord.from_json(data, str(path)))


def _content(path: Path) -> bytes:
    with _opened(path) as file:
        return file.read()


def _opened(path: Path) -> BufferedReader:
    """A run's file, also while another process puts the run into place."""
    for wait in _WAITS:
        try:
            return path.open("rb")
        except FileNotFoundError:
            if not is_being_replaced(path.parent) and not path.exists():
                raise
        time.sleep(wait)
    return path.open("rb")


def safe_name(name: str) -> str:
    """A name for a file or folder that is safe in every file system and leads nowhere else."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".") or "-"
