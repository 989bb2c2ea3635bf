"""``--log-file`` and ``--profile``: what a verb tells of itself."""

import json
import logging
import sys

import pytest
from fault_world import MODELS, call

from showcase_bench.cli.log_file import _LogFile
from showcase_bench.evaluate import RunRecord
from showcase_bench.events import LOGGER

WORKERS = "brie(epochs=1),elvis(epochs=1)"


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run(toy, tmp_path, *more, models="copy-history,reference"):
    arguments = ["run", "--data", toy, "--models", models, "--results", tmp_path / "r", "-q"]
    return call(*arguments, "--no-report", *more, cache=tmp_path / "cache")


def test_stages_are_told_and_kept(toy, tmp_path):
    log = tmp_path / "log.jsonl"
    handlers = list(LOGGER.handlers)
    assert run(toy, tmp_path, "--log-file", log, "--jobs", "1").exit_code == 0
    found = lines(log)
    assert (found[0]["event"], found[-1]["event"]) == ("command.start", "command.end")
    assert found[-1]["status"] == "done"
    assert found[-1]["command"] == "run"
    for one in found:
        assert {"time", "level", "event", "process"} <= set(one)
    ended = [
        (one["model"], one["seed"], one["stage"])
        for one in found
        if one["event"] == "stage.end" and "model" in one
    ]
    assert ended == [
        (model, 0, stage)
        for model in ("copy-history", "reference")
        for stage in ("fit", "predict", "score")
    ]
    for one in found:
        if one["event"] == "stage.end":
            assert one["seconds"] >= 0
            assert one["peak_rss_mib"] > 0
    assert [one["model"] for one in found if one["event"] == "run.made"] == [
        "copy-history",
        "reference",
    ]
    for path in (tmp_path / "r").rglob("run.json"):
        data = path.read_bytes()
        record = RunRecord.from_json(data, "here")
        assert [one.name for one in record.stages] == ["fit", "predict", "score"]
        assert all(one.peak_rss_mib > 0 for one in record.stages)
        assert record.to_json() == data
    assert LOGGER.handlers == handlers
    assert run(toy, tmp_path, "--log-file", log).exit_code == 0
    assert sum(one["event"] == "run.reused" for one in lines(log)) == 2


def test_no_text_of_the_data_is_in_a_log(toy, tmp_path):
    log = tmp_path / "log.jsonl"
    run(toy, tmp_path, "--log-file", log, models=MODELS)
    rows = json.loads(toy.read_text())
    told = log.read_text(encoding="utf-8")
    for row in rows["test"] + rows["train"]:
        assert row["review_text"] not in told
        assert str(toy) not in told


def test_other_processes_are_heard(toy, tmp_path):
    log = tmp_path / "log.jsonl"
    done = run(toy, tmp_path, "--log-file", log, "--jobs", "2", models=WORKERS)
    assert done.exit_code == 0, done.output
    found = lines(log)
    own = found[0]["process"]
    fits = [one for one in found if one.get("stage") == "fit" and one["event"] == "stage.end"]
    assert len(fits) == 2
    assert own not in {one["process"] for one in fits}


def test_processes_that_are_given_parts_are_heard(toy, tmp_path):
    log = tmp_path / "log.jsonl"
    asked = ("--model", "random", "--jobs", "2", "--out", tmp_path / "p.jsonl")
    done = call("predict", "--data", toy, *asked, "-q", "--log-file", log, cache=tmp_path / "cache")
    assert done.exit_code == 0, done.output
    found = lines(log)
    opened = [one["process"] for one in found if one.get("stage") == "open"]
    assert set(opened) > {found[0]["process"]}
    assert {one["process"] for one in found if one.get("stage") == "predict"} == {opened[0]}


@pytest.mark.parametrize("verb", ["fit", "predict", "score", "audit"])
def test_every_long_verb_has_a_log(toy, tmp_path, verb):
    log = tmp_path / "log.jsonl"
    predictions = tmp_path / "p.jsonl"
    predict = ["predict", "--data", toy, "--model", "copy-history", "--out", predictions, "-q"]
    assert call(*predict, cache=tmp_path / "cache").exit_code == 0
    arguments = {
        "fit": ["--model", "brie(epochs=1)", "--out", tmp_path / "fit"],
        "predict": ["--model", "random", "--out", tmp_path / "again.jsonl"],
        "score": [predictions, "--metrics", "rouge-l"],
        "audit": ["--metrics", "rouge-l", "--faults", "generic", "--out", tmp_path / "audit"],
    }[verb]
    done = call(verb, "--data", toy, *arguments, "-q", "--log-file", log, cache=tmp_path / "cache")
    assert done.exit_code == 0, done.output
    ended = [one["stage"] for one in lines(log) if one["event"] == "stage.end"]
    assert "open" in ended
    assert verb in ended


def test_an_error_is_told_by_its_name(toy, tmp_path):
    log = tmp_path / "log.jsonl"
    arguments = ["--data", toy, "--model", "random,dpp", "--out", "-", "--log-file", log]
    done = call("predict", *arguments, cache=tmp_path)
    assert done.exit_code == 2
    assert "name one" in done.stderr
    last = lines(log)[-1]
    assert (last["status"], last["error"], last["level"]) == ("failed", "UsageError", "error")


def test_a_log_that_cannot_be_written_is_said_at_once(toy, tmp_path):
    done = run(toy, tmp_path, "--log-file", tmp_path / "nowhere" / "log")
    assert done.exit_code == 2
    assert "--log-file" in done.stderr
    assert not (tmp_path / "r").exists()


def test_a_log_that_cannot_be_opened_is_not_closed_at_the_end_of_the_process(tmp_path):
    with pytest.raises(OSError, match="nowhere") as caught:
        _LogFile(tmp_path / "nowhere" / "log")
    known = [reference() for reference in logging._handlerList]
    assert caught.tb is not None  # so that what was half made is still there
    assert not any(isinstance(one, _LogFile) for one in known)


@pytest.mark.parametrize("name", ["p.html", "p.json"])
def test_a_profile_shows_what_took_time(toy, tmp_path, name):
    pytest.importorskip("pyinstrument")
    done = run(toy, tmp_path, "--profile", tmp_path / name)
    assert done.exit_code == 0, done.output
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert "suite.py" in text
    if name.endswith("json"):
        assert "speedscope" in json.loads(text)["$schema"]
    else:
        assert "<html" in text


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--profile", "p.txt"], r".html or .json"),
        (["--profile", "nowhere/p.html"], "no folder"),
        (["--profile", "p.html", "--jobs", "2"], "leave --jobs 2 out"),
    ],
)
def test_profiles_that_cannot_be(toy, tmp_path, more, message):
    done = run(toy, tmp_path, *more)
    assert done.exit_code == 2
    assert message in done.stderr


def test_without_the_profiler_the_extra_is_named(toy, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyinstrument", None)
    done = run(toy, tmp_path, "--profile", tmp_path / "p.html")
    assert done.exit_code == 2
    assert "pip install 'showcase-bench[profile]'" in done.stderr
