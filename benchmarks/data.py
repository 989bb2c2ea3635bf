"""Time and memory of making a synthetic world, checking it, and reading it back.

    python benchmarks/data.py                     # 1/8, 1/4, 1/2 and 1 of GEST-s2's rows
    python benchmarks/data.py --scale 10x --jobs 2
    python benchmarks/data.py --scale mini --keep /tmp/bench --json

Each step runs in a process of its own: seconds are around the call, imports excluded; the peak is
that of the process, and for ``synth`` with several jobs that of the process and, times the jobs, of
its largest worker. CPU seconds are those of all processes of the step. ``photos`` opens the photos
and draws 20 of them; no other step draws any. The exponents are slopes of log seconds over log rows
by least squares, 1 is linear; that of the CPU seconds is the one to trust on a machine that does
other things too.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _harness import exponent, measure, peak_mib, workplace

SIZES = 4
DRAWN = 20
STEPS = ("synth", "check", "prepare", "load", "photos", "levels")


def make_synth(folder: Path, rows: list[int], jobs: int) -> Callable[[], None]:
    """Step: the world, as the command line writes it."""
    from showcase_bench.datasets.mini import MiniConfig
    from showcase_bench.datasets.synth import synth

    n_train, n_val, n_test = rows
    config = MiniConfig(n_train=n_train, n_val=n_val, n_test=n_test)
    return lambda: discard(synth(config, folder / "world", jobs=jobs))


def make_check(folder: Path) -> Callable[[], None]:
    """Step: every file of the folder against its manifest."""
    from showcase_bench.datasets.integrity.manifest import check_manifest

    def step() -> None:
        problems = check_manifest(folder / "world")
        if problems:
            raise SystemExit("\n".join(map(str, problems)))

    return step


def make_load(folder: Path) -> Callable[[], None]:
    """Step: the data set; the first time it is prepared, and then mapped."""
    from showcase_bench.datasets import load_dataset

    return lambda: discard(
        load_dataset(folder / "world" / "data.json", cache_dir=folder / "cache").counts
    )


def make_photos(folder: Path) -> Callable[[], None]:
    """Step: open the photos and draw some."""
    from showcase_bench.datasets import load_dataset
    from showcase_bench.datasets.synth import SynthImages

    data = load_dataset(folder / "world" / "data.json", cache_dir=folder / "cache")
    ids = data.image_ids()
    drawn = [ids[index * len(ids) // DRAWN] for index in range(DRAWN)]

    def step() -> None:
        images = SynthImages(folder / "world" / "world.json")
        for image_id in drawn:
            images.load(image_id)

    return step


def make_levels(folder: Path) -> Callable[[], None]:
    """Step: what random, the true preference and the answer score on the test split."""
    from showcase_bench.datasets.synth import truth_levels

    return lambda: discard(truth_levels(folder / "world", "test", 3))


def discard(_: object) -> None:
    """Do nothing with a result."""


def child(step: str, folder: Path, rows: list[int], jobs: int) -> None:
    """Run one step in this process and print its figures."""
    makers: dict[str, Callable[[], Callable[[], None]]] = {
        "synth": lambda: make_synth(folder, rows, jobs),
        "check": lambda: make_check(folder),
        "prepare": lambda: make_load(folder),
        "load": lambda: make_load(folder),
        "photos": lambda: make_photos(folder),
        "levels": lambda: make_levels(folder),
    }
    run = makers[step]()
    start, used = time.perf_counter(), cpu_seconds()
    run()
    seconds, cpu = time.perf_counter() - start, cpu_seconds() - used
    peak = peak_mib() + jobs * peak_mib(resource.RUSAGE_CHILDREN)
    figures = {"step": step, "seconds": seconds, "cpu_seconds": cpu, "peak_mib": peak}
    print(json.dumps(figures))


def cpu_seconds() -> float:
    """Processor time of this process and of its children that have ended."""
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in times)


def fits(figures: list[dict[str, Any]]) -> dict[str, float]:
    """Exponents of one step."""
    rows = [one["rows"] for one in figures]
    return {
        name: exponent(rows, [one[name] for one in figures]) for name in ("seconds", "cpu_seconds")
    }


def run_size(folder: Path, rows: list[int], jobs: int) -> list[dict[str, Any]]:
    """All steps at one size, in a folder that is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sizes = ["--rows", ",".join(map(str, rows)), "--jobs", str(jobs)]
    steps = [measure(__file__, step, "--keep", str(folder), *sizes) for step in STEPS]
    written = {path.name: path.stat().st_size for path in (folder / "world").iterdir()}
    whole = sum(p.stat().st_size for p in (folder / "world").rglob("*") if p.is_file())
    facts = {"rows": sum(rows), "data_bytes": written["data.json"], "folder_bytes": whole}
    return [{**facts, **step} for step in steps]


def report(figures: list[dict[str, Any]], slopes: dict[str, dict[str, float]]) -> str:
    """Table of the steps, and the fits."""
    lines = [
        f"{'rows':>10} {'data MB':>8} {'all MB':>8} {'step':<8} {'seconds':>8} {'cpu s':>8} "
        f"{'peak MiB':>9}"
    ]
    for one in figures:
        lines.append(
            f"{one['rows']:>10,} {one['data_bytes'] / 1e6:>8.1f} {one['folder_bytes'] / 1e6:>8.1f} "
            f"{one['step']:<8} {one['seconds']:>8.2f} {one['cpu_seconds']:>8.2f} "
            f"{one['peak_mib']:>9.0f}"
        )
    for step, slope in slopes.items():
        lines.append(
            f"{step}: seconds grow as rows to the {slope['seconds']:.2f}, "
            f"CPU seconds to the {slope['cpu_seconds']:.2f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scale", choices=("mini", "gest", "10x"), default="gest")
    parser.add_argument("--sizes", type=int, default=SIZES, help="sizes, each half of the next")
    parser.add_argument("--jobs", type=int, help="processes of synth; by default all processors")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave the worlds there")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--child", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--rows", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        rows = [int(one) for one in arguments.rows.split(",")]
        child(arguments.child, arguments.keep, rows, arguments.jobs)
        return
    if arguments.sizes < 2:
        parser.error("--sizes must be at least 2, or nothing can be fitted")
    from showcase_bench.datasets.synth import scaled
    from showcase_bench.processes import available_processors

    jobs = arguments.jobs or available_processors()
    figures = []
    with workplace(arguments.keep) as folder:
        for halvings in reversed(range(arguments.sizes)):
            rows = [one >> halvings for one in scaled(arguments.scale)]
            figures += run_size(folder / f"rows-{sum(rows)}", rows, jobs)
            if arguments.keep is None:
                shutil.rmtree(folder / f"rows-{sum(rows)}")
    slopes = {step: fits([one for one in figures if one["step"] == step]) for step in STEPS}
    summary = {"jobs": jobs, "steps": figures, "exponents": slopes}
    print(json.dumps(summary, indent=2) if arguments.json else report(figures, slopes))


if __name__ == "__main__":
    main()
