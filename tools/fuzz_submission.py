"""Fuzz the check of submissions, and print how many were tried, in what time, with which seed.

    python tools/fuzz_submission.py [--count 120000] [--rows 5000] [--seed 0]

Most are good submissions that are damaged byte by byte, before or after they are packed; some are
drawn value by value by Hypothesis. Each must be accepted or refused with clear messages: no
traceback, no hang (10 s of work), the same verdict as an independent reader gives, and for accepted
ones the scores of their canonical form. The first that is handled wrongly is printed and kept.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.submission_fuzzing.drawn import drawn_cases
from tools.submission_fuzzing.mutate import Case, mutated
from tools.submission_fuzzing.trial import Trial, require_only_our_errors

_SECONDS, _WAIT = 10, 600
"""Of work and of waiting, after which a case hangs: a busy machine is no hang."""


def _hang(*_: Any) -> None:
    raise TimeoutError(f"no verdict within {_SECONDS} s")


def _watch(seconds: int, wait: int) -> None:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.alarm(wait)


def fuzz(count: int, rows: int, seed: int, folder: Path) -> Counter[tuple[str, bool]]:
    """Try ``count`` damaged and ``rows`` drawn submissions; number of each kind and verdict."""
    trial, tried = Trial(folder), Counter[tuple[str, bool]]()
    for name in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(name, _hang)

    def attempt(case: Case, name: str) -> None:
        _watch(_SECONDS, _WAIT)
        try:
            tried[case[0], require_only_our_errors(trial, case)] += 1
        except Exception:
            kept = Path(tempfile.gettempdir()) / "fuzz-failure"
            kept.mkdir(exist_ok=True)
            (kept / "predictions").write_bytes(case[1])
            (kept / "card.toml").write_bytes(case[2])
            sys.stderr.write(f"{name} ({case[0]}) was handled wrongly; kept in {kept}\n")
            raise
        finally:
            _watch(0, 0)

    for number in range(count):
        attempt(mutated(random.Random(f"{seed}/{number}")), f"seed {seed}, number {number}")
    drawn_cases(rows, seed, lambda case: attempt(case, "a drawn one"))
    return tried


def main() -> None:
    """Fuzz and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=120_000, help="damaged byte by byte")
    parser.add_argument("--rows", type=int, default=5_000, help="drawn value by value")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        tried = fuzz(options.count, options.rows, options.seed, Path(folder))
    seconds = time.perf_counter() - start
    kinds = sorted({kind for kind, _ in tried})
    told = {
        "tried": sum(tried.values()),
        "accepted": sum(number for (_, good), number in tried.items() if good),
        "seed": options.seed,
        "seconds": round(seconds, 1),
        "kinds": {k: {"accepted": tried[k, True], "refused": tried[k, False]} for k in kinds},
    }
    sys.stdout.write(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
