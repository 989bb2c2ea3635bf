"""Values in files that several processes map into memory: their arrays are there once."""

from __future__ import annotations

import mmap
import pickle
from pathlib import Path
from typing import Any

__all__ = ["dump_mapped", "load_mapped"]

_ALIGNED = 64
_WIDTH = 8


def dump_mapped(value: Any, path: Path) -> None:
    """Write a value: its arrays as they are in memory, and the rest pickled."""
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    parts: list[Any] = [pickled, *(one.raw() for one in buffers)]
    sizes = [memoryview(one).nbytes for one in parts]
    with path.open("wb") as file:
        for number in (len(parts), *sizes):
            file.write(number.to_bytes(_WIDTH, "little"))
        for part in parts:
            file.write(bytes(-file.tell() % _ALIGNED))
            file.write(part)


def load_mapped(path: Path) -> Any:
    """The value in a file of this package's own making; pages are read as they are needed."""
    with path.open("rb") as file:
        # Private pages: a write would not reach the file, and kernels take the arrays as any other.
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    count = int.from_bytes(mapped[:_WIDTH], "little")
    ends = range(_WIDTH, _WIDTH * (count + 1), _WIDTH)
    sizes = [int.from_bytes(mapped[at : at + _WIDTH], "little") for at in ends]
    parts, at = [], _WIDTH * (count + 1)
    for size in sizes:
        at += -at % _ALIGNED
        parts.append(mapped[at : at + size])
        at += size
    return pickle.loads(parts[0], buffers=parts[1:])  # noqa: S301 (this package made it)
