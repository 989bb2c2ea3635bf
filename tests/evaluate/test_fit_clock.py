"""Seconds of a fit that went through several processes."""

import contextlib
import json
import time

import pytest

from showcase_bench import Model, NoProgress
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.errors import StoreError
from showcase_bench.evaluate import Workspace
from showcase_bench.evaluate.fits import clock as fit_clock
from showcase_bench.evaluate.fits.clock import FitClock, holds_work
from showcase_bench.evaluate.fits.fitted import FittedModels
from showcase_bench.evaluate.plans.build import BuildPlan

KEPT = ".showcase-bench-seconds"
LONG_AGO = 5000.0
cuts = []


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    cuts.clear()
    monkeypatch.setattr(fit_clock, "_SECONDS_BETWEEN_LOOKS", 0.005)


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def spent(workdir):
    return json.loads((workdir / KEPT).read_bytes())


def checkpoint(workdir, text):
    """Write one, and wait until it was noticed."""
    before = spent(workdir) if (workdir / KEPT).exists() else None
    (workdir / "state").write_text(text)
    wait_for(lambda: (workdir / KEPT).exists() and spent(workdir) != before)


def test_what_goes_on_adds_to_what_was_kept(tmp_path):
    with contextlib.suppress(KeyboardInterrupt), FitClock(tmp_path) as clock:
        checkpoint(tmp_path, "1")
        first = spent(tmp_path)
        checkpoint(tmp_path, "1 2")
        assert first < spent(tmp_path)
        raise KeyboardInterrupt
    assert spent(tmp_path) <= clock.seconds < LONG_AGO
    (tmp_path / KEPT).write_text(json.dumps(LONG_AGO))
    with FitClock(tmp_path) as clock:
        checkpoint(tmp_path, "1 2 3")
        assert spent(tmp_path) > LONG_AGO
    assert spent(tmp_path) <= clock.seconds
    (tmp_path / "state").unlink()  # nothing to go on from
    with FitClock(tmp_path) as clock:
        pass
    assert clock.seconds < LONG_AGO


@pytest.mark.parametrize("damage", [b"", b"[]", b"x\xff", b'"1"', b"null", b"-5", b"NaN"])
def test_what_is_damaged_counts_nothing(tmp_path, damage):
    (tmp_path / "state").touch()
    (tmp_path / KEPT).write_bytes(damage)
    with FitClock(tmp_path) as clock:
        pass
    assert 0 <= clock.seconds < LONG_AGO


def test_what_is_hidden_is_no_checkpoint(tmp_path):
    assert not holds_work(tmp_path)
    (tmp_path / KEPT).touch()
    assert not holds_work(tmp_path)
    (tmp_path / ".half-written").touch()
    assert fit_clock._written(tmp_path) == {}
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "state").touch()
    assert holds_work(tmp_path)
    assert len(fit_clock._written(tmp_path)) == 1


def test_a_folder_that_cannot_be_written_costs_only_the_seconds(tmp_path, monkeypatch):
    refused = []

    def full(path, *parts):
        refused.append(path)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fit_clock, "replace_file", full)
    with FitClock(tmp_path) as clock:
        (tmp_path / "state").touch()
        wait_for(lambda: len(refused) > 1)  # it is tried again
    assert clock.seconds > 0
    assert not (tmp_path / KEPT).exists()


class Resumed(Model):
    """Cut off at its first fit; damaged checkpoints are refused."""

    def fit(self, train, val, *, seed, workdir, progress):
        state = workdir / "state"
        if state.exists() and state.read_text() != "good":
            raise StoreError(f"{state}: damaged")
        if not state.exists():
            checkpoint(workdir, cuts[0] if cuts else "good")
        if cuts:
            cuts.clear()
            raise KeyboardInterrupt

    def predict(self, queries, images):
        return []

    def save(self, folder):
        (folder / "nothing").touch()

    def load(self, folder):
        pass


@pytest.mark.parametrize("state", ["good", "bad"])
def test_a_fit_records_the_sum_unless_it_begins_anew(toy, tmp_path, state):
    places = Places(tmp_path / "cache", tmp_path / "no-data")
    workspace = Workspace.open(file_task(toy), places=places)
    plan = BuildPlan("resumed", Resumed, {}, {}, "tests 0", "0" * 64)
    cuts.append(state)
    with pytest.raises(KeyboardInterrupt):
        FittedModels(workspace.cache / "fits", NoProgress()).get(plan, workspace, 0)
    (kept,) = workspace.cache.rglob(KEPT)
    kept.write_text(json.dumps(LONG_AGO))
    fitted = FittedModels(workspace.cache / "fits", NoProgress()).get(plan, workspace, 0)
    assert (fitted.seconds > LONG_AGO) == fitted.found == (state == "good")
    (facts,) = workspace.cache.rglob("fit.json")
    assert json.loads(facts.read_bytes())["seconds"] == round(fitted.seconds, 4)
