"""``showcase-bench cache``: what is listed, what goes, and what never does."""

import json
import os
import time

import pytest
from click.testing import CliRunner

from showcase_bench.cli.main import cli
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import RunStore, Suite, Workspace
from showcase_bench.evaluate.cache_folder import KINDS, cache_entries
from showcase_bench.evaluate.plans.build import parse_models

DAY = 24 * 3600


def call(*arguments, **more):
    return CliRunner().invoke(cli, ["cache", *map(str, arguments)], **more)


@pytest.fixture
def root(tmp_path):
    """A cache folder with three kinds, something old, and things of others."""
    root = tmp_path / "cache"
    for name, size, days in (
        ("features/aa/one.npy", 100, 0),
        ("features/bb/two.npy", 200, 40),
        ("tokens/cc", 50, 40),
        ("meteor-dd/start.npy", 30, 0),
        ("fits/baselines.peter.model/Peter-1/model.json", 10, 40),
        ("fits/baselines.peter.model/.Peter-1.lock", 0, 40),
        ("fits/baselines.peter.model/.Peter-2.work/x.safetensors", 20, 0),
        ("somebody/else", 999, 400),
        ("notes.txt", 5, 400),
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
        when = time.time() - days * DAY
        os.utime(path, (when, when))
        os.utime(path.parent, (when, when))
    return root


def names(root, *kinds):
    return [f"{one.kind}/{one.name}" for one in cache_entries(root, kinds)]


ALL = [
    "features/aa",
    "features/bb",
    "tokens/cc",
    "meteor/dd",
    "fits/baselines.peter.model/Peter-1",
    "fits/baselines.peter.model/Peter-2",
]


def test_what_is_ours_is_listed_with_its_size(root):
    assert names(root) == ALL
    plain = json.loads(call("list", "--cache-dir", root, "--json").stdout)
    assert [one["bytes"] for one in plain["entries"]] == [100, 200, 50, 30, 10, 20]
    shown = call("list", "--cache-dir", root, "--entries").output
    assert "Peter-2" in shown
    assert "somebody" not in shown
    assert "410 B in 6 entries" in shown
    assert names(root, "tokens", "fits") == [
        one for one in ALL if one.startswith(("tokens", "fits"))
    ]


def test_prune_takes_what_is_old(root):
    dry = json.loads(call("prune", "--cache-dir", root, "--dry-run", "--json").stdout)
    assert names(root) == ALL
    done = json.loads(call("prune", "--cache-dir", root, "--json").stdout)
    assert done["entries"] == dry["entries"]
    assert done["bytes"] == 260
    assert names(root) == ["features/aa", "meteor/dd", "fits/baselines.peter.model/Peter-2"]
    assert not (root / "fits/baselines.peter.model/.Peter-1.lock").exists()


def test_clear_asks_and_leaves_what_is_not_ours(root):
    refused = call("clear", "--cache-dir", root, input="n\n")
    assert refused.exit_code != 0
    assert names(root) == ALL
    assert call("clear", "tokens", "--cache-dir", root, "--yes").exit_code == 0
    assert names(root) == [one for one in ALL if not one.startswith("tokens")]
    assert call("clear", "--cache-dir", root, input="y\n").exit_code == 0
    assert names(root) == []
    assert (root / "somebody" / "else").exists()
    assert (root / "notes.txt").exists()
    assert not [path for path in root.iterdir() if path.name.startswith(".trash")]


def test_links_lead_nowhere(root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    (root / "features" / "link").symlink_to(outside)
    (root / "texts").symlink_to(outside)
    assert call("clear", "--cache-dir", root, "--yes").exit_code == 0
    assert (outside / "precious").read_text() == "x"
    assert not (root / "features" / "link").is_symlink()
    assert (root / "texts").is_symlink()


def test_a_missing_folder_holds_nothing_and_an_unknown_kind_is_an_error(tmp_path):
    assert call("list", "--cache-dir", tmp_path / "none", "--json").exit_code == 0
    assert call("clear", "--cache-dir", tmp_path / "none").exit_code == 0
    wrong = call("list", "feature", "--cache-dir", tmp_path)
    assert wrong.exit_code == 2
    assert "features" in wrong.output


def test_everything_that_a_run_keeps_is_known_and_can_go(toy, tmp_path):
    cache = tmp_path / "cache"
    models = parse_models("topk,copy-history,peter(epochs=1)")

    def run(name):
        workspace = Workspace.open(file_task(toy), places=Places(cache, tmp_path / "none"))
        metrics = workspace.parse_metrics([*workspace.task.metric_names(), "history-lift"])
        runs = Suite(workspace, RunStore(tmp_path / name), metrics=metrics).run(models, [0]).runs
        return [run.predictions() for run in runs]

    before = run("one")
    unknown = {path.name for path in cache.iterdir() if not path.name.startswith("meteor-")} - set(
        KINDS
    )
    assert not unknown
    assert call("clear", "--cache-dir", cache, "--yes").exit_code == 0
    assert cache_entries(cache) == []
    assert run("two") == before
