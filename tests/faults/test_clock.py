"""A clock that jumps: nothing is taken for newer or older than it is."""

import os
import time
from datetime import UTC, datetime

from fault_world import MODELS, call, state

from showcase_bench.evaluate import RunStore
from showcase_bench.evaluate.suite import recording

YEAR = 365 * 24 * 3600.0


def run(toy, tmp_path, *more):
    arguments = ["run", "--data", toy, "--results", tmp_path / "results", "-q", "--jobs", "1"]
    done = call(*arguments, *more, cache=tmp_path / "cache")
    assert done.exit_code == 0, done.output
    return done


def shift(folder, seconds):
    """Give everything below a time of change that is off."""
    for path in folder.rglob("*"):
        os.utime(path, (time.time() + seconds,) * 2)


def test_files_from_the_future_and_the_past_are_used_as_any_other(toy, tmp_path):
    run(toy, tmp_path, "--models", MODELS)
    before = state(tmp_path / "results")
    for years in (+10, -30):
        shift(tmp_path / "cache", years * YEAR)
        shift(tmp_path / "results", years * YEAR)
        run(toy, tmp_path, "--models", MODELS, "--no-report")
        assert state(tmp_path / "results") == before


def test_a_clock_that_jumps_while_a_suite_runs(toy, tmp_path, monkeypatch):
    run(toy, tmp_path, "--models", MODELS)
    wanted = state(tmp_path / "results")
    jumps = iter([0.0, +3 * YEAR, -YEAR, +7 * YEAR, -40 * YEAR] * 10_000)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    other = tmp_path / "other"
    arguments = ["run", "--data", toy, "--results", other, "-q", "--jobs", "1"]
    done = call(*arguments, "--models", MODELS, cache=tmp_path / "other-cache")
    assert done.exit_code == 0, done.output
    assert state(other) == wanted


def test_the_newest_run_of_a_model_is_the_one_that_was_made_last(toy, tmp_path, monkeypatch):
    class Clock(datetime):
        moment = datetime(2099, 1, 1, tzinfo=UTC)

        @classmethod
        def now(cls, tz=None):
            return cls.moment

    monkeypatch.setattr(recording, "datetime", Clock)
    made = []
    for moment in (Clock.moment, datetime(2001, 1, 1, tzinfo=UTC)):
        Clock.moment = moment
        run(toy, tmp_path, "--models", "random", "--fresh")
        (stored,) = RunStore(tmp_path / "results").runs()
        made.append(stored.record.created)
    assert made[0] < made[1]


def test_prune_takes_nothing_that_the_clock_makes_young(toy, tmp_path):
    run(toy, tmp_path, "--models", "copy-history")
    shift(tmp_path / "cache", YEAR)
    done = call("cache", "prune", "--days", "0", cache=tmp_path / "cache")
    assert "0 entries taken away" in done.stderr
