"""Sites of some hundred examples, and of many systems: how large they are, and what is left out."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import RunStore, Suite, Workspace
from showcase_bench.evaluate.plans.build import parse_models
from showcase_bench.evaluate.runs.store import RunFiles
from showcase_bench.evaluate.showcases.canonical import dump_predictions
from showcase_bench.site import build_site
from showcase_bench.types import NoProgress

EXAMPLES = 160
WORDS = [
    *("menu", "noodles", "staff", "terrace", "ramen", "crisp", "friendly", "slow", "lovely"),
    *("bright", "corner", "lamp", "brick", "dumplings", "cheap", "broth", "waiter", "garden"),
    *("salad", "fresh", "cake", "window", "quiet", "loud", "music", "table", "view", "river"),
]


def write_reviews(folder):
    """Users with three reviews each, at restaurants of twelve photos; ids as long as real ones."""
    draw = random.Random(7)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    Image.new("RGB", (8, 8)).save(folder / "photo.png")
    places = [f"{draw.getrandbits(96):024x}" for _ in range(EXAMPLES // 4)]

    def text():
        words = " ".join(draw.choice(WORDS) for _ in range(draw.randrange(8, 30)))
        return f"{words.capitalize()}."

    def row(user, at):
        ids = ["AF1Qip" + "".join(draw.choices(alphabet, k=38)) for _ in range(3)]
        earlier = [[f"{user}_{places[(user + one) % len(places)]}", text()] for one in range(at)]
        return {
            "user_id": str(10**20 + user),
            "business_id": places[(user + at) % len(places)],
            "rating": float(draw.randrange(1, 6)),
            "review_text": text(),
            "pics": [{"id": one, "url": ["photo.png"]} for one in ids],
            "history_reviews": earlier,
        }

    splits = {
        name: [row(user, at) for user in range(EXAMPLES)]
        for at, name in enumerate(("train", "val", "test"))
    }
    (folder / "reviews.json").write_text(json.dumps(splits))
    return folder / "reviews.json"


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """Workspace and runs: four systems on some hundred examples."""
    folder = tmp_path_factory.mktemp("crowd")
    task = file_task(write_reviews(folder))
    workspace = Workspace.open(task, places=Places(folder / "cache", folder / "no-data"))
    plans = parse_models("random,popular,copy-history,train-reference")
    runs = Suite(workspace, RunStore(folder / "results")).run(plans, [0]).runs
    return workspace, list(runs)


# Most bytes of each kind of chunk for each thing that it tells of. By them 31 systems, 93 runs, 500
# examples and 5,000 photos come to 1.1 MB, with pages and scripts; the limit is 1.5 MB.
MOST = {
    "places": ("photos", 16),
    "examples": ("examples", 160),
    "index": ("examples", 50),
    "showcases": ("answers", 25),
    "scores": ("answers", 7),
    "runs": ("runs", 2000),
    "pairs": ("pairs", 60),
}


def test_each_kind_of_chunk_is_small(crowd, tmp_path):
    workspace, runs = crowd
    site = build_site(runs, workspace, tmp_path / "site", NoProgress())
    examples = list(workspace.scored_split.examples())
    metrics = len(list((site.folder / "data" / "pairs").iterdir()))
    numbers = {
        "photos": len({photo for one in examples for photo in one.query.pool}),
        "examples": len(examples),
        "answers": len(examples) * len(runs),
        "runs": len(runs),
        "pairs": metrics * len(runs) * (len(runs) - 1) // 2,
    }
    found = {
        kind.name: sum(path.stat().st_size for path in kind.rglob("*.js"))
        for kind in (site.folder / "data").iterdir()
        if kind.is_dir()
    }
    assert set(found) == set(MOST)
    for kind, size in found.items():
        of, most = MOST[kind]
        assert size < most * numbers[of], kind


def copies(runs, folder, number):
    """So many systems, each with the answers and scores of ``random`` moved by some examples."""
    store = RunStore(folder)
    run = next(one for one in runs if one.record.label == "random")
    table, shown = run.table(), run.predictions()
    for at in range(number):
        rows = {name: np.roll(one, at, axis=0) for name, one in table.statistics.items()}
        files = RunFiles(dump_predictions(shown), replace(table, statistics=rows).to_parquet())
        inputs = replace(run.record.inputs, model=f"system-{at:04d}")
        record = replace(
            run.record, id=inputs.run_id, inputs=inputs, role="system", flags=(), **files.digests()
        )
        yield store.write(record, files)


@pytest.fixture(scope="module")
def many(crowd, tmp_path_factory):
    """Folder of a site of 160 systems."""
    workspace, runs = crowd
    folder = tmp_path_factory.mktemp("many")
    made = list(copies(runs, folder / "results", 160))
    return build_site(made, workspace, folder / "site", NoProgress()).folder


def test_pairs_of_many_systems_are_not_computed(many):
    assert not (many / "data" / "pairs").exists()
    assert "Pairs are not on these pages" in (many / "methods.html").read_text()


@pytest.mark.browser
def test_the_board_of_many_systems_shows_some_and_finds_all(many, chromium):
    page = chromium.new_page()
    page.set_default_timeout(300_000)
    page.goto(f"{many.as_uri()}/index.html")
    page.wait_for_selector("[aria-busy]", state="detached")
    photos = page.locator("section[aria-labelledby=section-photos]")
    rows = photos.locator("tbody").first.locator("tr")
    assert rows.count() == 150
    photos.locator("th.primary button.sort").click()
    figures = [float(one) for one in rows.locator("td.primary .figure").all_inner_texts()]
    assert figures == sorted(figures, reverse=True)
    page.get_by_label("Filter systems").fill("system-0159")
    assert rows.count() == 1
    page.get_by_label("Filter systems").fill("")
    photos.get_by_role("button", name="Show 10 more").click()
    assert rows.count() == 160
    page.goto(f"{many.as_uri()}/compare.html#systems=system-0003,system-0159")
    page.wait_for_selector(".picker")
    assert "showcase-bench compare --systems A,B" in page.locator("main").inner_text()
    assert page.locator(".plot-box svg").count() == 1
    page.close()
