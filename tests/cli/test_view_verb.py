"""``showcase-bench view``: what it builds and prints, and what it says to bad input."""

import json

import pytest


@pytest.fixture
def stored(cli, toy, tmp_path):
    """Arguments that name the runs of two models on a small data set."""
    where = ("--data", toy, "--results", tmp_path / "out")
    done = cli("run", *where, "--models", "random,popular", "--seeds", "2", "--no-report", "-q")
    assert done.exit_code == 0, done.output
    return where


def refused(done):
    """The one message of a command that failed."""
    assert done.exit_code == 2, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def test_it_builds_says_where_and_opens_the_page(cli, stored, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("click.launch", opened.append)
    site = tmp_path / "site"
    done = cli("view", *stored, "--out", site)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == str(site / "index.html")
    assert (site / "index.html").is_file()
    assert opened == [(site / "index.html").as_uri()]
    assert " MB, and " in done.output


def test_json_has_sizes_and_no_browser_opens(cli, stored, tmp_path, monkeypatch):
    monkeypatch.setattr("click.launch", lambda address: pytest.fail(f"opened {address}"))
    site = tmp_path / "site"
    arguments = ("view", *stored, "--out", site, "--no-open", "--json")
    found = json.loads(cli(*arguments).stdout)
    files = [path for path in site.rglob("*") if path.is_file() and path.suffix != ".jpg"]
    assert found["folder"] == str(site)
    assert found["bytes"] == sum(path.stat().st_size for path in files)
    assert found["files"] == len(files)
    more = json.loads(cli(*arguments, "--all-seeds").stdout)
    # Random differs by seed: one more chunk of showcases, and one of scores.
    assert more["files"] == found["files"] + 2


def test_without_a_folder_it_builds_in_a_temporary_one(cli, stored, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = cli("view", *stored, "--no-open", "-q")
    assert done.exit_code == 0, done.output
    (site,) = tmp_path.glob("showcase-bench-site-*")
    assert done.stdout.strip() == str(site / "index.html")


def test_help_has_examples(cli):
    done = cli("view", "--help")
    assert done.exit_code == 0
    assert "Examples:" in done.output
    assert "showcase-bench view --results out --task mini --out site --no-open" in done.output


def test_a_folder_without_runs_is_told(cli, toy, tmp_path):
    (tmp_path / "empty").mkdir()
    words = refused(cli("view", "--data", toy, "--results", tmp_path / "empty", "--no-open"))
    assert f"{tmp_path / 'empty'} holds no run of task" in words
    assert "showcase-bench run" in words
    words = refused(cli("view", "--results", tmp_path / "nowhere", "--no-open"))
    assert f"{tmp_path / 'nowhere'}: no such folder of results" in words


@pytest.mark.parametrize("name", ["run.json", "predictions.jsonl", "scores.parquet"])
def test_a_damaged_run_is_named_and_nothing_is_built(cli, stored, tmp_path, name):
    paths = list((tmp_path / "out").rglob(name))
    for path in paths:
        path.write_bytes(path.read_bytes()[:-40])
    words = refused(cli("view", *stored, "--out", tmp_path / "site", "--no-open"))
    assert any(str(path) in words for path in paths)
    assert not (tmp_path / "site").exists()
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".")]


def test_a_folder_that_cannot_be_taken_is_told_and_left_alone(cli, stored, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").write_text("mine")
    words = refused(cli("view", *stored, "--out", tmp_path / "file" / "site", "--no-open"))
    assert f"{tmp_path / 'file' / 'site'} cannot be written" in words
    words = refused(cli("view", *stored, "--out", tmp_path / "home", "--no-open"))
    assert "holds something else than a site" in words
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["thesis.tex"]
    assert (tmp_path / "file").read_text() == "mine"


def test_an_audit_that_is_none_is_told(cli, stored, tmp_path):
    (tmp_path / "audit.json").write_text("{}")
    words = refused(
        cli("view", *stored, "--audit", tmp_path / "audit.json", "--out", tmp_path / "site")
    )
    assert str(tmp_path / "audit.json") in words
    assert not (tmp_path / "site").exists()
