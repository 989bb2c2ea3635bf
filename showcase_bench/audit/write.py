"""An audit as files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from showcase_bench.audit.results import Audit
from showcase_bench.audit.tables import audit_csv, audit_markdown
from showcase_bench.errors import MissingDependencyError, StoreError
from showcase_bench.evaluate.runs.content import write_atomically

__all__ = ["Written", "require_folder", "write_audit"]


class Written(NamedTuple):
    """What was written."""

    paths: tuple[Path, ...]
    remark: str | None
    """What was not written and why; None where all was."""


def require_folder(folder: Path) -> None:
    """Make sure, before long work, that files can be put into ``folder``, which is made.

    Raises
    ------
    StoreError
        They cannot.
    """
    probe = folder / ".writable"
    write_atomically(probe, b"")
    try:
        probe.unlink()
    except OSError as error:
        raise StoreError(f"{probe}: cannot be removed ({error.strerror})") from error


def write_audit(audit: Audit, folder: Path) -> Written:
    """Write ``audit.json``, ``.csv``, ``.md``, ``.html``, ``.png`` and ``.svg``.

    Files of the same names are replaced, each in one step. Without matplotlib there is no PNG and
    no SVG, and the remark says so.

    Raises
    ------
    StoreError
        The folder cannot be written.
    """
    from showcase_bench.audit.heat_map import heat_map
    from showcase_bench.audit.page import audit_page

    remark = None
    files = {
        "json": audit.to_json(),
        "csv": audit_csv(audit).encode(),
        "md": audit_markdown(audit).encode(),
        "html": audit_page(audit).encode(),
    }
    try:
        files.update(heat_map(audit))
    except MissingDependencyError as error:
        remark = f"no picture: {error}"
    paths = tuple(folder / f"audit.{suffix}" for suffix in files)
    for path, data in zip(paths, files.values(), strict=True):
        write_atomically(path, data)
    return Written(paths, remark)
