"""A synth folder: its bytes, whatever made them, and what it leaves behind when it fails."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from functools import partial
from itertools import pairwise

import psutil
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from showcase_bench.cli.data_synth import command
from showcase_bench.datasets import SplitPolicy, load_dataset
from showcase_bench.datasets.integrity.manifest import check_manifest
from showcase_bench.datasets.mini import MiniConfig, build_rows, stored_fingerprint, truth
from showcase_bench.datasets.synth import (
    SCALES,
    division,
    merge,
    read_truth,
    scaled,
    synth,
    towns,
)
from showcase_bench.datasets.synth import write as writing
from showcase_bench.errors import DataError, StoreError, UsageError
from showcase_bench.files import sweep
from showcase_bench.files.temporary import PREFIX
from showcase_bench.pool import map_in_processes

SMALL = MiniConfig(seed=7, n_train=230, n_val=41, n_test=83, n_businesses=29)


@pytest.fixture
def small_towns(monkeypatch):
    """Towns of 60 rows, so that a small world has several."""
    monkeypatch.setattr(division, "TOWN_ROWS", 60)


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_default_world_is_the_published_one(tmp_path):
    report = synth(MiniConfig(), tmp_path / "world")
    stored = stored_fingerprint()
    data = (tmp_path / "world" / "data.json").read_bytes()
    assert hashlib.sha256(data).hexdigest() == stored["rows_sha256"]
    assert report.files["data.json"] == {"bytes": len(data), "sha256": stored["rows_sha256"]}
    assert report.counts == stored["counts"]
    assert report.towns == 1


def test_any_number_of_processes_gives_the_same_bytes(tmp_path, small_towns):
    first = synth(SMALL, tmp_path / "one", jobs=1)
    assert first.towns == 6
    synth(SMALL, tmp_path / "two", jobs=2)
    synth(SMALL, tmp_path / "again", jobs=1)
    one = contents(tmp_path / "one")
    assert set(one) == {
        "data.json",
        "manifest.json",
        "photos.idx",
        "places.idx",
        "truth/places.jsonl",
        "truth/test.jsonl",
        "truth/train.jsonl",
        "truth/val.jsonl",
        "world.json",
    }
    assert contents(tmp_path / "two") == one
    assert contents(tmp_path / "again") == one
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "one", "two"]


def test_a_divided_world_is_the_union_of_its_towns_in_one_order(tmp_path, small_towns):
    report = synth(SMALL, tmp_path / "world")
    raw = (tmp_path / "world" / "data.json").read_bytes()
    rows = json.loads(raw)
    expected = {split: [] for split in rows}
    planted = {split: [] for split in rows}
    for town in towns(SMALL):
        for split, part in build_rows(town).items():
            expected[split] += part
        for split, part in truth(town).items():
            planted[split] += part
    ids = {}
    for split, part in rows.items():
        ids[split] = [f"{row['user_id']}_{row['business_id']}" for row in part]
        made = {f"{row['user_id']}_{row['business_id']}": row for row in expected[split]}
        assert dict(zip(ids[split], part, strict=True)) == made
        assert len(set(ids[split])) == len(ids[split])
        true = {row.id: row for row in planted[split]}
        assert [*read_truth(tmp_path / "world", split)] == [true[one] for one in ids[split]]
    town_of = {
        f"{row['user_id']}_{row['business_id']}": index
        for index, town in enumerate(towns(SMALL))
        for part in build_rows(town).values()
        for row in part
    }
    order = [town_of[one] for one in ids["train"]]
    changes = sum(a != b for a, b in pairwise(order))
    assert changes > len(order) / 2, "towns must be mixed"
    every = [row for part in rows.values() for row in part]
    assert report.counts == {
        **{split: len(part) for split, part in rows.items()},
        "businesses": len({row["business_id"] for row in every}),
        "users": len({row["user_id"] for row in every}),
        "photos": len({pic["id"] for row in every for pic in row["pics"]}),
        "words": sum(len(row["review_text"].split()) for row in every),
        "history_reviews": sum(len(row["history_reviews"]) for row in every),
    }


def test_the_file_is_canonical_json(tmp_path, small_towns):
    synth(SMALL, tmp_path / "world")
    raw = (tmp_path / "world" / "data.json").read_bytes()
    rows = json.loads(raw)
    parts = []
    for split in ("test", "train", "val"):
        lines = [
            json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            for row in rows[split]
        ]
        parts.append(f'"{split}":[\n' + ",\n".join(lines) + "\n]")
    assert raw.decode() == "{" + ",\n".join(parts) + "}\n"


def test_the_manifest_holds_and_names_a_changed_byte(tmp_path):
    folder = tmp_path / "world"
    synth(SMALL, folder)
    assert check_manifest(folder) == []
    manifest = (folder / "manifest.json").read_text()
    assert manifest.endswith("}\n")
    listed = json.loads(manifest)["files"]
    assert list(listed) == sorted(listed)
    with (folder / "truth" / "val.jsonl").open("r+b") as stream:
        stream.seek(100)
        byte = stream.read(1)
        stream.seek(100)
        stream.write(bytes([byte[0] ^ 1]))
    assert [problem.file for problem in check_manifest(folder)] == ["truth/val.jsonl"]


def test_the_reader_finds_no_fault_and_the_pools_are_those_of_the_truth(tmp_path, small_towns):
    folder = tmp_path / "world"
    report = synth(SMALL, folder)
    data = load_dataset(folder / "data.json", cache_dir=tmp_path / "cache")
    assert len(data.image_ids()) == report.counts["photos"]
    builder = data.examples("test", SplitPolicy())
    examples = [builder.example(i) for i in range(len(builder))]
    planted = list(read_truth(folder, "test"))
    assert [one.query.id for one in examples] == [one.id for one in planted]
    for example, true in zip(examples, planted, strict=True):
        assert set(example.query.pool) == set(true.utility)
        assert set(example.gold.image_ids) <= set(true.utility)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**63 - 1),
    st.tuples(*[st.integers(0, 3_000_000)] * 3).filter(any),
    st.none() | st.integers(1, 400_000),
)
def test_towns_add_up_and_are_small(seed, sizes, n_businesses):
    config = MiniConfig(seed, *sizes, n_businesses)
    parts = towns(config)
    for name in ("n_train", "n_val", "n_test", "businesses"):
        assert sum(getattr(town, name) for town in parts) == getattr(config, name)
    assert len({town.seed for town in parts}) == len(parts)
    assert parts[0].seed == seed
    knobs = {(t.personalization, t.grounding, t.generic, t.noise, t.image_size) for t in parts}
    assert len(knobs) == 1
    if n_businesses is None:
        assert max(town.n_rows for town in parts) <= division.TOWN_ROWS + 3
    if config.n_rows <= division.TOWN_ROWS:
        assert parts == (config,)


def test_seeds_move_everything_and_towns_share_nobody(small_towns):
    users, photos = Counter(), Counter()
    worlds = [*towns(SMALL), *towns(MiniConfig(seed=8, n_train=230, n_businesses=29))]
    for town in worlds:
        every = [row for part in build_rows(town).values() for row in part]
        users.update({row["user_id"] for row in every} | {row["business_id"] for row in every})
        photos.update(pic["id"] for row in every for pic in row["pics"])
    assert set(users.values()) == set(photos.values()) == {1}


def test_scales_are_those_of_gest():
    assert sum(scaled("gest")) == 108_888
    assert scaled("10x") == tuple(10 * n for n in scaled("gest"))
    assert scaled("mini") == (2000, 250, 500)
    with pytest.raises(UsageError, match="Did you mean 'gest'"):
        scaled("gset")


@settings(deadline=None)
@given(
    st.lists(st.lists(st.binary(max_size=40).map(lambda one: one.replace(b"\n", b"")))),
    st.integers(1, 50),
)
def test_merging_is_sorting(tmp_path_factory, files, chunk):
    folder = tmp_path_factory.mktemp("merge")
    paths, records = [], []
    for index, lines in enumerate(files):
        paths.append(folder / f"{index}.lines")
        paths[-1].write_bytes(b"".join(line + b"\n" for line in sorted(lines)))
        records.append(folder / f"{index}.records")
        records[-1].write_bytes(b"".join(sorted(line.ljust(41, b"\1") for line in lines)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merge, "_CHUNK", chunk)
        every = [line for lines in files for line in lines]
        assert list(merge.merged_lines(paths)) == sorted(every)
        found = list(merge.merged_records(records, 41))
    assert found == sorted(line.ljust(41, b"\1") for line in every)


def test_a_folder_in_use_is_refused_and_untouched(tmp_path):
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("precious")
    with pytest.raises(UsageError, match="not empty"):
        synth(SMALL, taken)
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(UsageError, match="is not a folder"):
        synth(SMALL, file)
    with pytest.raises(UsageError, match="at least 1 process"):
        synth(SMALL, tmp_path / "new", jobs=0)
    assert contents(tmp_path) == {"taken/mine.txt": b"precious", "file": b"x"}


def test_an_empty_folder_is_filled_and_missing_parents_are_made(tmp_path):
    (tmp_path / "empty").mkdir()
    synth(SMALL, tmp_path / "empty")
    synth(SMALL, tmp_path / "a" / "b")
    assert contents(tmp_path / "empty") == contents(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == (tmp_path / "a").stat().st_mode & 0o777


def test_a_disk_that_fills_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "merged_records", full)
    with pytest.raises(StoreError, match="No space left"):
        synth(SMALL, tmp_path / "world")
    assert list(tmp_path.iterdir()) == []


def test_processes_that_are_ended_from_outside_are_reported(tmp_path, small_towns, monkeypatch):
    dying = partial(map_in_processes, initializer=os._exit, initargs=(1,))
    monkeypatch.setattr(writing, "map_in_processes", dying)
    with pytest.raises(StoreError, match="fewer --jobs"):
        synth(SMALL, tmp_path / "world", jobs=2)
    assert list(tmp_path.iterdir()) == []


SCRIPT = """
import sys
from pathlib import Path
from showcase_bench.datasets.mini import MiniConfig
from showcase_bench.datasets.synth import division, synth
division.TOWN_ROWS = 500
if __name__ == "__main__":
    synth(MiniConfig(n_train=60_000, n_val=0, n_test=0), Path(sys.argv[1]), jobs=2)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that kills")
def test_a_killed_run_leaves_nothing_that_looks_finished(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    run = subprocess.Popen([sys.executable, str(script), str(tmp_path / "world")])
    started = []
    try:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(f"{PREFIX}*/parts/*.train")):
            assert run.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        started = psutil.Process(run.pid).children(recursive=True)
        assert len(started) >= 2
    finally:
        run.kill()
        run.wait()
    assert not (tmp_path / "world").exists()
    assert not list(tmp_path.rglob("manifest.json"))
    gone, alive = psutil.wait_procs(started, timeout=20)
    for process in alive:
        process.kill()
    assert not alive
    assert len(gone) == len(started)
    sweep(tmp_path, again=True)  # as the next one does, but in this process the first has done it
    assert list(tmp_path.iterdir()) == [script]


@pytest.mark.parametrize("damage", ["missing", "line", "place"])
def test_damaged_truth_is_named(tmp_path, damage):
    folder = tmp_path / "world"
    synth(SMALL, folder)
    if damage == "missing":
        (folder / "truth" / "test.jsonl").unlink()
        match = r"test\.jsonl.*cannot be read"
    elif damage == "line":
        path = folder / "truth" / "test.jsonl"
        lines = path.read_bytes().split(b"\n")
        lines[4] = b'{"id": 3'
        path.write_bytes(b"\n".join(lines))
        match = r"test\.jsonl: line 5"
    else:
        (folder / "truth" / "places.jsonl").write_bytes(b"")
        match = r"places\.jsonl: has no business"
    with pytest.raises(DataError, match=match):
        list(read_truth(folder, "test"))
    with pytest.raises(UsageError, match="train, val, test"):
        list(read_truth(folder, "dev"))


def run_command(*arguments):
    return CliRunner().invoke(command, [str(one) for one in arguments], catch_exceptions=False)


def test_the_command_writes_what_the_function_writes(tmp_path):
    sizes = ("--train", 230, "--val", 41, "--test", 83, "--seed", 7)
    knobs = ("--personalization", 1, "--grounding", 0, "--generic", 0.5, "--noise", 0.125)
    done = run_command("--out", tmp_path / "a", *sizes, *knobs, "--jobs", 1, "--json")
    assert done.exit_code == 0
    config = MiniConfig(7, 230, 41, 83, None, 1.0, 0.0, 0.5, 0.125)
    report = synth(config, tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    found = json.loads(done.stdout)
    assert found["files"] == report.files
    assert found["counts"] == report.counts
    assert MiniConfig(**found["config"]).as_dict() == config.as_dict()
    done = run_command("--out", tmp_path / "c", "--test", 3)
    assert done.exit_code == 0
    assert "0 train, 0 val, 3 test" in done.stdout


def test_the_commands_scales_are_the_functions():
    (option,) = (one for one in command.params if one.name == "scale")
    assert list(option.type.choices) == list(SCALES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scale", "mini", "--test", "5"], "exclude each other"),
        (["--train", "0"], "at least one row"),
        (["--seed", "-1"], "seed must be"),
        (["--noise", "nan"], "noise must be"),
    ],
)
def test_senseless_options_are_the_users_error(tmp_path, arguments, message):
    with pytest.raises(UsageError, match=message):
        run_command("--out", tmp_path / "world", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_out_of_range_options_are_refused(tmp_path):
    for arguments in (["--generic", "1.5"], ["--jobs", "0"], ["--val", "-3"], ["--scale", "5x"]):
        assert run_command("--out", tmp_path / "world", *arguments).exit_code == 2
    assert run_command().exit_code == 2


def test_places_are_listed_once_with_all_their_photos(tmp_path, small_towns):
    folder = tmp_path / "world"
    synth(SMALL, folder)
    photos = defaultdict(set)
    for part in json.loads((folder / "data.json").read_bytes()).values():
        for row in part:
            photos[row["business_id"]] |= {pic["id"] for pic in row["pics"]}
    lines = (folder / "truth" / "places.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    assert {
        one["business_id"]: {i for ids in one["photos"].values() for i in ids} for one in found
    } == photos
    assert len(found) == len(photos)
