"""Who waits for a fit, and what is taken then."""

import errno
import json
import multiprocessing
import os
import threading

import pytest

from showcase_bench import Model, NoProgress
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import Workspace
from showcase_bench.evaluate.executors.relay import Event, Outbox
from showcase_bench.evaluate.fits.fitted import FittedModels, fit_and_save
from showcase_bench.evaluate.fits.workdirs import kept_workdir
from showcase_bench.evaluate.plans.build import BuildPlan
from showcase_bench.files import try_to_lock


class Counted(Model):
    fits = 0

    def fit(self, train, val, *, seed, workdir, progress):
        type(self).fits += 1
        self.number = type(self).fits

    def predict(self, queries, images):
        return []

    def save(self, folder):
        (folder / "number").write_text(json.dumps(self.number))

    def load(self, folder):
        self.number = json.loads((folder / "number").read_text())


PLAN = BuildPlan("counted", Counted, {}, {}, "tests 0", "0" * 64)


@pytest.fixture
def workspace(toy, tmp_path):
    Counted.fits = 0
    return Workspace.open(file_task(toy), places=Places(tmp_path / "cache", tmp_path / "no-data"))


class Waits(NoProgress):
    """Calls ``then`` at the first look of who waits."""

    def __init__(self, then):
        self._then, self.labels = then, []

    def track(self, items, *, label, total=None):
        if label.startswith("Waiting"):
            self.labels.append(label)
            self._then()
        yield from items


def got(workspace, progress=None, *, fresh=False):
    fits = FittedModels(workspace.cache / "fits", progress or NoProgress(), fresh=fresh)
    return fits.get(PLAN, workspace, 0)


def place_of(workspace):
    (path,) = (workspace.cache / "fits").rglob("fit.json")
    return path.parent


class Other:
    """Has the lock of a fit, as another process would."""

    def __init__(self, place):
        self._path = place.with_name(f".{place.name}.lock")
        self._handle = os.open(self._path, os.O_RDWR)
        assert try_to_lock(self._handle)

    def end(self):
        os.close(self._handle)

    def lose(self):
        """The cache is cleared while the fit goes on."""
        self._path.unlink()
        os.close(self._handle)


@pytest.mark.parametrize("fresh", [False, True])
def test_what_is_kept_need_not_be_waited_for_and_is_no_answer_to_who_wants_it_fresh(
    workspace, fresh
):
    assert got(workspace).model.number == 1
    other = Other(place_of(workspace))
    waits = Waits(other.end)
    found = got(workspace, waits, fresh=fresh)
    assert found.model.number == (2 if fresh else 1)
    assert len(waits.labels) == fresh
    if not fresh:
        other.end()


def test_what_is_fitted_meanwhile_is_fresh(workspace):
    got(workspace)
    place = place_of(workspace)
    other = Other(place)

    def fits():
        # It goes on in a folder of its own, for the lock is had by this process already.
        fit_and_save(place, PLAN, workspace, 0, NoProgress(), cache=workspace.cache / "apart")
        other.end()

    found = got(workspace, Waits(fits), fresh=True)
    assert found.model.number == Counted.fits == 2
    assert found.found


def test_a_fit_that_lies_elsewhere_is_taken_along(workspace, tmp_path):
    kept = workspace.cache / "fits"
    got(workspace)
    other = Other(place_of(workspace))

    def fits():
        fit_and_save(place_of(workspace), PLAN, workspace, 0, NoProgress(), cache=tmp_path / "x")
        other.end()

    out = tmp_path / "out"
    found = fit_and_save(out, PLAN, workspace, 0, Waits(fits), cache=kept)
    assert found.model.number == Counted.fits == 2
    assert (out / "fit.json").read_bytes() == (place_of(workspace) / "fit.json").read_bytes()


def test_a_damaged_fit_is_made_again(workspace):
    got(workspace)
    (place_of(workspace) / "model" / "number").write_text("7")
    assert got(workspace).model.number == 2


def test_a_cache_that_is_cleared_meanwhile_gets_a_lock_of_its_own(workspace):
    got(workspace)
    place = place_of(workspace)
    other = Other(place)
    assert got(workspace, Waits(other.lose), fresh=True).model.number == 2
    Other(place).end()  # its lock is there, and free


def test_where_files_cannot_be_locked_everybody_fits(workspace, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("showcase_bench.files.locks.fcntl.flock", refuse)
    assert got(workspace).model.number == 1
    assert got(workspace).found
    assert got(workspace, fresh=True).model.number == 2


def test_a_thread_does_not_wait_for_itself_but_for_another_one(tmp_path):
    place = tmp_path / "fit"
    seen = []

    def other():
        with kept_workdir(place, "m", NoProgress()) as folder:
            seen.append((folder, inside.is_set()))

    inside, waiting = threading.Event(), threading.Thread(target=other)
    with kept_workdir(place, "m", NoProgress()) as one:
        with kept_workdir(place, "m", NoProgress()) as two:
            assert one != two
            assert two.is_dir()
        waiting.start()
        inside.set()
    waiting.join()
    assert seen == [(one, True)]


def test_who_tells_does_not_wait_for_who_listens():
    ours, theirs = multiprocessing.Pipe()
    outbox = Outbox(theirs)
    told = [Event("describe", number, "x" * 500) for number in range(3000)]
    for one in told:  # far more than fits into a pipe
        outbox.send(one)
    assert [ours.recv() for _ in told] == told
    with pytest.raises(AttributeError, match="local object"):
        outbox.send(lambda: None)
    ours.close()
    theirs.close()
