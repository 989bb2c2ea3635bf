"""The folder of a site: appears whole or not at all, and never in place of someone else's files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from showcase_bench import files
from showcase_bench.errors import UsageError

__all__ = ["MARK", "new_folder", "require_replaceable"]

MARK = "showcase-bench-site.json"
"""File that every site has, and that makes its folder one of ours."""


def require_replaceable(folder: Path) -> None:
    """Make sure, before long work, that ``folder`` may be replaced.

    Raises
    ------
    UsageError
        It is a file, or a folder with something in it that is not a site of this program.
    """
    if not folder.exists() and not folder.is_symlink():
        return
    if not folder.is_dir() or folder.is_symlink():
        raise UsageError(f"{folder} is not a folder; name a new one for the site")
    if any(folder.iterdir()) and not (folder / MARK).is_file():
        raise UsageError(
            f"{folder} holds something else than a site of showcase-bench ({MARK} is not there), "
            "and is left as it is; name an empty or a new folder"
        )


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder that takes the place of ``folder`` when the block ends without an error.

    Raises
    ------
    UsageError
        ``folder`` may not be replaced, or cannot be written; it is untouched then.
    """
    require_replaceable(folder)
    try:
        with files.new_folder(folder) as temporary:
            yield temporary
            require_replaceable(folder)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written ({error.strerror or error}); nothing was changed. "
            "Check the folder's permissions and free space, or name another one"
        ) from error
