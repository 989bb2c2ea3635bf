"""What lies in the cache folder, and taking it away safely."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from showcase_bench.errors import StoreError, UsageError, did_you_mean
from showcase_bench.files import sweep, temporary_folder

__all__ = ["KINDS", "CacheEntry", "cache_entries", "remove_entries", "sweep_cache"]

KINDS = {
    "datasets": "data files as memory-mapped columns",
    "mini": "the data file of the embedded task",
    "gest-warm": "the data file of the task gest-warm",
    "tars": "indices of archives of photos",
    "thumbnails": "small photos of sites",
    "features": "vectors of photos",
    "texts": "vectors of texts",
    "token-counts": "numbers of tokens of texts",
    "tokens-fp32": "vectors of the tokens of texts",
    "tokens-bf16": "vectors of the tokens of texts, in half precision",
    "embeddings": "scores of pairs of texts, made from the vectors of their tokens",
    "tokens": "tokens of texts",
    "meteor": "METEOR's compiled tables",
    "fits": "fitted models, and what interrupted fits left",
    "predictions": "what interrupted predictions left",
}
"""What each kind holds; all of it is made again when it is needed."""


@dataclass(frozen=True)
class CacheEntry:
    """One thing that can be taken away on its own."""

    kind: str
    name: str
    paths: tuple[Path, ...]
    files: int
    bytes: int
    modified: float
    """Seconds since 1970 of the youngest file in it."""


def cache_entries(root: Path, kinds: Collection[str] = ()) -> list[CacheEntry]:
    """What lies below ``root``, of some kinds or all, by kind and name.

    Only folders of this package are looked at; whatever else lies there is left alone, and so is
    what a symbolic link leads to. A folder that does not exist holds nothing.

    Raises
    ------
    UsageError
        A kind is unknown.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise UsageError(f"unknown kind of cache {kind!r}. {did_you_mean(kind, KINDS)}")
    found = [
        _entry(kind, name, paths)
        for kind, name, paths in _groups(root)
        if not kinds or kind in kinds
    ]
    order = list(KINDS)
    return sorted(found, key=lambda one: (order.index(one.kind), one.name))


def remove_entries(root: Path, entries: Iterable[CacheEntry]) -> int:
    """Take entries away; the bytes that were freed.

    Each is renamed first, so that a program that starts meanwhile finds it whole or not at all.
    What a running program has open stays readable for it.

    Raises
    ------
    StoreError
        A folder cannot be changed.
    """
    freed = 0
    with _reported(root), temporary_folder(root) as folder:
        trash = folder / "trash"
        trash.mkdir()
        for entry in entries:
            for number, path in enumerate(entry.paths):
                with contextlib.suppress(FileNotFoundError):
                    path.rename(trash / f"{entry.kind}-{number}")
            freed += entry.bytes
            for path in trash.iterdir():
                _delete(path)
    return freed


def sweep_cache(root: Path, *, deep: bool = False) -> None:
    """Remove temporary files and folders of processes that were killed; never raises.

    Parameters
    ----------
    deep
        Look into all folders, not only into those where little is kept apart.
    """
    sweep(Path(tempfile.gettempdir()))
    folders = root.rglob("*/") if deep else (*root.glob("*/"), *root.glob("*/*/"))
    with contextlib.suppress(OSError):
        for folder in (root, *folders):
            if folder.is_dir() and not folder.is_symlink():
                sweep(folder)


def _groups(root: Path) -> Iterator[tuple[str, str, tuple[Path, ...]]]:
    """Kind, name and paths of each entry."""
    for top in sorted(_children(root)):
        kind = "meteor" if top.name.startswith("meteor-") else top.name
        if kind not in KINDS or top.is_symlink() or not top.is_dir():
            continue
        if kind == "meteor":
            yield kind, top.name.removeprefix("meteor-"), (top,)
        elif kind == "fits":
            for module in sorted(_children(top)):
                if module.is_dir() and not module.is_symlink():
                    yield from _fits(module)
        else:
            for path in sorted(_children(top)):
                yield kind, path.name, (path,)


def _fits(module: Path) -> Iterator[tuple[str, str, tuple[Path, ...]]]:
    """Each fit together with its lock and the work of an interrupted one."""
    parts: dict[str, list[Path]] = {}
    for path in sorted(_children(module)):
        name = path.name.removeprefix(".").removesuffix(".lock").removesuffix(".work")
        parts.setdefault(name, []).append(path)
    for name, paths in parts.items():
        yield "fits", f"{module.name}/{name}", tuple(paths)


def _entry(kind: str, name: str, paths: tuple[Path, ...]) -> CacheEntry:
    files = size = 0
    modified = 0.0
    for path in paths:
        for facts in _facts(path):
            modified = max(modified, facts.st_mtime)
            if stat.S_ISREG(facts.st_mode):
                files += 1
                size += facts.st_size
    return CacheEntry(kind, name, paths, files, size, modified)


def _facts(path: Path) -> Iterator[os.stat_result]:
    """Of a path and, where it is a folder, all below it; links are not followed."""
    with contextlib.suppress(FileNotFoundError):  # a running program may take it away
        yield path.lstat()
        if path.is_dir() and not path.is_symlink():
            for child in _children(path):
                yield from _facts(child)


def _children(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"{folder}: cannot be read ({error.strerror})") from error


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


@contextlib.contextmanager
def _reported(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{error.filename or root}: cannot be taken away ({error.strerror}). "
            "Check the folder's permissions"
        ) from error
