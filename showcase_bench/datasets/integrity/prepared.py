"""Whether prepared columns are what was written, and whether a data file is what it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from showcase_bench.datasets.columns import BUSINESSES, EXAMPLES, HISTORY, PHOTOS
from showcase_bench.datasets.integrity.manifest import (
    MANIFEST,
    Problem,
    check_manifest,
    facts_of,
    load_json,
    read_manifest,
    regular_file,
)
from showcase_bench.datasets.integrity.rows import first_difference, read_checked
from showcase_bench.datasets.json_rows import SPLITS
from showcase_bench.datasets.prepare import FORMAT_VERSION, prepare
from showcase_bench.errors import DataError, UsageError
from showcase_bench.files import scratch_folder
from showcase_bench.types import NoProgress, Progress

__all__ = ["CheckReport", "check_path", "check_prepared"]

RECORD = "prepared.json"

_NO_PROGRESS = NoProgress()
_FOLDER = re.compile(r"([0-9a-f]{16})-v(\d+)")
_CHECKSUM = re.compile(r"[0-9a-f]{8}-[0-9]+")
_SCHEMAS: Mapping[str, pa.Schema] = {
    **{f"{split}.arrow": EXAMPLES for split in SPLITS},
    **{f"{split}.history.arrow": HISTORY for split in SPLITS},
    "photos.arrow": PHOTOS,
    "businesses.arrow": BUSINESSES,
}
_REMEDY = "delete the folder, and it is made again from the data file"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was compared with what, and what came of it."""

    kind: str
    """``prepared``, ``manifest`` or ``data file``."""
    against: tuple[str, ...]
    """Files and folders that hold what was expected."""
    problems: tuple[Problem, ...]


def check_path(path: Path, cache_dir: Path, progress: Progress = _NO_PROGRESS) -> CheckReport:
    """Check a prepared folder, a folder with a manifest, or a data file.

    A data file is compared with the ``manifest.json`` beside it, where that lists it, and its
    prepared columns in the cache are checked, where it has any.

    Parameters
    ----------
    path
        What to check; a ``manifest.json`` or ``prepared.json`` stands for its folder.
    cache_dir
        Where prepared columns are kept.
    progress
        Tracks files, and rows where a file has to be read to name a difference.

    Raises
    ------
    UsageError
        ``path`` does not exist, cannot be read, or there is nothing to compare it with.
    """
    if path.name in (MANIFEST, RECORD):
        path = path.parent
    if path.is_dir():
        if (path / RECORD).exists():
            return CheckReport("prepared", (RECORD,), tuple(check_prepared(path, progress)))
        if (path / MANIFEST).is_symlink() or (path / MANIFEST).exists():
            return CheckReport("manifest", (MANIFEST,), tuple(check_manifest(path, progress)))
        raise UsageError(
            f"{path} has neither {MANIFEST} nor {RECORD}, so there is nothing to check it against. "
            "Name a folder made by `data get` or `data synth`, a prepared folder, or a data file."
        )
    if not path.is_file():
        raise UsageError(f"{path} does not exist, or is neither a file nor a folder. Check it.")
    return _check_data_file(path, cache_dir, progress)


def check_prepared(folder: Path, progress: Progress = _NO_PROGRESS) -> list[Problem]:
    """Check the prepared columns in ``folder`` against their record and, if any, their manifest.

    Every part is read whole: its size and SHA-256 are compared with the manifest's where there is
    one, and else its size and CRC-32 with the record's. Sound parts must also have as many rows as
    the record counts.

    Returns
    -------
    list of Problem
        By name of the file; a part that changed is said to be readable by Arrow or not.
    """
    record, problem = load_json(folder, RECORD)
    if problem is not None:
        return [replace(problem, message=f"{problem.message}; {_REMEDY}")]
    reason = _wrong_record(folder, record)
    if reason is not None:
        return [Problem(RECORD, "broken", f"{reason}; {_REMEDY}")]
    listed: set[str] = set()
    problems: list[Problem] = []
    if (folder / MANIFEST).exists():
        problems = check_manifest(folder, progress)
        listed = set(read_manifest(folder)[0] or ())
    else:
        known = {RECORD, *record["files"]}
        names = sorted(one.name for one in folder.iterdir())
        problems += [Problem(n, "extra", "is not in the record") for n in names if n not in known]
    left = sorted(set(record["files"]) - listed)
    for name in progress.track(left, label=f"checking {folder.name}", total=len(left)):
        found = _check_part(folder, name, record["files"][name])
        if found is not None:
            problems.append(found)
    problems = [_explained(folder, one) for one in problems]
    if not problems:
        problems = _check_rows(folder, record["counts"])
    return sorted(problems, key=lambda one: (one.file, one.kind))


def _wrong_record(folder: Path, record: Any) -> str | None:
    """Why a record cannot be that of this folder."""
    if not isinstance(record, dict):
        return "is not a record of prepared data"
    files, counts, sha256 = record.get("files"), record.get("counts"), record.get("sha256")
    if not (isinstance(files, dict) and isinstance(counts, dict) and isinstance(sha256, str)):
        return "is not a record of prepared data: 'files', 'counts' or 'sha256' is missing"
    if record.get("format") != FORMAT_VERSION:
        return f"is not of format {FORMAT_VERSION}, which is the one that this version reads"
    named = _FOLDER.fullmatch(folder.name)
    if named is not None and named[1] != sha256[:16]:
        return f"is of the data file {sha256[:16]}..., and its folder is of {named[1]}..."
    if set(files) != set(_SCHEMAS):
        return f"does not list exactly the parts {', '.join(sorted(_SCHEMAS))}"
    if not all(isinstance(one, str) and _CHECKSUM.fullmatch(one) for one in files.values()):
        return "gives a part without its CRC-32 and size"
    return None


def _check_part(folder: Path, name: str, expected: str) -> Problem | None:
    path, reason = regular_file(folder, name)
    if path is None:
        missing = not (folder / name).is_symlink() and not (folder / name).exists()
        return Problem(name, "missing" if missing else "unsafe", reason, expected)
    try:
        facts = facts_of(path)
    except OSError as error:
        return Problem(name, "unreadable", f"cannot be read: {error.strerror or error}", expected)
    found = f"{facts.crc32:08x}-{facts.size}"
    if found == expected:
        return None
    message = f"changed: CRC-32 and size are {found}, expected {expected}"
    return Problem(name, "changed", message, expected, found)


def _explained(folder: Path, problem: Problem) -> Problem:
    """Add to a changed Arrow part whether it can still be read, and what to do."""
    if problem.kind != "changed" or problem.file not in _SCHEMAS:
        return problem
    try:
        read_checked(folder / problem.file, _SCHEMAS[problem.file])
        state = "Arrow still reads it, so that values are wrong or missing"
    except (OSError, ValueError) as error:
        state = f"Arrow cannot read it ({str(error).splitlines()[0] if str(error) else 'damaged'})"
    return replace(problem, message=f"{problem.message}; {state}; {_REMEDY}")


def _check_rows(folder: Path, counts: Mapping[str, Any]) -> list[Problem]:
    problems = []
    for split in SPLITS:
        rows = sum(map(len, read_checked(folder / f"{split}.arrow", EXAMPLES)))
        own = counts.get(split)
        said = own.get("rows", 0) if isinstance(own, dict) else None
        if rows != said:
            message = f"counts {said} rows of {split}, and the part has {rows:,}; {_REMEDY}"
            problems.append(Problem(RECORD, "broken", message))
    return problems


def _check_data_file(path: Path, cache_dir: Path, progress: Progress) -> CheckReport:
    try:
        facts = facts_of(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    against: list[str] = []
    problems: list[Problem] = []
    entries, unclear = read_manifest(path.parent)
    listed = (entries or {}).get(path.name)
    if entries is None and unclear[0].kind != "missing":
        against.append(str(path.parent / MANIFEST))
        problems += unclear
    if listed is not None:
        against.append(str(path.parent / MANIFEST))
        if listed != (facts.size, facts.sha256):
            original = _prepared_folder(cache_dir, listed[1])
            how = _what_differs(path, facts.sha256, original, progress)
            message = (
                f"changed: {facts.size:,} bytes, expected {listed[0]:,}; SHA-256 is "
                f"{facts.sha256}, expected {listed[1]}; {how}"
            )
            problems.append(Problem(path.name, "changed", message, listed[1], facts.sha256))
    folder = _prepared_folder(cache_dir, facts.sha256)
    if folder.is_dir():
        against.append(str(folder))
        for one in check_prepared(folder, progress):
            named = replace(one, file=f"{folder.name}/{one.file}")
            if one.kind == "changed" and one.file in _SCHEMAS:
                how = _what_differs(path, facts.sha256, folder, progress, only=one.file)
                named = replace(named, message=f"{named.message}; {how}")
            problems.append(named)
    if not against:
        raise UsageError(
            f"{path} has no {MANIFEST} beside it that lists it, and no prepared columns under "
            f"{cache_dir} (of SHA-256 {facts.sha256[:16]}...), so there is nothing to check it "
            "against. If it was used before, then it has changed since, or the cache is another."
        )
    return CheckReport("data file", tuple(against), tuple(problems))


def _prepared_folder(cache_dir: Path, sha256: str) -> Path:
    return cache_dir / "datasets" / f"{sha256[:16]}-v{FORMAT_VERSION}"


def _what_differs(
    path: Path, sha256: str, folder: Path, progress: Progress, only: str | None = None
) -> str:
    """Prepare a data file aside and say where it first differs from the columns in ``folder``."""
    with scratch_folder() as fresh:
        try:
            prepare(path, sha256, fresh, progress)
        except DataError as error:
            return f"it cannot be read as data: {error.problems[0]}"
        except OSError as error:
            return f"where it differs was not looked for: {error.strerror or error}"
        if not folder.is_dir():
            return "it still reads as data; the original is not in the cache to compare rows with"
        for name in _compared(only):
            difference = first_difference(name, folder / name, fresh / name, _SCHEMAS[name])
            if difference is not None:
                return f"the first difference is in {difference}"
        return "no value that is read from it differs"


def _compared(only: str | None) -> Iterator[str]:
    yield from _SCHEMAS if only is None else [only]
