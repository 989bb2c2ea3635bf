"""Ctrl-C, SIGTERM, and two suites at once."""

import os
import signal
import subprocess

import psutil
import pytest
from fault_world import (
    MODELS,
    begun,
    command,
    environment,
    events,
    leftovers,
    require_intact,
    state,
    wait_for_event,
)

SLOW = """
import time
from showcase_bench import Model, Showcase

class Slow(Model):
    def predict(self, queries, images):
        while not __import__("pathlib").Path("go").exists():
            time.sleep(0.05)
        return [Showcase(one.id, one.pool[:1]) for one in queries]

class Saved(Slow):
    def save(self, folder):
        (folder / "nothing").touch()

    def load(self, folder):
        pass
"""


@pytest.mark.parametrize(
    ("number", "verb", "jobs"),
    [
        (signal.SIGINT, "run", 1),
        (signal.SIGINT, "run", 2),
        (signal.SIGINT, "predict", 1),
        (signal.SIGTERM, "run", 2),
    ],
)
def test_an_interrupt_is_clean_and_says_how_to_go_on(toy, tmp_path, number, verb, jobs):
    (tmp_path / "slow.py").write_text(SLOW)
    log = tmp_path / "log.jsonl"
    model = "slow:Slow" if jobs == 1 else "slow:Saved"
    arguments = {
        "run": ["--models", f"random,{model}", "--seeds", jobs, "--jobs", jobs],
        "predict": ["--model", model, "--out", "out.jsonl"],
    }[verb]
    arguments = [verb, "--data", toy, *arguments, "--log-file", log]
    process = begun(arguments, tmp_path)
    try:
        wait_for_event(log, process, event="stage.start", stage="predict", model=model)
        started = psutil.Process(process.pid).children(recursive=True)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does
        else:
            process.send_signal(number)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 128 + number
    assert len(started) >= (jobs if jobs > 1 else 0)
    _, alive = psutil.wait_procs(started, timeout=20)
    assert not alive
    assert list((tmp_path / "tmp").iterdir()) == []
    assert "Traceback" not in err, err
    said, _, again = err.rpartition("To go on:\n")
    assert "what was finished is kept" in said
    assert again.strip().startswith(f"showcase-bench {verb} --data {toy}")
    last = events(log)[-1]
    assert (last["event"], last["status"]) == ("command.end", "interrupted")
    assert leftovers(tmp_path) == []
    (tmp_path / "go").touch()
    again = begun(arguments, tmp_path)
    _, err = again.communicate()
    assert again.returncode == 0, err
    if verb == "run":
        assert f"{jobs} runs made, {jobs} reused" in err


def test_two_suites_at_once_on_one_store_and_one_cache(toy, tmp_path):
    arguments = ["run", "--data", toy, "--models", MODELS, "--results", tmp_path / "results"]
    arguments += ["--seeds", "2", "--jobs", "1"]
    env = environment(tmp_path / "cache")
    both = [
        subprocess.Popen(command(*arguments, *more), env=env, stderr=subprocess.PIPE, text=True)
        for more in ((), ("--fresh",))
    ]
    said = [one.communicate(timeout=300)[1] for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    require_intact(tmp_path / "results")
    assert leftovers(tmp_path) == []
    alone = subprocess.run(
        command(*arguments[:-5], tmp_path / "alone", *arguments[-4:]),
        env=environment(tmp_path / "other"),
        capture_output=True,
        check=False,
    )
    assert alone.returncode == 0, alone.stderr
    assert state(tmp_path / "results") == state(tmp_path / "alone")
