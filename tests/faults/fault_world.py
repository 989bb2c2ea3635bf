"""What the fault tests share: a model that takes its time, file systems that refuse, states."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from showcase_bench.cli.main import cli
from showcase_bench.files.temporary import PREFIX
from tools.fault_injection.scenarios import without_costs

MODELS = "random,copy-history,topk,reference"
ROOT = Path(__file__).resolve().parents[2]


def call(*arguments, cache):
    """The command line in this process; a traceback fails the test."""
    env = {"SHOWCASE_BENCH_CACHE": str(cache), "SHOWCASE_BENCH_DATA": str(cache / "no-data")}
    return CliRunner(env=env).invoke(cli, [str(one) for one in arguments], catch_exceptions=False)


def command(*arguments):
    """The same in a process of its own."""
    return [sys.executable, "-m", "showcase_bench", *map(str, arguments)]


def environment(cache, **more):
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SHOWCASE_BENCH_CACHE": str(cache),
        "PYTHONWARNINGS": "ignore",
        **more,
    }


def begun(arguments, folder, **more):
    """Start a command in ``folder``, with cache and temporary folder there, that hears Ctrl-C."""
    (folder / "tmp").mkdir(exist_ok=True)
    # Jobs in the background do not hear it.
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env=environment(folder / "cache", TMPDIR=str(folder / "tmp"), **more),
        start_new_session=True,
        preexec_fn=listening,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


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


def state(folder):
    """Every file of a store but for its costs; boards and reports follow from the rest."""
    return {
        str(path.relative_to(folder)): without_costs(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def leftovers(folder):
    return sorted(path for path in folder.rglob("*") if path.name.startswith(PREFIX))


def require_clear(result):
    """It ended with one message, or well."""
    assert result.exit_code in (0, 2), result.output
    if result.exit_code:
        assert "Traceback" not in result.output
        assert result.stderr.startswith(("Error:", "failed:")), result.stderr


def require_intact(folder):
    """Every run of a store is whole: its files are those that its record names."""
    from showcase_bench.evaluate import RunStore

    if folder.is_dir():
        for run in RunStore(folder).runs():
            run.predictions()
            run.table()
            json.loads((run.folder / "run.json").read_bytes())


@contextmanager
def mounted(folder, options):
    """A file system of its own at ``folder``; the test is skipped where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    arguments = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"file systems cannot be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remount(folder, options):
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)
