"""Which code a model is made of."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path

__all__ = ["source_digest"]


@cache
def source_digest(cls: type) -> str:
    """Sha256 over the Python sources that define ``cls``; read once in a process, which runs them.

    These are all modules of its package folder, or its single module at the top level; and so on
    for every base class outside of this package.
    """
    folders: dict[str, Path] = {}
    for base in cls.__mro__:
        module = sys.modules.get(base.__module__)
        location = getattr(module, "__file__", None)
        root = base.__module__.partition(".")[0]
        if location is None or root in ("showcase_bench", "builtins", "abc", "typing"):
            continue
        top = Path(getattr(sys.modules[root], "__file__", location) or location)
        if top.name == "__init__.py":
            folders.update(
                (str(path.relative_to(top.parent)), path) for path in top.parent.rglob("*.py")
            )
        else:
            folders[top.name] = top
    digest = hashlib.sha256()
    for name in sorted(folders):
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.sha256(folders[name].read_bytes()).digest())
    return digest.hexdigest()
