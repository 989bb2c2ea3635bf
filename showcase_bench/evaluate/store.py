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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from showcase_bench.errors import StoreError
from showcase_bench.evaluate.records import RunRecord
from showcase_bench.files import is_being_replaced, new_folder, replace_file, sweep, write_durably
from showcase_bench.types import Showcase

__all__ = ["RunFiles", "RunStore", "ScoreTable", "StoredRun", "safe_name", "write_atomically"]

RUN, PREDICTIONS, SCORES = "run.json", "predictions.jsonl", "scores.parquet"
SWAPPED, CURVE = "swapped.jsonl", "curve.json"
_WAITS = (0.001, 0.01, 0.1, 0.5)
"""Seconds between looks for a run that another process is just putting into place."""
_FACT = "fact:"
"""No signature of a metric begins like this."""


@dataclass(frozen=True)
class RunFiles:
    """The content of a run's files beside ``run.json``; None where there is no such file."""

    predictions: bytes
    scores: bytes
    swapped: bytes | None = None
    curve: bytes | None = None

    def named(self) -> dict[str, bytes]:
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
            f"{one.name}_sha256": None if data is None else hashlib.sha256(data).hexdigest()
            for one in fields(self)
            for data in (getattr(self, one.name),)
        }


@dataclass(frozen=True)
class ScoreTable:
    """Per-example statistics of one run; all columns have one row per example."""

    ids: tuple[str, ...]
    users: tuple[str, ...]
    businesses: tuple[str, ...]
    statistics: Mapping[str, NDArray[np.float64]]
    """Metric signature to rows of shape [n, d]."""
    facts: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """What slices are made by, of shape [n] each; none in older files."""

    def to_parquet(self) -> bytes:
        """Parquet with a list column per metric; equal tables give equal bytes."""
        columns = {"id": pa.array(self.ids, pa.string())}
        columns["user_id"] = pa.array(self.users, pa.string())
        columns["business_id"] = pa.array(self.businesses, pa.string())
        for name, values in self.facts.items():
            columns[_FACT + name] = pa.array(np.ascontiguousarray(values, dtype=np.float64))
        for signature, rows in self.statistics.items():
            flat = pa.array(np.ascontiguousarray(rows, dtype=np.float64).reshape(-1))
            columns[signature] = pa.FixedSizeListArray.from_arrays(flat, rows.shape[1])
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table(columns), sink, compression="zstd", version="2.6")
        data: bytes = sink.getvalue().to_pybytes()
        return data

    @classmethod
    def from_parquet(cls, data: bytes) -> ScoreTable:
        """Read what :meth:`to_parquet` wrote; raises ValueError or KeyError when it is not that."""
        table = pq.read_table(pa.BufferReader(data))
        texts = {
            name: tuple(table.column(name).to_pylist()) for name in ("id", "user_id", "business_id")
        }
        statistics, facts = {}, {}
        for name in table.column_names:
            column = table.column(name).combine_chunks()
            if name.startswith(_FACT):
                facts[name.removeprefix(_FACT)] = column.to_numpy(zero_copy_only=False)
            elif name not in texts:
                flat = column.flatten().to_numpy(zero_copy_only=False)
                statistics[name] = flat.reshape(table.num_rows, column.type.list_size)
        return cls(texts["id"], texts["user_id"], texts["business_id"], statistics, facts)


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

    def predictions(self) -> list[Showcase]:
        """The predictions in the order of the split; raises StoreError like :meth:`table`."""
        return _showcases(self._verified(PREDICTIONS, self.record.predictions_sha256))

    def swapped(self) -> list[Showcase] | None:
        """The predictions on behalf of other users, if there are; raises StoreError likewise."""
        digest = self.record.swapped_sha256
        return None if digest is None else _showcases(self._verified(SWAPPED, digest))

    def curve(self) -> list[dict[str, Any]] | None:
        """Points of the learning curve, if there is one; raises StoreError likewise."""
        data = self._curve()
        if data is None:
            return None
        points: list[dict[str, Any]] = json.loads(data)
        return points

    def files(self, scores: bytes) -> RunFiles:
        """The files of this run with other ``scores``; raises StoreError likewise."""
        record = self.record
        digest = record.swapped_sha256
        return RunFiles(
            self._verified(PREDICTIONS, record.predictions_sha256),
            scores,
            None if digest is None else self._verified(SWAPPED, digest),
            self._curve(),
        )

    def _curve(self) -> bytes | None:
        digest = self.record.curve_sha256
        return None if digest is None else self._verified(CURVE, digest)

    def _verified(self, name: str, sha256: str) -> bytes:
        path = self.folder / name
        try:
            data = _content(path)
        except OSError as error:
            raise StoreError(
                f"{path}: cannot be read ({error.strerror}); "
                "delete the folder of this run and run the model again"
            ) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            if sha256.encode() not in _content(self.folder / RUN):
                raise StoreError(
                    f"{path}: another command has written this run meanwhile; "
                    "run the same command again"
                )
            raise StoreError(
                f"{path}: its content is not what {RUN} recorded (sha256 differs); "
                "delete the folder of this run and run the model again"
            )
        return data


def _showcases(data: bytes) -> list[Showcase]:
    rows = [json.loads(line) for line in data.decode().split("\n") if line]
    return [Showcase(row["id"], tuple(row["image_ids"]), row["text"]) for row in rows]


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
        with _clear_errors(folder), new_folder(folder) as temporary:
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
    """Content of a run's file, also while another process puts the run into place."""
    for wait in _WAITS:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            if not is_being_replaced(path.parent) and not path.exists():
                raise
        time.sleep(wait)
    return path.read_bytes()


def write_atomically(path: Path, data: bytes) -> None:
    """Replace ``path`` by ``data`` in one step, creating its folder.

    Raises
    ------
    StoreError
        It cannot be written; the old content is then untouched.
    """
    with _clear_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)


@contextlib.contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror}); nothing was changed. "
            "Check the folder's permissions and free space, or choose another one"
        ) from error


def safe_name(name: str) -> str:
    """A name for a file or folder that is safe in every file system and leads nowhere else."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".") or "-"
