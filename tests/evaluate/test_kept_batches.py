"""A killed prediction goes on from its last batch, with the same bytes."""

import json

import pytest

from showcase_bench import Model, NoProgress, Showcase, Writer
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.errors import StoreError
from showcase_bench.evaluate import RunStore, Suite, Workspace
from showcase_bench.evaluate.fits.fitted import FittedModels
from showcase_bench.evaluate.plans.build import BuildPlan, plan_model
from showcase_bench.evaluate.predict import answers, asking, batches
from showcase_bench.evaluate.predict.asking import AnsweredBatch
from showcase_bench.evaluate.predict.batches import KeptBatches
from showcase_bench.evaluate.predict.predictor import Predictor

asked = []
fails_at = []


class Chooser(Model):
    def predict(self, queries, images):
        note(queries)
        return [Showcase(one.id, one.pool[:2], f"For {one.user_id}.") for one in queries]


class Teller(Writer):
    selector = None

    def fit(self, train, val, *, seed, workdir, progress):
        self.seed = seed

    def write(self, queries, chosen, images):
        note(queries)
        return [f"{one.user_id}, {len(shown)}." for one, shown in zip(queries, chosen, strict=True)]

    def save(self, folder):
        (folder / "seed").write_text(str(self.seed))

    def load(self, folder):
        self.seed = int((folder / "seed").read_text())


def note(queries):
    if len(asked) in fails_at:
        fails_at.clear()
        raise KeyboardInterrupt
    asked.append([one.id for one in queries])


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    asked.clear()
    fails_at.clear()
    monkeypatch.setattr(asking, "BATCH_SIZE", 2)
    monkeypatch.setattr(answers, "BATCH_SIZE", 2)
    monkeypatch.setattr(batches, "SECONDS_BETWEEN_PARTS", 0.0)


@pytest.fixture
def workspace(toy, tmp_path):
    return Workspace.open(file_task(toy), places=Places(tmp_path / "cache", tmp_path / "no-data"))


def plan_of(cls):
    arguments = {"selector": "topk"} if issubclass(cls, Writer) else {}
    selector = plan_model("topk") if arguments else None
    return BuildPlan("mine", cls, arguments, {}, "tests 0", "0" * 64, selector=selector)


def predict(workspace, cls):
    fits = FittedModels(workspace.cache / "fits", NoProgress())
    return Predictor(workspace, fits, NoProgress()).run(plan_of(cls), 0)


def interrupted(workspace, cls, at):
    fails_at.append(at)
    with pytest.raises(KeyboardInterrupt):
        predict(workspace, cls)


@pytest.mark.parametrize("cls", [Chooser, Teller])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_it_goes_on_from_the_last_batch(workspace, tmp_path, cls, at):
    wanted = predict(workspace, cls)
    batches.discard_batches(wanted.kept)
    number = len(asked)
    assert number == 3
    asked.clear()
    interrupted(workspace, cls, at)
    before = list(asked)
    found = predict(workspace, cls)
    assert found.showcases == wanted.showcases
    assert len(asked) == number
    assert asked[: len(before)] == before
    stage = next(one for one in found.stages if one.name == "predict")
    assert stage.resumed == (at > 0)
    # What was measured, wherever it was.
    assert found.timings.predict_seconds > 0


def test_a_suite_leaves_nothing_and_its_bytes_are_the_same(workspace, tmp_path):
    plan = plan_of(Chooser)
    Suite(workspace, RunStore(tmp_path / "one")).run([plan], [0])
    interrupted_once = False
    fails_at.append(5)
    try:
        Suite(workspace, RunStore(tmp_path / "two")).run([plan], [0])
    except KeyboardInterrupt:
        interrupted_once = True
        assert list((workspace.cache / "predictions").iterdir())
        Suite(workspace, RunStore(tmp_path / "two")).run([plan], [0])
    assert interrupted_once
    assert list((workspace.cache / "predictions").iterdir()) == []
    one, two = (next(RunStore(tmp_path / name).runs()) for name in ("one", "two"))
    assert one.predictions() == two.predictions()
    assert one.record.scores == two.record.scores
    assert one.record.predictions_sha256 == two.record.predictions_sha256
    assert "resumed" in json.dumps(json.loads(two.record.to_json())["timings"])
    assert "resumed" not in json.dumps(json.loads(one.record.to_json())["timings"])


def test_quick_models_write_nothing(workspace, monkeypatch):
    monkeypatch.setattr(batches, "SECONDS_BETWEEN_PARTS", 3600.0)
    predict(workspace, Chooser)
    assert not (workspace.cache / "predictions").exists()


SHOWCASES = [
    (Showcase(f"{n}", ("x",), None), Showcase(f"{n}b", (), "Ärger\ud800")) for n in range(4)
]


def batch(showcases, seconds=1.0):
    return AnsweredBatch(showcases, seconds, 10.0)


def kept(tmp_path, inputs=None):
    return KeptBatches(tmp_path, "m", inputs or {"seed": 0})


def test_batches_read_back_as_they_were(tmp_path):
    one = kept(tmp_path)
    for number, showcases in enumerate(SHOWCASES):
        one.add(batch(showcases, number + 0.5))
    again = list(kept(tmp_path).replay())
    assert [one.showcases for one in again] == SHOWCASES
    assert [one.seconds for one in again] == [0.5, 1.5, 2.5, 3.5]
    assert list(kept(tmp_path, {"seed": 1}).replay()) == []
    assert list(KeptBatches(None, "m", {}).replay()) == []


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "garbage", "gone", "other"])
def test_damaged_parts_end_what_is_used(tmp_path, damage):
    one = kept(tmp_path)
    for showcases in SHOWCASES:
        one.add(batch(showcases))
    path = sorted(one.folder.iterdir())[2]
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(
            {
                "cut": data[:-5],
                "flip": data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
                "empty": b"",
                "garbage": b"\xff" * 100,
                "other": sorted(one.folder.iterdir())[1].read_bytes(),
            }[damage]
        )
    again = kept(tmp_path)
    assert [one.showcases for one in again.replay()] == SHOWCASES[:2]
    # What comes after takes the place of what was damaged.
    for showcases in SHOWCASES[2:]:
        again.add(batch(showcases))
    assert [one.showcases for one in kept(tmp_path).replay()] == SHOWCASES


def test_two_processes_that_predict_the_same_do_no_harm(tmp_path):
    one, two = kept(tmp_path), kept(tmp_path)
    one.add(batch(SHOWCASES[0]))
    for showcases in SHOWCASES[:3]:
        two.add(batch(showcases))
    one.add(batch(SHOWCASES[1]))
    assert [one.showcases for one in kept(tmp_path).replay()] == SHOWCASES[:3]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    one = KeptBatches(tmp_path / "file", "m", {})
    with pytest.raises(StoreError, match="predictions cannot be kept"):
        one.add(batch(SHOWCASES[0]))
