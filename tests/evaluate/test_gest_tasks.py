"""The tasks on GEST, on a small file in its place."""

from __future__ import annotations

import io
import json
import shutil
import tarfile

import pytest


@pytest.fixture
def data_dir(toy, tmp_path):
    """A data folder with a small file under GEST's name and photos as they are fetched."""
    folder = tmp_path / "no-data" / "gest"
    folder.mkdir(parents=True)
    shutil.copy(toy, folder / "filter_all_t.json")
    shutil.copytree(toy.parent / "images", folder / "images")
    return folder


def test_missing_data_says_how_to_get_it(cli):
    for task, fix in (("gest", "data get gest"), ("gest-selection", "data build s1")):
        done = cli("run", "--task", task, "--models", "random")
        assert done.exit_code == 2
        assert fix in done.stderr
        assert "no such file" in done.stderr


def test_gest_runs(cli, data_dir, tmp_path):
    out = tmp_path / "out"
    done = cli("run", "--task", "gest", "--models", "random,reference", "--results", out)
    assert done.exit_code == 0, done.output
    assert "warning" not in done.stderr
    assert json.loads((out / "gest" / "leaderboard.json").read_text())["identity"]["task"] == "gest"


def test_in_the_warm_task_every_tested_user_is_known(cli, data_dir, tmp_path):
    card = json.loads(cli("data", "card", "--task", "gest-warm", "--json").stdout)
    test = card["splits"]["test"]
    assert test["rows"] == test["rows_with_user_in_train"] > 0
    assert all(one["answers_in_history"]["texts"] == 0 for one in card["splits"].values())
    done = cli("run", "--task", "gest-warm", "--models", "dpp", "--results", tmp_path / "out")
    assert done.exit_code == 0, done.output


def test_selection_has_no_words(cli, data_dir, tmp_path):
    (data_dir / "filter_all_t.json").rename(data_dir / "s1.json")
    out = tmp_path / "out"
    done = cli(
        "run", "--task", "gest-selection", "--models", "random,copy-history", "--results", out
    )
    assert done.exit_code == 0, done.output
    board = json.loads((out / "gest-selection" / "leaderboard.json").read_text())
    assert [section["name"] for section in board["sections"]] == ["photos"]
    assert [row["model"] for row in board["sections"][0]["rows"]] == ["random"]


@pytest.mark.parametrize("how", ["task", "option"])
def test_photos_may_stay_in_an_archive(how, cli, data_dir, tmp_path):
    rows = json.loads((data_dir / "filter_all_t.json").read_text())
    archive = data_dir / "google-images.tar"
    with tarfile.open(archive, "w") as tar:
        for split in rows.values():
            for row in split:
                for pic in row["pics"]:
                    data = (data_dir / pic["url"][0]).read_bytes()
                    info = tarfile.TarInfo(f"AF1Qip/00/00/{pic['id']}.png")
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
    shutil.rmtree(data_dir / "images")
    where = ["--task", "gest"]
    if how == "option":
        where = ["--data", data_dir / "filter_all_t.json", "--images", archive]
    done = cli("run", *where, "--models", "dpp", "--results", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "could not be read" not in done.stderr


def test_other_policies_are_other_tasks(cli, data_dir, tmp_path):
    out = tmp_path / "out"
    for more in (["--no-mask-history"], ["--pool", "cross", "--distractors", "2"]):
        done = cli("run", "--task", "gest", "--models", "random", "--results", out, *more)
        assert done.exit_code == 0, done.output
    assert {path.name for path in out.iterdir()} == {"gest-unmasked", "gest-cross-d2"}
