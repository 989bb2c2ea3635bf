from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.datasets import load_dataset
from showcase_bench.datasets.policy import SplitPolicy
from showcase_bench.datasets.resplit import warm_split
from showcase_bench.errors import DataError, UsageError

ROW = {
    "user_id": "u1",
    "business_id": "b1",
    "rating": 4,
    "review_text": "Good soup.",
    "pics": [{"id": "p1", "url": ["images/p1.png"]}],
    "history_reviews": [],
}


def row(user, business, text="", history=(), **more):
    return {
        **ROW,
        "user_id": user,
        "business_id": business,
        "review_text": text or f"{user} at {business}",
        "history_reviews": [list(one) for one in history],
        **more,
    }


def hash_of(user, business):
    key = f"gest-warm-1\0{user}\0{business}".encode()
    return hashlib.blake2b(key, digest_size=16).hexdigest()


def plain(text):
    return " ".join((text or "").split())


def naive(rows):
    """The construction, said another way: whole lists, no indices."""
    pooled, pairs = [], []
    for split in ("train", "val", "test"):
        for one in rows.get(split, []):
            if (one["user_id"], one["business_id"]) not in pairs:
                pairs.append((one["user_id"], one["business_id"]))
                pooled.append(one)

    def place(one):
        same = [r for r in pooled if r["user_id"] == one["user_id"]]
        above = sum(
            hash_of(r["user_id"], r["business_id"]) > hash_of(one["user_id"], one["business_id"])
            for r in same
        )
        if above == 0 and len(same) > 1:
            return "test"
        return "val" if above == 1 and len(same) > 2 else "train"

    def names(one):
        pair = f"{one['user_id']}_{one['business_id']}"
        return {one.get("review_id") or pair, pair}

    targets = [one for one in pooled if place(one) != "train"]
    found = {"train": [], "val": [], "test": []}
    for one in pooled:
        offered = [({i}, i, text or "") for i, text in one["history_reviews"]]
        for other in pooled:
            if other["user_id"] == one["user_id"] and place(other) == "train":
                other_id = other.get("review_id") or f"{other['user_id']}_{other['business_id']}"
                offered.append((names(other), other_id, other["review_text"]))
        history, taken = [], []
        for known, shown, text in offered:
            forbidden = [one, *targets]
            if not plain(text) or any(
                known & names(r) or plain(text) == plain(r["review_text"]) for r in forbidden
            ):
                continue
            if any(known & ids or plain(text) == plain(t) for ids, t in taken):
                continue
            taken.append((known, text))
            history.append([shown, text])
        found[place(one)].append({**one, "history_reviews": history})
    return found


USERS, BUSINESSES = st.sampled_from("abc"), st.sampled_from("123456")
TEXTS = st.sampled_from(["x", "x ", "y z", " y\nz", "", " ", "w", "v u", "ü😀", "r", "s", "t"])
IDS = st.tuples(USERS, BUSINESSES).map("_".join) | st.sampled_from(["r1", "r2", "other"])
ROWS = st.builds(
    lambda user, business, text, history, review_id: {
        **ROW,
        "user_id": user,
        "business_id": business,
        "review_text": text,
        "history_reviews": [list(one) for one in history],
        **({} if review_id is None else {"review_id": review_id}),
    },
    USERS,
    BUSINESSES,
    TEXTS,
    st.lists(st.tuples(IDS, TEXTS | st.none()), max_size=4),
    st.sampled_from([None, None, None, "r1", "r2"]),
)
FILES = st.fixed_dictionaries(
    {split: st.lists(ROWS, max_size=6) for split in ("train", "val", "test")}
)


def written(path):
    found = json.loads(path.read_bytes())
    conversion = found.pop("conversion")
    return found, conversion


@settings(max_examples=120, deadline=None)
@given(rows=FILES)
def test_it_equals_the_naive_construction(rows, tmp_path_factory):
    out = tmp_path_factory.getbasetemp() / "warm.json"
    expected = naive(rows)
    if not expected["test"]:
        with pytest.raises(DataError, match="nobody can be tested"):
            warm_split(rows, out)
        return
    report = warm_split(rows, out)
    found, conversion = written(out)
    assert found == expected
    assert conversion == json.loads(json.dumps(report.to_json()))
    n = sum(len(one) for one in rows.values())
    assert report.rows_read == n == report.repeated_pairs + sum(report.splits.values())
    kept = report.history["from_file"] + report.history["added"]
    assert kept == sum(len(r["history_reviews"]) for one in found.values() for r in one)


@settings(max_examples=70, deadline=None)
@given(rows=FILES)
def test_nothing_leaks_and_every_tested_user_is_warm(rows, tmp_path_factory):
    out = tmp_path_factory.getbasetemp() / "leak.json"
    try:
        warm_split(rows, out)
    except DataError:
        return
    found, _ = written(out)
    users = {split: [r["user_id"] for r in ones] for split, ones in found.items()}
    assert set(users["val"]) <= set(users["test"]) <= set(users["train"])
    assert len(set(users["test"])) == len(users["test"])
    targets = found["val"] + found["test"]
    texts = {plain(r["review_text"]) for r in targets}
    ids = {r.get("review_id") for r in targets} | {
        f"{r['user_id']}_{r['business_id']}" for r in targets
    }
    for one in (r for ones in found.values() for r in ones):
        for review_id, text in one["history_reviews"]:
            assert plain(text)
            assert plain(text) not in texts
            assert plain(text) != plain(one["review_text"])
            assert review_id not in ids


def test_counts_of_what_happens_to_histories(tmp_path):
    order = sorted("1234", key=lambda b: hash_of("a", b))
    *train, val, test = order
    shared = f"a at {train[1]}"
    history = [
        (f"a_{test}", "edited since"),
        ("foreign", f"a  at {val}"),
        ("blank", " \n"),
        (f"a_{train[0]}", "myself, edited"),
        ("old", "An old visit."),
        ("older", "An  old visit."),
    ]
    rows = {
        "train": [row("a", train[0], history=history), row("b", "1")],
        "val": [row("a", val), row("a", val, "again")],
        "test": [row("a", test), row("a", train[1])],
    }
    report = warm_split(rows, tmp_path / "o.json")
    found, conversion = written(tmp_path / "o.json")
    first = next(r for r in found["train"] if r["business_id"] == train[0])
    assert first["history_reviews"] == [["old", "An old visit."], [f"a_{train[1]}", shared]]
    assert report.splits == {"train": 3, "val": 1, "test": 1}
    assert (report.users, report.users_tested, report.repeated_pairs) == (2, 1, 1)
    # Each of the two training rows is its own once; val and test rows get both.
    assert conversion["history"] == {
        "added": 6,
        "empty": 1,
        "from_file": 1,
        "own": 3,
        "repeated": 1,
        "target_id": 1,
        "target_text": 1,
    }


def test_all_other_fields_stay(tmp_path):
    odd = row("a", "1", "\ud83d alone, é😀", time=17, pics=[{"url": "x/y.jpg", "label": "food"}])
    odd["extra"] = {"deep": [1, None, 2.5]}
    source = tmp_path / "in.json"
    source.write_text(json.dumps({"train": [odd, row("b", "1")], "test": [row("a", "2")]}))
    warm_split(source, tmp_path / "o.json")
    found, _ = written(tmp_path / "o.json")
    back = next(r for ones in found.values() for r in ones if "extra" in r)
    assert {**back, "history_reviews": []} == odd
    assert "é" in (tmp_path / "o.json").read_text().replace("\\u00e9", "é")


def test_catalogue_rows_are_never_held_out(tmp_path):
    rows = {
        "train": [
            *(row("catalogue", b, catalogue=True, review_text="") for b in "123"),
            row("a", "1"),
        ],
        "test": [row("a", "2")],
    }
    rows["train"][3]["pics"] = [{"id": "q", "url": [], "synthetic_link": True}]
    report = warm_split(rows, tmp_path / "o.json")
    found, conversion = written(tmp_path / "o.json")
    assert [r["user_id"] for r in found["test"]] == ["a"]
    assert sum(r["user_id"] == "catalogue" for r in found["train"]) == 3
    assert report.users == 1
    assert conversion["synthetic_link"] is True


def test_a_file_and_its_rows_in_memory_give_the_same_bytes(world, tmp_path):
    source = tmp_path / "in.json"
    source.write_text(json.dumps(world))
    warm_split(source, tmp_path / "a.json")
    warm_split(world, tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_a_warm_file_split_again_holds_out_the_same_rows(world, tmp_path):
    warm_split(world, tmp_path / "a.json")
    warm_split(tmp_path / "a.json", tmp_path / "b.json")
    once, twice = written(tmp_path / "a.json")[0], written(tmp_path / "b.json")[0]
    pairs = lambda rows: {(r["user_id"], r["business_id"]) for r in rows}  # noqa: E731
    assert {s: pairs(r) for s, r in once.items()} == {s: pairs(r) for s, r in twice.items()}


def test_bytes_do_not_depend_on_the_hash_seed(world, tmp_path):
    source = tmp_path / "in.json"
    source.write_text(json.dumps(world))
    code = (
        "import sys; from pathlib import Path;"
        "from showcase_bench.datasets.resplit import warm_split;"
        "warm_split(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    found = []
    for seed in ("1", "2"):
        out = tmp_path / f"{seed}.json"
        env = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, source, out], check=True, env=env)
        found.append(out.read_bytes())
    assert found[0] == found[1]
    assert json.loads(found[0])["test"]


def test_the_result_is_a_data_set_without_answers_in_histories(toy, cli, tmp_path):
    out = toy.parent / "warm.json"
    warm_split(toy, out)
    dataset = load_dataset(out, cache_dir=tmp_path / "cache")
    assert sum(len(dataset.examples(s, SplitPolicy())) for s in dataset.split_names) == 24
    card = json.loads(cli("data", "card", "--data", out, "--json").stdout)
    for split in card["splits"].values():
        assert split["answers_in_history"]["texts"] == 0
    assert card["splits"]["test"]["rows_with_user_in_train"] == 6
    assert card["photos"]["unreadable"]["total"] == 0
    done = cli("run", "--data", out, "--models", "random,dpp", "--results", tmp_path / "r")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "r" / "file-warm" / "leaderboard.json").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("[]", "not an object"),
        ('{"train": [{"user_id": "a"', "truncated"),
        ('{"train": [{"user_id": 1, "business_id": "b"}]}', "train row 0, field 'user_id'"),
        ('{"train": [{"user_id": "a", "business_id": "b", "rating": NaN}]}', "NaN"),
        ('{"train": []}', "nobody can be tested"),
        ('{"train": [' + "[" * 100_000 + "]}", "nested too deep"),
        ('{"user_id": "a"}\n{"user_id": "b"}', "JSON Lines"),
        (b'{"train": ["\xff"]}', "not UTF-8"),
    ],
)
def test_bad_files(tmp_path, text, words):
    source, out = tmp_path / "in.json", tmp_path / "out.json"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    out.write_text("before")
    with pytest.raises(DataError, match=words):
        warm_split(source, out)
    assert out.read_text() == "before"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in.json", "out.json"]


def test_all_bad_rows_are_named(tmp_path):
    rows = {"train": [row("a", "1"), row("", "1")], "val": [row("a", "2", rating="5"), 7]}
    with pytest.raises(DataError) as caught:
        warm_split(rows, tmp_path / "o.json")
    assert len(caught.value.problems) == 3
    assert "val row 1" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_paths_that_cannot_work(world, tmp_path):
    source = tmp_path / "in.json"
    source.write_text(json.dumps(world))
    with pytest.raises(UsageError, match="also an input"):
        warm_split(source, source)
    link = tmp_path / "link.json"
    link.symlink_to(source)
    with pytest.raises(UsageError, match="also an input"):
        warm_split(source, link)
    with pytest.raises(UsageError, match="is a folder"):
        warm_split(source, tmp_path)
    with pytest.raises(DataError, match="no such file"):
        warm_split(tmp_path / "gone.json", tmp_path / "o.json")
    with pytest.raises(DataError, match="is a folder"):
        warm_split(tmp_path, tmp_path / "o.json")
    with pytest.raises(UsageError, match="cannot be written"):
        warm_split(source, source / "below" / "o.json")
    with pytest.raises(UsageError, match="unknown split 'valid'"):
        warm_split({"valid": []}, tmp_path / "o.json")
    assert json.loads(source.read_text()) == world


class Meddler:
    """Progress that changes the file between the two passes."""

    def __init__(self, path: Path, rows) -> None:
        self.path = path
        self.rows = rows

    def track(self, items, *, label, total=None):
        if "writing" in label:
            self.path.write_text(json.dumps(self.rows))
        yield from items


@pytest.mark.parametrize("change", ["text", "fewer", "more"])
def test_a_file_that_changes_is_noticed(world, tmp_path, change):
    source = tmp_path / "in.json"
    source.write_text(json.dumps(world))
    if change == "text":
        world["test"][0]["review_text"] += "!"
    elif change == "fewer":
        world["test"].pop()
    else:
        world["test"].append(row("new", "1"))
    with pytest.raises(DataError, match="changed while"):
        warm_split(source, tmp_path / "o.json", progress=Meddler(source, world))
    assert [one.name for one in tmp_path.iterdir()] == ["in.json"]


def test_which_row_is_held_out_is_fixed_for_ever():
    groups = defaultdict(list)
    for user in ("117", "118"):
        for business in ("60", "61", "62", "63"):
            groups[user].append((hash_of(user, business), business))
    from showcase_bench.datasets.sources.warm_plan import warm_order

    for user, ones in groups.items():
        expected = [business for _, business in sorted(ones)]
        assert sorted(("60", "61", "62", "63"), key=lambda b: warm_order(user, b)) == expected
    assert warm_order("117", "60").hex() == hash_of("117", "60")
