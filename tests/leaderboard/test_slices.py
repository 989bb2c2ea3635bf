"""Slices of a board, against scores computed row by row."""

import numpy as np
import pytest

from showcase_bench import Model, Showcase
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import RunStore, Suite, Workspace
from showcase_bench.evaluate.plans.build import BuildPlan, parse_models
from showcase_bench.evaluate.runs.facts import FACTS, example_facts
from showcase_bench.leaderboard import board_markdown, build_board
from showcase_bench.leaderboard.slices import LEAST, cuts


def test_edges_put_every_example_in_one_slice():
    rng = np.random.default_rng(0)
    facts = {
        "history": rng.integers(0, 12, 4000).astype(float),
        "pool": rng.integers(1, 60, 4000).astype(float),
        "warm": rng.integers(0, 2, 4000).astype(float),
        "rating": rng.choice([1.0, 2.0, 2.5, 3.0, 4.0, 4.5, 5.0], 4000),
    }
    by_fact: dict[str, list[np.ndarray]] = {}
    for cut in cuts(facts):
        by_fact.setdefault(cut.fact, []).append(cut.rows)
    assert set(by_fact) == {"history", "pool", "rating", "user"}
    for parts in by_fact.values():
        assert sorted(np.concatenate(parts)) == list(range(4000))


def test_what_is_small_or_everything_is_no_slice():
    n = 10 * LEAST
    assert cuts({"history": np.zeros(n), "warm": np.ones(n)}) == []
    few = np.zeros(n)
    few[: LEAST - 1] = 1
    assert [cut.label for cut in cuts({"warm": few})] == ["new"]
    assert [cut.label for cut in cuts({"rating": np.where(few == 1, np.nan, 5.0)})] == ["5 stars"]
    assert cuts({}) == []


@pytest.fixture
def workspace(world, write_data, tmp_path):
    """The small world with its test rows many times over, under other users."""
    rows = world["test"]
    more = [
        {**row, "user_id": row["user_id"] if copy % 2 else str(1000 * copy + int(row["user_id"]))}
        for copy in range(12)
        for row in rows
    ]
    path = write_data({**world, "test": more})
    return Workspace.open(file_task(path), places=Places(tmp_path / "cache", tmp_path / "none"))


def test_facts_are_those_of_the_examples(workspace):
    facts = example_facts(workspace)
    assert tuple(facts) == FACTS
    known = {row.query.user_id for row in workspace.split("train")}
    for at, row in enumerate(workspace.scored_split):
        assert facts["history"][at] == sum(bool(one.text) for one in row.query.history)
        assert facts["pool"][at] == len(row.query.pool)
        assert facts["warm"][at] == (row.query.user_id in known)
        assert facts["rating"][at] == row.gold.rating


class Echo(Model):
    def predict(self, queries, images):
        return [
            Showcase(q.id, q.pool[: q.k], q.history[-1].text if q.history else "") for q in queries
        ]


def test_values_of_slices_are_those_of_their_rows(workspace, tmp_path):
    plans = [BuildPlan("echo", Echo, {}, {}, "tests 0", "0" * 64), *parse_models("random")]
    runs = Suite(workspace, RunStore(tmp_path / "r")).run(plans, [0, 1]).runs
    board = build_board(runs)
    tables = {(run.record.label, run.record.inputs.seed): run.table() for run in runs}
    photos = next(one for one in board.sections if one.name == "photos")
    assert {one.fact for one in photos.slices} >= {"user"}
    signature = next(c.signature for c in photos.columns if c.name == photos.primary)
    for part in photos.slices:
        cut = next(c for c in cuts(tables["random", 0].facts) if c.label == part.label)
        assert part.n == len(cut.rows)
        for one in part.rows:
            values = [
                tables[one.model, s].statistics[signature][cut.rows, 0].mean() for s in (0, 1)
            ]
            assert one.value == pytest.approx(np.mean(values))
            assert one.low <= one.value <= one.high
    text = board_markdown(board)
    assert f"### {photos.primary} ↑ by slice" in text


def test_older_runs_without_facts_are_scored_anew(workspace, tmp_path):
    import json

    store = RunStore(tmp_path / "r")
    plans = parse_models("random")
    run = Suite(workspace, store).run(plans, [0]).runs[0]
    raw = json.loads((run.folder / "run.json").read_text())
    del raw["facts"]
    (run.folder / "run.json").write_text(json.dumps(raw))
    again = Suite(workspace, store).run(plans, [0])
    assert (again.made, again.rescored) == (0, 1)
    assert again.runs[0].record.facts == FACTS
