from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "prepare.py"


def test_the_benchmark_runs_and_its_file_looks_like_gest(tmp_path):
    command = [sys.executable, str(SCRIPT), "--rows", "2000", "--json", "--keep", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert [step["step"] for step in figures["steps"]] == [
        "prepare",
        "load",
        "test examples",
        "train examples",
        "peer load",
        "peer test examples",
    ]
    assert all(step["seconds"] > 0 and step["peak_mib"] > 10 for step in figures["steps"])
    file = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    rows = file["train"]
    n = len(rows)
    assert [len(file[name]) for name in ("train", "val", "test")] == [1598, 199, 202]
    assert abs(sum(len(row["pics"]) for row in rows) / n - 1.87) < 0.15
    assert abs(sum(len(row["history_reviews"]) for row in rows) / n - 3.4) < 0.35
    assert abs(sum(row["rating"] for row in rows) / n - 4.465) < 0.1
    users = [{row["user_id"] for row in file[name]} for name in file]
    assert not users[0] & users[2]
