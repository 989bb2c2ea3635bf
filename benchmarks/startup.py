"""How long `showcase-bench --help` takes to start, against an interpreter that imports click.

Pairs the two in turn and prints medians and the ratio of each pair:

    python benchmarks/startup.py [--runs 15] [--json]
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path


def seconds(command: list[str]) -> float:
    """Wall time of one run of ``command``."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help="pairs of runs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    beside = Path(sys.executable).with_name("showcase-bench")
    program = str(beside) if beside.exists() else shutil.which("showcase-bench")
    if program is None:
        raise SystemExit("showcase-bench is not installed: pip install -e .")
    commands = {
        "showcase-bench --help": [program, "--help"],
        "showcase-bench list models": [program, "list", "models"],
        "python -c 'import click'": [sys.executable, "-c", "import click"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(options.runs + 1):
        for name, command in commands.items():
            spent = seconds(command)
            if turn:  # the first turn warms the file cache
                times[name].append(spent)
    base = times["python -c 'import click'"]
    result = {
        name: {
            "median_s": round(statistics.median(spent), 4),
            "median_ratio": round(
                statistics.median(a / b for a, b in zip(spent, base, strict=True)), 2
            ),
        }
        for name, spent in times.items()
    }
    if options.json:
        print(json.dumps(result, indent=2))
        return
    for name, one in result.items():
        print(f"{name:28} median {one['median_s']:.3f} s, {one['median_ratio']:.2f} x click")


if __name__ == "__main__":
    main()
