"""Columns of a stored score file are those of its table, whether it is held or stays open."""

import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from showcase_bench.compare import compare, field_of_runs
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.errors import StoreError
from showcase_bench.evaluate import RunStore, Suite, Workspace
from showcase_bench.evaluate.plans.build import parse_models
from showcase_bench.evaluate.runs import run_scores, score_table
from showcase_bench.evaluate.runs.content import sha256_of
from showcase_bench.evaluate.runs.run_scores import RunScores
from showcase_bench.evaluate.runs.score_table import ScoreTable
from showcase_bench.evaluate.score.frame import codes
from showcase_bench.leaderboard import build_board
from showcase_bench.metrics import parse_metric


@pytest.fixture
def runs(toy, tmp_path):
    places = Places(tmp_path / "cache", tmp_path / "no-data")
    workspace = Workspace.open(file_task(toy), places=places)
    models = parse_models("random,copy-history,modal-sentence")
    return Suite(workspace, RunStore(tmp_path / "runs")).run(models, [0, 1]).runs


@pytest.fixture(params=["held", "open"])
def reading(request, monkeypatch):
    if request.param == "open":
        monkeypatch.setattr(run_scores, "_HELD", 1)
        monkeypatch.setattr(run_scores, "_ROWS", 3)


def metrics_of(run):
    return [parse_metric(score.signature) for score in run.record.scores]


@pytest.mark.usefixtures("reading")
@pytest.mark.parametrize("rows", [4, 1 << 16])
def test_columns_are_those_of_the_table(runs, rows, monkeypatch):
    run = runs[0]
    monkeypatch.setattr(score_table, "_GROUP_ROWS", rows)
    table = run.table()
    run = rewritten(run, table)
    found = RunScores(run)
    assert len(found) == len(table.ids) > 4
    for column, keys in zip(found.clusters(), (table.users, table.businesses), strict=True):
        assert column.dtype == np.int64
        np.testing.assert_array_equal(column, codes(keys))
    assert sorted(found.facts) == sorted(table.facts)
    for name, values in table.facts.items():
        np.testing.assert_array_equal(found.fact(name), values)
    for metric in metrics_of(run):
        np.testing.assert_array_equal(found.statistics(metric), table.statistics[metric.signature])


def rewritten(run, table):
    """The run with this table on disk, and its hash in the record."""
    table.write_parquet(run.scores_path)
    digest = sha256_of(run.scores_path)
    return replace(run, record=replace(run.record, scores_sha256=digest))


def test_boards_and_comparisons_are_the_same_either_way(runs, monkeypatch):
    board = build_board(runs).to_json()
    comparison = compare(field_of_runs(runs)).to_json()
    monkeypatch.setattr(run_scores, "_HELD", 1)
    monkeypatch.setattr(run_scores, "_ROWS", 3)
    assert build_board(runs).to_json() == board
    assert compare(field_of_runs(runs)).to_json() == comparison


@pytest.mark.usefixtures("reading")
def test_other_examples_are_refused(runs):
    table = runs[1].table()
    ids = [*table.ids[1:], table.ids[0]]
    other = rewritten(runs[1], replace(table, ids=ids))
    assert not RunScores(other).has_examples_of(RunScores(runs[0]))
    with pytest.raises(StoreError, match="were scored on different examples"):
        build_board([runs[0], other, *runs[2:]])
    cut = {name: rows[1:] for name, rows in table.statistics.items()}
    short = ScoreTable(table.ids[1:], table.users[1:], table.businesses[1:], cut)
    assert not RunScores(rewritten(runs[1], short)).has_examples_of(RunScores(runs[0]))


@pytest.mark.usefixtures("reading")
def test_what_is_wrong_with_a_file_is_said(runs):
    run = runs[0]
    metric, table = metrics_of(run)[0], run.table()
    lacking = rewritten(run, replace(table, statistics={}))
    with pytest.raises(StoreError, match="the score file lacks"):
        RunScores(lacking).statistics(metric)
    columns = {name: pa.array(["x"] * 3) for name in ("id", "user_id", metric.signature)}
    pq.write_table(pa.table(columns), run.scores_path)
    digest = sha256_of(run.scores_path)
    strange = RunScores(replace(run, record=replace(run.record, scores_sha256=digest)))
    for ask in (strange.clusters, lambda: strange.statistics(metric)):
        with pytest.raises(StoreError, match=r"scores\.parquet: not a score table"):
            ask()
    with pytest.raises(StoreError, match="sha256 differs"):
        RunScores(run)
    run.scores_path.write_bytes(b"nonsense")
    digest = sha256_of(run.scores_path)
    with pytest.raises(StoreError, match="not a score table"):
        RunScores(replace(run, record=replace(run.record, scores_sha256=digest)))
    run.scores_path.unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        RunScores(run)


@pytest.mark.usefixtures("reading")
def test_a_run_that_is_replaced_meanwhile_is_read_as_it_was(runs, tmp_path):
    run = runs[0]
    metric = metrics_of(run)[0]
    found = RunScores(run)
    expected = found.statistics(metric)
    run.folder.rename(tmp_path / "old")
    run.folder.mkdir()
    (run.folder / "scores.parquet").write_bytes(b"another")
    shutil.rmtree(tmp_path / "old")
    np.testing.assert_array_equal(found.statistics(metric), expected)
