"""Which code a model is made of."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

__all__ = ["imported_sources", "source_digest"]


@cache
def source_digest(cls: type, root: Path | None = None) -> str:
    """Sha256 over the Python sources that define ``cls``; read once in a process, which runs them.

    These are all modules of its package folder, or its single module at the top level; and so on
    for every base class outside of this package.

    Parameters
    ----------
    root
        For a class of a module that no distribution installs: the folder that its module was found
        in. What it imports from below that folder belongs to its sources then.
    """
    folders: dict[str, Path] = {}
    own: list[Path] = []
    for base in cls.__mro__:
        module = sys.modules.get(base.__module__)
        location = getattr(module, "__file__", None)
        name = base.__module__.partition(".")[0]
        if location is None or name in ("showcase_bench", "builtins", "abc", "typing"):
            continue
        own.append(Path(location).resolve())
        top = Path(getattr(sys.modules[name], "__file__", location) or location)
        if top.name == "__init__.py":
            folders.update(
                (str(path.relative_to(top.parent)), path) for path in top.parent.rglob("*.py")
            )
        else:
            folders[top.name] = top
    if root is not None:
        known = {path.resolve() for path in folders.values()}
        beside = imported_sources([path for path in own if path.is_relative_to(root)], root)
        folders.update((f"../{path.relative_to(root).as_posix()}", path) for path in beside - known)
    digest = hashlib.sha256()
    for name in sorted(folders):
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.sha256(folders[name].read_bytes()).digest())
    return digest.hexdigest()


def imported_sources(start: Iterable[Path], root: Path) -> set[Path]:
    """Python files below ``root`` that ``start`` import, directly or through others; and ``start``.

    Import statements are read, wherever they stand in a file; imports by a computed name are not
    seen. Of a file that cannot be parsed, nothing is followed. No ``start`` gives nothing.
    """
    found: set[Path] = set()
    waiting = list(start)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for parts in _imports(path, root):
            waiting += _files(parts, root)
    return found


def _imports(path: Path, root: Path) -> Iterator[tuple[str, ...]]:
    """Every module that a file may import, in parts below ``root``."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base: tuple[str, ...] = ()
            if node.level:
                folder = path.relative_to(root).parent.parts
                base = folder[: len(folder) - node.level + 1]
            base += tuple((node.module or "").split(".")) if node.module else ()
            yield base
            yield from ((*base, alias.name) for alias in node.names)


def _files(parts: tuple[str, ...], root: Path) -> Iterator[Path]:
    for end in range(1, len(parts) + 1):
        place = root.joinpath(*parts[:end])
        for path in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
            if path.is_file():
                yield path.resolve()
