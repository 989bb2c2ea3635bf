"""Writing a GEST-shaped file row by row, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from showcase_bench.datasets.json_rows import SPLITS
from showcase_bench.errors import UsageError
from showcase_bench.files import temporary_folder

__all__ = [
    "CATALOGUE",
    "SYNTHETIC_LINK",
    "GestFileWriter",
    "check_output",
    "json_bytes",
    "workspace",
]

CATALOGUE = "catalogue"
"""Key that is true in a training row that is no review: it only holds photos of a business."""
SYNTHETIC_LINK = "synthetic_link"
"""Key that is true in a photo that was given to its review by a rule."""

_COPY = 1 << 20


class GestFileWriter:
    """Takes rows of all splits in any order and writes them as one JSON object.

    Rows are spooled to one file a split, so memory does not grow with them. Use as a context
    manager, and call :meth:`finish` at the end of it.

    Parameters
    ----------
    folder
        An existing folder for the spooled rows, on the disk of the output.

    Raises
    ------
    OSError
        ``folder`` cannot be written; from every method.
    """

    def __init__(self, folder: Path) -> None:
        self.rows: Counter[str] = Counter(dict.fromkeys(SPLITS, 0))
        """Rows of each split so far."""
        self._parts = {split: folder / f"{split}.part" for split in SPLITS}
        self._whole = folder / "whole.part"
        self._streams: dict[str, IO[bytes]] = {}
        self._open = ExitStack()

    def __enter__(self) -> GestFileWriter:
        self._streams = {
            split: self._open.enter_context(part.open("wb")) for split, part in self._parts.items()
        }
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def add(self, split: str, row: Mapping[str, Any]) -> None:
        """Append a row to ``train``, ``val`` or ``test``."""
        self.add_line(split, json_bytes(row))

    def add_line(self, split: str, line: bytes) -> None:
        """Append a row that :func:`json_bytes` has written."""
        stream = self._streams[split]
        stream.write(b",\n" if self.rows[split] else b"\n")
        stream.write(line)
        self.rows[split] += 1

    def finish(self, out: Path, conversion: Mapping[str, Any]) -> None:
        """Put the file together and into the place of ``out`` in one step.

        ``conversion`` says how the rows were made; it follows them under a key of this name,
        which readers of the splits pass over.
        """
        self._open.close()
        with self._whole.open("wb") as whole:
            whole.write(b"{")
            for split, part in self._parts.items():
                whole.write(f'"{split}":['.encode())
                with part.open("rb") as stream:
                    shutil.copyfileobj(stream, whole, _COPY)
                whole.write(b"\n],\n")
            whole.write(b'"conversion":' + json_bytes(conversion) + b"}\n")
            whole.flush()
            os.fsync(whole.fileno())
        self._whole.replace(out)


def json_bytes(value: object) -> bytes:
    """One line of JSON in UTF-8; ASCII escapes only where a lone surrogate leaves no choice."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False).encode()


@contextmanager
def workspace(out: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``out``, made with its parents and removed in any case.

    Raises
    ------
    UsageError
        An ``OSError`` of the body: what reads input must have made it a ``DataError``, so what
        is left is the disk of the output.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder(out.parent) as folder:
            yield folder
    except OSError as error:
        raise UsageError(
            f"{out} cannot be written: {error.strerror or error}. "
            "Make room or make its folder writable, or choose another --out."
        ) from error


def check_output(out: Path, *inputs: Path) -> None:
    """Refuse an output that is a folder or one of the inputs.

    Raises
    ------
    UsageError
        It is one of them.
    """
    if out.is_dir():
        raise UsageError(f"{out} is a folder; name a file in it, such as {out / 'data.json'}")
    for one in inputs:
        if one.exists() and out.exists() and one.samefile(out):
            raise UsageError(f"{out} is also an input; choose another --out")
