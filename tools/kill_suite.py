"""Kill commands at random moments, resume them, and compare every byte with undisturbed ones.

    python tools/kill_suite.py [--kills 50] [--seed 1] [--scenarios run,fit,...] [--folder DIR]

Each scenario starts with an empty cache and an empty store, is killed (SIGKILL, with all processes
that it started) up to four times, and then ends undisturbed. Left out of the comparison are only
`created` and `timings` in run.json, `seconds` in fit.json with the checksum over them, and the
table of costs in report.html. The log is printed; the status is 0 when all end states were equal
and nothing temporary was left; each scenario has a folder for temporary files (TMPDIR) to itself.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.fault_injection.kill import Campaign, FaultError
from tools.fault_injection.scenarios import SCENARIOS


def main() -> int:
    """Status of the program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--kills", type=int, default=50, help="kill at least so often")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenarios", default=",".join(SCENARIOS), help="with commas between")
    parser.add_argument("--folder", type=Path, help="keep everything here, in place of nowhere")
    options = parser.parse_args()
    names = options.scenarios.split(",")
    if unknown := sorted(set(names) - set(SCENARIOS)):
        parser.error(f"unknown scenario {unknown[0]!r}; known: {', '.join(SCENARIOS)}")
    start = time.perf_counter()

    def say(text: str) -> None:
        sys.stdout.write(f"{time.perf_counter() - start:8.1f} s  {text}\n")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory(prefix="kill-suite-") as own:
        try:
            campaign = Campaign(options.folder or Path(own), options.seed, say, names)
            for name in itertools.cycle(names):
                if campaign.tally.kills.total() >= options.kills:
                    break
                campaign.round(name)
        except FaultError as error:
            say(f"FAILED: {error}")
            return 1
    say(campaign.tally.summary())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
