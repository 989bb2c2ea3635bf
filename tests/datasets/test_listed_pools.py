"""Photos that a data file lists for a business, whoever took them."""

import json

import pytest

from showcase_bench.datasets.dataset import load_dataset
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.errors import DataError


def load(tmp_path, rows):
    path = tmp_path / "toy.json"
    path.write_text(json.dumps(rows))
    return load_dataset(path, cache_dir=tmp_path / "cache")


def pools(data, split):
    examples = data.examples(split, SplitPolicy())
    return {examples.query(i).id: set(examples.query(i).pool) for i in range(len(examples))}


@pytest.mark.parametrize("first", [True, False])
def test_listed_photos_are_candidates(tmp_path, world, first):
    world["test"] = [{**row, "pics": None, "review_text": None} for row in world["test"]]
    business = world["test"][0]["business_id"]
    listed = {"pools": [{"business_id": business, "pics": [{"id": "AF1Qipnew"}]}]}
    before = pools(load(tmp_path, world), "test")
    data = load(tmp_path, {**listed, **world} if first else {**world, **listed})
    after = pools(data, "test")
    for row in world["test"]:
        key = f"{row['user_id']}_{row['business_id']}"
        more = {"AF1Qipnew"} if row["business_id"] == business else set()
        assert after[key] == before[key] | more
    assert "AF1Qipnew" in data.image_ids()
    assert data.counts["file"]["listed_pools"] == 1
    assert "unknown_keys" not in data.counts["file"]


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        ({"pics": []}, "'business_id': missing"),
        ({"business_id": "b", "pics": [{}]}, "neither an id nor a url"),
        ("b", "must be an object"),
    ],
)
def test_broken_pools_are_named(tmp_path, world, pool, message):
    with pytest.raises(DataError, match=message):
        load(tmp_path, {**world, "pools": [pool]})
