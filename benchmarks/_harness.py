"""What the benchmark scripts share: steps in child processes, their peak memory, and fits."""

from __future__ import annotations

import contextlib
import json
import math
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def measure(script: str, *arguments: str) -> dict[str, Any]:
    """Run ``script`` with ``--child STEP ...`` in a new process and read the JSON it prints."""
    command = [sys.executable, script, "--child", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"step {arguments[0]!r} failed:\n{done.stderr}")
    return dict(json.loads(done.stdout))


def peak_mib(who: int = resource.RUSAGE_SELF) -> float:
    """Peak memory of this process, or of the largest child that has ended, in MiB."""
    peak = resource.getrusage(who).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def exponent(rows: list[int], seconds: list[float]) -> float:
    """Slope of log seconds over log rows by least squares."""
    x, y = [math.log(one) for one in rows], [math.log(one) for one in seconds]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    above = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return above / sum((a - mean_x) ** 2 for a in x)


@contextlib.contextmanager
def workplace(keep: Path | None) -> Iterator[Path]:
    """Give the folder to work in: the kept one, or a temporary one."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
