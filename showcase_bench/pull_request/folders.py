"""Which submissions a pull request adds or changes: two folders of submissions held side by side.

Neither history nor any tool of version control is asked, and no link is followed.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from showcase_bench.errors import PredictionError, UsageError
from showcase_bench.submission.limits import DEFAULT
from showcase_bench.submission.safe_open import open_regular, shown_path

__all__ = ["ChangedFolder", "changed_folders", "folder_of"]

_PREDICTIONS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".zip")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,62}[A-Za-z0-9+])?")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,79}")
_MOST_ENTRIES = 1000
_PIECE = 1 << 20


@dataclass(frozen=True)
class ChangedFolder:
    """A folder of submissions that is new or not as it was."""

    name: str
    files: tuple[Path, ...] = ()
    """Predictions, plain or packed, in the order of their names."""
    problem: str = ""
    """Why it is not looked at; empty where it is."""


def folder_of(name: str) -> str:
    """The folder in which a submission of this name lies; equal names have equal folders."""
    return name.replace(" ", "-")


def changed_folders(head: Path, base: Path | None) -> list[ChangedFolder]:
    """Folders of ``head`` that ``base`` has not, or has with other predictions or cards.

    What a folder holds besides predictions and cards does not count, and neither do files beside
    the folders, unless they are predictions. Folders that ``head`` has not are no submissions.

    Parameters
    ----------
    head, base
        Folders whose sub-folders are submissions; either need not exist. None stands for none.

    Raises
    ------
    UsageError
        One of them is a link or a file.
    """
    before = {} if base is None else _entries(base)
    found = []
    for name, entry in _entries(head).items():
        old = before.get(name)
        if entry.is_dir(follow_symlinks=False):
            folder = _folder(Path(entry.path), name)
            same = old is not None and old.is_dir(follow_symlinks=False)
            if not same or old is None or _digests(Path(old.path)) != _digests(Path(entry.path)):
                found.append(folder)
        elif entry.is_symlink():
            found.append(ChangedFolder(name, problem="it is a symbolic link; hand in a folder"))
        elif name.endswith(_PREDICTIONS) and old is None:
            told = "it lies beside the folders; put it into one of its own, named as its card"
            found.append(ChangedFolder(name, problem=told))
    return found


def _entries(root: Path) -> dict[str, os.DirEntry[str]]:
    """What lies in a folder, by name."""
    if root.is_symlink() or (root.exists() and not root.is_dir()):
        raise UsageError(f"{shown_path(root)} is a link or a file; a folder of folders is expected")
    if not root.exists():
        return {}
    found: dict[str, os.DirEntry[str]] = {}
    with os.scandir(root) as entries:
        for entry in entries:
            if len(found) >= _MOST_ENTRIES:
                raise UsageError(f"{shown_path(root)} holds more than {_MOST_ENTRIES:,} entries")
            found[entry.name] = entry
    return dict(sorted(found.items()))


def _folder(path: Path, name: str) -> ChangedFolder:
    if not _NAME.fullmatch(name):
        told = "a folder's name holds letters A to Z, digits and . _ + -, as the name on its card"
        return ChangedFolder(name, problem=told)
    try:
        names = _handed_in(path)
    except UsageError as error:
        return ChangedFolder(name, problem=str(error))
    odd = [one for one in names if not _FILE_NAME.fullmatch(one)]
    if odd:
        told = f"{odd[0][:60]!r}: names of files hold letters A to Z, digits and . _ + -"
        return ChangedFolder(name, problem=told)
    files = tuple(path / one for one in names if not one.endswith(".toml"))
    if not files:
        told = f"no predictions in it, which end in {', '.join(_PREDICTIONS)}"
        return ChangedFolder(name, problem=told)
    return ChangedFolder(name, files)


def _handed_in(path: Path) -> list[str]:
    """Names of predictions and cards."""
    return [name for name in _entries(path) if name.endswith((*_PREDICTIONS, ".toml"))]


def _digests(path: Path) -> dict[str, str]:
    """Hash of each file by its name; what cannot be read differs from everything that can."""
    try:
        return {name: _digest(path / name) for name in _handed_in(path)}
    except UsageError as error:
        return {"": str(error)}


def _digest(path: Path) -> str:
    try:
        file, size = open_regular(path)
    except PredictionError as error:
        return str(error)
    with file:
        if size > DEFAULT.file_bytes:
            return f"{size} bytes"
        digest = hashlib.sha256()
        while piece := file.read(_PIECE):
            digest.update(piece)
        return digest.hexdigest()
