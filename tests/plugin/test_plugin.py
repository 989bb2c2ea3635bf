"""A third-party package, really installed beside this one, and run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parent / "example_plugin"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Install the plugin into a folder of its own; give a function that runs the command line."""
    folder = tmp_path_factory.mktemp("site")
    copy = tmp_path_factory.mktemp("source")
    for path in PLUGIN.glob("*.*"):
        (copy / path.name).write_bytes(path.read_bytes())
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--target", str(folder), str(copy)),
        ],
        check=True,
        timeout=300,
    )
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    environment["SHOWCASE_BENCH_CACHE"] = str(tmp_path_factory.mktemp("cache"))

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "showcase_bench", *map(str, arguments)],
            capture_output=True,
            text=True,
            env=environment,
            timeout=120,
        )

    return run


def test_it_is_listed_with_its_origin(installed):
    done = installed("list", "models", "--json")
    names = {row["name"]: row for row in json.loads(done.stdout)["names"]}
    assert names["first-photos"]["distribution"] == "showcase-bench-example-plugin"
    assert names["first-photos"]["version"] == "0.0.1"
    assert "random" in names


def test_it_runs_is_scored_and_ranked(installed, toy, tmp_path):
    models = "first-photos,first-photos(count=1),random"
    out = tmp_path / "out"
    done = installed("run", "--data", toy, "--models", models, "--results", out, "--json")
    assert done.returncode == 0, done.stderr
    board = json.loads(done.stdout)["board"]
    rows = {row["model"]: row for row in board["sections"][0]["rows"]}
    assert set(rows) == {"first-photos", "first-photos(count=1)", "random"}
    record = json.loads(next(out.glob("*/first-photos/*/run.json")).read_text())
    assert record["distribution"] == "showcase-bench-example-plugin 0.0.1"


def test_its_metric_scores(installed, toy, tmp_path):
    out = tmp_path / "preds.jsonl"
    model = "first-photos(count=1)"
    assert installed("predict", "--model", model, "--data", toy, "--out", out).returncode == 0
    done = installed("score", out, "--data", toy, "--metrics", "shown,precision@1", "--json")
    metrics = json.loads(done.stdout)["metrics"]
    assert metrics["shown"]["value"] == 1.0
    assert metrics["shown"]["signature"] == "shown|v:1"
    again = installed("score", out, "--data", toy, "--metrics", "shown|v:1", "--json")
    assert json.loads(again.stdout)["metrics"]["shown"] == metrics["shown"]


def test_a_broken_plugin_is_listed_as_broken_and_raises_when_asked_for(installed, toy):
    done = installed("list", "models", "--check")
    assert done.returncode == 1
    assert "BROKEN" in done.stdout
    assert "this plugin is broken on purpose" in done.stdout
    done = installed("run", "--data", toy, "--models", "broken")
    assert done.returncode == 2
    assert "this plugin is broken on purpose" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_argument_of_it_is_named(installed, toy):
    done = installed("run", "--data", toy, "--models", "first-photos(cuont=1)")
    assert done.returncode == 2
    assert "no argument 'cuont'. Did you mean 'count'?" in done.stderr
