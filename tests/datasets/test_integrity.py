from __future__ import annotations

import hashlib
import json
import os
import random
import zlib
from pathlib import Path

import pyarrow as pa
import pytest

from showcase_bench.datasets import load_dataset
from showcase_bench.datasets.columns import BatchWriter
from showcase_bench.datasets.integrity.manifest import (
    MANIFEST,
    check_manifest,
    facts_of,
    read_manifest,
    write_manifest,
)
from showcase_bench.datasets.integrity.prepared import check_path, check_prepared
from showcase_bench.datasets.integrity.rows import read_checked
from showcase_bench.errors import UsageError


@pytest.fixture
def folder(tmp_path):
    """Three files, one of them empty and one in a folder below, with a manifest."""
    root = tmp_path / "set"
    (root / "images" / "AF").mkdir(parents=True)
    (root / "data.json").write_bytes(b'{"test": []}' * 1000)
    (root / "empty").write_bytes(b"")
    (root / "images" / "AF" / "é ü.jpg").write_bytes(bytes(range(256)))
    write_manifest(root, ["empty", "images/AF/é ü.jpg", "data.json", "empty"])
    return root


def kinds(problems):
    return [(one.file, one.kind) for one in problems]


def test_a_manifest_holds_sizes_and_hashes(folder):
    record = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert list(record["files"]) == ["data.json", "empty", "images/AF/é ü.jpg"]
    for name, entry in record["files"].items():
        data = (folder / name).read_bytes()
        assert entry == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert check_manifest(folder) == []
    before = (folder / MANIFEST).read_bytes()
    write_manifest(folder, reversed(list(record["files"])))
    assert (folder / MANIFEST).read_bytes() == before
    assert sorted(one.name for one in folder.iterdir()) == [
        "data.json", "empty", "images", MANIFEST,
    ]  # fmt: skip


def test_facts_of_a_file(tmp_path):
    data = random.Random(3).randbytes((1 << 20) + 17)
    (tmp_path / "f").write_bytes(data)
    assert facts_of(tmp_path / "f") == (
        len(data), hashlib.sha256(data).hexdigest(), zlib.crc32(data),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_any_changed_byte_is_named(folder, seed):
    rng = random.Random(seed)
    path = folder / rng.choice(["data.json", "images/AF/é ü.jpg"])
    data = bytearray(path.read_bytes())
    expected = hashlib.sha256(data).hexdigest()
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    (problem,) = check_manifest(folder)
    assert (problem.file, problem.kind) == (path.relative_to(folder).as_posix(), "changed")
    assert (problem.expected, problem.found) == (expected, hashlib.sha256(data).hexdigest())
    assert "other content in the same" in problem.message


def test_files_that_grew_shrank_vanished_and_came(folder):
    with (folder / "data.json").open("ab") as file:
        file.write(b"..")
    (folder / "images" / "AF" / "é ü.jpg").write_bytes(b"123")
    (folder / "empty").unlink()
    (folder / "images" / "new.jpg").write_bytes(b"")
    (folder / "z").mkdir()  # An empty folder holds nothing.
    found = check_manifest(folder)
    assert kinds(found) == [
        ("data.json", "changed"),
        ("empty", "missing"),
        ("images/AF/é ü.jpg", "changed"),
        ("images/new.jpg", "extra"),
    ]
    assert "2 more" in found[0].message
    assert "253 fewer" in found[2].message
    assert found[1].expected == hashlib.sha256(b"").hexdigest()


def test_folders_that_may_hold_more(folder):
    record = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    record["unchecked_folders"] = ["images", "..", 7, ""]
    (folder / MANIFEST).write_text(json.dumps(record), encoding="utf-8")
    (folder / "images" / "new.jpg").write_bytes(b"")
    (folder / "images2").write_bytes(b"")
    (folder / "images" / "AF" / "é ü.jpg").write_bytes(b"")
    assert kinds(check_manifest(folder)) == [
        ("images/AF/é ü.jpg", "changed"),
        ("images2", "extra"),
    ]


OUTSIDE = ["../secret", "/etc/hostname", "a/../../secret", "..", ".", "", "a//b", "./data.json",
           "a\\..\\b", "C:x", "C:\\x", "a\0b", "//host/share", "data.json/"]  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_names_that_lead_out_are_never_opened(folder, name, monkeypatch):
    (folder.parent / "secret").write_text("s")
    entry = {"bytes": 1, "sha256": hashlib.sha256(b"s").hexdigest()}
    record = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    record["files"][name] = entry
    (folder / MANIFEST).write_text(json.dumps(record), encoding="utf-8")
    opened = []
    real = Path.open
    monkeypatch.setattr(
        Path, "open", lambda self, *a, **k: opened.append(self) or real(self, *a, **k)
    )
    (problem,) = check_manifest(folder)
    assert problem.kind == "unsafe"
    assert {path.resolve().parent for path in opened} <= {folder, folder / "images" / "AF"}
    with pytest.raises(UsageError, match="cannot list"):
        write_manifest(folder, [name])


def test_links_are_followed_inside_only(folder):
    secret = folder.parent / "secret"
    secret.mkdir()
    (secret / "f").write_bytes(b"")
    (folder / "empty").unlink()
    (folder / "empty").symlink_to(secret / "f")
    (folder / "images" / "away").symlink_to(secret)
    (folder / "loop").symlink_to(folder / "loop")
    found = check_manifest(folder)
    assert kinds(found) == [("empty", "unsafe"), ("images/away", "extra"), ("loop", "extra")]
    assert "not followed" in found[0].message
    (folder / "empty").unlink()
    (folder / "empty2").write_bytes(b"")
    (folder / "empty").symlink_to("empty2")
    assert ("empty", "unsafe") not in kinds(check_manifest(folder))


def test_a_manifest_that_is_a_link_out_is_not_read(folder):
    (folder / MANIFEST).rename(folder.parent / "m.json")
    (folder / MANIFEST).symlink_to(folder.parent / "m.json")
    (problem,) = check_manifest(folder)
    assert problem.kind == "unsafe"


def test_things_that_are_not_files_do_not_block(folder):
    (folder / "empty").unlink()
    os.mkfifo(folder / "empty")
    (folder / "data.json").unlink()
    (folder / "data.json").mkdir()
    assert kinds(check_manifest(folder)) == [("data.json", "unsafe"), ("empty", "unsafe")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 200_000, "too deep"),
        (b'{"files": {"a": {}, "a": {}}}', "given twice"),
        (b'{"files": {"a": {"bytes": ' + b"9" * 10_000 + b"}}}", "not JSON"),
        (b"[]", "no object 'files'"),
        (b'{"files": []}', "no object 'files'"),
        (b"null", "no object 'files'"),
    ],
)
def test_broken_manifests(folder, text, message):
    (folder / MANIFEST).write_bytes(text)
    (problem,) = check_manifest(folder)
    assert (problem.file, problem.kind) == (MANIFEST, "broken")
    assert message in problem.message
    assert read_manifest(folder)[0] is None


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        {},
        {"bytes": 0},
        {"bytes": "0", "sha256": "0" * 64},
        {"bytes": True, "sha256": "0" * 64},
        {"bytes": 0, "sha256": "0" * 63},
        {"bytes": 0, "sha256": 5},
        {"bytes": 0, "sha256": "G" * 64},
    ],
)
def test_entries_that_make_no_sense(folder, entry):
    (folder / MANIFEST).write_text(json.dumps({"files": {"empty": entry}}), encoding="utf-8")
    assert ("empty", "broken") in kinds(check_manifest(folder))


def test_names_that_cannot_be_printed_are_escaped(folder):
    entry = {"bytes": 1, "sha256": "0" * 64}
    names = {"\ud800": entry, "a\x1b[31m\n": entry}
    (folder / MANIFEST).write_text(json.dumps({"files": names, "seed": 3}), encoding="utf-8")
    (folder / os.fsdecode(b"\xff.jpg")).write_bytes(b"")
    problems = check_manifest(folder)
    for one in problems:
        assert str(one).isprintable()
        str(one).encode()
    assert {r"\ud800", r"a\x1b[31m\n", r"\udcff.jpg"} <= {one.file for one in problems}


def test_a_manifest_lists_what_exists(folder):
    for name in ("nowhere", "images", MANIFEST):
        with pytest.raises(UsageError, match="cannot list"):
            write_manifest(folder, [name])
    with pytest.raises(UsageError, match="cannot be written"):
        write_manifest(folder / "nowhere", [])


@pytest.fixture
def prepared(toy, tmp_path):
    load_dataset(toy, cache_dir=tmp_path / "cache")
    (found,) = (tmp_path / "cache" / "datasets").iterdir()
    assert check_manifest(found) == []
    (found / MANIFEST).unlink()
    return found


def test_a_prepared_folder_is_sound(prepared, toy, tmp_path):
    assert check_prepared(prepared) == []
    assert check_path(prepared, tmp_path).kind == "prepared"
    assert check_path(prepared / "prepared.json", tmp_path).problems == ()
    report = check_path(toy, tmp_path / "cache")
    assert (report.kind, report.problems) == ("data file", ())
    write_manifest(prepared, [one.name for one in prepared.iterdir()])
    assert check_prepared(prepared) == []
    load_dataset(toy, cache_dir=tmp_path / "cache")
    assert (prepared / MANIFEST).exists()


@pytest.mark.parametrize("with_manifest", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_any_changed_byte_of_a_part_is_named(prepared, seed, with_manifest):
    names = sorted(one.name for one in prepared.glob("*.arrow"))
    assert len(names) == 8
    if with_manifest:
        write_manifest(prepared, [*names, "prepared.json"])
    rng = random.Random(seed)
    path = prepared / names[seed % 8]
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    (problem,) = check_prepared(prepared)
    assert (problem.file, problem.kind) == (path.name, "changed")
    assert "Arrow" in problem.message
    assert "delete the folder" in problem.message
    found = hashlib.sha256(data).hexdigest() if with_manifest else f"{zlib.crc32(data):08x}"
    assert problem.found.startswith(found)
    assert problem.expected != problem.found


def test_parts_missing_and_extra(prepared):
    (prepared / "val.arrow").unlink()
    (prepared / "more.arrow").write_bytes(b"")
    assert kinds(check_prepared(prepared)) == [("more.arrow", "extra"), ("val.arrow", "missing")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.update(format=0), "format"),
        (lambda r: r.update(sha256="0" * 64), "its folder is of"),
        (lambda r: r["files"].pop("test.arrow"), "exactly the parts"),
        (lambda r: r["files"].update({"../x": "00000000-0"}), "exactly the parts"),
        (lambda r: r["files"].update({"test.arrow": "\x1b[2J"}), "CRC-32"),
        (lambda r: r.pop("counts"), "'counts'"),
        (lambda r: r["counts"]["train"].update(rows=11), "counts 11 rows of train"),
        (lambda r: r["counts"].update(train=3), "rows of train"),
    ],
)
def test_records_that_cannot_be(prepared, change, message):
    record = json.loads((prepared / "prepared.json").read_bytes())
    change(record)
    (prepared / "prepared.json").write_text(json.dumps(record), encoding="utf-8")
    (problem,) = check_prepared(prepared)
    assert (problem.file, problem.kind) == ("prepared.json", "broken")
    assert message in problem.message


def rewrite(toy, change):
    rows = json.loads(toy.read_text(encoding="utf-8"))
    change(rows)
    toy.write_text(json.dumps(rows), encoding="utf-8")


def first_text(rows):
    rows["test"][2]["review_text"] += " Not."


def first_history(rows):
    rows["test"][5]["history_reviews"][0][1] = "other"


CHANGES = [
    (first_text, ["test.arrow, row 2", "field review_text", "Not."]),
    (first_history, ["test.arrow, row 5", "history_reviews (texts)", "'other'"]),
    (lambda r: r["val"][0].update(rating=1.5), ["val.arrow, row 0", "rating: 1.5 instead of"]),
    (lambda r: r["train"][5].update(user_id="nobody"), ["train.arrow, row 5"]),
    (lambda r: r["train"].pop(), ["train.arrow, row 11: there is one less"]),
    (
        lambda r: r["test"][0]["pics"].append({"id": "new"}),
        ["test.arrow, row 0", "field pics: 3 entries instead of 2"],
    ),
    (
        lambda r: r["test"][1]["pics"][0].update(url=["images/else.png"]),
        ["photos.arrow", "field location"],
    ),
    (lambda r: r.update(train={}), ["cannot be read as data"]),
    (lambda r: r["test"][3].pop("user_id"), ["cannot be read as data", "test row 3", "user_id"]),
    (lambda r: r["test"][3].update(colour="red"), ["no value that is read from it differs"]),
]


@pytest.mark.parametrize("place", range(len(CHANGES)))
def test_a_changed_data_file_is_told_by_row_and_field(prepared, toy, tmp_path, place):
    change, messages = CHANGES[place]
    write_manifest(toy.parent, [toy.name])
    rewrite(toy, change)
    (problem,) = check_path(toy, tmp_path / "cache").problems
    assert (problem.file, problem.kind) == ("toy.json", "changed")
    assert problem.found == hashlib.sha256(toy.read_bytes()).hexdigest()
    for message in messages:
        assert message in problem.message


def test_a_changed_data_file_without_its_original(toy, tmp_path):
    write_manifest(toy.parent, [toy.name])
    rewrite(toy, lambda rows: rows["test"].pop())
    (problem,) = check_path(toy, tmp_path / "none").problems
    assert "the original is not in the cache" in problem.message
    assert not (tmp_path / "none").exists()
    toy.write_bytes(toy.read_bytes()[:-9])
    (problem,) = check_path(toy, tmp_path / "none").problems
    assert "cannot be read as data" in problem.message
    (toy.parent / MANIFEST).write_text("{")
    (problem,) = check_path(toy, tmp_path / "none").problems
    assert (problem.file, problem.kind) == (MANIFEST, "broken")


def test_a_damaged_part_is_compared_with_the_file(prepared, toy, tmp_path):
    part = prepared / "test.arrow"
    data = part.read_bytes()
    at = data.index(b"Cheap lunch")
    part.write_bytes(data[:at] + b"c" + data[at + 1 :])
    (problem,) = check_path(toy, tmp_path / "cache").problems
    assert problem.file == f"{prepared.name}/test.arrow"
    assert "Arrow still reads it" in problem.message
    assert "field review_text" in problem.message
    assert "'Cheap lunch" in problem.message
    part.write_bytes(data[:400])
    (problem,) = check_path(toy, tmp_path / "cache").problems
    assert "Arrow cannot read it" in problem.message


def test_damage_of_every_kind_is_survived(prepared, toy, tmp_path):
    """Offsets and lengths that lie must not be followed into memory that is not there."""
    part = prepared / "train.arrow"
    data = part.read_bytes()
    rng = random.Random(5)
    for _ in range(60):
        broken = bytearray(data)
        for _ in range(rng.choice((1, 4, 40))):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        part.write_bytes(broken)
        if bytes(broken) != data:
            (problem,) = check_path(prepared, tmp_path).problems
            assert problem.kind == "changed"


@pytest.mark.parametrize(
    ("there", "lie"),
    [
        ((258).to_bytes(4, "little"), (10**9).to_bytes(4, "little")),
        ((258).to_bytes(4, "little"), (-1).to_bytes(4, "little", signed=True)),
        (b"aaaa", b"\xff\xfe\xfd\xfc"),
    ],
    ids=["beyond the end", "negative", "not UTF-8"],
)
def test_offsets_that_lie_and_texts_that_are_none(tmp_path, there, lie):
    path, schema = tmp_path / "x.arrow", pa.schema([("id", pa.string())])
    with BatchWriter(path, schema) as writer:
        writer.add(("a" * 258,), 258)
    assert read_checked(path, schema)[0].column("id").to_pylist() == ["a" * 258]
    data = path.read_bytes()
    at = data.rindex(there, 0, data.rindex(b"aaa")) if there != b"aaaa" else data.index(there)
    path.write_bytes(data[:at] + lie + data[at + 4 :])
    with pytest.raises(ValueError, match=r"Invalid|offset|UTF8"):
        read_checked(path, schema)


def test_nothing_to_check_against(toy, tmp_path):
    for path, message in [
        (tmp_path / "nowhere", "does not exist"),
        (toy, "nothing to check it against"),
        (toy.parent, "has neither"),
        (toy.parent / MANIFEST, "has neither"),
    ]:
        with pytest.raises(UsageError, match=message):
            check_path(path, tmp_path / "cache")


def test_check_command(cli, folder, toy, tmp_path):
    done = cli("data", "check", folder)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "sound" in done.stderr
    assert cli("data", "check", folder, "-q").output == ""
    (folder / "empty").write_bytes(b"!")
    done = cli("data", "check", folder)
    assert done.exit_code == 1
    assert "empty: changed: 1 bytes instead of 0" in done.stdout
    report = json.loads(cli("data", "check", folder, "--json").stdout)
    assert report["sound"] is False
    assert report["problems"][0]["found"] == hashlib.sha256(b"!").hexdigest()
    for i in range(30):
        (folder / f"extra{i}").write_bytes(b"")
    done = cli("data", "check", folder)
    assert len(done.stdout.splitlines()) == 21
    assert "and 11 more" in done.stdout
    assert len(json.loads(cli("data", "check", folder, "--json").stdout)["problems"]) == 31
    for path in (toy, tmp_path / "nowhere", tmp_path):
        done = cli("data", "check", path)
        assert done.exit_code == 2
        assert str(path) in done.stderr
    cli("data", "card", "--data", toy, "--no-decode")
    assert cli("data", "check", toy).exit_code == 0
    help_text = cli("data", "check", "--help").output
    assert "Examples:" in help_text
    assert "Exit status" in help_text
