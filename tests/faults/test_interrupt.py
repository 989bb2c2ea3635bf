"""Ctrl-C, and two suites at once."""

import json
import os
import signal
import subprocess
import time
from functools import partial

import pytest
from fault_world import MODELS, command, environment, leftovers, require_intact, state

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


def events(path):
    try:
        return [json.loads(line) for line in path.read_text().splitlines()]
    except FileNotFoundError:
        return []


def wait_for_event(path, process, seconds=120.0, **facts):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if any(facts.items() <= one.items() for one in events(path)):
            return
        time.sleep(0.05)
    raise AssertionError(f"{facts} did not happen: {process.communicate()}")


@pytest.mark.parametrize(("verb", "jobs"), [("run", 1), ("run", 2), ("predict", 1)])
def test_an_interrupt_is_clean_and_says_how_to_go_on(toy, tmp_path, verb, jobs):
    (tmp_path / "slow.py").write_text(SLOW)
    log = tmp_path / "log.jsonl"
    model = "slow:Slow" if jobs == 1 else "slow:Saved"
    arguments = {
        "run": ["--models", f"random,{model}", "--seeds", jobs, "--jobs", jobs],
        "predict": ["--model", model, "--out", "out.jsonl"],
    }[verb]
    arguments = [verb, "--data", toy, *arguments, "--log-file", log]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    env = environment(tmp_path / "cache", TMPDIR=str(tmp_path))
    listening = partial(
        signal.signal, signal.SIGINT, signal.SIG_DFL
    )  # jobs in the background do not
    process = subprocess.Popen(
        command(*arguments),
        cwd=tmp_path,
        env=env,
        start_new_session=True,
        preexec_fn=listening,
        **pipes,
    )
    try:
        wait_for_event(log, process, event="stage.start", stage="predict", model=model)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "Traceback" not in err
    said, _, again = err.rpartition("To go on:\n")
    assert "what was finished is kept" in said
    assert again.strip().startswith(f"showcase-bench {verb} --data {toy}")
    last = events(log)[-1]
    assert (last["event"], last["status"]) == ("command.end", "interrupted")
    assert leftovers(tmp_path) == []
    (tmp_path / "go").touch()
    done = subprocess.run(
        command(*arguments), cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    if verb == "run":
        assert f"{jobs} runs made, {jobs} reused" in done.stderr


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
