"""The example package of ``examples/`` and a broken one, really installed beside this, and run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "showcase-bench-example"
BROKEN = Path(__file__).parent / "broken_plugin"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Install both into a folder of its own; the environment in which Python finds them there."""
    folder = tmp_path_factory.mktemp("site")
    sources = tmp_path_factory.mktemp("sources")
    for source in (EXAMPLE, BROKEN):
        leave = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
        shutil.copytree(source, sources / source.name, ignore=leave)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--target", str(folder)),
            *(str(sources / source.name) for source in (EXAMPLE, BROKEN)),
        ],
        check=True,
        timeout=600,
    )
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).rstrip(":"),
        "SHOWCASE_BENCH_CACHE": str(tmp_path_factory.mktemp("cache")),
    }


@pytest.fixture(scope="module")
def installed(environment):
    """A function that runs the command line."""

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "showcase_bench", *map(str, arguments)],
            capture_output=True,
            text=True,
            env=environment,
            timeout=600,
        )

    return run


def test_it_is_listed_with_its_origin(installed):
    done = installed("list", "models", "--json")
    names = {row["name"]: row for row in json.loads(done.stdout)["names"]}
    assert names["word-match"]["distribution"] == "showcase-bench-example"
    assert names["word-match"]["version"] == "0.1.0"
    assert "random" in names


def test_it_runs_is_scored_and_ranked(installed, toy, tmp_path):
    models = "word-match,word-match(count=1),random"
    out = tmp_path / "out"
    done = installed("run", "--data", toy, "--models", models, "--results", out, "--json")
    assert done.returncode == 0, done.stderr
    board = json.loads(done.stdout)["board"]
    rows = {row["model"]: row for row in board["sections"][0]["rows"]}
    assert set(rows) == {"word-match", "word-match(count=1)", "random"}
    record = json.loads(next(out.glob("*/word-match/*/run.json")).read_text())
    assert record["distribution"] == "showcase-bench-example 0.1.0"


def test_its_metric_scores(installed, toy, tmp_path):
    out = tmp_path / "preds.jsonl"
    model = "word-match(count=1)"
    assert installed("predict", "--model", model, "--data", toy, "--out", out).returncode == 0
    assert all(len(json.loads(line)["image_ids"]) == 1 for line in out.read_text().splitlines())
    metrics = "length-gap,length-gap(most=3),length-gap|most:1000|v:1"
    done = installed("score", out, "--data", toy, "--metrics", metrics, "--json")
    found = json.loads(done.stdout)["metrics"]
    assert found["length-gap"]["signature"] == "length-gap|most:1000|v:1"
    assert 0 <= found["length-gap(most=3)"]["value"] <= found["length-gap"]["value"] < 1


def test_its_own_tests_pass_and_are_not_empty(environment, tmp_path):
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout


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
    done = installed("run", "--data", toy, "--models", "word-match(cuont=1)")
    assert done.returncode == 2
    assert "no argument 'cuont'. Did you mean 'count'?" in done.stderr
