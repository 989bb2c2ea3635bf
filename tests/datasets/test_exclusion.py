import copy
import json

import pytest

from showcase_bench.datasets import SplitPolicy, load_dataset
from showcase_bench.datasets.policy import EXCLUSIONS
from showcase_bench.errors import UsageError


@pytest.fixture
def rows(world):
    """A world in which every trap has at least one test row, and one row has none."""
    test = world["test"]
    test[0]["user_id"] = "999"
    test[1]["business_id"] = "f" * 24
    test[2]["pics"] = []
    test[3]["review_text"] = " \n "
    test[4]["review_text"] = test[5]["review_text"]
    copied = copy.deepcopy(test[5])
    copied["review_text"] = f" {world['train'][0]['review_text']}  "
    copied["user_id"] = "105"
    copied["business_id"] = f"{3:024x}"
    copied["pics"] = [{"id": "AF1Qip900000", "url": ["images/p900000.png"]}]
    world["test"] = [*test, copied]
    return world


def expected(rows, name, k):
    """The definition of each trap, written plainly."""
    train, test = rows["train"], rows["test"]
    pools = {}
    for split in rows.values():
        for row in split:
            pools.setdefault(row["business_id"], set()).update(p["id"] for p in row["pics"])
    left = []
    for i, row in enumerate(test):
        pool, gold = len(pools[row["business_id"]]), len({p["id"] for p in row["pics"]})
        words = " ".join(row["review_text"].split())
        earlier = [" ".join(one["review_text"].split()) for one in test[:i]]
        known = [" ".join(one["review_text"].split()) for one in train]
        left.append(
            {
                "cold-user": row["user_id"] not in {one["user_id"] for one in train},
                "cold-business": row["business_id"] not in {o["business_id"] for o in train},
                "no-choice": pool <= min(k, gold),
                "no-photos": gold == 0,
                "no-text": not words,
                "repeated-text": bool(words) and words in earlier,
                "small-pool": pool < k,
                "training-text": bool(words) and words in known,
            }[name]
        )
    return left


@pytest.mark.parametrize("name", EXCLUSIONS)
def test_each_trap_leaves_out_exactly_its_rows(name, rows, write_data, tmp_path):
    dataset = load_dataset(write_data(rows), cache_dir=tmp_path / "cache")
    left = expected(rows, name, 3)
    assert any(left)
    assert not all(left)
    every = [one.query.id for one in dataset.split("test", SplitPolicy(), None)]
    kept = dataset.split("test", SplitPolicy(exclude=name), None)
    assert [one.query.id for one in kept] == [
        one for one, out in zip(every, left, strict=True) if not out
    ]
    assert [query.id for query in kept.queries()] == [one.query.id for one in kept.examples()]
    train = dataset.split("train", SplitPolicy(exclude=name), None)
    assert len(train) == len(rows["train"])


def test_several_at_once_leave_out_the_union(rows, write_data, tmp_path):
    dataset = load_dataset(write_data(rows), cache_dir=tmp_path / "cache")
    policy = SplitPolicy(exclude="no-text, cold-user,no-text")
    assert policy.exclude == "cold-user,no-text"
    assert policy == SplitPolicy(exclude="no-text,cold-user")
    out = [
        a or b
        for a, b in zip(expected(rows, "no-text", 3), expected(rows, "cold-user", 3), strict=True)
    ]
    assert len(dataset.split("test", policy, None)) == out.count(False)


def test_an_unknown_trap_is_refused():
    with pytest.raises(UsageError, match=r"'cold-users'. Did you mean 'cold-user'"):
        SplitPolicy(exclude="cold-users")


def test_on_the_command_line(cli, toy, tmp_path):
    out = tmp_path / "out"
    done = cli(
        "run", "--data", toy, "--models", "random", "--exclude", "cold-user", "--results", out
    )
    assert done.exit_code == 0, done.output
    assert [path.name for path in out.iterdir()] == ["file-toy-without-cold-user"]
    card = cli("data", "card", "--data", toy, "--exclude", "no-text", "--json")
    assert json.loads(card.stdout)["splits"]["test"]["rows_under_policy"] == 6
    text = cli("data", "card", "--data", toy, "--exclude", "no-text").stdout
    assert "rows left out of val and test: no-text" in text
    assert "left out of val and test" in text
