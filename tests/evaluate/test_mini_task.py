"""The embedded task from end to end, as the demo runs it."""

from __future__ import annotations

import json

import pytest

from showcase_bench.datasets.mini import stored_fingerprint
from showcase_bench.datasets.tasks import TASKS, Places
from showcase_bench.types import NoProgress


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def test_the_data_is_the_published_one(cache):
    dataset = TASKS.get("mini").open(Places(cache, cache), NoProgress())
    assert dataset.revision == stored_fingerprint()["rows_sha256"]
    assert len(dataset.image_ids()) == stored_fingerprint()["counts"]["photos"]


def test_a_changed_cache_file_is_made_again(cache):
    TASKS.get("mini").open(Places(cache, cache), NoProgress())
    (path,) = (cache / "mini").glob("*.json")
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    dataset = TASKS.get("mini").open(Places(cache, cache), NoProgress())
    assert dataset.revision == stored_fingerprint()["rows_sha256"]


def test_the_models_run_and_the_board_says_what_must_be_so(cache, tmp_path):
    from click.testing import CliRunner

    from showcase_bench.cli.main import cli

    out = tmp_path / "out"
    models = (
        "random,popular,history-nearest,copy-history,modal-sentence,unseen-photos,train-reference,"
        "topk,mmr,dpp,reference,show-and-tell(epochs=1,decoding=greedy)"
    )
    arguments = ["run", "--models", models, "--results", str(out), "--json"]
    arguments += ["--cache-dir", str(cache)]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    board = json.loads(done.stdout)["board"]
    photos, words = board["sections"]
    value = {
        row["model"]: {name: one["value"] for name, one in row["scores"].items()}
        for row in photos["rows"]
    }
    ndcg = {name: scores["ndcg@3"] for name, scores in value.items()}
    columns = {column["name"]: column for column in photos["columns"]}
    chance = columns["precision@3"]["levels"]
    assert chance["low"] <= value["random"]["precision@3"] <= chance["high"]
    for column in columns.values():
        if column["levels"]:
            assert value["reference"][column["name"]] == pytest.approx(column["levels"]["best"])
    for selector in ("topk", "mmr", "dpp", "popular"):
        assert ndcg[selector] > columns["ndcg@3"]["levels"]["high"], selector
    assert value["dpp"]["div@3"] > value["topk"]["div@3"]
    assert {row["model"] for row in words["rows"]} == {
        "reference",
        "history-nearest",
        "train-reference",
        "copy-history",
        "modal-sentence",
        "show-and-tell(decoding=greedy,epochs=1)",
    }
