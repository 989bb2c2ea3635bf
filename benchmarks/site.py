"""Time and size of a site against the number of systems and of examples.

    python benchmarks/site.py
    python benchmarks/site.py --sizes 25x2754,100x2754,100x500 --keep folder

A synthetic world, two cheap controls really run and scored on it, and further systems made of them:
their photos and texts are those of other examples, moved by a number of places that differs from
system to system, and their scores move with them, so that files have the sizes of real ones. Each
site is built in a process of its own. Before it the site of the two real systems is built, which
draws the photos, once for all sites of a world; that is timed apart. Pairs are left out, as they
are of more than 60 systems. The last lines give the exponents, of CPU time and of size, in systems
and in examples; 1 is linear.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _harness import exponent, measure, peak_mib, workplace

from showcase_bench.datasets.mini import MiniConfig
from showcase_bench.datasets.synth import synth
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import RunStore, StoredRun, Suite, Workspace
from showcase_bench.evaluate.plans.build import parse_models
from showcase_bench.evaluate.runs.store import RunFiles
from showcase_bench.evaluate.showcases.canonical import dump_predictions
from showcase_bench.types import NoProgress, Showcase

SIZES = "25x2754,100x2754,25x11015,100x11015"
TRAIN = 1_000
BASE = "random,history-nearest"
REAL = 2


def open_world(folder: Path, examples: int) -> Workspace:
    """The world of so many test rows, made at the first call."""
    world = folder / f"world-{examples}"
    if not world.is_dir():
        synth(MiniConfig(n_train=TRAIN, n_val=0, n_test=examples), world)
    places = Places(folder / "cache", folder / "data")
    return Workspace.open(file_task(world / "data.json"), places=places)


def make_runs(folder: Path, workspace: Workspace, systems: int) -> list[StoredRun]:
    """Runs of so many systems, the first two real."""
    store = RunStore(folder / f"results-{systems}-{len(workspace.queries)}")
    result = Suite(workspace, store).run(parse_models(BASE), [0])
    runs = list(result.runs)
    for number in range(len(runs), systems):
        runs.append(moved(store, runs[number % REAL], workspace, number))
    return runs


def moved(store: RunStore, run: StoredRun, workspace: Workspace, number: int) -> StoredRun:
    """A system that answers as another one did, a few examples further on."""
    table, shift = run.table(), 7 * number
    shown = run.predictions()
    showcases: list[Showcase] = []
    for at, query in enumerate(workspace.queries):
        other = shown[(at + shift) % len(shown)]
        start = (at + shift) % len(query.pool) if query.pool else 0
        photos = (*query.pool[start:], *query.pool[:start])[: len(other.image_ids)]
        showcases.append(Showcase(query.id, photos, other.text))
    statistics = {name: np.roll(rows, -shift, axis=0) for name, rows in table.statistics.items()}
    scores = replace(table, statistics=statistics).to_parquet()
    files = RunFiles(dump_predictions(showcases), scores)
    inputs = replace(run.record.inputs, model=f"system-{number:04d}")
    record = replace(
        run.record, id=inputs.run_id, inputs=inputs, given={}, role="system", **files.digests()
    )
    return store.write(record, files)


def child(folder: Path, systems: int, examples: int) -> dict[str, Any]:
    """Build one site; seconds, sizes and peak memory of the build."""
    from showcase_bench.site import build_site

    workspace = open_world(folder, examples)
    runs = make_runs(folder, workspace, systems)
    start = time.perf_counter()
    build_site(runs[:REAL], workspace, folder / "site-of-two", NoProgress())
    drawn = time.perf_counter() - start
    target = folder / f"site-{systems}-{examples}"
    start, used = time.perf_counter(), time.process_time()
    site = build_site(runs, workspace, target, NoProgress(), most_compared=0)
    seconds, cpu = time.perf_counter() - start, time.process_time() - used
    first = sum(path.stat().st_size for path in first_page(site.folder) if path.is_file())
    return {
        "systems": systems,
        "examples": examples,
        "two_first_seconds": round(drawn, 2),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "mib": round(site.bytes / 2**20, 2),
        "files": site.files,
        "photos": site.photos,
        "photo_mib": round(site.photo_bytes / 2**20, 1),
        "first_page_kib": round(first / 1024, 1),
        "peak_mib": round(peak_mib(), 1),
    }


def first_page(folder: Path) -> list[Path]:
    """What the browser reads to show the board: the page, what its tags name, and two chunks."""
    import re

    page = folder / "index.html"
    names = re.findall(r'(?:src|href)="([^"#?:]+)"', page.read_text(encoding="utf-8"))
    assets = [name for name in dict.fromkeys(names) if not name.endswith(".html")]
    return [page, *(folder / name for name in [*assets, "data/site.js", "data/board.js"])]


def report(rows: Sequence[dict[str, Any]]) -> None:
    """The table, and exponents where two sizes differ in one number alone."""
    print(
        "systems  examples  two first  seconds    CPU   MiB   files  photos"
        "  first page, KiB  peak MiB"
    )
    for row in rows:
        print(
            f"{row['systems']:7,}  {row['examples']:8,}  {row['two_first_seconds']:9.1f}"
            f"  {row['seconds']:7.1f}  {row['cpu_seconds']:5.1f}  {row['mib']:5.1f}"
            f"  {row['files']:6,}  {row['photos']:6,}"
            f"  {row['first_page_kib']:15.1f}  {row['peak_mib']:8.0f}"
        )
    for what, other in (("systems", "examples"), ("examples", "systems")):
        for value in sorted({row[other] for row in rows}):
            same = sorted((row for row in rows if row[other] == value), key=lambda r: r[what])
            if len(same) > 1:
                sizes = [row[what] for row in same]
                of_time = exponent(sizes, [row["cpu_seconds"] for row in same])
                of_size = exponent(sizes, [row["mib"] for row in same])
                print(
                    f"exponent in {what} at {value:,} {other}: CPU time {of_time:.2f}, "
                    f"size {of_size:.2f}"
                )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", default=SIZES, help="systems x examples, comma-separated")
    parser.add_argument("--keep", type=Path, help="folder to work in and to keep")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", nargs=3, metavar=("FOLDER", "SYSTEMS", "EXAMPLES"))
    arguments = parser.parse_args()
    if arguments.child:
        folder, systems, examples = arguments.child
        print(json.dumps(child(Path(folder), int(systems), int(examples))))
        return
    with workplace(arguments.keep) as folder:
        rows = []
        for size in arguments.sizes.split(","):
            systems, _, examples = size.partition("x")
            rows.append(measure(__file__, str(folder), systems, examples))
    if arguments.json:
        print(json.dumps(rows, indent=2))
    else:
        report(rows)


if __name__ == "__main__":
    main()
