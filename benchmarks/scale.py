"""Time and memory of each stage against the number of examples.

    python benchmarks/scale.py
    python benchmarks/scale.py --sizes 10000,100000,1000000 --jobs 2 --keep folder
    python benchmarks/scale.py --sizes 100000 --skip compare,board --ray

Synthetic worlds of so many test rows, and every stage as the command line does it, each in
processes of its own: making the world, preparing its columns, predictions of four cheap models,
scores of all n-gram and set metrics (without METEOR) and of the selection metrics, those of the
metrics that look at other users and at photos elsewhere with their levels (in one process, with
hashes for vectors, so that no encoder is what is measured), a comparison of the four systems, and
runs of two models with their board. One model is asked, and its predictions are scored, in one
process and in several. No stage looks at pixels, so that drawing the photos is not what is
measured.

``seconds`` are on the clock, ``cpu`` those that all processes of the stage worked; on a machine
that does other work as well only the latter tell. ``MiB`` is the largest sum over the processes,
pages that they share counted once. The last lines give the exponent of each stage (1 is linear),
how much sooner several processes are done, and with ``--ray`` the time of two Ray nodes on this
machine against theirs.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from _harness import exponent, workplace

SIZES = "10000,100000,1000000"
TRAIN = 1_000
SYSTEMS = ("random", "unseen-photos", "copy-history", "modal-sentence")
METRICS = (
    "selection,coverage@3,bleu-1,bleu-2,bleu-3,bleu-4,sacrebleu,chrf,chrf++,ter,rouge-1,rouge-2,"
    "rouge-3,rouge-4,rouge-l,coco-rouge-l,cider,cider-d,nist-5,diversity-of-text"
)
PERSONAL = ("history-lift", "user-match-mrr", "image-lift-other", "image-lift-business")
COMPARED = "ndcg@3,bleu-4,rouge-l,distinct-2"
RUN = """
import sys
from dataclasses import replace
from pathlib import Path
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import (RunStore, Suite, Workspace)
from showcase_bench.evaluate.plans.build import parse_models
from showcase_bench.evaluate.executors import LocalExecutor

data, cache, results, models, metrics, jobs = sys.argv[1:]
task = replace(file_task(Path(data)), metrics=tuple(metrics.split(",")))
workspace = Workspace.open(task, places=Places(Path(cache), Path(cache)))
with LocalExecutor(int(jobs)) as executor:
    suite = Suite(workspace, RunStore(Path(results)), jobs=int(jobs), executor=executor)
    suite.run(parse_models(models), [0])
"""
OTHERS = """
import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import (Scorer, Workspace, frame_of_workspace)
from showcase_bench.submission import Examples, open_predictions


class Hashes:
    folder = None

    def identify(self, encoder):
        return encoder

    def vectors(self, texts, encoder):
        joined = b"".join(hashlib.sha256(text.encode()).digest()[:8] for text in texts)
        rows = np.frombuffer(joined, np.int8).reshape(-1, 8) + np.float32(0.5)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


data, cache, predictions, *names = sys.argv[1:]
workspace = Workspace.open(file_task(Path(data)), places=Places(Path(cache), Path(cache)))
showcases = open_predictions(Path(predictions), Examples.of_workspace(workspace))
frame = frame_of_workspace(workspace)
frame = replace(frame, embeddings=Hashes(), features=Hashes().vectors)
scorer = Scorer(frame, workspace.parse_metrics(names))
scorer.score(showcases)
assert len(scorer.levels) == len(names)
"""
PREPARE = """
import sys
from pathlib import Path
from showcase_bench.datasets.dataset import load_dataset

load_dataset(Path(sys.argv[1]), cache_dir=Path(sys.argv[2]))
"""
_SECONDS_BETWEEN_LOOKS = 0.5


class Cost(NamedTuple):
    """What a stage took."""

    seconds: float
    cpu: float
    mib: float


def watched(command: Sequence[str]) -> Cost:
    """Run a command and look at the memory of its processes while it runs."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, _memory(process.pid))
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    told = process.stderr.read().decode() if process.stderr else ""
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{told}")
    after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(seconds, cpu, peak)


def _memory(pid: int) -> float:
    """MiB of a process and its children, with shared pages divided where the system tells."""
    total = 0
    try:
        first = psutil.Process(pid)
        for one in [first, *first.children(recursive=True)]:
            full = one.memory_full_info()
            total += getattr(full, "pss", 0) or full.rss
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0.0
    return total / 2**20


class World:
    """The stages on a world of so many examples."""

    def __init__(self, folder: Path, examples: int, jobs: int) -> None:
        self.folder, self.examples, self.jobs = folder / f"world-{examples}", examples, jobs
        self.cache = folder / "cache"

    def _verb(self, *arguments: str) -> Cost:
        return watched([sys.executable, "-m", "showcase_bench", *arguments])

    def _task(self, *arguments: str) -> Cost:
        data = ("--data", str(self.folder / "data.json"), "--cache-dir", str(self.cache))
        return self._verb(*arguments, *data, "--quiet")

    def _predictions(self, system: str) -> str:
        return str(self.folder.parent / f"{system}-{self.examples}.jsonl")

    def stages(self) -> dict[str, Callable[[], Cost]]:
        """By name, in the order in which they need each other."""
        found: dict[str, Callable[[], Cost]] = {}
        if not self.folder.is_dir():
            found["synth"] = self._synth
        found["prepare"] = self._prepare
        for system in SYSTEMS:
            found[f"predict {system}"] = lambda system=system: self._predict(system, "--jobs", "1")
        for verb, work in self._divided().items():
            for jobs in sorted({1, self.jobs}):
                found[f"{verb}, {jobs} jobs"] = lambda jobs=jobs, work=work: work(
                    "--jobs", str(jobs)
                )
        found["others"] = self._others
        found["compare"] = self._compare
        found["run"] = self._run
        found["board"] = self._board
        return found

    def _synth(self) -> Cost:
        sizes = ("--train", str(TRAIN), "--val", "0", "--test", str(self.examples))
        place = ("--out", str(self.folder), "--jobs", str(self.jobs), "--quiet")
        return self._verb("data", "synth", *sizes, *place)

    def _prepare(self) -> Cost:
        return self._script(PREPARE)

    def _script(self, code: str, *more: str) -> Cost:
        data = str(self.folder / "data.json")
        return watched([sys.executable, "-c", code, data, str(self.cache), *more])

    def _divided(self) -> dict[str, Callable[..., Cost]]:
        """What processes share, by its verb; they take more options."""
        return {"predict": lambda *more: self._predict(SYSTEMS[1], *more), "score": self._score}

    def _predict(self, system: str, *more: str) -> Cost:
        return self._task("predict", "--model", system, "--out", self._predictions(system), *more)

    def _score(self, *more: str) -> Cost:
        self._forget_tokens()
        predictions = self._predictions("copy-history")
        return self._task("score", predictions, "--metrics", METRICS, "--json", *more)

    def _others(self) -> Cost:
        return self._script(OTHERS, self._predictions("copy-history"), *PERSONAL)

    def ray_stages(self) -> dict[str, Callable[[], Cost]]:
        """The same on two Ray nodes of this machine; without the time that they take to start."""
        return {
            f"{verb}, ray": lambda work=work: self._on_ray(work)
            for verb, work in self._divided().items()
        }

    def _on_ray(self, work: Callable[..., Cost]) -> Cost:
        from ray.cluster_utils import Cluster

        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        try:
            cluster.add_node(num_cpus=max(1, self.jobs - 1))
            address = ("--executor", "ray", "--ray-address", cluster.address)
            return work(*address, "--jobs", str(self.jobs))
        finally:
            cluster.shutdown()

    def _forget_tokens(self) -> None:
        """Let no stage find the tokens that another one has kept."""
        for folder in self.cache.glob("tokens*"):
            shutil.rmtree(folder)

    def _compare(self) -> Cost:
        self._forget_tokens()
        files = [self._predictions(system) for system in SYSTEMS]
        jobs = ("--jobs", str(self.jobs), "--json")
        return self._task("compare", *files, "--metrics", COMPARED, *jobs)

    def _results(self) -> str:
        return str(self.folder.parent / f"results-{self.examples}")

    def _run(self) -> Cost:
        models = ",".join(SYSTEMS[1:3])
        return self._script(RUN, self._results(), models, COMPARED, str(self.jobs))

    def _board(self) -> Cost:
        out = ("--out", str(self.folder.parent / f"boards-{self.examples}"))
        return self._verb("leaderboard", "build", "--results", self._results(), *out, "--quiet")


def table(rows: Sequence[tuple[int, str, Cost]]) -> str:
    """The costs as text."""
    lines = [f"{'examples':>10}  {'stage':24}{'seconds':>9}{'cpu':>9}{'us each':>9}{'MiB':>8}"]
    for examples, stage, cost in rows:
        each = 1e6 * cost.cpu / examples
        numbers = f"{cost.seconds:9.1f}{cost.cpu:9.1f}{each:9.0f}{cost.mib:8.0f}"
        lines.append(f"{examples:10,}  {stage:24}{numbers}")
    return "\n".join(lines)


def conclusions(rows: Sequence[tuple[int, str, Cost]], jobs: int) -> list[str]:
    """Exponents and ratios."""
    found: dict[str, dict[int, Cost]] = {}
    for examples, stage, cost in rows:
        found.setdefault(stage, {})[examples] = cost
    lines = []
    for stage, by_size in found.items():
        if len(by_size) > 1:
            slope = exponent(list(by_size), [cost.cpu for cost in by_size.values()])
            lines.append(f"exponent of {stage}: {slope:.2f}")
    for verb in ("predict", "score"):
        several = found.get(f"{verb}, {jobs} jobs", {})
        for examples, cost in found.get(f"{verb}, 1 jobs", {}).items():
            if jobs > 1 and examples in several:
                ratio = cost.seconds / several[examples].seconds
                lines.append(
                    f"{verb} {examples:,}, {jobs} processes: {ratio:.2f} times as fast as 1"
                )
        for examples, cost in found.get(f"{verb}, ray", {}).items():
            if examples in several:
                ratio = cost.seconds / several[examples].seconds
                lines.append(
                    f"{verb} {examples:,}, two Ray nodes: {ratio:.2f} times the local time"
                )
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=SIZES, help="numbers of examples, with commas between")
    parser.add_argument("--jobs", type=int, default=2, help="processes for what can be divided")
    parser.add_argument("--skip", default="", help="stages to leave out, by their first word")
    parser.add_argument(
        "--ray", action="store_true", help="also predict and score on two Ray nodes"
    )
    parser.add_argument("--keep", type=Path, help="folder to work in; made worlds are used again")
    parser.add_argument("--json", type=Path, help="also write the costs to this file")
    asked = parser.parse_args(arguments)
    skipped = set(asked.skip.split(","))
    rows: list[tuple[int, str, Cost]] = []
    with workplace(asked.keep) as folder:
        for examples in map(int, asked.sizes.split(",")):
            world = World(folder, examples, asked.jobs)
            stages: dict[str, Any] = world.stages()
            if asked.ray:
                stages |= world.ray_stages()
            for stage, run in stages.items():
                if stage.split()[0].strip(",") in skipped:
                    continue
                rows.append((examples, stage, run()))
                print(table(rows[-1:]).splitlines()[-1], flush=True)
    print()
    print(table(rows))
    for line in conclusions(rows, asked.jobs):
        print(line)
    if asked.json:
        asked.json.write_text(json.dumps([[size, stage, *cost] for size, stage, cost in rows]))


if __name__ == "__main__":
    main()
