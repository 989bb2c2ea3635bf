"""Folders of exports: written whole or not at all, and never over anything else."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from showcase_bench.datasets.integrity.manifest import MANIFEST, write_manifest
from showcase_bench.errors import StoreError, UsageError
from showcase_bench.files import new_folder

__all__ = ["fresh_folders", "list_files", "require_free"]

_OURS = ".showcase-bench-export"
"""Empty file by which an export is known to be one of ours."""


@contextlib.contextmanager
def fresh_folders(targets: Sequence[Path], *, secret: Sequence[Path] = ()) -> Iterator[list[Path]]:
    """Make new folders that appear at ``targets`` when the block ends, and not when it fails.

    An earlier export at a target is replaced; anything else that is there is refused. Every folder
    gets a manifest of its files.

    Parameters
    ----------
    targets
        The folders to make; none may lie in another.
    secret
        Those of them that only the owner may read.

    Yields
    ------
    list of Path
        Where to write, in the order of ``targets``.

    Raises
    ------
    UsageError
        A target is in the way, or lies in another.
    StoreError
        The disk is full or cannot be written.
    """
    require_free(targets)
    try:
        with contextlib.ExitStack() as folders:
            places = [folders.enter_context(new_folder(target)) for target in targets]
            yield places
            for target, place in zip(targets, places, strict=True):
                _finish(place, secret=target in secret)
            require_free(targets)
    except OSError as error:
        raise StoreError(
            f"{' and '.join(map(str, targets))}: cannot be written ({error.strerror or error}). "
            "Make room, or choose folders that are writable."
        ) from error


def require_free(targets: Sequence[Path]) -> None:
    """Raise a :class:`UsageError` unless each target is missing, empty or an export of ours."""
    real = [target.resolve() for target in targets]
    for number, one in enumerate(real):
        for other in real[:number] + real[number + 1 :]:
            if one.is_relative_to(other):
                raise UsageError(f"{one} lies in {other}; the folders must be apart")
    for target in targets:
        if target.is_symlink() or (target.exists() and not target.is_dir()):
            raise UsageError(f"{target} is not a folder; name one that does not exist yet")
        if target.is_dir() and any(target.iterdir()) and not _is_ours(target):
            raise UsageError(
                f"{target} holds something that is not an export; remove it or choose another "
                "folder"
            )


def list_files(folder: Path) -> list[str]:
    """Names of the regular files below ``folder``, sorted, with forward slashes."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def _is_ours(folder: Path) -> bool:
    """Whether an export left the folder, and nothing was added to it since."""
    if not (folder / _OURS).is_file():
        return False
    try:
        listed = set(json.loads((folder / MANIFEST).read_bytes())["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    links = any(path.is_symlink() for path in folder.rglob("*"))
    return not links and set(list_files(folder)) <= listed | {MANIFEST}


def _finish(place: Path, *, secret: bool) -> None:
    (place / _OURS).touch()
    write_manifest(place, list_files(place))
    for path in (place, *place.rglob("*")):
        if path.is_dir():
            path.chmod(0o700 if secret else 0o755)
        else:
            path.chmod(0o600 if secret else 0o644)
