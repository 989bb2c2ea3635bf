"""Errors that a user can act on.

Every message names what is wrong, where (file, row, field) and the fix. The command line prints
the message alone and exits with 2; only errors that are *not* of this family are bugs of ours and
show a traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = [
    "ContractError",
    "DataError",
    "ExecutorError",
    "ImageError",
    "MissingDependencyError",
    "PredictionError",
    "RegistryError",
    "ShowcaseError",
    "StoreError",
    "TrainingError",
    "UsageError",
    "did_you_mean",
]


class ShowcaseError(Exception):
    """Base of every error that is the user's, the data's or a plugin's, not this package's.

    It can be sent to another process, whatever arguments its class takes.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(
    kind: type[ShowcaseError], arguments: tuple[Any, ...], own: dict[str, Any]
) -> ShowcaseError:
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    error.__dict__.update(own)
    return error


class UsageError(ShowcaseError):
    """An argument has a value that cannot work."""


class DataError(ShowcaseError):
    """A data file breaks the format.

    Parameters
    ----------
    path
        The file, as the user named it.
    problems
        One line a problem, each with its row and field; the first few are enough.
    hint
        What to do about it.
    """

    def __init__(self, path: object, problems: Sequence[str] | str, hint: str = "") -> None:
        lines = [problems] if isinstance(problems, str) else list(problems)
        self.path = str(path)
        self.problems = tuple(lines)
        body = f"{path}: {lines[0]}" if len(lines) == 1 else _bullets(f"{path}:", lines)
        super().__init__(f"{body}\n{hint}" if hint else body)


class PredictionError(DataError):
    """A file of predictions breaks the format or does not fit the split it is scored on."""


class ImageError(ShowcaseError):
    """One image is missing, truncated, too large or not an image; carries its id and reason."""

    def __init__(self, image_id: str, reason: str) -> None:
        self.image_id = image_id
        self.reason = reason
        super().__init__(f"image {image_id}: {reason}")


class ContractError(ShowcaseError):
    """A model or metric plugin returned something that its contract forbids."""


class RegistryError(ShowcaseError):
    """A name is unknown, registered twice, or its plugin cannot be loaded."""


class MissingDependencyError(ShowcaseError):
    """An optional program or package is needed; the message says what to install."""


class StoreError(ShowcaseError):
    """A folder of results is damaged, unreadable or cannot be written."""


class ExecutorError(ShowcaseError):
    """Work that was given to other processes or machines did not come back."""


class TrainingError(ShowcaseError):
    """Training cannot go on, because a number is no longer finite."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Sentence that offers the nearest of ``known`` to ``name``, and the whole list when short.

    Empty ``known`` gives a sentence that says that nothing is registered.
    """
    names = sorted(known)
    if not names:
        return "Nothing is registered under this kind."
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    offer = f"Did you mean {near[0]!r}? " if near else ""
    return f"{offer}Known: {', '.join(names)}."


def _bullets(head: str, lines: Sequence[str], most: int = 20) -> str:
    shown = [f"  - {line}" for line in lines[:most]]
    if len(lines) > most:
        shown.append(f"  - and {len(lines) - most} more")
    return "\n".join([head, *shown])
