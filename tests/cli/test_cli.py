import json
import re

import pytest

MODELS = "random,popular,history-nearest,copy-history,topk,dpp,pepler(epochs=1),reference"


def test_run_writes_runs_board_and_report(cli, toy, tmp_path):
    out = tmp_path / "out"
    done = cli("run", "--data", toy, "--models", MODELS, "--results", out)
    assert done.exit_code == 0, done.output
    folder = out / "file-toy"
    assert (folder / "report.html").stat().st_size > 10_000
    assert "| rank |" in (folder / "leaderboard.md").read_text()
    board = json.loads((folder / "leaderboard.json").read_text())
    assert {s["name"] for s in board["sections"]} == {"photos", "words"}
    assert "Photos, by ndcg@3" in done.output
    again = cli("run", "--data", toy, "--models", MODELS, "--results", out, "--json")
    assert json.loads(again.stdout)["reused"] == len(list(folder.glob("*/*/run.json")))
    assert json.loads(again.stdout)["board"] == board


def test_predict_then_score(cli, toy, tmp_path):
    out = tmp_path / "p.jsonl"
    assert cli("predict", "--model", "reference", "--data", toy, "--out", out).exit_code == 0
    done = cli("score", out, "--data", toy, "--split", "test", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["task"] == "file-toy"
    assert found["n"] == 6
    for name in ("recall@3", "ndcg@3", "bleu-4", "rouge-l"):
        one = found["metrics"][name]
        framed = {"floor", "ceiling", "normalised"}
        assert set(one) == {"value", "ci", "signature", "n_scored", "n_unscored", *framed}
        assert one["value"] == pytest.approx(1.0)
        assert one["n_scored"] == 6
        assert one["n_unscored"] == 0
        low, high = one["ci"]
        assert low <= one["value"] <= high
    table = cli("score", out, "--data", toy)
    assert "precision@3|rel:binary" in table.output


def test_predict_to_standard_output(cli, toy):
    done = cli("predict", "--model", "random", "--data", toy, "--out", "-", "-q")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 6
    assert set(lines[0]) == {"id", "image_ids", "text"}


def test_leaderboard_build_gives_the_board_of_the_run(cli, toy, tmp_path):
    out, boards = tmp_path / "out", tmp_path / "boards"
    cli("run", "--data", toy, "--models", "random,reference", "--results", out)
    assert cli("leaderboard", "build", "--results", out, "--out", boards).exit_code == 0
    for kind in ("md", "json"):
        made = (out / "file-toy" / f"leaderboard.{kind}").read_bytes()
        assert (boards / f"file-toy.{kind}").read_bytes() == made


def test_another_protocol_is_another_task(cli, toy, tmp_path):
    out = tmp_path / "out"
    for more in ([], ["--k", "2"], ["--split", "val"], ["--history-limit", "1"]):
        done = cli("run", "--data", toy, "--models", "random", "--results", out, *more)
        assert done.exit_code == 0, done.output
    assert {path.name for path in out.iterdir()} == {
        "file-toy",
        "file-toy-k2",
        "file-toy-val",
        "file-toy-h1",
    }
    assert cli("leaderboard", "build", "--results", out, "--out", out / "b").exit_code == 0


def test_k_larger_than_every_pool_is_counted_not_fatal(cli, toy, tmp_path):
    done = cli("run", "--data", toy, "--models", "random", "--k", "99", "--results", tmp_path / "o")
    assert done.exit_code == 0, done.output
    card = json.loads(cli("data", "card", "--data", toy, "--k", "99", "--json").stdout)
    assert re.search(r'"[^"]*smaller[^"]*": 6', json.dumps(card))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--models", "rendom"], "Did you mean 'random'?"),
        (["run", "--task", "minni"], "Did you mean 'mini'?"),
        (["run", "--k", "0"], "k >= 1"),
        (["run", "--data", "nowhere.json"], "nowhere.json"),
        (["run", "--task", "mini", "--data", "x.json"], "exclude each other"),
        (["run", "--images", "x"], "--images goes with --data"),
        (["score", "nowhere.jsonl"], "nowhere.jsonl: no such file"),
        (["score", "x", "--metrics", "blue-4"], "Did you mean 'bleu-4'?"),
        (["leaderboard", "build", "--results", "nowhere"], "nowhere: no such folder"),
        (["predict", "--model", "random", "--out", "-", "--json"], "both write to standard output"),
        (["scroe"], "Did you mean 'score'?"),
        (["list", "modles"], "modles"),
        (["data", "crad"], "Did you mean 'card'?"),
        (["data", "card", "minni"], "Did you mean 'mini'?"),
        (["data", "card", "mini", "--task", "mini"], "given twice"),
        (["data", "card", "mini", "--data", "x.json"], "exclude each other"),
    ],
)
def test_user_errors_are_one_clear_message(cli, toy, arguments, message):
    if "--data" not in arguments and arguments[0] in ("run", "score", "predict"):
        arguments = (
            arguments
            if "--task" in arguments or "--images" in arguments
            else [*arguments, "--data", toy]
        )
    done = cli(*arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_an_empty_split_is_named_with_the_others(cli, world, write_data, tmp_path):
    world["test"] = []
    path = write_data(world)
    done = cli("run", "--data", path, "--models", "random", "--results", tmp_path / "o")
    assert done.exit_code == 2
    assert "split 'test'" in done.stderr
    assert "has no rows" in done.stderr
    assert not (tmp_path / "o").exists()


def test_unknown_split(cli, toy):
    done = cli("run", "--data", toy, "--models", "random", "--split", "tset")
    assert done.exit_code == 2
    assert "no split 'tset'" in done.stderr


def test_bad_rows_are_named_and_nothing_is_written(cli, world, write_data, tmp_path):
    path = write_data(world)
    rows = json.loads(path.read_text())
    del rows["train"][3]["user_id"]
    rows["test"][1]["rating"] = "good"
    path.write_text(json.dumps(rows))
    done = cli("run", "--data", path, "--models", "random", "--results", tmp_path / "o")
    assert done.exit_code == 2
    assert "toy.json" in done.stderr
    assert "train row 3" in done.stderr
    assert "user_id" in done.stderr
    assert "test row 1" in done.stderr
    assert not (tmp_path / "o").exists()
    assert not list((tmp_path / "cache").glob("datasets/*"))


def test_truncated_file(cli, toy, tmp_path):
    toy.write_bytes(toy.read_bytes()[:-200])
    done = cli("run", "--data", toy, "--models", "random", "--results", tmp_path / "o")
    assert done.exit_code == 2
    assert "toy.json" in done.stderr
    assert "truncated" in done.stderr


def test_broken_photos_are_counted_not_fatal(cli, toy, tmp_path):
    photos = sorted((toy.parent / "images").iterdir())
    photos[0].unlink()
    photos[1].write_bytes(photos[1].read_bytes()[:60])
    photos[2].write_text("not a photo")
    out = tmp_path / "o"
    done = cli("run", "--data", toy, "--models", "dpp,reference", "--results", out)
    assert done.exit_code == 0, done.output
    assert "3 photos could not be read" in (out / "file-toy" / "leaderboard.md").read_text()
    assert "3 photos could not be read" in done.stderr
    card = cli("data", "card", "--data", toy).output
    for reason in ("no file: 1", "truncated: 1", "not an image: 1"):
        assert reason in card


def test_every_help_has_examples(cli):
    verbs = [["run"], ["predict"], ["score"], ["leaderboard", "build"], ["list"]]
    data = ("card", "check", "get gest", "build s1", "build s2", "convert", "synth")
    verbs += [["data", *one.split()] for one in data]
    for verb in [[], *verbs]:
        done = cli(*verb, "--help")
        assert done.exit_code == 0
        assert "Examples:" in done.output
        assert f"showcase-bench {' '.join(verb)}".strip() in done.output, verb


def test_listing(cli):
    names = json.loads(cli("list", "metrics", "--json").stdout)["names"]
    assert {"name", "target", "distribution", "version"} <= set(names[0])
    assert {"precision@3", "bleu-4", "distinct-2"} <= {row["name"] for row in names}
    assert cli("list", "models", "-q").stdout.split() == sorted(
        cli("list", "models", "-q").stdout.split()
    )
    checked = cli("list", "models", "--check")
    assert checked.exit_code == 0
    assert "reference" in checked.stdout


def test_names_are_completed():
    import click

    from showcase_bench.cli.options import NameList

    context = click.Context(click.Command("x"))
    found = NameList("models", "all").shell_complete(context, click.Option(["--x"]), "random,refe")
    assert [item.value for item in found] == ["random,reference"]


def test_costs_stand_beside_the_board_and_not_on_it(cli, toy, tmp_path):
    arguments = ("run", "--data", toy, "--models", "random,reference", "--results", tmp_path / "r")
    done = cli(*arguments, "--no-report", "--metrics", "cost,rouge-1")
    assert done.exit_code == 0, done.output
    assert "Costs, on this machine" in done.stdout
    assert "latency-p95" in done.stdout
    (board,) = (tmp_path / "r").glob("*/leaderboard.json")
    names = [c["name"] for s in json.loads(board.read_text())["sections"] for c in s["columns"]]
    assert "rouge-1" in names
    assert "latency-p95" not in names
    (run,) = (tmp_path / "r").glob("*/random/*/run.json")
    assert "throughput" in [score["name"] for score in json.loads(run.read_text())["scores"]]
