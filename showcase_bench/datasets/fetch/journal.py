"""What became of each photo: one JSON object a line, appended as it happens."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, get_args

from showcase_bench.datasets.fetch.durable import SaveError, save_error, write_all
from showcase_bench.files import lock

__all__ = ["Journal", "Outcome", "Status"]

Status = Literal["ok", "gone", "failed"]

_LONGEST_LINE = 64 << 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one photo."""

    id: str
    status: Status
    """``gone`` is the server's last word and not asked for again; ``failed`` is tried again in
    the next run."""
    reason: str = ""
    """Short, the same for equal causes; empty when ok."""
    bytes: int = 0
    sha256: str = ""
    """In hexadecimal; empty unless ok."""


class Journal:
    """The outcomes that a folder of photos has seen; locked while open, a context manager.

    The last line about a photo counts. A line that cannot be read, such as one that a kill cut
    off, is ignored.

    Parameters
    ----------
    path
        The file; made where it is missing.

    Raises
    ------
    SaveError
        It cannot be opened or written, or another process has it open.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.outcomes: dict[str, Outcome] = {}
        """By id of the photo; :meth:`add` adds to it."""
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise save_error(path, error) from error
        try:
            if not lock(self._handle):
                raise SaveError(
                    f"{path}: another process is downloading into this folder. "
                    "Wait for it, or stop it."
                )
            self._read()
        except BaseException:
            os.close(self._handle)
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._handle)

    def add(self, outcome: Outcome) -> None:
        """Append one outcome; once this returns, it outlasts a kill."""
        try:
            write_all(self._handle, f"{json.dumps(asdict(outcome))}\n".encode())
        except OSError as error:
            raise save_error(self._path, error) from error
        self.outcomes[outcome.id] = outcome

    def _read(self) -> None:
        """Read all lines, and end a cut-off last one, lest the next is glued to it."""
        torn = False
        with self._path.open("rb") as stream:
            while line := stream.readline(_LONGEST_LINE):
                torn = not line.endswith(b"\n")
                outcome = None if torn else _parse(line)
                if outcome is not None:
                    self.outcomes[outcome.id] = outcome
        if torn:
            write_all(self._handle, b"\n")


def _parse(line: bytes) -> Outcome | None:
    try:
        found = json.loads(line)
        outcome = Outcome(**{name: found[name] for name in Outcome.__dataclass_fields__})
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return outcome if _is_sound(asdict(outcome)) else None


def _is_sound(fields: dict[str, Any]) -> bool:
    size = fields.pop("bytes")
    texts = all(isinstance(value, str) for value in fields.values())
    return texts and type(size) is int and fields["status"] in get_args(Status)
