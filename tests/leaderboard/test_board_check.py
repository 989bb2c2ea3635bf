"""``leaderboard check`` and ``diff``: what changed, and whose row it is."""

import json
import shutil

import pytest
from click.testing import CliRunner

from showcase_bench.cli.main import cli

MODELS = "random,popular,history-nearest,copy-history,modal-sentence"


def call(*arguments):
    return CliRunner().invoke(cli, ["leaderboard", *map(str, arguments)])


@pytest.fixture
def built(store_of, tmp_path):
    """A folder of results and a folder of boards."""
    results = store_of(MODELS).root
    done = call("build", "--results", results, "--out", tmp_path / "boards", "-q")
    assert done.exit_code == 0, done.output
    return results, tmp_path / "boards"


def check(results, boards, *more):
    return call("check", "--results", results, "--out", boards, *more)


def test_a_board_is_that_of_its_runs(built):
    done = check(*built)
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in built[1].iterdir()) == [
        f"file-toy.{kind}" for kind in ("csv", "html", "json", "md", "runs.json", "tex")
    ]


def test_the_order_on_disk_does_not_show(built, tmp_path):
    results, boards = built
    moved = tmp_path / "moved"
    for folder in sorted(results.glob("*/*/*"), reverse=True):
        shutil.copytree(folder, moved / folder.relative_to(results))
    assert call("build", "--results", moved, "--out", tmp_path / "again", "-q").exit_code == 0
    for path in boards.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", ["run.json", "predictions.jsonl", "scores.parquet"])
@pytest.mark.parametrize("model", ["popular", "copy-history"])
def test_one_byte_names_the_row(built, name, model):
    results, boards = built
    (path,) = results.glob(f"file-toy/{model}/*/{name}")
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    done = check(results, boards)
    assert done.exit_code == 1
    assert f"row '{model}, seed 0'" in done.output
    assert str(path) in done.output.replace("\n", "")
    machine = json.loads(check(results, boards, "--json").stdout)
    assert [one["row"] for one in machine["problems"]] == [f"{model}, seed 0"]


def test_a_missing_run_and_a_new_one_are_told(built, store_of):
    results, boards = built
    store_of("train-reference")
    done = check(results, boards)
    assert done.exit_code == 1
    assert "file-toy.md: line" in done.output
    assert "(row 'train-reference, seed 0'): is a run that the board does not hold" in done.output
    (folder,) = results.glob("file-toy/popular/*")
    shutil.rmtree(folder)
    done = check(results, boards)
    assert "row 'popular, seed 0'): is missing" in done.output


@pytest.mark.parametrize("kind", ["md", "json", "csv", "tex", "html"])
def test_a_board_that_was_edited_is_told_with_its_line(built, kind):
    results, boards = built
    path = boards / f"file-toy.{kind}"
    path.write_text(path.read_text().replace("popular", "unpopular", 1))
    done = check(results, boards)
    assert done.exit_code == 1
    assert path.name in done.output
    assert "unpopular" in done.output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a list of runs"),
        ('{"schema": 9, "runs": {}}', "schema 9"),
        ('{"schema": 1, "runs": {"a": {"files": 3, "row": "x", "seed": 0}}}', "not a list of runs"),
        (
            '{"schema": 1, "runs": {"../..": {"files": {"etc": "0"}, "row": "x", "seed": 0}}}',
            "is not below",
        ),
    ],
)
def test_a_damaged_list_of_runs_is_an_error(built, content, message):
    results, boards = built
    (boards / "file-toy.runs.json").write_text(content)
    done = check(results, boards)
    assert done.exit_code == 2
    assert message in done.output
    assert "Traceback" not in done.output


def test_without_a_board_there_is_nothing_to_check(tmp_path):
    done = check(tmp_path / "r", tmp_path / "none")
    assert done.exit_code == 2
    assert "leaderboard build" in done.output


def test_equal_boards_have_no_difference(built):
    board = built[1] / "file-toy.json"
    done = call("diff", board, board)
    assert done.exit_code == 0
    assert "no row moved" in done.output


def changed(board, tmp_path, change):
    raw = json.loads(board.read_text())
    change(raw)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(raw))
    return path


def diff(board, path):
    done = call("diff", board, path, "--json")
    assert done.exit_code == (1 if json.loads(done.stdout) != {"general": [], "rows": []} else 0)
    assert call("diff", board, path).exit_code == done.exit_code
    return json.loads(done.stdout)


def row_of(raw, model):
    return next(row for part in raw["sections"] for row in part["rows"] if row["model"] == model)


def test_diff_tells_a_new_run_from_a_new_neighbour(built, store_of, tmp_path):
    results, boards = built
    before = boards / "file-toy.json"
    store_of("topk")
    assert call("build", "--results", results, "--out", tmp_path / "new", "-q").exit_code == 0
    found = diff(before, tmp_path / "new" / "file-toy.json")
    assert found["general"] == []
    kinds = {one["system"]: one for one in found["rows"]}
    assert kinds["topk"]["kind"] == "new"
    for system, one in kinds.items():
        if system != "topk":
            assert one["kind"] == "rank"
            assert "the others moved it: topk is new" in one["reasons"][0]
    back = diff(tmp_path / "new" / "file-toy.json", before)
    assert {one["system"]: one["kind"] for one in back["rows"]}["topk"] == "gone"


def test_diff_names_what_moved_a_value(built, tmp_path):
    board = built[1] / "file-toy.json"

    def another_run(raw):
        row = row_of(raw, "popular")
        row["runs"], row["seeds"] = ["0" * 16, "1" * 16], [0, 1]
        row["scores"]["ndcg@3"]["value"] += 0.1

    (one,) = diff(board, changed(board, tmp_path, another_run))["rows"]
    assert (one["system"], one["kind"]) == ("popular", "value")
    assert "seeds [0] became [0, 1]" in one["reasons"]
    assert any("its runs are others" in reason for reason in one["reasons"])

    def other_data(raw):
        raw["identity"]["data_sha256"] = "f" * 64
        row_of(raw, "popular")["scores"]["ndcg@3"]["value"] += 0.1

    found = diff(board, changed(board, tmp_path, other_data))
    assert found["general"][0].startswith("the revision of the data changed")
    assert found["rows"][0]["reasons"] == found["general"]

    def other_metric(raw):
        raw["identity"]["metrics"] = [
            one.replace("ndcg@3|", "ndcg@3|v:9|") if one.startswith("ndcg@3") else one
            for one in raw["identity"]["metrics"]
        ]
        row_of(raw, "popular")["scores"]["ndcg@3"]["value"] += 0.1

    found = diff(board, changed(board, tmp_path, other_metric))
    assert "metric ndcg@3 is defined otherwise" in found["general"][0]

    def flagged(raw):
        row_of(raw, "popular")["flags"] = ["closed data"]

    (one,) = diff(board, changed(board, tmp_path, flagged))["rows"]
    assert one["kind"] == "flags"
    assert one["reasons"] == ['flags [] became ["closed data"]']


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a board"),
        ('{"schema": 1}', "not a board"),
        ('{"schema": 99, "identity": {}, "sections": []}', "update showcase-bench"),
    ],
)
def test_diff_of_something_else_is_an_error(built, tmp_path, content, message):
    path = tmp_path / "x.json"
    path.write_text(content)
    done = call("diff", built[1] / "file-toy.json", path)
    assert done.exit_code == 2
    assert message in done.output


def test_a_site_needs_a_task_whose_data_are_known(built, tmp_path):
    results, _ = built
    done = call("build", "--results", results, "--out", tmp_path / "b", "--site", tmp_path / "site")
    assert done.exit_code == 2
    assert "showcase-bench view --data FILE" in done.output
    assert not (tmp_path / "site").exists()


def test_schema_is_printed():
    done = call("schema")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["title"] == "Leaderboard of showcase-bench"
