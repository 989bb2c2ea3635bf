"""How fast submissions are checked and scored, and how much memory hostile ones take.

A world with as many test rows as GEST-s2 (11,015) is made, or taken with --data, and opened once so
that its columns are prepared. Then, each in a new process:

- check: the check of a correct submission, without and with the opening of the data;
- score: opening, check, all metrics without a network, and the notes, with an empty and with a
  filled cache of tokens;
- hostile: a gigabyte of garbage in lines and in one endless line, as it is (refused by its size)
  and with that limit lifted (read to its end, or to the stated number of wrong lines); ten
  gigabytes in a gzip and in a Zstandard bomb.

Wall seconds depend on what else the machine does; seconds of processor time do so less.

    python benchmarks/submission.py [--data world/data.json] [--keep FOLDER] [--json]
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
from _harness import measure, peak_mib, workplace

GOALS = {"check_s": 1.0, "score_s": 15.0, "memory_mib": 300.0}
METRICS = "selection,coverage,n-gram,diversity-of-text"
GIGABYTE = 1_000_000_000
_MIB = 1 << 20


def _open(data: Path, cache: Path) -> Any:
    from showcase_bench.datasets.tasks import Places, file_task
    from showcase_bench.evaluate.task.workspace import Workspace

    return Workspace.open(file_task(data), places=Places(cache, cache))


def child_make(data: Path, folder: Path) -> dict[str, Any]:
    """Prepare the data and write a correct submission: three photos, another user's text."""
    from showcase_bench.evaluate.showcases.canonical import dump_predictions
    from showcase_bench.submission.card import task_facts, template_card
    from showcase_bench.types import Showcase

    workspace = _open(data, folder / "cache")
    examples = workspace.scored_split.examples()
    texts = [example.gold.texts[0] for example in examples]
    rows = [
        Showcase(example.query.id, example.query.pool[:3], texts[at - 1])
        for at, example in enumerate(examples)
    ]
    (folder / "good.jsonl").write_bytes(dump_predictions(rows))
    (folder / "good.toml").write_text(template_card(task_facts(workspace)), encoding="utf-8")
    return {"n": len(rows), "mib": round((folder / "good.jsonl").stat().st_size / _MIB, 2)}


def child_check(data: Path, folder: Path, name: str = "good.jsonl", lifted: str = "") -> Any:
    """Check one file; ``lifted`` asks for no limit on its size."""
    from showcase_bench.submission.card import task_facts
    from showcase_bench.submission.check import Submission, check_submission
    from showcase_bench.submission.examples import Examples
    from showcase_bench.submission.limits import DEFAULT, Limits

    begun = time.perf_counter(), time.process_time()
    workspace = _open(data, folder / "cache")
    opened = time.perf_counter(), time.process_time()
    limits = Limits(file_bytes=1 << 40) if lifted else DEFAULT
    asked = Submission(
        folder / name,
        task_facts(workspace),
        Examples.of_workspace(workspace),
        folder / "good.toml",
        limits,
    )
    found = check_submission(asked, keep=False, need_card=True)
    done = time.perf_counter(), time.process_time()
    return {
        "check_s": round(done[0] - opened[0], 3),
        "check_cpu_s": round(done[1] - opened[1], 3),
        "open_and_check_s": round(done[0] - begun[0], 3),
        "open_and_check_cpu_s": round(done[1] - begun[1], 3),
        "peak_mib": round(peak_mib()),
        "lines": found.lines,
        "problems": found.problems.total,
        "last": None if found.sound else str(found.problems.kept[-1])[:120],
    }


def child_score(data: Path, folder: Path) -> dict[str, Any]:
    """Open, check, score and look for signs of gaming."""
    from showcase_bench.submission.card import task_facts
    from showcase_bench.submission.check import Submission, check_submission
    from showcase_bench.submission.examples import Examples
    from showcase_bench.submission.row import score_row

    start = time.perf_counter(), time.process_time()
    workspace = _open(data, folder / "cache")
    facts, examples = task_facts(workspace), Examples.of_workspace(workspace)
    asked = Submission(folder / "good.jsonl", facts, examples)
    found = check_submission(asked, keep=True, need_card=True)
    assert found.card is not None
    assert found.showcases is not None
    metrics = workspace.parse_metrics(METRICS.split(","))
    row = score_row(found.card, found.showcases, workspace, metrics)
    return {
        "score_s": round(time.perf_counter() - start[0], 2),
        "score_cpu_s": round(time.process_time() - start[1], 2),
        "peak_mib": round(peak_mib()),
        "metrics": len(row.scores),
        "notes": len(row.notes),
    }


def write_hostile(folder: Path) -> None:
    """Write garbage and bombs."""
    block = os.urandom(_MIB)
    with (folder / "garbage.jsonl").open("wb") as file:
        for _ in range(GIGABYTE // _MIB + 1):
            file.write(block)
    with (folder / "endless.jsonl").open("wb") as file:
        file.truncate(GIGABYTE)
    blank = b" " * (64 * _MIB)
    (folder / "bomb.gz").write_bytes(gzip.compress(blank, 9) * 160)
    (folder / "bomb.zst").write_bytes(pa.Codec("zstd").compress(blank, asbytes=True) * 160)


def run(data: Path | None, folder: Path) -> dict[str, Any]:
    """All steps."""
    me = str(Path(__file__).resolve())
    if data is None:
        data = folder / "world" / "data.json"
        if not data.exists():
            make = [sys.executable, "-m", "showcase_bench", "data", "synth", "--scale", "gest"]
            subprocess.run([*make, "--out", str(data.parent), "--quiet"], check=True)
    where = (str(data), str(folder))
    result: dict[str, Any] = {"made": measure(me, "make", *where)}
    checks = [measure(me, "check", *where) for _ in range(3)]
    result["check"] = min(checks, key=lambda one: one["check_s"])
    result["score"] = {
        state: measure(me, "score", *where) for state in ("tokens made", "tokens kept")
    }
    write_hostile(folder)
    result["hostile"] = {
        f"{name}{', size limit lifted' * lifted}": measure(
            me, "check", *where, name, *["lifted"] * lifted
        )
        for name, lifted in (
            *(("garbage.jsonl", False), ("garbage.jsonl", True)),
            *(("endless.jsonl", False), ("endless.jsonl", True)),
            *(("bomb.gz", False), ("bomb.zst", False)),
        )
    }
    result["goals"] = GOALS
    return result


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["--child"]:
        step, data, folder, *more = sys.argv[2:]
        steps: dict[str, Any] = {"make": child_make, "check": child_check, "score": child_score}
        print(json.dumps(steps[step](Path(data), Path(folder), *more)))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="a GEST-shaped file instead of a synthetic one")
    parser.add_argument("--keep", type=Path, help="work here and leave the files")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with workplace(options.keep) as folder:
        result = run(options.data, folder.resolve())
    if options.json:
        print(json.dumps(result, indent=2))
        return
    print(f"{result['made']['n']:,} examples, {result['made']['mib']} MiB of predictions")
    for name in ("check", "score", "hostile"):
        print(f"{name}: {json.dumps(result[name], indent=2)}")
    print(f"goals: {GOALS}")


if __name__ == "__main__":
    main()
