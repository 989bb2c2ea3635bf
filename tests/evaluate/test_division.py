"""Models asked in several processes: the same bytes as in one, whatever becomes of them."""

import copy
import functools
import json
import pickle
import re
from dataclasses import replace
from pathlib import Path

import pytest

from showcase_bench import NoProgress
from showcase_bench.datasets.mini import MiniConfig
from showcase_bench.datasets.synth import synth
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.errors import ContractError, StoreError
from showcase_bench.evaluate import RunStore, Suite, Workspace
from showcase_bench.evaluate.executors import LocalExecutor
from showcase_bench.evaluate.fits.checkpoint import read_fit
from showcase_bench.evaluate.fits.fitted import FittedModels
from showcase_bench.evaluate.plans.build import parse_models, plan_model
from showcase_bench.evaluate.plans.errand import Errand
from showcase_bench.evaluate.predict import answers, batches
from showcase_bench.evaluate.predict.asking import BATCH_SIZE
from showcase_bench.evaluate.predict.division import Division
from showcase_bench.evaluate.predict.part_answers import AnswerJob, Fit, Premises
from showcase_bench.evaluate.predict.predictor import Predictor
from showcase_bench.evaluate.runs import store
from showcase_bench.evaluate.showcases import spool
from showcase_bench.evaluate.showcases.canonical import dump_predictions
from showcase_bench.evaluate.showcases.spool import FiledShowcases, Spool, canonical_content
from showcase_bench.evaluate.suite import dispatch, suite
from showcase_bench.evaluate.task.swapped import swapped_queries
from showcase_bench.types import Showcase

N = 700
MODELS = """
import os
import signal

from showcase_bench import Model, Showcase, Writer


class _Kept:
    def fit(self, train, val, *, seed, workdir, progress):
        self.learned = f"{len(train)} and {seed}"

    def save(self, folder):
        (folder / "learned").write_text(self.learned)

    def load(self, folder):
        self.learned = (folder / "learned").read_text()


class Words(_Kept, Writer):
    selector = "random"

    def write(self, queries, chosen, images):
        said = (f"{one.user_id} \\u00c4\\u2028{len(one.history)}" for one in queries)
        return [f"{text}: {', '.join(own)}, {self.learned}" for text, own in zip(said, chosen)]


class Plain(Model):
    def fit(self, train, val, *, seed, workdir, progress):
        self.seed = seed

    def predict(self, queries, images):
        return [Showcase(one.id, one.pool[:1], str(self.seed)) for one in queries]


class Alone(Model):
    def __init__(self):
        self.never = lambda: 0

    def predict(self, queries, images):
        return [Showcase(one.id, one.pool[:1]) for one in queries]


class Choosy(_Kept, Model):
    predict_arguments = frozenset({"last"})

    def __init__(self, last: bool = False) -> None:
        self.last = last

    def predict(self, queries, images):
        for one in queries:
            yield Showcase(one.id, one.pool[-1:] if self.last else one.pool[:1])


class Broken(_Kept, Model):
    def predict(self, queries, images):
        if any(int(one.id.rpartition("-")[2], 16) % 97 == 0 for one in queries):
            raise ValueError("a bad day")
        return [Showcase(one.id) for one in queries]


class Dying(_Kept, Model):
    def predict(self, queries, images):
        os.kill(os.getpid(), signal.SIGKILL)


class Unfit(_Kept, Model):
    def fit(self, train, val, *, seed, workdir, progress):
        raise ValueError("nothing to learn")

    def predict(self, queries, images):
        raise AssertionError
"""


class Shared:
    def __init__(self, value):
        self.value = value

    def get(self):
        return self.value


class Here:
    """Does jobs in this process, when their results are asked for."""

    processes, folder, elsewhere = 2, None, False

    def __init__(self):
        self.jobs = []

    def share(self, value):
        return Shared(pickle.loads(pickle.dumps(value)))  # noqa: S301 (its own)

    def submit(self, job):
        self.jobs.append(job)
        done = functools.cache(job)
        return type("Job", (), {"result": staticmethod(done)})()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A world whose test rows fill five batches and a half."""
    made = tmp_path_factory.mktemp("divided")
    synth(MiniConfig(n_train=60, n_val=0, n_test=N), made / "world")
    (made / "division_models.py").write_text(MODELS)
    return made


@pytest.fixture(autouse=True)
def models(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)


@pytest.fixture
def workspace(folder, tmp_path):
    # No metric that looks at pixels: drawing the photos takes longest.
    task = replace(file_task(folder / "world" / "data.json"), metrics=("ndcg@3",))
    return Workspace.open(task, places=Places(tmp_path / "cache", tmp_path / "data"))


@pytest.fixture(scope="module")
def executor():
    with LocalExecutor(2) as made:
        yield made


@pytest.fixture
def few_held(monkeypatch):
    """Many begins at a hundred."""
    for module in (spool, answers, dispatch, store, suite):
        monkeypatch.setattr(module, "HELD", 100)


def predict(workspace, label, executor=None, *, swaps=False, seed=0):
    fits = FittedModels(workspace.cache / "fits", NoProgress())
    division = None if executor is None else Division(workspace, executor)
    swapped = swapped_queries(workspace) if swaps else None
    predictor = Predictor(workspace, fits, NoProgress(), swapped, division)
    found = predictor.run(plan_model(label), seed)
    batches.discard_batches(found.kept)
    return found


@pytest.mark.parametrize(
    "label",
    [
        "random",
        "copy-history",
        "division_models:Words",
        "division_models:Words(selector=unseen-photos)",
        "division_models:Words(selector=none)",
        "division_models:Plain",
    ],
)
def test_processes_answer_as_one(workspace, executor, label):
    one = predict(workspace, label, swaps=True, seed=3)
    two = predict(workspace, label, executor, swaps=True, seed=3)
    assert len(one.showcases) == N
    assert two.showcases == one.showcases
    assert two.swapped == one.swapped
    assert two.swapped
    assert two.checkpoint_sha256 == one.checkpoint_sha256
    assert two.timings.peak_rss_mib > 10


def test_batches_are_those_of_one_process(workspace):
    executor = Here()
    plan = plan_model("random")
    fitted = FittedModels(None, NoProgress()).get(plan, workspace, 0)
    division = Division(workspace, executor)
    found = division.ask("random", plan, fitted, 0, range(N), None, swapped=False)
    sizes = [len(batch.showcases) for batch in found]
    assert sizes == [BATCH_SIZE] * (N // BATCH_SIZE) + [N % BATCH_SIZE]
    assert [(job.start, job.stop) for job in executor.jobs] == [(0, 512), (512, N)]


@pytest.mark.parametrize("label", ["division_models:Alone", "reference"])
def test_what_cannot_be_sent_is_asked_here(workspace, label):
    executor = Here()
    found = predict(workspace, label, executor)
    assert executor.jobs == []
    assert found.showcases == predict(workspace, label).showcases


def test_few_queries_stay_here(workspace):
    plan, executor = plan_model("random"), Here()
    fitted = FittedModels(None, NoProgress()).get(plan, workspace, 0)
    assert Division(workspace, executor, above=N - 1).takes(plan, fitted, 0, N)
    assert not Division(workspace, executor, above=N).takes(plan, fitted, 0, N)
    executor.elsewhere = True
    assert Division(workspace, executor, above=N).takes(plan, fitted, 0, 1)


def test_a_model_that_fails_there_is_told_as_here(workspace, executor):
    with pytest.raises(ContractError) as here:
        predict(workspace, "division_models:Broken")
    with pytest.raises(ContractError) as there:
        predict(workspace, "division_models:Broken", executor)
    assert str(there.value) == str(here.value)
    assert "a bad day" in str(there.value)


def test_a_fit_that_was_replaced_is_noticed(workspace):
    plan = plan_model("division_models:Words")
    predict(workspace, plan.label)
    job = AnswerJob(
        Shared(Premises(workspace.task, workspace.places)),
        Errand.of(plan, 0),
        plan.label,
        Fit(None, "0" * 64),
        False,
        0,
        4,
        None,
    )
    with pytest.raises(ContractError, match="its fit was replaced after the command was started"):
        job()


def test_models_that_share_a_fit_are_not_mixed_up(workspace, executor):
    fits = FittedModels(workspace.cache / "fits", NoProgress())
    division = Division(workspace, executor)
    predictor = Predictor(workspace, fits, NoProgress(), division=division)
    for label in ("Choosy", "Choosy(last=true)", "Words(selector=none)", "Choosy"):
        plan = plan_model(f"division_models:{label}")
        found = predictor.run(plan, 0)
        batches.discard_batches(found.kept)
        assert found.showcases == predict(workspace, plan.label).showcases
    assert len(list((workspace.cache / "fits" / "division_models").glob("Choosy-*"))) == 1


def test_a_fit_in_a_folder_is_found_there(workspace, executor, tmp_path):
    plan = plan_model("division_models:Words(selector=none)")
    fits = FittedModels(workspace.cache / "fits", NoProgress())
    wanted = predict(workspace, plan.label)
    (kept,) = (workspace.cache / "fits" / "division_models").glob("Words-*")
    kept.rename(tmp_path / "given")
    fits.put(plan, workspace, 0, read_fit(tmp_path / "given", plan))
    division = Division(workspace, executor, checkpoint=tmp_path / "given")
    found = Predictor(workspace, fits, NoProgress(), division=division).run(plan, 0)
    assert found.showcases == wanted.showcases
    assert not list((workspace.cache / "fits" / "division_models").glob("Words-*"))


def test_an_interrupted_prediction_asks_for_the_rest_alone(workspace, monkeypatch):
    monkeypatch.setattr(batches, "SECONDS_BETWEEN_PARTS", 0.0)
    wanted = predict(workspace, "division_models:Words(selector=none)")
    first, second = Here(), Here()
    added = []

    def add(kept, batch):
        if len(added) == 5:
            raise KeyboardInterrupt
        added.append(batch)
        add.real(kept, batch)

    add.real = batches.KeptBatches.add
    with monkeypatch.context() as patch:
        patch.setattr(batches.KeptBatches, "add", add)
        with pytest.raises(KeyboardInterrupt):
            predict(workspace, "division_models:Words(selector=none)", first)
    found = predict(workspace, "division_models:Words(selector=none)", second)
    assert found.showcases == wanted.showcases
    assert [(job.start, job.stop) for job in second.jobs] == [(640, N)]
    assert next(one for one in found.stages if one.name == "predict").resumed


@pytest.mark.parametrize("label", ["random", "division_models:Words", "reference"])
def test_many_answers_lie_in_a_file_that_goes_with_them(workspace, few_held, label):
    held = predict(workspace, label).showcases
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "HELD", N)
        wanted = predict(workspace, label).showcases
    assert isinstance(wanted, tuple)
    assert isinstance(held, FiledShowcases)
    assert (len(held), tuple(held), held[-1]) == (N, wanted, wanted[-1])
    assert tuple(copy.deepcopy(held)[5:9]) == wanted[5:9]
    assert canonical_content(held) == held.path
    assert held.path.read_bytes() == dump_predictions(wanted) == canonical_content(wanted)
    path = held.path
    del held
    assert not path.parent.exists()


def test_other_machines_find_many_answers_in_the_cache(workspace, few_held):
    executor = Here()
    executor.elsewhere = True
    found = predict(workspace, "random", executor).showcases
    assert found.path.is_relative_to(workspace.cache)
    assert not predict(workspace, "random").showcases.path.is_relative_to(workspace.cache)


def test_a_folder_for_many_answers_that_cannot_be_written_is_named(tmp_path, few_held):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="predictions cannot be kept there"):
        Spool(101, tmp_path / "file")
    assert Spool(100, tmp_path / "file").showcases() == ()


def test_a_file_of_answers_that_cannot_be_written_is_named(tmp_path, few_held):
    made = Spool(101, tmp_path)
    made._lines._file.close()
    with (
        Path("/dev/full").open("wb", buffering=0) as made._lines._file,
        pytest.raises(StoreError, match=r"predictions cannot be kept there \(No space"),
    ):
        made.extend([Showcase("a")])


def contents(root):
    """Every file of a store, of run.json all but the costs and the time."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            found[str(path.relative_to(root))] = path.read_bytes()
        if path.name == "run.json":
            record = json.loads(path.read_bytes())
            for key in ("created", "timings", "environment"):
                del record[key]
            found[str(path.relative_to(root))] = record
    return found


LABELS = (
    "random,division_models:Plain,division_models:Alone,division_models:Words,"
    "division_models:Words(selector=unseen-photos),reference"
)


def test_a_suite_of_many_examples_stores_the_same_bytes(
    workspace, executor, tmp_path, monkeypatch, few_held
):
    plans = parse_models(LABELS)
    metrics = workspace.parse_metrics(["ndcg@3", "bleu-4", "user-swap-images"])
    few = functools.partial(Suite, workspace, metrics=metrics)
    many = few(RunStore(tmp_path / "many"), jobs=2, executor=executor).run(plans, [0])
    for module in (spool, answers, dispatch, store, suite):
        monkeypatch.setattr(module, "HELD", N)
    once = few(RunStore(tmp_path / "once")).run(plans, [0])
    assert not many.failures
    assert (many.made, once.made) == (6, 6)
    assert contents(tmp_path / "many") == contents(tmp_path / "once")
    assert [[stage.name for stage in run.record.stages] for run in many.runs] == [
        [stage.name for stage in run.record.stages] for run in once.runs
    ]


def test_many_stored_predictions_are_scored_anew_from_their_file(workspace, tmp_path, few_held):
    plans, runs = parse_models("random,copy-history"), RunStore(tmp_path / "runs")
    fewer = Suite(workspace, runs, metrics=workspace.parse_metrics(["ndcg@3"]))
    before = fewer.run(plans, [0]).runs
    more = workspace.parse_metrics(["ndcg@3", "bleu-4"])
    again = Suite(workspace, runs, metrics=more).run(plans, [0])
    assert again.rescored == 2
    for one, two in zip(before, again.runs, strict=True):
        assert isinstance(two.predictions(), FiledShowcases)
        assert two.record.predictions_sha256 == one.record.predictions_sha256
        assert len(two.table().ids) == N
    path = again.runs[0].folder / "predictions.jsonl"
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(StoreError, match="sha256 differs"):
        again.runs[0].predictions()
    path.unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        again.runs[0].predictions()


def test_a_fit_that_fails_in_a_process_costs_its_own_model_alone(
    workspace, executor, tmp_path, few_held
):
    names = ("Unfit", "Broken", "Dying")
    plans = parse_models(",".join([*(f"division_models:{name}" for name in names), "random"]))
    result = Suite(workspace, RunStore(tmp_path / "r"), jobs=2, executor=executor).run(plans, [0])
    assert [run.record.inputs.model for run in result.runs] == ["random"]
    told = " ".join(str(one.error) for one in result.failures)
    assert "nothing to learn" in told
    assert "a bad day" in told
    assert re.search(r"model .division_models:Dying.: .*the last with status -9", told), told
