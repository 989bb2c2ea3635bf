"""Options that name one model, and lists that name nothing, are answered with one message."""

import pytest

from showcase_bench.errors import UsageError
from showcase_bench.evaluate.plans.build import parse_model


@pytest.mark.parametrize("verb", ["fit", "predict"])
@pytest.mark.parametrize("named", ["random,popular", "topk, mmr"])
def test_several_models_where_one_is_wanted(cli, toy, tmp_path, verb, named):
    out = tmp_path / "out"
    done = cli(verb, "--data", toy, "--model", named, "--out", out)
    assert done.exit_code == 2
    assert f"--model takes one model, and {named!r} names" in done.stderr
    assert "run --models" in done.stderr
    assert "Traceback" not in done.output
    assert not out.exists()


def test_the_message_names_the_option_and_only_the_first_models():
    with pytest.raises(UsageError) as raised:
        parse_model("random,popular,topk,mmr,dpp", option="--baseline")
    told = "--baseline takes one model, and 'random,popular,topk,mmr,dpp' names 5 (random, popular,"
    assert str(raised.value).startswith(f"{told} topk, ...)")
    assert parse_model("mmr(trade_off=0.5)").label == "mmr(trade_off=0.5)"


@pytest.mark.parametrize(
    ("verb", "option"),
    [("predict", "--model"), ("run", "--models"), ("score", "--metrics"), ("compare", "--metrics")],
)
@pytest.mark.parametrize("value", ["", " ", ",", " , ,"])
def test_a_list_that_names_nothing(cli, toy, tmp_path, verb, option, value):
    place = {"score": [tmp_path / "p.jsonl"], "predict": ["--out", tmp_path / "p.jsonl"]}
    done = cli(verb, "--data", toy, *place.get(verb, []), option, value)
    assert done.exit_code == 2
    assert f"Invalid value for '{option}'" in done.stderr
    assert "names nothing" in done.stderr


def test_processes_predict_the_same_file(cli, toy, tmp_path):
    files = []
    for jobs in (1, 2):
        out = tmp_path / f"{jobs}.jsonl"
        model = ("--model", "unseen-photos", "--seed", 3)
        done = cli("predict", "--data", toy, *model, "--jobs", jobs, "--out", out)
        assert done.exit_code == 0
        files.append(out.read_bytes())
    assert files[0] == files[1]
    assert files[0]
