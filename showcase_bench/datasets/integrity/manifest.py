"""Manifests: what a folder should hold, and whether it does, byte by byte.

``manifest.json`` is ``{"files": {name: {"bytes": int, "sha256": hex}}}``; names are relative paths
with forward slashes. A list ``unchecked_folders`` beside ``files`` names folders that may hold more
than is listed, such as photos that come and go; other keys are left alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Literal, NamedTuple

from showcase_bench.errors import UsageError
from showcase_bench.files import replace_file
from showcase_bench.types import NoProgress, Progress

__all__ = [
    "MANIFEST",
    "FileFacts",
    "Problem",
    "check_manifest",
    "facts_of",
    "load_json",
    "read_manifest",
    "regular_file",
    "write_manifest",
]

MANIFEST = "manifest.json"
"""Name of the manifest in the folder that it describes."""

_NO_PROGRESS = NoProgress()
_CHUNK = 1 << 20
_MOST_BYTES = 256 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")

Kind = Literal["changed", "missing", "extra", "unsafe", "unreadable", "broken"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be."""

    file: str
    """Name of the file below the folder that was checked; what cannot be printed is escaped."""
    kind: Kind
    """``broken``: it says what cannot be, whatever its bytes should have been."""
    message: str
    expected: str | None = None
    """The expected hash, where there is one."""
    found: str | None = None
    """The hash that was found, where the file could be read."""

    def __post_init__(self) -> None:
        for name in ("file", "message"):
            object.__setattr__(self, name, _printable(getattr(self, name)))

    def __str__(self) -> str:
        return f"{self.file}: {self.message}"


class FileFacts(NamedTuple):
    """What one reading of a file tells about its bytes."""

    size: int
    sha256: str
    crc32: int


def facts_of(path: Path) -> FileFacts:
    """Read a file once; raises OSError where that fails."""
    digest, crc, size = hashlib.sha256(), 0, 0
    with path.open("rb", buffering=0) as stream:
        while data := stream.read(_CHUNK):
            digest.update(data)
            crc = zlib.crc32(data, crc)
            size += len(data)
    return FileFacts(size, digest.hexdigest(), crc)


def write_manifest(folder: Path, files: Iterable[str]) -> Path:
    """Describe files of a folder in its ``manifest.json``, replaced in one step.

    Parameters
    ----------
    folder
        The folder.
    files
        Names below it, with forward slashes; their order does not show. None makes a manifest of
        nothing, under which every file is one too many.

    Returns
    -------
    Path
        The manifest.

    Raises
    ------
    UsageError
        A name leads out of the folder, is the manifest's own or no regular file's, or something
        cannot be read or written.
    """
    entries: dict[str, dict[str, Any]] = {}
    for name in sorted(set(files)):
        path, problem = regular_file(folder, name)
        if path is None:
            raise UsageError(f"{folder / MANIFEST} cannot list {name!r}: {problem}")
        try:
            facts = facts_of(path)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
        entries[name] = {"bytes": facts.size, "sha256": facts.sha256}
    text = json.dumps({"files": entries}, indent=2, ensure_ascii=True)
    target = folder / MANIFEST
    try:
        replace_file(target, f"{text}\n".encode())
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror or error}") from error
    return target


def check_manifest(folder: Path, progress: Progress = _NO_PROGRESS) -> list[Problem]:
    """Compare a folder with its ``manifest.json``.

    Links that lead out of the folder are not followed, and nothing but regular files is opened.

    Parameters
    ----------
    folder
        The folder.
    progress
        Tracks the files.

    Returns
    -------
    list of Problem
        By name: files that changed, are missing, are not listed (outside of
        ``unchecked_folders``), or cannot be read. A manifest that cannot be read is a problem by
        itself, and then the only one.
    """
    listed, problems = read_manifest(folder)
    if listed is None:
        return problems
    names = sorted(listed)
    for name in progress.track(names, label=f"checking {folder.name}", total=len(names)):
        problem = _check_file(folder, name, listed[name])
        if problem is not None:
            problems.append(problem)
    unchecked = _unchecked(folder)
    for name in _files_below(folder):
        if name not in listed and name != MANIFEST and not name.startswith(unchecked):
            problems.append(Problem(name, "extra", "is not listed in the manifest"))
    return sorted(problems, key=lambda one: (one.file, one.kind))


def read_manifest(folder: Path) -> tuple[dict[str, tuple[int, str]] | None, list[Problem]]:
    """Read what a manifest lists: name to bytes and SHA-256.

    Entries that make no sense are left out and are problems; None, with the one problem, where
    there is no readable manifest.
    """
    record, problem = load_json(folder, MANIFEST)
    if problem is not None:
        return None, [problem]
    files = record.get("files") if isinstance(record, dict) else None
    if not isinstance(files, dict):
        message = "is not a manifest: it has no object 'files'"
        return None, [Problem(MANIFEST, "broken", message)]
    listed: dict[str, tuple[int, str]] = {}
    problems = []
    for name, entry in files.items():
        size, sha256 = _entry(entry)
        if size is None or sha256 is None:
            message = "the manifest does not give its 'bytes' and 'sha256'"
            problems.append(Problem(name, "broken", message))
        elif not _is_confined(name):
            message = "the manifest names a path out of its folder; it was not opened"
            problems.append(Problem(name, "unsafe", message, expected=sha256))
        else:
            listed[name] = size, sha256
    return listed, problems


def load_json(folder: Path, name: str) -> tuple[Any, Problem | None]:
    """Read a small JSON file from outside; a key that is given twice makes it unreadable."""
    path, reason = regular_file(folder, name, listed=False)
    if path is None:
        kind: Kind = "missing" if reason == _MISSING else "unsafe"
        return None, Problem(name, kind, reason)
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            return None, Problem(name, "broken", f"is larger than {_MOST_BYTES >> 20} MiB")
        return json.loads(data, object_pairs_hook=_once_each), None
    except OSError as error:
        return None, Problem(name, "unreadable", f"cannot be read: {error.strerror or error}")
    except RecursionError:
        return None, Problem(name, "broken", "is not JSON that can be read: nested too deep")
    except ValueError as error:
        return None, Problem(name, "broken", f"is not JSON that can be read: {error}")


_MISSING = "is missing"


def regular_file(folder: Path, name: str, *, listed: bool = True) -> tuple[Path | None, str]:
    """Find a regular file of a folder by a name from outside; else None and the reason.

    ``listed`` refuses the manifest's own name, which a manifest cannot list.
    """
    if not _is_confined(name) or (listed and name == MANIFEST):
        return None, "the name leads out of the folder, or is the manifest's own"
    path = folder / name
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(folder.resolve(strict=True)):
            return None, "is a link that leads out of the folder; it was not followed"
        if not stat.S_ISREG(real.stat().st_mode):
            return None, "is not a regular file"
    except (FileNotFoundError, NotADirectoryError):
        return None, _MISSING
    except (OSError, ValueError, RuntimeError) as error:
        return None, f"cannot be looked at: {getattr(error, 'strerror', None) or error}"
    return path, ""


def _check_file(folder: Path, name: str, listed: tuple[int, str]) -> Problem | None:
    size, sha256 = listed
    path, reason = regular_file(folder, name)
    if path is None:
        kind: Kind = "missing" if reason == _MISSING else "unsafe"
        return Problem(name, kind, reason, expected=sha256)
    try:
        facts = facts_of(path)
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        return Problem(name, "unreadable", message, expected=sha256)
    if (facts.size, facts.sha256) == (size, sha256):
        return None
    return Problem(name, "changed", _how_changed(size, sha256, facts), sha256, facts.sha256)


def _unchecked(folder: Path) -> tuple[str, ...]:
    """How names of files begin that need not be listed."""
    record, _ = load_json(folder, MANIFEST)
    named = record.get("unchecked_folders") if isinstance(record, dict) else None
    names = named if isinstance(named, list) else []
    return tuple(f"{one}/" for one in names if isinstance(one, str) and _is_confined(one))


def _how_changed(size: int, sha256: str, facts: FileFacts) -> str:
    if facts.size < size:
        what = f"changed: {facts.size:,} bytes instead of {size:,}, {size - facts.size:,} fewer"
    elif facts.size > size:
        what = f"changed: {facts.size:,} bytes instead of {size:,}, {facts.size - size:,} more"
    else:
        what = f"changed: other content in the same {size:,} bytes"
    return f"{what}; SHA-256 is {facts.sha256}, expected {sha256}"


def _entry(entry: Any) -> tuple[int | None, str | None]:
    if not isinstance(entry, dict):
        return None, None
    size, sha256 = entry.get("bytes"), entry.get("sha256")
    good = type(size) is int and isinstance(sha256, str) and _SHA256.fullmatch(sha256)
    return (size, sha256) if good else (None, None)


def _is_confined(name: str) -> bool:
    path = PurePosixPath(name)
    odd = {"..", "."} & set(name.split("/")) or "\\" in name or "\0" in name
    drive = PureWindowsPath(name).drive
    return bool(name) and not (path.is_absolute() or odd or drive) and str(path) == name


def _files_below(folder: Path) -> Iterator[str]:
    """Names of all that is not a folder, links unfollowed, sorted within each folder."""
    for place, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        linked = [name for name in folders if (Path(place) / name).is_symlink()]
        for name in sorted([*files, *linked]):
            yield (Path(place) / name).relative_to(folder).as_posix()


def _printable(text: str) -> str:
    """Text from outside with escapes for control characters and lone surrogates."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _once_each(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found
