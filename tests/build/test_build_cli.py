"""The verb ``data build`` and the benchmark, as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from showcase_bench.cli.data_build import command as build
from showcase_bench.errors import DataError, UsageError

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "build.py"

PLUGIN = """
import numpy as np
from showcase_bench.encoders import PairEncoder

class Brightness(PairEncoder):
    signature = "brightness|v:1"
    identity = "brightness"
    dim = 2
    most_tokens = 77
    def token_counts(self, texts):
        return np.array([len(t.split()) for t in texts])
    def encode_texts(self, texts):
        return np.array([[1, 0] if "bright" in t else [0, 1] for t in texts], np.float32)
    def encode_images(self, pixels):
        return np.array([[1, 0] if p.mean() > 127 else [0, 1] for p in pixels], np.float32)
"""


def run(*arguments):
    return CliRunner().invoke(build, [str(one) for one in arguments])


@pytest.fixture
def raw(tmp_path):
    rows = [
        {
            "user_id": f"u{user}",
            "business_id": f"b{visit}",
            "rating": 5,
            "review_text": ["So bright here.", "Good food."][(user + visit) % 2],
            "pics": [{"id": f"p{user}{visit}", "url": []}],
        }
        for user in range(9)
        for visit in range(3)
    ]
    path = tmp_path / "raw.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def test_s1(raw, tmp_path):
    done = run("s1", raw, "--out", tmp_path / "s1.json", "--json")
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert record == json.loads((tmp_path / "s1.build.json").read_text())
    assert record["rows"] == {"train": 9, "val": 9, "test": 9}
    assert str(tmp_path) not in done.stdout
    shown = run("s1", raw, "--out", tmp_path / "s1.json", "--seed", "4", "--iterate")
    assert "1,771,160" in shown.stdout
    assert "rows: train 9, val 9, test 9" in shown.stdout
    assert "No photo counts as expired" in shown.stderr
    assert (
        record["output"]["sha256"]
        != json.loads((tmp_path / "s1.build.json").read_text())["output"]["sha256"]
    )
    assert run("s1", raw, "--out", tmp_path / "s1.json", "--quiet").stderr == ""


def test_options_reach_the_build(raw, tmp_path):
    (tmp_path / "fetch.jsonl").write_text('{"id": "p00", "status": "gone"}\n')
    raw.write_bytes(raw.read_bytes() + b"{\n")
    done = run(
        *("s1", raw, "--out", tmp_path / "s1.json", "--history-limit", 1, "--max-broken", 0.1),
        *("--journal", tmp_path / "fetch.jsonl", "--work", tmp_path / "work", "--drop-empty-texts"),
    )
    assert done.exit_code == 0, done.output
    assert "1 lines were unusable" in done.stderr
    record = json.loads((tmp_path / "s1.build.json").read_text())
    assert record["parameters"] == {
        "seed": 0,
        "history_limit": 1,
        "iterate": False,
        "drop_empty_texts": True,
        "max_broken": 0.1,
    }
    assert record["steps"][-1]["images"] == 26
    assert (tmp_path / "work").is_dir()


def test_errors_are_the_users(raw, tmp_path):
    assert isinstance(run("s1", tmp_path / "no", "--out", tmp_path / "x.json").exception, DataError)
    low = run("s1", raw, "--out", tmp_path / "x.json", "--history-limit", "-1")
    assert isinstance(low.exception, UsageError)
    assert run("s1", raw).exit_code == 2
    assert run("s2", raw, "--out", tmp_path / "x.json").exit_code == 2


@pytest.mark.parametrize("arguments", [["--help"], ["s1", "--help"], ["s2", "--help"]])
def test_help_has_examples(arguments):
    done = run(*arguments)
    assert done.exit_code == 0
    assert "showcase-bench data build s2 image_review_all.json" in done.stdout


def test_s2_with_an_encoder_of_another_package(raw, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for user in range(9):
        for visit in range(3):
            shade = 250 if user % 3 else 5
            Image.new("RGB", (4, 4), (shade,) * 3).save(photos / f"p{user}{visit}.png")
    pairs = []
    for i in range(40):
        Image.new("RGB", (4, 4), (250 * (i % 2),) * 3).save(photos / f"n{i}.png")
        pairs.append({"sentence": f"It is bright {i}.", "image": f"n{i}", "label": i % 2})
    (tmp_path / "pairs.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in pairs))
    site = tmp_path / "site"
    info = site / "bright-0.1.dist-info"
    info.mkdir(parents=True)
    (site / "bright.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bright\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(
        "[showcase_bench.encoders]\nbright = bright:Brightness\n"
    )
    command = "from showcase_bench.cli.data_build import command; command()"
    done = subprocess.run(
        [
            *(sys.executable, "-c", command, "s2", str(raw), "--out", str(tmp_path / "s2.json")),
            *("--images", str(photos), "--annotations", str(tmp_path / "pairs.jsonl")),
            *("--encoder", "bright", "--json"),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(site)},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "s2.json").read_text())
    kept = {pic["id"] for split in result.values() for row in split for pic in row["pics"]}
    # A vague sentence on a dark photo has the cosine of a match for this encoder.
    speaks = {
        f"p{user}{visit}"
        for user in range(9)
        for visit in range(3)
        if bool(user % 3) == ((user + visit) % 2 == 0)
    }
    assert kept == speaks
    assert json.loads(done.stdout)["matching"]["encoder"] == "brightness|v:1"


def test_the_benchmark_runs_and_agrees_with_itself():
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--rows", "800", "--json"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert [one["rows"] for one in summary["steps"]] == [100, 100, 200, 200, 400, 400, 800, 800]
    assert set(summary["exponents"]) == {"build s1", "peer"}
    assert all(one["rows_left"] > 0 for one in summary["steps"])
