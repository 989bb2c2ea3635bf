"""The verbs around shared tasks, one after another as organizers and participants use them."""

import json

import pytest

from tests.sharing.hidden_worlds import write_lines


@pytest.fixture
def shared(cli, toy, tmp_path):
    done = cli("task", "export", "--data", toy, "--public", tmp_path / "pub", "--private",
               tmp_path / "priv", "--cut", "validation=0.5", "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout), tmp_path / "pub", tmp_path / "priv"


def test_export_predict_score(cli, shared, tmp_path):
    report, public, private = shared
    assert report["rows"] == {"train": 12, "val": 6, "test": 6}
    assert report["parts"] == {"validation": 3, "final": 3}
    assert report["photos"] == 36
    out = tmp_path / "random.jsonl"
    done = cli("predict", "--data", public, "--model", "random", "--out", out, "--quiet")
    assert done.exit_code == 0, done.output
    done = cli("score", out, "--private", private, "--images", public, "--json")
    assert done.exit_code == 0, done.output
    scores = json.loads(done.stdout)
    assert (scores["task"], scores["n"]) == ("file-toy", 6)
    assert scores["metrics"]["precision@3"]["n_scored"] == 6
    assert scores["metrics"]["div@3"]["value"] is not None
    done = cli("score", out, "--private", private, "--part", "final", "--json")
    assert json.loads(done.stdout)["n"] == 3


def test_public_half_scores_validation_only(cli, shared, tmp_path):
    _, public, _ = shared
    common = ("--models", "random", "--results", tmp_path / "results", "--quiet", "--no-report")
    done = cli("run", "--data", public, "--split", "val", *common)
    assert done.exit_code == 0, done.output
    done = cli("run", "--data", public, *common)
    assert done.exit_code == 2
    assert "has no gold" in done.output


def test_salt_can_be_kept(cli, shared, toy, tmp_path):
    _, public, private = shared
    done = cli("task", "export", "--data", toy, "--public", tmp_path / "pub2", "--private",
               tmp_path / "priv2", "--salt-of", private)  # fmt: skip
    assert done.exit_code == 0, done.output
    assert (tmp_path / "pub2" / "data.json").read_bytes() == (public / "data.json").read_bytes()
    assert "keep it to yourself" in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--no-mask-history",), "cannot be hidden"),
        (("--pool", "cross"), "can be exported"),
        (("--split", "train"), "score another one"),
        (("--cut", "validation"), "validation=0.3"),
        (("--cut", "final=0.5"), "cannot cut out"),
        (("--cut", "validation=0.01"), "has none of"),
    ],
)
def test_what_cannot_be_exported(cli, toy, tmp_path, arguments, message):
    done = cli("task", "export", "--data", toy, "--public", tmp_path / "pub", "--private",
               tmp_path / "priv", *arguments)  # fmt: skip
    assert done.exit_code == 2
    assert message in done.output
    assert not (tmp_path / "pub").exists()


def test_score_options_that_exclude_each_other(cli, shared, tmp_path):
    _, _, private = shared
    lines = write_lines(tmp_path / "p.jsonl", [])
    for arguments, message in (
        (("--part", "final"), "--part goes with --private"),
        (("--private", private, "--task", "mini"), "exclude each other"),
        (("--private", private, "--references", lines), "exclude each other"),
    ):
        done = cli("score", lines, *arguments)
        assert done.exit_code == 2
        assert message in done.output


def test_bundle(cli, toy, tmp_path):
    done = cli("task", "bundle", "--data", toy, "--codabench", tmp_path / "out", "--share", "0.5",
               "--start", "2027-01-10", "--final", "2027-02-10", "--title", "Toy")  # fmt: skip
    assert done.exit_code == 0, done.output
    text = (tmp_path / "out" / "bundle" / "competition.yaml").read_text()
    assert 'title: "Toy"' in text
    assert "start: 2027-02-10 00:00:00" in text
    assert "ndcg@3, bleu-4" in done.output
