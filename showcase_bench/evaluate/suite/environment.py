"""Where a run was made: code revision, packages, machine."""

from __future__ import annotations

import platform
import subprocess
from importlib import metadata
from pathlib import Path

import showcase_bench
from showcase_bench.spec import Scalar

__all__ = ["code_revision", "describe_environment"]

_PACKAGES = (
    "numba",
    "numpy",
    "pyarrow",
    "pillow",
    "pycocoevalcap",
    "scikit-learn",
    "scipy",
    "torch",
    "transformers",
)


def code_revision() -> dict[str, Scalar]:
    """Version, and commit and dirty flag where the package is run from a git checkout.

    ``commit`` and ``dirty`` are None elsewhere, or when git is not installed.
    """
    root = Path(showcase_bench.__file__).resolve().parent.parent
    commit: str | None = None
    dirty: bool | None = None
    if (root / ".git").exists():
        commit = _git(root, "rev-parse", "HEAD")
        status = _git(root, "status", "--porcelain", "--", "showcase_bench", "baselines")
        dirty = None if status is None else bool(status)
    return {"version": showcase_bench.__version__, "commit": commit or None, "dirty": dirty}


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def describe_environment() -> dict[str, str]:
    """Python, platform and the versions of the packages that can move a number."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
