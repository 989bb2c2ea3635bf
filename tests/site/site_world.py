"""A small data set and systems whose texts and names try to break out of a page."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from showcase_bench import Model, Showcase
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import RunStore, Suite, Workspace
from showcase_bench.evaluate.plans.build import BuildPlan, parse_models

ATTACKS = (
    "<script>window.attacked = 1</script>",
    "</script><script>window.attacked = 2</script>",
    '"><img src=x onerror="window.attacked = 3">',
    "[a link](javascript:window.attacked=4) javascript:window.attacked=5",
    "right \u202eto left\u202c and \u2067isolated\u2069, \u2028 a line \u2029 a paragraph",
    "]]> --> <!-- &lt;b&gt; &amp; \u0000 \u200b \ufeff {{ 7 * 7 }} {% raw %}",
)
LONG = "A long story about noodles. " * 2000
"""10,000 words."""


class Hostile(Model):
    def __init__(self, name: str = "") -> None:
        self.name = name

    def predict(self, queries, images):
        for at, query in enumerate(queries):
            text = LONG if at == 0 else ATTACKS[at % len(ATTACKS)]
            yield Showcase(query.id, query.pool[: query.k], text)


def _photo(path: Path, number: int) -> None:
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[:, :] = (number * 37 % 256, number * 91 % 256, number * 53 % 256)
    pixels[number % 24 : number % 24 + 12, 8:30] = 255 - pixels[0, 0]
    Image.fromarray(pixels).save(path)


def write_world(folder: Path) -> Path:
    """Six users at four restaurants, three splits; one photo is missing."""
    (folder / "images").mkdir(parents=True)
    rows = []
    for user in range(6):
        for visit in range(4):
            business, number = (user + visit) % 4, 4 * user + visit
            if number != 7:
                _photo(folder / "images" / f"p{number}.png", number)
            rows.append(
                {
                    "user_id": str(100 + user),
                    "business_id": f"{business:024x}",
                    "rating": float(1 + (user + visit) % 5),
                    "review_text": f"Visit {visit} of {user}: {ATTACKS[number % len(ATTACKS)]}",
                    "pics": [{"id": f"AF1Qip{number:06d}", "url": [f"images/p{number}.png"]}],
                    "history_reviews": [
                        [f"{100 + user}_{(user + v) % 4:024x}", f"Before, {v}: {ATTACKS[v]}"]
                        for v in range(visit)
                    ],
                }
            )
    splits = {
        "train": [row for at, row in enumerate(rows) if at % 4 < 2],
        "val": rows[2::4],
        "test": rows[3::4],
    }
    path = folder / "toy.json"
    path.write_text(json.dumps(splits), encoding="utf-8")
    return path


def open_world(folder: Path) -> Workspace:
    """The world as a task."""
    places = Places(folder / "cache", folder / "no-data")
    return Workspace.open(file_task(write_world(folder / "data")), places=places)


def hostile_plan(name: str) -> BuildPlan:
    """A system whose label holds ``name``."""
    return BuildPlan("hostile", Hostile, {"name": name}, {"name": name}, "tests 0", "0" * 64)


def run_world(workspace: Workspace, results: Path, seeds=(0,)):
    """Runs of honest controls and of hostile systems."""
    plans = [*parse_models("random,popular,copy-history,reference")]
    plans += [hostile_plan(name) for name in ATTACKS[1:5]]
    return Suite(workspace, RunStore(results)).run(plans, list(seeds)).runs
