import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from showcase_bench import Model, NoProgress, Showcase
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.errors import ContractError, StoreError, UsageError
from showcase_bench.evaluate import RunRecord, RunStore, Suite, Workspace
from showcase_bench.evaluate.fits.fitted import FittedModels
from showcase_bench.evaluate.plans.build import BuildPlan, parse_models, plan_model
from showcase_bench.evaluate.predict.predictor import Predictor
from showcase_bench.evaluate.runs.content import write_atomically
from showcase_bench.evaluate.runs.score_table import ScoreTable

MODELS = "random,copy-history,reference"
EVERY_KIND = (
    "random,popular,history-nearest,copy-history,modal-sentence,unseen-photos,train-reference,topk,"
    "mmr,dpp,brie(epochs=1),peter(epochs=1),showcase(epochs=1),peter-feature(epochs=1),reference"
)
FEW = "random,history-nearest,dpp,peter(epochs=1,decoding=greedy),reference"


@pytest.fixture
def workspace(toy, tmp_path):
    return Workspace.open(file_task(toy), places=Places(tmp_path / "cache", tmp_path / "no-data"))


def plan_of(cls):
    return BuildPlan("mine", cls, {}, {}, "tests 0", "0" * 64)


def predict(workspace, plan):
    fits = FittedModels(None, NoProgress())
    return Predictor(workspace, fits, NoProgress()).run(plan, 0)


def files(root):
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("seed", [0, 7])
def test_same_seed_same_bytes(workspace, tmp_path, seed):
    for name in ("one", "two"):
        Suite(workspace, RunStore(tmp_path / name)).run(parse_models(MODELS), [seed])
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    assert set(one) == set(two)
    assert len(one) == 9
    for name, data in one.items():
        if not name.endswith("run.json"):
            assert data == two[name], name


def test_another_seed_is_another_run(workspace, tmp_path):
    result = Suite(workspace, RunStore(tmp_path / "r")).run(parse_models("random"), [0, 1])
    first, second = result.runs
    assert first.record.id != second.record.id
    assert first.predictions() != second.predictions()


def test_stored_runs_are_reused_and_fresh_ones_are_not(workspace, tmp_path):
    store = RunStore(tmp_path / "r")
    plans = parse_models(MODELS)
    assert Suite(workspace, store).run(plans, [0]).reused == 0
    again = Suite(workspace, store).run(plans, [0])
    assert again.reused == 3
    before = {run.record.id: run.record.created for run in again.runs}
    fresh = Suite(workspace, store, fresh=True).run(plans, [0])
    assert fresh.reused == 0
    assert {run.record.id for run in fresh.runs} == set(before)
    assert all(run.record.created > before[run.record.id] for run in fresh.runs)
    assert len(list(store.runs())) == 3


def test_a_run_reads_back_as_it_was(workspace, tmp_path):
    result = Suite(workspace, RunStore(tmp_path / "r")).run(parse_models(MODELS), [0])
    for run in result.runs:
        data = (run.folder / "run.json").read_bytes()
        back = RunRecord.from_json(data, "here")
        assert back.to_json() == data
        assert back == run.record
        table = run.table()
        assert table.ids == tuple(query.id for query in workspace.queries)
        assert ScoreTable.from_parquet(table.to_parquet()).ids == table.ids
        for score in run.record.scores:
            assert score.n_scored + score.n_unscored == run.record.n
            assert (score.value is None) == (score.n_scored == 0)


def test_a_changed_byte_is_named(workspace, tmp_path):
    run = Suite(workspace, RunStore(tmp_path / "r")).run(parse_models("random"), [0]).runs[0]
    for name, read in (("scores.parquet", run.table), ("predictions.jsonl", run.predictions)):
        path = run.folder / name
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        with pytest.raises(StoreError, match=name):
            read()
    (run.folder / "run.json").write_text("{")
    with pytest.raises(StoreError, match=r"run\.json"):
        list(RunStore(tmp_path / "r").runs())


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda q: [], "returned nothing for query"),
        (lambda q: [Showcase(one.id) for one in q] * 2, "more showcases than there are queries"),
        (lambda q: [Showcase("other") for _ in q], "in order"),
        (lambda q: [Showcase(one.id, ("nowhere",)) for one in q], "not in the candidate pool"),
        (lambda q: [Showcase(one.id, one.pool[:1] * 2) for one in q], "shown twice"),
        (lambda q: [Showcase(one.id, text=3) for one in q], "must be a string or None"),
        (lambda q: [Showcase(one.id, text="\ud800") for one in q], "lone surrogate"),
        (lambda q: [Showcase(one.id, "ab") for one in q], "tuple of strings"),
        (lambda q: [{"id": one.id} for one in q], "must give Showcase, not dict"),
        (lambda q: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_model_that_breaks_the_contract_is_told_so(workspace, answer, message):
    class Mine(Model):
        def predict(self, queries, images):
            return answer(queries)

    with pytest.raises(ContractError, match=message) as caught:
        predict(workspace, plan_of(Mine))
    assert "mine" in str(caught.value)


def test_a_failing_model_does_not_stop_the_others(workspace, tmp_path):
    class Mine(Model):
        def predict(self, queries, images):
            raise ValueError("no luck")

    store = RunStore(tmp_path / "r")
    result = Suite(workspace, store).run([plan_of(Mine), *parse_models("random")], [0])
    assert [run.record.label for run in result.runs] == ["random"]
    assert "no luck" in str(result.failures[0].error)
    assert [run.record.label for run in store.runs()] == ["random"]


def test_more_images_than_k_are_refused(workspace):
    class Mine(Model):
        def predict(self, queries, images):
            return [Showcase(one.id, one.pool[: one.k + 1]) for one in queries]

    with pytest.raises(ContractError, match="at most 3 are allowed"):
        predict(workspace, plan_of(Mine))


def test_arguments_are_recorded_with_their_defaults():
    plan = plan_model("popular(k_smooth=2)")
    assert plan.arguments["k_smooth"] == 2.0
    assert type(plan.arguments["k_smooth"]) is float
    assert plan.label == "popular(k_smooth=2.0)"
    assert plan_model("popular(k_smooth=0)").label == "popular"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no model is named"),
        ("random,random", "named 2 times"),
        ("random@3", "takes no cutoff"),
        ("popular(smooth=1)", "no argument 'smooth'"),
    ],
)
def test_bad_model_lists(text, message):
    with pytest.raises(UsageError, match=message):
        parse_models(text)


def test_all_means_every_installed_model():
    from showcase_bench.models import MODELS as REGISTRY

    assert [plan.name for plan in parse_models("all")] == list(REGISTRY)


def test_scores_are_what_the_statistics_say(workspace, tmp_path):
    run = Suite(workspace, RunStore(tmp_path / "r")).run(parse_models("random"), [0]).runs[0]
    table = run.table()
    golds = [set(example.gold.image_ids) for example in workspace.scored_split]
    shown = [one.image_ids for one in run.predictions()]
    precision = [len(g & set(s)) / 3 for g, s in zip(golds, shown, strict=True)]
    score = next(s for s in run.record.scores if s.name == "precision@3")
    assert score.value == pytest.approx(np.mean(precision))
    assert table.statistics[score.signature][:, 0] == pytest.approx(precision)


def test_nothing_touches_global_random_state(workspace, tmp_path):
    import random

    import torch

    np.random.seed(3)  # noqa: NPY002  (the global state is what is watched)
    random.seed(3)
    torch.manual_seed(3)

    def state():
        numbers = np.random.get_state()[1].tolist()  # noqa: NPY002
        return numbers, random.getstate(), torch.get_rng_state().tolist(), torch.get_num_threads()

    before = state()
    result = Suite(workspace, RunStore(tmp_path / "r")).run(parse_models(EVERY_KIND), [0])
    assert not result.failures
    assert state() == before


def test_hashing_does_not_matter(toy, tmp_path):
    boards = []
    for seed in ("0", "1", "12345"):
        out = tmp_path / f"out{seed}"
        arguments = ["run", "--data", str(toy), "--models", FEW, "-q"]
        arguments += ["--results", str(out)]
        code = f"from showcase_bench.cli.main import cli; cli({arguments!r})"
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path / seed)},
        )
        board = json.loads((out / "file-toy" / "leaderboard.json").read_text())
        boards.append((board, {n: d for n, d in files(out).items() if n.endswith(".jsonl")}))
    assert boards[0] == boards[1] == boards[2]


def test_an_atomic_write_leaves_the_old_file_when_it_fails(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"old")
    with pytest.raises(StoreError, match="cannot be written"):
        write_atomically(path / "below", b"new")
    assert path.read_bytes() == b"old"
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_names_cannot_leave_the_store(tmp_path):
    folder = RunStore(tmp_path).folder("../../etc", "a/b\\c", "id")
    assert folder.resolve().is_relative_to(tmp_path)
    assert len(folder.relative_to(tmp_path).parts) == 3


def test_other_metrics_are_scored_from_stored_predictions(workspace, tmp_path, monkeypatch):
    import showcase_bench.evaluate.suite.suite as suite_module

    store = RunStore(tmp_path / "results")
    Suite(workspace, store).run(parse_models("random,reference"), [0])
    before = {run.record.inputs.model: run for run in store.runs()}
    predictions = {name: run.predictions() for name, run in before.items()}

    def fail(*_, **__):
        raise AssertionError("a model was run")

    monkeypatch.setattr(suite_module.Predictor, "run", fail)
    metrics = workspace.parse_metrics([*workspace.task.metric_names(), "rouge-1", "throughput"])
    result = Suite(workspace, store, metrics=metrics).run(parse_models("random"), [0])
    assert (result.made, result.reused, result.rescored) == (0, 0, 2)
    for run in store.runs():
        names = [score.name for score in run.record.scores]
        assert names[-2:] == ["rouge-1", "throughput"]
        old = before[run.record.inputs.model].record
        assert run.record.id == old.id
        assert run.record.timings == old.timings
        assert run.record.scores[: len(old.scores)] == old.scores
        assert run.predictions() == predictions[run.record.inputs.model]
    again = Suite(workspace, store, metrics=metrics).run(parse_models("random"), [0])
    assert (again.made, again.reused, again.rescored) == (0, 1, 0)


SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("run-*.json")), ids=lambda path: path.stem)
def test_records_of_older_versions_still_load(path):
    record = RunRecord.from_json(path.read_bytes(), str(path))
    raw = json.loads(path.read_bytes())
    assert record.id == raw["id"] == record.inputs.run_id
    assert [score.value for score in record.scores] == [one["value"] for one in raw["scores"]]
    assert record.facts == tuple(raw.get("facts", ()))


def test_records_of_a_newer_version_are_refused():
    raw = json.loads(next(SAMPLES.glob("run-*.json")).read_bytes())
    raw["schema"] += 1
    with pytest.raises(StoreError, match="update showcase-bench"):
        RunRecord.from_json(json.dumps(raw).encode(), "here")
