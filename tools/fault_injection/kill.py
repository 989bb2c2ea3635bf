"""Kill a command at random moments, give it again, and compare what it leaves."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from showcase_bench.files.temporary import PREFIX
from tools.fault_injection.scenarios import (
    SCENARIOS,
    Scenario,
    call,
    environment,
    make_world,
    prepare,
    temporary,
    without_costs,
)

__all__ = ["Campaign", "Tally"]

_MOST_KILLS_A_ROUND = 4
_SLOWEST = 1800.0
_CACHES = ("torchinductor_",)
"""Of other packages, which keep them in the folder for temporary files on purpose."""


class FaultError(Exception):
    """A command did not end as an undisturbed one does."""


@dataclass
class Tally:
    """What a campaign did."""

    kills: Counter[str] = field(default_factory=Counter)
    resumes: Counter[str] = field(default_factory=Counter)
    rounds: Counter[str] = field(default_factory=Counter)
    files: int = 0
    bytes: int = 0
    leftovers: int = 0
    """Temporary files and folders that kills left, and that were swept."""
    in_system: int = 0
    """Of these those in the system's folder for temporary files, whoever made them there."""

    def summary(self) -> str:
        """In a few lines."""
        by = ", ".join(f"{name} {n}" for name, n in sorted(self.kills.items()))
        return (
            f"{self.kills.total()} kills ({by}), {self.resumes.total()} resumes, "
            f"{self.rounds.total()} end states compared: {self.files:,} files, "
            f"{self.bytes:,} bytes, all equal; nothing lost. "
            f"{self.leftovers} temporary leftovers of killed processes seen, "
            f"{self.in_system} of them in TMPDIR; after the end none."
        )


class Campaign:
    """Kills commands of the scenarios ``names``, in a folder of its own.

    :class:`FaultError` is raised at a difference.
    """

    def __init__(
        self, root: Path, seed: int, say: Callable[[str], None], names: Collection[str]
    ) -> None:
        self._root, self._say = root, say
        self._random = random.Random(seed)
        self._known: dict[str, dict[str, bytes]] = {}
        self._seconds: dict[str, float] = {}
        self._world = root / "given"
        self.tally = Tally()
        self._world.mkdir(parents=True)
        make_world(self._world, names)

    def round(self, name: str, most: int = _MOST_KILLS_A_ROUND) -> None:
        """Begin one scenario in an empty folder, kill it up to ``most`` times, let it end."""
        scenario = SCENARIOS[name]
        wanted = self._undisturbed(scenario)
        place = self._root / f"round-{self.tally.rounds.total()}"
        prepare(place)
        killed = 0
        while killed < most:
            moment = self._random.uniform(0.1, 1.0) * self._seconds[name]
            start = time.perf_counter()
            if not self._kill_after(scenario, place, moment):
                # What began anew and ended before shows how long it takes by now.
                self._seconds[name] = time.perf_counter() - start if not killed else moment
                break
            killed += 1
            self.tally.kills[name] += 1
            left, in_system = len(_leftovers(place)), len(_in_system(place))
            self.tally.leftovers += left
            self.tally.in_system += in_system
            self._say(
                f"{name}: killed after {moment:.2f} s, {left} temporary leftovers, "
                f"{in_system} of them in TMPDIR"
            )
        self._run(scenario, place)
        self.tally.resumes[name] += killed
        self.tally.rounds[name] += 1
        self._compare(scenario, place, wanted)
        self._require_swept(place)
        self._say(
            f"{name}: ended, equal to the undisturbed one after {killed} kills, 0 left in TMPDIR"
        )

    def _undisturbed(self, scenario: Scenario) -> dict[str, bytes]:
        if scenario.name not in self._known:
            place = self._root / f"undisturbed-{scenario.name}"
            prepare(place)
            start = time.perf_counter()
            self._run(scenario, place)
            seconds = time.perf_counter() - start
            self._known[scenario.name] = _state(scenario, place)
            self._seconds[scenario.name] = seconds
            self._say(f"{scenario.name}: undisturbed in {seconds:.1f} s")
        return self._known[scenario.name]

    def _start(self, scenario: Scenario, place: Path) -> subprocess.Popen[bytes]:
        with (place / "stdout").open("wb") as out, (place / "stderr").open("ab") as error:
            return subprocess.Popen(
                call(*scenario.arguments(self._world)),
                cwd=place,
                env=environment(place),
                stdout=out,
                stderr=error,
                start_new_session=True,
            )

    def _kill_after(self, scenario: Scenario, place: Path, seconds: float) -> bool:
        """Whether it was still running then; it and all that it started are no more."""
        process = self._start(scenario, place)
        try:
            process.wait(seconds)
            return False
        except subprocess.TimeoutExpired:
            return True
        finally:
            _kill_group(process.pid)
            process.wait()

    def _run(self, scenario: Scenario, place: Path) -> None:
        process = self._start(scenario, place)
        try:
            status = process.wait(_SLOWEST)
        finally:
            _kill_group(process.pid)
        if status:
            told = (place / "stderr").read_text(errors="replace")
            raise FaultError(f"{scenario.name} in {place} ended with status {status}:\n{told}")
        if left := _in_system(place):  # nobody but the command itself has swept it
            names = ", ".join(path.name for path in left)
            raise FaultError(f"{scenario.name} in {place}: left in TMPDIR: {names}")

    def _compare(self, scenario: Scenario, place: Path, wanted: dict[str, bytes]) -> None:
        found = _state(scenario, place)
        if set(found) != set(wanted):
            names = sorted(set(found) ^ set(wanted))
            raise FaultError(f"{scenario.name} in {place}: missing or extra: {', '.join(names)}")
        for name, data in found.items():
            if data != wanted[name]:
                raise FaultError(f"{scenario.name} in {place}: {name} differs")
            self.tally.files += 1
            self.tally.bytes += len(data)

    def _require_swept(self, place: Path) -> None:
        prune = call("cache", "prune", "--days", "100000", "-q")
        subprocess.run(prune, check=True, env=environment(place), stdout=subprocess.DEVNULL)
        if left := _leftovers(place):
            raise FaultError(f"{place}: left behind: {', '.join(map(str, left))}")


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _leftovers(place: Path) -> list[Path]:
    """Temporary files and folders of the harness, and whatever is in the system's folder."""
    ours = (path for path in place.rglob(f"{PREFIX}*") if temporary(place) not in path.parents)
    return [*sorted(ours), *_in_system(place)]


def _in_system(place: Path) -> list[Path]:
    found = temporary(place).iterdir()
    return sorted(path for path in found if not path.name.startswith(_CACHES))


def _state(scenario: Scenario, place: Path) -> dict[str, bytes]:
    """Every file that the command leaves, by its path."""
    found = {"stdout": (place / "stdout").read_bytes()}
    for name in scenario.made:
        top = place / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file():
                found[str(path.relative_to(place))] = without_costs(path)
    return found
