"""What is killed: one command a scenario, on a small world that is made once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "SCENARIOS",
    "Scenario",
    "call",
    "environment",
    "make_world",
    "prepare",
    "temporary",
    "without_costs",
]

_ROOT = Path(__file__).resolve().parent.parent.parent
_MODELS = "random,popular,copy-history,modal-sentence,topk,dpp,reference,slow:Trained"
_OWN = '''"""Models that take their time, as trained ones do."""

import json
import time

from showcase_bench import Model, Showcase


class Slow(Model):
    def __init__(self, pause: float = 2.5) -> None:
        self.pause = pause

    def predict(self, queries, images):
        time.sleep(self.pause)
        return [Showcase(one.id, one.pool[:1], f"Visit {one.business_id}!") for one in queries]


class Trained(Model):
    """Learns in steps, and goes on from the last one that is on disk."""

    def fit(self, train, val, *, seed, workdir, progress):
        path = workdir / "steps.json"
        self.steps = json.loads(path.read_text()) if path.exists() else []
        for step in range(len(self.steps), 12):
            time.sleep(0.1)
            self.steps.append((seed + sum(len(one.gold.texts[0]) for one in train) * step) % 9973)
            beside = workdir / "beside.json"
            beside.write_text(json.dumps(self.steps))
            beside.replace(path)

    def predict(self, queries, images):
        for number, one in enumerate(queries):
            step = self.steps[number % len(self.steps)]
            yield Showcase(one.id, one.pool[:1], f"Step {step} for {one.user_id}.")

    def save(self, folder):
        (folder / "steps.json").write_text(json.dumps(self.steps))

    def load(self, folder):
        self.steps = json.loads((folder / "steps.json").read_text())
'''


@dataclass(frozen=True)
class Scenario:
    """A command that can be given again."""

    name: str
    arguments: Callable[[Path], list[str]]
    """From the folder of the world; everything else is relative to the working folder."""
    made: tuple[str, ...]
    """What it leaves in the working folder, beside ``stdout``."""


def _data(world: Path, name: str = "world") -> list[str]:
    return ["--data", str(world / name / "data.json")]


SCENARIOS = {
    one.name: one
    for one in (
        Scenario(
            "run",
            lambda world: [
                *("run", *_data(world), "--models", _MODELS, "--seeds", "2", "--jobs", "2"),
                *("--results", "results", "--quiet"),
            ],
            ("results",),
        ),
        Scenario(
            "fit",
            lambda world: [
                *("fit", *_data(world), "--model", "slow:Trained", "--out", "model", "-q"),
            ],
            ("model",),
        ),
        Scenario(
            "predict",
            lambda world: [
                *("predict", *_data(world), "--model", "slow:Slow", "--out", "slow.jsonl", "-q"),
            ],
            ("slow.jsonl",),
        ),
        Scenario(
            "predict-many",  # so many that other processes are asked, and a file takes the answers
            lambda world: [
                *("predict", *_data(world, "many"), "--model", "slow:Slow(pause=0.2)"),
                *("--jobs", "2", "--out", "slow.jsonl", "-q"),
            ],
            ("slow.jsonl",),
        ),
        Scenario(
            "score",
            lambda world: [
                *("score", str(world / "predictions.jsonl"), *_data(world), "--json"),
                *("--metrics", "selection,div@3,bleu-4,cider-d,rouge-l,self-bleu,novelty-2"),
            ],
            (),
        ),
        Scenario(
            "score-many",  # so many that they are scored in parts, by other processes
            lambda world: [
                *("score", str(world / "many.jsonl"), *_data(world, "many")),
                *("--metrics", "recall@3,hit@3,bleu-4,distinct-2,length", "--jobs", "2", "--json"),
            ],
            (),
        ),
        Scenario(
            "audit",
            lambda world: [
                *("audit", *_data(world), "--metrics", "recall@3,bleu-4,distinct-2,div@3"),
                *("--faults", "other-user,generic,random-photos", "--out", "audit", "-q"),
            ],
            ("audit",),
        ),
        Scenario(
            "site",
            lambda world: [
                *("view", *_data(world), "--results", str(world / "results"), "--out", "site"),
                *("--no-open", "-q"),
            ],
            ("site",),
        ),
        Scenario(
            "train",
            lambda world: [
                *("fit", *_data(world), "--model", "peter(epochs=4)", "--out", "model", "-q"),
            ],
            ("model",),
        ),
    )
}


def temporary(place: Path) -> Path:
    """The system's folder for temporary files, as the command sees it."""
    return place / "tmp"


def environment(place: Path) -> dict[str, str]:
    """Of a command that has cache and temporary folder to itself."""
    temporary(place).mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")]),
        "SHOWCASE_BENCH_CACHE": str(place / "cache"),
        "TMPDIR": str(temporary(place)),
        "PYTHONWARNINGS": "ignore",
    }


def call(*arguments: str) -> list[str]:
    """The command line of this checkout."""
    return [sys.executable, "-m", "showcase_bench", *arguments]


def make_world(place: Path, names: Collection[str]) -> None:
    """Data, and what else the scenarios of these names start from."""
    synth = ["data", "synth", "--train", "150", "--val", "20", "--jobs", "1"]
    small = [*synth, "--test", "300", "--out", "world"]
    many = [*synth, "--test", "17000", "--out", "many"]
    predict_many = ["predict", "--data", "many/data.json", "--model", "copy-history"]
    models = "random,copy-history,dpp"
    predict = ["predict", *_data(place), "--model", "copy-history", "--out", "predictions.jsonl"]
    run = ["run", *_data(place), "--models", models, "--results", "results", "--no-report"]
    wanted = [small]
    wanted += [many] if {"predict-many", "score-many"} & {*names} else []
    wanted += [[*predict_many, "--out", "many.jsonl"]] if "score-many" in names else []
    wanted += [predict] if "score" in names else []
    wanted += [run] if "site" in names else []
    for arguments in wanted:
        subprocess.run(
            call(*arguments, "-q"),
            check=True,
            cwd=place,
            env=environment(place),
            stdout=subprocess.DEVNULL,
        )


def prepare(place: Path) -> None:
    """An empty working folder, but for a model of its own."""
    place.mkdir(parents=True)
    (place / "slow.py").write_text(_OWN, encoding="utf-8")


def without_costs(path: Path) -> bytes:
    """Content of a file without what must differ: how long it took, and when it was.

    These are ``created`` and ``timings`` of a ``run.json``, ``seconds`` of a ``fit.json`` with the
    checksum over them, and the table of costs that ends a ``report.html``.
    """
    data = path.read_bytes()
    dropped = {"run.json": ("created", "timings"), "fit.json": ("seconds", "sha256")}
    if path.name in dropped:
        record = json.loads(data)
        for name in dropped[path.name]:
            record.pop(name, None)
        data = json.dumps(record).encode()
    if path.name == "report.html":
        data = data.rpartition(b"<h2>Runs</h2>")[0]
    return data
