"""Models fitted and asked in several processes at once."""

import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time

import pytest

from showcase_bench import NoProgress
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.errors import ContractError, DataError, ImageError, TrainingError
from showcase_bench.evaluate import RunStore, Suite, Workspace
from showcase_bench.evaluate.executors.relay import Event, Follower, Teller
from showcase_bench.evaluate.plans.build import parse_models

# Two writers share one fit; the oracle and the selector stay in the process that asks.
MODELS = (
    "brie(epochs=1),peter(epochs=1),peter(epochs=1,decoding=greedy),"
    "show-and-tell(epochs=1),topk,reference"
)


class SeenBars(NoProgress):
    """Notes what bars would show; ``at`` is called with each label."""

    def __init__(self, at=None):
        self.seen, self.open, self._at = [], 0, at

    def bar(self, label, total):
        self.seen.append((label, total))
        self.open += 1
        if self._at is not None:
            self._at(label)
        return self

    def advance(self, number):
        assert number > 0

    def describe(self, label):
        self.seen.append((label, None))

    def close(self):
        self.open -= 1


@pytest.fixture
def opened(toy, tmp_path):
    def open_in(name):
        places = Places(tmp_path / name, tmp_path / "no-data")
        return Workspace.open(file_task(toy), places=places)

    return open_in


def contents(root):
    """Every file but run.json, and of that all but the costs and the time."""
    found = {}
    for path in sorted(root.rglob("*")):
        if not path.is_file():
            continue
        name = str(path.relative_to(root))
        if path.name == "run.json":
            record = json.loads(path.read_bytes())
            for key in ("created", "timings", "environment"):
                del record[key]
            found[name] = record
        elif path.suffix != ".parquet":
            found[name] = path.read_bytes()
    return found


def no_children():
    """Whether all processes that were started here have ended."""
    return not multiprocessing.active_children()


def test_processes_give_the_bytes_of_one(opened, tmp_path):
    bars = SeenBars()
    plans = parse_models(MODELS)
    one = Suite(opened("a"), RunStore(tmp_path / "one"), jobs=1).run(plans, [0, 1])
    suite = Suite(opened("b"), RunStore(tmp_path / "two"), jobs=2, progress=bars)
    two = suite.run(plans, [0, 1])
    assert not one.failures
    assert not two.failures
    assert [run.record.id for run in two.runs] == [run.record.id for run in one.runs]
    assert (two.made, two.reused) == (12, 0)
    assert contents(tmp_path / "two") == contents(tmp_path / "one")
    for before, after in zip(one.runs, two.runs, strict=True):
        for name, statistics in before.table().statistics.items():
            if "seconds" not in name and "latency" not in name:
                assert (after.table().statistics[name] == statistics).all()
    labels = " ".join(label for label, _ in bars.seen)
    assert "peter" in labels
    assert "brie" in labels
    assert bars.open == 0
    assert no_children()


def test_one_fit_is_shared_by_all_that_need_it(opened, tmp_path):
    workspace = opened("cache")
    plans = parse_models("peter(epochs=1),peter(epochs=1,decoding=greedy),brie(epochs=1)")
    Suite(workspace, RunStore(tmp_path / "r"), jobs=3).run(plans, [0])
    kept = [path.name for path in (workspace.cache / "fits").rglob("model.json")]
    assert len(kept) == 2


def test_what_another_process_has_fitted_is_fresh(opened, tmp_path, monkeypatch):
    def refuse(*_):
        raise AssertionError("it was fitted here as well")

    monkeypatch.setattr("showcase_bench.evaluate.fits.fitted.fit_model", refuse)
    monkeypatch.setattr("showcase_bench.evaluate.suite.dispatch.HELD", 0)  # others only fit
    plans = parse_models("brie(epochs=1),show-and-tell(epochs=1,selector=brie)")
    suite = Suite(opened("cache"), RunStore(tmp_path / "r"), jobs=2, fresh=True)
    assert suite.run(plans, [0]).made == 2


def test_what_is_stored_starts_no_process(opened, tmp_path, monkeypatch):
    workspace, store = opened("cache"), RunStore(tmp_path / "r")
    plans = parse_models("peter(epochs=1),brie(epochs=1)")
    Suite(workspace, store).run(plans, [0])

    def refuse(self):
        raise AssertionError("a process was started")

    monkeypatch.setattr("showcase_bench.evaluate.suite.workers.Workers._started", refuse)
    assert Suite(workspace, store, jobs=2).run(plans, [0]).reused == 2
    # A single model gains nothing by a second process.
    Suite(workspace, RunStore(tmp_path / "s"), jobs=2).run(plans[:1], [0])


def test_a_model_that_fails_in_a_process_is_told_and_the_rest_goes_on(opened, tmp_path):
    plans = parse_models(
        "peter(epochs=1,learning_rate=1e30),brie(epochs=1),show-and-tell(epochs=1)"
    )
    result = Suite(opened("cache"), RunStore(tmp_path / "r"), jobs=2).run(plans, [0])
    assert [run.record.inputs.model for run in result.runs] == ["brie", "show-and-tell"]
    (failure,) = result.failures
    assert isinstance(failure.error, TrainingError)
    assert "Train again with a learning rate below" in str(failure.error)
    assert no_children()


def test_a_process_that_is_killed_costs_its_own_model_alone(opened, tmp_path):
    killed = []

    def kill(label):
        if label.startswith("Training peter") and not killed:
            # The first errands go to the first processes in order.
            first = sorted(multiprocessing.active_children(), key=lambda one: one.pid)[0]
            killed.append(first.pid)
            os.kill(first.pid, signal.SIGKILL)

    bars = SeenBars(kill)
    plans = parse_models("peter(epochs=2000),brie(epochs=1),show-and-tell(epochs=1)")
    result = Suite(opened("cache"), RunStore(tmp_path / "r"), jobs=2, progress=bars).run(plans, [0])
    assert killed
    assert [run.record.inputs.model for run in result.runs] == ["brie", "show-and-tell"]
    (failure,) = result.failures
    assert isinstance(failure.error, ContractError)
    assert "ended with status -9" in str(failure.error)
    assert "peter" in str(failure.error)
    assert bars.open == 0
    assert no_children()


def test_an_interrupt_leaves_no_process_behind(opened, tmp_path):
    def interrupt(label):
        if label.startswith("Training peter"):
            raise KeyboardInterrupt

    plans = parse_models("peter(epochs=2000),brie(epochs=2000)")
    suite = Suite(opened("cache"), RunStore(tmp_path / "r"), jobs=2, progress=SeenBars(interrupt))
    with pytest.raises(KeyboardInterrupt):
        suite.run(plans, [0])
    assert no_children()


def test_the_processes_end_with_the_one_that_started_them(toy, tmp_path):
    arguments = ["run", "--data", str(toy), "--jobs", "2", "--results", str(tmp_path / "r"), "-q"]
    arguments += ["--models", "peter(epochs=100000),brie(epochs=100000)"]
    env = {**os.environ, "SHOWCASE_BENCH_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "showcase_bench", *arguments]
    parent = subprocess.Popen(command, env=env, start_new_session=True)
    try:
        children = wait_for(lambda: len(found := children_of(parent.pid)) >= 2 and found)
    finally:
        parent.kill()
        parent.wait()
    wait_for(lambda: not any(alive(pid) for pid in children))


def children_of(pid):
    found = subprocess.run(
        ["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in found.stdout.splitlines()[1:]]
    return [int(row[0]) for row in rows if int(row[1]) == pid and "spawn_main" in row[2]]


def alive(pid):
    """Whether it runs; one that has ended and waits for its parent to ask does not."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(found.stdout.strip()) and not found.stdout.strip().startswith("Z")


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.1)
    raise AssertionError("it did not happen")


@pytest.mark.parametrize(
    "error",
    [
        DataError("data.json", ["one", "two"], "mend it"),
        ImageError("AF1Qip", "truncated"),
        TrainingError("no"),
    ],
)
def test_errors_travel_whole(error):
    back = pickle.loads(pickle.dumps(error))  # noqa: S301  (our own)
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert back.__dict__ == error.__dict__


def test_events_say_what_a_loop_does(monkeypatch):
    told = []
    monkeypatch.setattr("showcase_bench.evaluate.executors.relay._SECONDS_BETWEEN_EVENTS", 0.0)
    teller = Teller(told.append)
    for number in teller.track([1, 2], label="Outer"):
        for _ in teller.track(iter("ab"), label="Inner", total=2):
            teller.describe(f"Inner {number}")
    bars = SeenBars()
    follower = Follower(bars)
    for event in told:
        follower.follow(event)
    assert [label for label, _ in bars.seen if "Inner" not in label] == ["Outer"]
    assert ("Inner", 2) in bars.seen
    assert ("Inner 2", None) in bars.seen
    assert bars.open == 0
    assert sum(one.number or 0 for one in told if one.kind == "advance") == 6
    follower.follow(Event("begin", 99, "left open"))
    follower.close()
    assert bars.open == 0
    Follower(NoProgress()).follow(Event("advance", 5))
