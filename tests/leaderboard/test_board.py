import json
from dataclasses import replace

import pytest

from showcase_bench import Model, Showcase
from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.errors import StoreError, UsageError
from showcase_bench.evaluate import RunStore, Suite, Workspace
from showcase_bench.evaluate.plans.build import BuildPlan, parse_models
from showcase_bench.leaderboard import board_markdown, build_board
from showcase_bench.leaderboard.report import build_report
from showcase_bench.types import NoProgress

MODELS = "random,popular,copy-history,reference"


@pytest.fixture
def workspace(toy, tmp_path):
    return Workspace.open(file_task(toy), places=Places(tmp_path / "cache", tmp_path / "no-data"))


@pytest.fixture
def runs(workspace, tmp_path):
    return Suite(workspace, RunStore(tmp_path / "r")).run(parse_models(MODELS), [0]).runs


def section(board, name):
    return next(one for one in board.sections if one.name == name)


def test_the_order_of_the_runs_does_not_show(runs):
    one, two = build_board(runs), build_board(runs[::-1])
    assert one.to_json() == two.to_json()
    assert board_markdown(one) == board_markdown(two)


def test_the_reference_is_first_and_takes_no_rank(runs):
    board = build_board(runs)
    for name in ("photos", "words"):
        first = section(board, name).rows[0]
        assert first.model == "reference"
        assert first.role == "ceiling"
        assert first.rank is None
        for column in section(board, name).columns:
            if column.name.startswith(("div", "distinct", "length")):
                continue
            values = [row.scores[column.name].value for row in section(board, name).rows]
            assert values[0] == max(v for v in values if v is not None), column.name


def test_a_system_stands_only_where_it_attempts_something(runs):
    board = build_board(runs)
    assert {row.model for row in section(board, "photos").rows} == {
        "random",
        "popular",
        "reference",
    }
    assert {row.model for row in section(board, "words").rows} == {"copy-history", "reference"}


def test_values_and_intervals_are_those_of_the_runs(runs):
    board = build_board(runs)
    for run in runs:
        for score in run.record.scores:
            for one in board.sections:
                for row in one.rows:
                    if row.model == run.record.label and score.name in row.scores:
                        cell = row.scores[score.name]
                        assert cell.value == pytest.approx(score.value)
                        if score.interval is not None:
                            assert cell.low == pytest.approx(score.interval.low)
                            assert cell.high == pytest.approx(score.interval.high)


def test_several_seeds_are_averaged_and_widen_the_interval(workspace, tmp_path):
    runs = Suite(workspace, RunStore(tmp_path / "s")).run(parse_models("random"), range(4)).runs
    row = section(build_board(runs), "photos").rows[0]
    values = [run.record.scores[0].value for run in runs]
    assert row.seeds == (0, 1, 2, 3)
    cell = row.scores["precision@3"]
    assert cell.value == pytest.approx(sum(values) / 4)
    assert cell.n_scored == sum(run.record.scores[0].n_scored for run in runs)
    assert not any("training variance is not assessed" in n for n in build_board(runs).notes)
    assert any("training variance is not assessed" in n for n in build_board(runs[:1]).notes)


def test_identical_systems_share_one_tie_group(workspace, tmp_path):
    class Same(Model):
        def predict(self, queries, images):
            return [Showcase(q.id, q.pool[: q.k], "same text") for q in queries]

    plans = [BuildPlan(name, Same, {}, {}, "tests 0", "0" * 64) for name in ("a", "b", "c")]
    board = build_board(Suite(workspace, RunStore(tmp_path / "s")).run(plans, [0]).runs)
    for one in board.sections:
        assert [row.rank for row in one.rows] == [(1, 3)] * 3
        assert len({row.letters for row in one.rows}) == 1


def test_the_newer_of_two_runs_counts(workspace, tmp_path):
    store = RunStore(tmp_path / "s")
    plan = parse_models("random")[0]
    other = replace(plan, code_sha256="1" * 64)
    old = Suite(workspace, store).run([plan], [0]).runs[0]
    new = Suite(workspace, store).run([other], [0]).runs[0]
    board = build_board(list(store.runs()))
    assert len(list(store.runs())) == 2
    assert section(board, "photos").rows[0].runs == (new.record.id,)
    assert old.record.id != new.record.id


def test_runs_of_other_data_or_protocol_are_refused(workspace, runs, tmp_path):
    policy = replace(workspace.policy, k=2)
    other = replace(workspace, task=replace(workspace.task, policy=policy))
    more = Suite(other, RunStore(tmp_path / "r")).run(parse_models("random"), [0]).runs
    with pytest.raises(UsageError, match=r"cannot share a board, they differ in 'policy'"):
        build_board([*runs, *more])


def test_no_run_is_an_error():
    with pytest.raises(UsageError, match="no run"):
        build_board([])


def test_a_damaged_score_file_is_named(runs):
    path = runs[0].folder / "scores.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreError, match=r"scores\.parquet"):
        build_board(runs)


HOSTILE = "<script>alert(1)</script> | [x](javascript:alert(1)) `*_` </script>"


class Hostile(Model):
    def __init__(self, name: str = HOSTILE) -> None:
        self.name = name

    def predict(self, queries, images):
        return [Showcase(q.id, (), self.name) for q in queries]


def test_texts_and_names_cannot_inject(workspace, tmp_path):
    arguments = {"name": HOSTILE}
    plan = BuildPlan("hostile", Hostile, arguments, arguments, "tests 0", "0" * 64)
    runs = Suite(workspace, RunStore(tmp_path / "s")).run([plan], [0]).runs
    board = build_board(runs)
    markdown = board_markdown(board)
    row = next(line for line in markdown.splitlines() if "hostile" in line)
    assert "<script>" not in markdown
    assert "](" not in row.replace("\\](", "")
    assert row.replace("\\|", "").count("|") == len(section(board, "words").columns) + 4
    page = build_report(board, runs, workspace, NoProgress())
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_report_shows_what_it_should(workspace, runs):
    page = build_report(build_board(runs), runs, workspace, NoProgress())
    assert page == build_report(build_board(runs), runs, workspace, NoProgress())
    for model in ("random", "popular", "copy-history", "reference"):
        assert f"<strong>{model}</strong>" in page
    assert "data:image/jpeg;base64," in page
    assert "http://" not in page
    assert "https://" not in page
    assert "posted by the user" in page


def test_json_has_no_nan_and_reads_back(runs):
    board = json.loads(build_board(runs).to_json(), parse_constant=lambda name: 1 / 0)
    assert board["schema"] == 2
    assert board["identity"]["task"] == "file-toy"


def test_a_control_that_exploits_a_leak_takes_no_rank(workspace, tmp_path):
    plans = parse_models("random,unseen-photos")
    board = build_board(Suite(workspace, RunStore(tmp_path / "s")).run(plans, [0]).runs)
    rows = {row.model: row for row in section(board, "photos").rows}
    assert rows["unseen-photos"].rank is None
    assert rows["random"].rank == (1, 1)
    line = next(t for t in board_markdown(board).splitlines() if "unseen-photos" in t)
    assert line.startswith("| leak |")
