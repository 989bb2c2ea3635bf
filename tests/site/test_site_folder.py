import pytest

from showcase_bench.errors import UsageError
from showcase_bench.site.folder import MARK, new_folder


def make(folder, text="new"):
    with new_folder(folder) as temporary:
        (temporary / MARK).write_text("{}")
        (temporary / "index.html").write_text(text)


def test_a_site_appears_whole_and_replaces_an_older_one(tmp_path):
    make(tmp_path / "a" / "site", "old")
    (tmp_path / "a" / "site" / "stale.js").write_text("")
    make(tmp_path / "a" / "site", "new")
    names = {path.name for path in (tmp_path / "a" / "site").iterdir()}
    assert names == {MARK, "index.html"}
    assert (tmp_path / "a" / "site" / "index.html").read_text() == "new"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["site"]


def test_an_empty_folder_may_become_a_site(tmp_path):
    (tmp_path / "site").mkdir()
    make(tmp_path / "site")
    assert (tmp_path / "site" / "index.html").exists()


def test_files_of_others_are_left_alone(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.tex").write_text("years of work")
    with pytest.raises(UsageError, match="holds something else"):
        make(home)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert (home / "thesis.tex").read_text() == "years of work"


def test_a_file_or_a_link_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("file", "link"):
        with pytest.raises(UsageError, match="is not a folder"):
            make(tmp_path / name)


def test_an_error_leaves_the_old_site(tmp_path):
    make(tmp_path / "site", "old")

    def fail():
        with new_folder(tmp_path / "site") as temporary:
            (temporary / "index.html").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (tmp_path / "site" / "index.html").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        make(tmp_path / "file" / "site")
