"""The benchmark of the synthetic data runs and reports every step at every size."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "data.py"


def test_the_benchmark_runs(tmp_path):
    command = [sys.executable, str(SCRIPT), "--scale", "mini", "--sizes", "2", "--jobs", "1"]
    done = subprocess.run(
        [*command, "--json", "--keep", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    steps = ["synth", "check", "prepare", "load", "photos", "levels"]
    assert [(one["rows"], one["step"]) for one in found["steps"]] == [
        (rows, step) for rows in (1375, 2750) for step in steps
    ]
    assert all(one["seconds"] > 0 and one["peak_mib"] > 10 for one in found["steps"])
    assert all(one["cpu_seconds"] >= 0 for one in found["steps"])
    assert list(found["exponents"]) == steps
    file = tmp_path / "rows-2750" / "world" / "data.json"
    assert file.stat().st_size == found["steps"][-1]["data_bytes"]
    assert found["steps"][-1]["folder_bytes"] > found["steps"][-1]["data_bytes"]
