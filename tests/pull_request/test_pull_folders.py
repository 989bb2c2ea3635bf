"""Which submissions are new or changed, when the folder comes from a stranger."""

import gzip

import pytest

from showcase_bench.errors import UsageError
from showcase_bench.pull_request.folders import changed_folders, folder_of


def put(root, name, content=b"x"):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def names(head, base=None):
    return [one.name for one in changed_folders(head, base)]


@pytest.fixture
def sides(tmp_path):
    head, base = tmp_path / "head", tmp_path / "base"
    for side in (head, base):
        put(side, "README.md", b"how")
        put(side, "same/seed-0.zip", b"1")
        put(side, "other/p.jsonl", b"1")
        put(side, "other/p.toml", b"1")
    return head, base


def test_what_is_equal_is_left_out(sides):
    assert names(*sides) == []
    assert names(sides[0]) == ["other", "same"]


def test_new_and_changed_ones_are_found_by_predictions_and_cards(sides):
    head, base = sides
    put(head, "new/p.jsonl.zst")
    put(head, "other/p.toml", b"2")
    put(head, "same/README.md", b"more")
    found = changed_folders(head, base)
    assert [(one.name, [path.name for path in one.files]) for one in found] == [
        ("new", ["p.jsonl.zst"]),
        ("other", ["p.jsonl"]),
    ]
    put(head, "same/seed-1.zip", b"2")
    (base / "other" / "p.jsonl").unlink()
    assert names(head, base) == ["new", "other", "same"]


def test_what_is_taken_away_is_no_submission(sides):
    head, base = sides
    put(base, "old/p.zip")
    assert names(head, base) == []
    (head / "same" / "seed-0.zip").unlink()
    (found,) = changed_folders(head, base)
    assert "no predictions in it" in found.problem


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert changed_folders(tmp_path / "none", tmp_path / "nor") == []


@pytest.mark.parametrize("name", ["<img src=x>", "a b", ".hidden", "a`b", "a|b", "x" * 65, "ä"])
def test_odd_names_are_refused(tmp_path, name):
    put(tmp_path, f"{name}/p.zip")
    (found,) = changed_folders(tmp_path, None)
    assert found.files == ()
    assert "letters A to Z" in found.problem


def test_odd_files_are_refused(tmp_path):
    put(tmp_path, "mine/$(touch x).zip")
    (found,) = changed_folders(tmp_path, None)
    assert found.files == ()
    assert "names of files" in found.problem


def test_predictions_beside_the_folders_are_told(tmp_path):
    put(tmp_path, "mine.jsonl.gz", gzip.compress(b"{}"))
    (found,) = changed_folders(tmp_path, None)
    assert "beside the folders" in found.problem


def test_links_are_not_followed(tmp_path):
    head, away = tmp_path / "head", tmp_path / "away"
    put(away, "mine/p.zip", b"secret")
    head.mkdir()
    (head / "mine").symlink_to(away / "mine")
    (found,) = changed_folders(head, None)
    assert found.files == ()
    assert "symbolic link" in found.problem
    (tmp_path / "whole").symlink_to(away)
    with pytest.raises(UsageError, match="a link or a file"):
        changed_folders(tmp_path / "whole", None)
    (head / "mine").unlink()
    (head / "mine").mkdir()
    (head / "mine" / "p.zip").symlink_to(away / "mine" / "p.zip")
    # Neither is it taken for equal to what it leads to.
    assert names(head, away) == ["mine"]


def test_names_and_folders_belong_together():
    assert folder_of("my system+ 2") == "my-system+-2"
