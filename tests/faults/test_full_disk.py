"""Disks that are full or read-only: one clear message, and the same command goes on later."""

import resource
import subprocess

import pytest
from fault_world import (
    MODELS,
    call,
    command,
    environment,
    leftovers,
    mounted,
    remount,
    require_clear,
    require_intact,
    state,
)


@pytest.fixture
def wanted(toy, tmp_path):
    """What an undisturbed suite leaves."""
    results = tmp_path / "undisturbed"
    done = call(*arguments(toy, results), cache=tmp_path / "undisturbed-cache")
    assert done.exit_code == 0, done.output
    return state(results)


def arguments(toy, results):
    return ["run", "--data", toy, "--models", MODELS, "--results", results, "-q", "--jobs", "1"]


@pytest.mark.parametrize("full", ["store", "cache"])
def test_a_full_disk_ends_cleanly_and_the_suite_goes_on_when_there_is_room(
    toy, tmp_path, wanted, full
):
    place = {"store": tmp_path / "store", "cache": tmp_path / "cache"}
    failed = 0
    with mounted(place[full], "size=8k"):
        for size in ("8k", "24k", "40k", "80k", "160k", "64m"):
            remount(place[full], f"size={size}")
            done = call(*arguments(toy, place["store"]), cache=place["cache"])
            require_clear(done)
            require_intact(place["store"])
            failed += done.exit_code == 2
            if done.exit_code:
                assert "No space left" in done.output
                assert str(place[full]) in done.output
            assert leftovers(tmp_path) == []
        assert done.exit_code == 0
        assert failed
        assert state(place["store"]) == wanted


@pytest.mark.parametrize("fixed", ["store", "cache"])
def test_what_cannot_be_written_is_named_and_left_alone(toy, tmp_path, wanted, fixed):
    place = {"store": tmp_path / "store", "cache": tmp_path / "cache"}
    with mounted(place[fixed], "size=64m"):
        remount(place[fixed], "ro")
        done = call(*arguments(toy, place["store"]), cache=place["cache"])
        require_clear(done)
        assert done.exit_code == 2
        assert "Read-only" in done.output
        assert str(place[fixed]) in done.output
        remount(place[fixed], "rw")
        assert list(place[fixed].iterdir()) == []
        assert call(*arguments(toy, place["store"]), cache=place["cache"]).exit_code == 0
        assert state(place["store"]) == wanted
        # With everything there, nothing has to be written to the cache.
        if fixed == "cache":
            remount(place["cache"], "ro")
            again = call(*arguments(toy, tmp_path / "again"), cache=place["cache"])
            assert again.exit_code == 0, again.output
            assert state(tmp_path / "again") == wanted


@pytest.mark.parametrize("verb", ["fit", "predict", "audit", "view"])
def test_other_verbs_on_a_full_disk(toy, tmp_path, verb):
    results = tmp_path / "results"
    cache = tmp_path / "cache"
    assert call(*arguments(toy, results), cache=cache).exit_code == 0
    with mounted(tmp_path / "small", "size=4k"):
        out = tmp_path / "small" / "out"
        task = ["--data", toy, "--out", out, "-q"]
        more = {
            "fit": ["--model", "modal-sentence"],
            "predict": ["--model", "copy-history"],
            "audit": ["--metrics", "rouge-l", "--faults", "generic"],
            "view": ["--results", results, "--no-open"],
        }
        (tmp_path / "small" / "filling").write_bytes(b"x" * 4096)
        done = call(verb, *task, *more[verb], cache=cache)
        assert done.exit_code == 2
        require_clear(done)
        files = [one.name for one in (tmp_path / "small").rglob("*") if one.is_file()]
        assert files == ["filling"]


def test_a_log_on_a_full_disk_ends_early_and_the_work_does_not(toy, tmp_path):
    with mounted(tmp_path / "small", "size=4k"):
        (tmp_path / "small" / "log").touch()
        (tmp_path / "small" / "filling").write_bytes(b"x" * 4096)
        log = ["--log-file", tmp_path / "small" / "log"]
        done = call(*arguments(toy, tmp_path / "r"), *log, cache=tmp_path / "cache")
        assert done.exit_code == 0
        assert "ends early" in done.stderr
        assert "Traceback" not in done.output


def test_a_limit_on_the_size_of_files(toy, tmp_path):
    """A quota, as far as one can be set without rights."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    done = subprocess.run(
        command(*arguments(toy, tmp_path / "results")),
        capture_output=True,
        text=True,
        env=environment(tmp_path / "cache"),
        preexec_fn=limit,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "File too large" in done.stderr
    assert leftovers(tmp_path) == []
