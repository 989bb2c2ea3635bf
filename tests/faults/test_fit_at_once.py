"""Two commands that want one fit: it is done once, and taken over where it is cut off."""

import os
import signal
import time

import pytest
from fault_world import begun, events, wait_for_event

STEPPED = '''
import json, os, time
from pathlib import Path
from showcase_bench import Model, Showcase

class Stepped(Model):
    """Learns in six steps; at the third it waits for a file."""

    def fit(self, train, val, *, seed, workdir, progress):
        path = workdir / "steps.json"
        self.steps = json.loads(path.read_text()) if path.exists() else []
        with open("fits.log", "a") as log:
            log.write(f"{len(self.steps)}\\n")
        for step in range(len(self.steps), 6):
            while step == 3 and not Path("go").exists():
                time.sleep(0.02)
            self.steps.append(step * seed)
            (workdir / "beside").write_text(json.dumps(self.steps))
            (workdir / "beside").replace(path)
        if Path("fail").exists():
            raise ValueError("not this time")

    def predict(self, queries, images):
        return [Showcase(one.id, one.pool[:1], f"{sum(self.steps)}") for one in queries]

    def save(self, folder):
        (folder / "steps.json").write_text(json.dumps(self.steps))

    def load(self, folder):
        self.steps = json.loads((folder / "steps.json").read_text())
'''


class Home:
    """A working folder with a model, and commands that want its fit."""

    def __init__(self, folder, toy):
        self.folder, self._toy = folder, toy
        (folder / "own.py").write_text(STEPPED)

    def start(self, verb, name, *more):
        shared = ["--data", self._toy, "--model", "own:Stepped", "--seed", 5]
        arguments = [verb, *shared, "--out", name, "--log-file", f"{name}.log", *more]
        return begun(arguments, self.folder)

    def await_step(self, process):
        end = time.monotonic() + 120
        while not list(self.folder.glob("cache/fits/own/.*.work/steps.json")):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.02)

    def await_event(self, name, process, **facts):
        wait_for_event(self.folder / f"{name}.log", process, **facts)

    def fits(self):
        return (self.folder / "fits.log").read_text().split()


@pytest.fixture
def home(tmp_path, toy):
    return Home(tmp_path, toy)


def ended(*processes):
    for one in processes:
        _, told = one.communicate(timeout=120)
        assert one.returncode == 0, told


@pytest.mark.parametrize("verb", ["predict", "fit"])
def test_two_processes_fit_once(home, verb):
    first = home.start(verb, "a")
    home.await_step(first)
    # Of two fits into one folder the second finds what the first has put there.
    name = "b" if verb == "predict" else "a"
    second = home.start(verb, name)
    home.await_event(name, second, event="fit.waiting", model="own:Stepped")
    (home.folder / "go").touch()
    ended(first, second)
    assert home.fits() == ["0"]
    if verb == "predict":
        assert (home.folder / "a").read_bytes() == (home.folder / "b").read_bytes()
    stages = [one for one in events(home.folder / f"{name}.log") if one["event"] == "stage.end"]
    assert [one.get("resumed") for one in stages if one["stage"] == "fit"][-1] is True


def test_what_a_killed_process_began_the_waiting_one_ends(home):
    first = home.start("predict", "a")
    home.await_step(first)
    second = home.start("predict", "b")
    home.await_event("b", second, event="fit.waiting")
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    (home.folder / "go").touch()
    ended(second)
    third = home.start("predict", "c")
    ended(third)
    assert home.fits() == ["0", "3"]
    assert (home.folder / "b").read_bytes() == (home.folder / "c").read_bytes()
    assert not list(home.folder.glob("cache/fits/own/.*.work"))


def test_after_a_failure_the_waiting_process_tries_itself(home):
    first = home.start("predict", "a")
    home.await_step(first)
    second = home.start("predict", "b")
    home.await_event("b", second, event="fit.waiting")
    (home.folder / "fail").touch()
    (home.folder / "go").touch()
    for one in (first, second):
        _, told = one.communicate(timeout=120)
        assert one.returncode == 2
        assert "not this time" in told
    assert home.fits() == ["0", "6"]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_who_waits_can_be_interrupted(home, number, status):
    first = home.start("predict", "a")
    home.await_step(first)
    second = home.start("predict", "b")
    home.await_event("b", second, event="fit.waiting")
    second.send_signal(number)
    _, told = second.communicate(timeout=120)
    assert second.returncode == status
    assert "To go on:" in told
    (home.folder / "go").touch()
    ended(first)
    assert home.fits() == ["0"]
