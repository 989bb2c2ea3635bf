"""``showcase-bench submission``: from a template to a row on a board."""

import gzip
import json
import subprocess
import sys

import pytest

from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.evaluate import RunRecord, RunStore, Workspace
from showcase_bench.types import Timings

METRICS = "precision@3,ndcg@3,bleu-4,distinct-1,fit-seconds"


@pytest.fixture
def folder(cli, toy, tmp_path):
    """A submission of references and of each pool's first photos."""
    done = cli("submission", "new", "--data", toy, "--out", tmp_path / "mine", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["n"] == 6
    return tmp_path / "mine"


@pytest.fixture
def queries(toy, tmp_path):
    places = Places(tmp_path / "cache", tmp_path / "no-data")
    return Workspace.open(file_task(toy), places=places).queries


def fill(folder, queries, name="mine", text="crisp pizza, warm light", **card):
    rows = [
        {"id": q.id, "image_ids": list(q.pool[:2]), "text": f"{text} {q.user_id}"} for q in queries
    ]
    path = folder / "predictions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    text = (folder / "predictions.toml").read_text(encoding="utf-8")
    text = text.replace('name = "my-system"', f'name = "{name}"')
    for field, value in card.items():
        lines = text.splitlines()
        at = next(i for i, one in enumerate(lines) if one.startswith(f"{field} = "))
        lines[at] = f"{field} = {value}"
        text = "\n".join(lines)
    (folder / "predictions.toml").write_text(text, encoding="utf-8")
    return path


def test_the_template_is_accepted_and_never_overwritten(cli, toy, folder):
    path = folder / "predictions.jsonl"
    done = cli("submission", "check", path, "--data", toy)
    assert done.exit_code == 0, done.output
    assert "well-formed, 6 lines" in done.stderr
    assert done.stdout == ""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert all(row["image_ids"] == [] and row["text"] == "" for row in rows)
    path.write_text("mine", encoding="utf-8")
    again = cli("submission", "new", "--data", toy, "--out", folder)
    assert again.exit_code == 2
    assert "is there already" in again.stderr
    assert path.read_text("utf-8") == "mine"


def test_problems_are_a_finding_and_missing_files_the_users_error(cli, toy, folder, tmp_path):
    path = folder / "predictions.jsonl"
    path.write_text(path.read_text("utf-8").replace('"text": ""', '"text": 7', 1), "utf-8")
    done = cli("submission", "check", path, "--data", toy)
    assert done.exit_code == 1
    assert done.stdout.startswith("line 1, field 'text': must be a string or null, not a number")
    assert "1 problem in 6 lines (text-type 1)" in done.stderr
    report = json.loads(cli("submission", "check", path, "--data", toy, "--json").stdout)
    assert report["problems"][0]["code"] == "text-type"
    assert report["problems"][0]["line"] == 1
    for verb in (("score",), ("pack", "--out", tmp_path / "x.zip")):
        done = cli("submission", verb[0], path, *verb[1:], "--data", toy)
        assert done.exit_code == 1
        assert "line 1, field 'text'" in done.stdout
    assert not (tmp_path / "x.zip").exists()
    for other in (tmp_path / "none.jsonl", "/dev/zero", tmp_path):
        done = cli("submission", "check", other, "--data", toy)
        assert done.exit_code == 2
        assert str(other) in done.stderr
        assert "Traceback" not in done.stderr


def test_only_the_first_problems_are_printed_and_the_rest_counted(cli, toy, folder):
    path = folder / "predictions.jsonl"
    path.write_text("x\n" * 300, encoding="utf-8")
    done = cli("submission", "check", path, "--data", toy)
    assert len(done.stdout.splitlines()) == 51
    assert "and 251 more" in done.stdout


def test_a_submission_is_scored_ranked_and_stored_as_a_row(cli, toy, folder, queries, tmp_path):
    results = tmp_path / "r"
    made = cli(
        *("run", "--data", toy, "--models", "random,reference", "--results", results),
        *("--metrics", METRICS, "--no-report"),
    )
    assert made.exit_code == 0, made.output
    path = fill(folder, queries, paper='"https://example.org/p"', seed="4")
    arguments = ("submission", "score", path, "--data", toy, "--results", results, "--json")
    tried = json.loads(cli(*arguments, "--dry-run").stdout)
    assert tried["run"] is None
    assert not (results / "file-toy" / "mine").exists()
    found = json.loads(cli(*arguments).stdout)
    assert {**found, "run": None} == tried
    assert found["flags"] == ["submission"]
    assert set(found["ranks"]) == {"photos", "words"}
    assert found["ranks"]["photos"]["of"] == 2
    assert found["ranks"]["photos"]["letters"]
    plain = json.loads(cli("score", path, "--data", toy, "--metrics", METRICS, "--json").stdout)
    assert plain["metrics"].items() <= found["metrics"].items()
    assert found["metrics"]["fit-seconds"]["value"] is None
    board = cli("leaderboard", "build", "--results", results, "--out", tmp_path / "b")
    assert board.exit_code == 0, board.output
    assert "mine *(submission)*" in (tmp_path / "b" / "file-toy.md").read_text("utf-8")
    (run,) = [r for r in RunStore(results).runs() if r.record.inputs.model == "mine"]
    assert run.record.card == {"paper": "https://example.org/p"}
    assert run.record.inputs.seed == 4
    assert [one.id for one in run.predictions()] == [query.id for query in queries]
    # Scored anew with the others, it stays what it is, and its costs stay unknown.
    again = cli(
        *("run", "--data", toy, "--models", "random", "--results", results),
        *("--metrics", f"{METRICS},length,throughput", "--no-report"),
    )
    assert again.exit_code == 0, again.output
    (run,) = [r for r in RunStore(results).runs() if r.record.inputs.model == "mine"]
    scores = {score.name: score.value for score in run.record.scores}
    assert scores["length"] is not None
    assert scores["fit-seconds"] is scores["throughput"] is None
    assert run.record.flags == ("submission",)


def test_a_later_submission_takes_the_place_and_gold_takes_no_rank(
    cli, toy, folder, queries, tmp_path
):
    results = tmp_path / "r"
    arguments = ("--data", toy, "--results", results, "--metrics", METRICS, "--json")
    path = fill(folder, queries)
    first = json.loads(cli("submission", "score", path, *arguments).stdout)
    fill(folder, queries, text="deep broth")
    second = json.loads(cli("submission", "score", path, *arguments).stdout)
    assert first["run"]["id"] != second["run"]["id"]
    assert second["ranks"]["words"]["of"] == 1
    fill(folder, queries, text="the gold", uses_gold="true")
    lines = (folder / "predictions.toml").read_text("utf-8").replace('"mine"', '"cheat"')
    (folder / "predictions.toml").write_text(lines, encoding="utf-8")
    gold = json.loads(cli("submission", "score", path, *arguments).stdout)
    assert gold["role"] == "ceiling"
    assert gold["flags"] == ["submission", "uses gold"]
    assert gold["ranks"]["words"]["rank"] is None
    plain = cli("submission", "score", path, *arguments[:-1], "--dry-run")
    assert "words, by bleu-4: takes no rank (submission, uses gold)" in plain.stdout


def test_what_does_not_fit_the_other_runs_is_not_stored(cli, toy, folder, queries, tmp_path):
    results = tmp_path / "r"
    path = fill(folder, queries)
    arguments = ("submission", "score", path, "--data", toy, "--results", results)
    assert cli(*arguments, "--metrics", METRICS, "--quiet").exit_code == 0
    before = sorted(results.rglob("run.json"))
    fill(folder, queries, text="other")
    done = cli(*arguments, "--metrics", "ndcg@3,bleu-4")
    assert done.exit_code == 2
    assert "cannot share a board, they differ in 'metrics'" in done.stderr
    assert sorted(results.rglob("run.json")) == before
    (run,) = RunStore(results).runs()
    text = (run.folder / "run.json").read_text("utf-8").replace('"submission"', '"other"')
    (run.folder / "run.json").write_text(text, encoding="utf-8")
    done = cli(*arguments)
    assert done.exit_code == 2
    assert "change `name` in the card" in done.stderr


def test_packing_is_canonical_and_changes_no_score(cli, toy, folder, queries, tmp_path):
    path = fill(folder, queries)
    packed = tmp_path / "a.zip"
    done = cli("submission", "pack", path, "--data", toy, "--out", packed, "--json")
    assert done.exit_code == 0, done.output
    lines = path.read_bytes().splitlines(keepends=True)
    (folder / "other.jsonl.gz").write_bytes(gzip.compress(b"\n".join(reversed(lines))))
    card = ("--card", folder / "predictions.toml")
    other = cli(
        *("submission", "pack", folder / "other.jsonl.gz", *card, "--data", toy),
        *("--out", tmp_path / "b.zip"),
    )
    assert other.exit_code == 0, other.output
    assert packed.read_bytes() == (tmp_path / "b.zip").read_bytes()
    again = cli("submission", "pack", packed, "--data", toy, "--out", tmp_path / "c.zip")
    assert again.exit_code == 0, again.output
    assert (tmp_path / "c.zip").read_bytes() == packed.read_bytes()
    assert cli("submission", "check", packed, "--data", toy).exit_code == 0
    scored = [
        json.loads(cli("submission", "score", one, "--data", toy, "--json").stdout)
        for one in (path, packed)
    ]
    assert scored[0] == scored[1]
    refused = cli("submission", "pack", path, "--data", toy, "--out", packed)
    assert refused.exit_code == 2
    assert "is there already" in refused.stderr


@pytest.mark.parametrize("verb", ["new", "check", "score", "pack"])
def test_help_has_examples(cli, verb):
    done = cli("submission", verb, "--help")
    assert done.exit_code == 0
    assert f"showcase-bench submission {verb}" in done.output
    assert "--json" in done.output


def test_records_of_models_are_the_bytes_that_they_were(cli, toy, tmp_path):
    made = cli(
        "run", "--data", toy, "--models", "random", "--results", tmp_path / "r", "--no-report"
    )
    assert made.exit_code == 0, made.output
    (run,) = RunStore(tmp_path / "r").runs()
    data = (run.folder / "run.json").read_bytes()
    raw = json.loads(data)
    assert not {"card", "notes"} & set(raw)
    assert set(raw["timings"]) == set(Timings.__slots__) - {"measured"} | {"stages"}
    assert RunRecord.from_json(data, "here").to_json() == data


def test_the_base_install_checks_and_scores(toy, folder, queries, tmp_path):
    """Without torch and without what the other extras bring."""
    path = fill(folder, queries)
    script = """
import sys
for name in ("torch", "transformers", "open_clip", "tokenizers", "safetensors", "matplotlib"):
    sys.modules[name] = None
from showcase_bench.cli.main import cli
cli(sys.argv[1:])
"""
    command = [sys.executable, "-c", script, "submission", "score", path, "--data", toy]
    command += ["--cache-dir", tmp_path / "cache", "--metrics", "selection,n-gram", "--json"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metrics"]["cider-d"]["value"] is not None
