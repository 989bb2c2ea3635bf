"""Whether boards on disk are those of the runs on disk, byte for byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from showcase_bench.errors import StoreError
from showcase_bench.evaluate import StoredRun
from showcase_bench.evaluate.runs.records import pretty_json

__all__ = ["Problem", "compare_files", "manifest", "unlisted_runs", "verify_runs"]

SCHEMA = 1


@dataclass(frozen=True)
class Problem:
    """Something that is not as it was when the board was built."""

    path: str
    row: str
    """The system whose run it is; empty where it concerns the board as a whole."""
    message: str

    def __str__(self) -> str:
        row = f" (row {self.row!r})" if self.row else ""
        return f"{self.path}{row}: {self.message}"


def manifest(runs: Iterable[StoredRun], root: Path) -> bytes:
    """SHA-256 of every file of the runs behind a board, as JSON; paths are relative to ``root``.

    Pictures and other files that no board reads are left out.
    """
    listed = {
        run.folder.relative_to(root).as_posix(): {
            "row": run.record.label,
            "seed": run.record.inputs.seed,
            "files": {name: _sha256(path) for name, path in _files(run).items()},
        }
        for run in runs
    }
    return pretty_json({"schema": SCHEMA, "runs": dict(sorted(listed.items()))}).encode()


def verify_runs(recorded: bytes, where: str, root: Path) -> list[Problem]:
    """Compare the files below ``root`` with what :func:`manifest` wrote about them.

    Raises
    ------
    StoreError
        ``recorded``, which came from ``where``, is no manifest of this version.
    """
    problems: list[Problem] = []
    for folder, run in _recorded(recorded, where).items():
        for name, digest in run["files"].items():
            path = root / folder / name
            if ".." in path.parts or not path.resolve().is_relative_to(root.resolve()):
                raise StoreError(f"{where}: {folder}/{name} is not below {root}")
            if not path.is_file():
                message = "is missing; get it back, or build the board again"
            elif _sha256(path) != digest:
                message = "has changed since the board was built (sha256 differs)"
            else:
                continue
            problems.append(Problem(str(path), f"{run['row']}, seed {run['seed']}", message))
    return problems


def unlisted_runs(
    recorded: bytes, where: str, runs: Iterable[StoredRun], root: Path
) -> list[Problem]:
    """Runs that were not there when the board was built; raises like :func:`verify_runs`."""
    known = _recorded(recorded, where)
    return [
        Problem(
            str(run.folder),
            f"{run.record.label}, seed {run.record.inputs.seed}",
            "is a run that the board does not hold; build it again",
        )
        for run in runs
        if run.folder.relative_to(root).as_posix() not in known
    ]


def compare_files(wanted: Mapping[Path, bytes]) -> list[Problem]:
    """Problems of files that are missing or differ from what they should hold."""
    problems = []
    for path, data in wanted.items():
        try:
            found = path.read_bytes()
        except FileNotFoundError:
            problems.append(Problem(str(path), "", "is missing; `leaderboard build` writes it"))
            continue
        except OSError as error:
            raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
        if found != data:
            problems.append(Problem(str(path), "", _first_difference(found, data)))
    return problems


def _files(run: StoredRun) -> dict[str, Path]:
    names = {"run.json", "predictions.jsonl", "scores.parquet"}
    names |= {"swapped.jsonl"} if run.record.swapped_sha256 else set()
    names |= {"curve.json"} if run.record.curve_sha256 else set()
    return {name: run.folder / name for name in sorted(names)}


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror})") from error


def _recorded(data: bytes, where: str) -> dict[str, dict[str, dict[str, str]]]:
    try:
        raw = json.loads(data)
        if raw["schema"] != SCHEMA:
            raise StoreError(f"{where}: schema {raw['schema']}, but this version reads {SCHEMA}")
        runs: dict[str, dict[str, dict[str, str]]] = raw["runs"]
        for run in runs.values():
            if not isinstance(run["files"], dict) or {"row", "seed"} - set(run):
                raise ValueError("a run lacks files, row or seed")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{where}: not a list of runs ({type(error).__name__}: {error}); build the board again"
        ) from error
    return runs


def _first_difference(found: bytes, wanted: bytes) -> str:
    """Where two texts begin to differ, in words."""
    lines: Sequence[tuple[bytes, bytes]] = list(
        zip(found.splitlines(), wanted.splitlines(), strict=False)
    )
    at = next((i for i, (a, b) in enumerate(lines) if a != b), len(lines))

    def shown(data: bytes) -> str:
        rows = data.splitlines()
        return repr(rows[at][:160].decode(errors="replace")) if at < len(rows) else "nothing"

    return f"line {at + 1} is {shown(found)}, but the runs give {shown(wanted)}"
