"""``showcase-bench doctor``."""

import json
import math

import pytest

from showcase_bench.errors import MissingDependencyError, UsageError
from showcase_bench.evaluate.golden import encoded_golden_batch
from showcase_bench.metrics import METRICS, golden, parse_metric
from showcase_bench.metrics.golden import compute_golden


@pytest.fixture(autouse=True)
def _encoders(loaded_encoders):
    pass


@pytest.fixture
def stored(monkeypatch, meteor_cache):
    """What the golden file holds, to be changed; right to begin with."""
    data = golden._stored()
    data["scores"] = compute_golden(encoded_golden_batch(meteor_cache))
    monkeypatch.setattr(golden, "_stored", lambda: data)
    return data


def test_this_machine_is_well(cli):
    done = cli("doctor")
    assert done.exit_code == 0, done.output
    assert "PROBLEM" not in done.output


def test_every_metric_has_a_line(cli, stored):
    done = cli("doctor")
    assert done.exit_code == 0
    for name in METRICS:
        short = parse_metric(name).short_name
        assert any(line.startswith(f"{short} ") for line in done.stdout.splitlines()), short
    assert len(done.stdout.splitlines()) == len(METRICS)
    assert "python" in done.stderr
    assert "numpy" in done.stderr
    assert f"{len(METRICS)} of {len(METRICS)} metrics as they should be" in done.stderr


def test_json(cli, stored):
    done = cli("doctor", "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert set(found) == {"environment", "metrics"}
    assert {"python", "platform", "numpy"} <= set(found["environment"])
    assert len(found["metrics"]) == len(METRICS)
    for row in found["metrics"]:
        assert set(row) == {"name", "signature", "expected", "found", "problem", "missing"}
        assert row["problem"] is None
        assert row["found"] == row["expected"] == stored["scores"][row["signature"]]


@pytest.mark.parametrize("name", ["bleu-4", "rouge-l", "precision@3", "sacrebleu", "throughput"])
def test_a_moved_number_is_named(cli, stored, name):
    signature = parse_metric(name).signature
    stored["scores"][signature] += 1e-6
    done = cli("doctor")
    assert done.exit_code == 1
    (line,) = [line for line in done.stdout.splitlines() if "PROBLEM" in line]
    assert line.startswith(f"{name} ")
    assert repr(stored["scores"][signature]) in line
    assert f"{len(METRICS) - 1} of {len(METRICS)}" in done.stderr
    rows = json.loads(cli("doctor", "--json").stdout)["metrics"]
    assert [row["name"] for row in rows if row["problem"]] == [name]


def test_quiet_prints_problems_only(cli, stored):
    assert cli("doctor", "-q").output == ""
    stored["scores"].pop(parse_metric("bleu-1").signature)
    done = cli("doctor", "--quiet")
    assert done.exit_code == 1
    assert done.stdout.startswith("bleu-1 ")
    assert done.stdout.count("\n") == 1
    assert "no value for this signature" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(("error", "code"), [(MissingDependencyError, 0), (UsageError, 1)])
def test_a_metric_that_cannot_run_says_why(cli, stored, monkeypatch, error, code):
    def fail(self, batch):
        raise error("it needs a thing; install the thing")

    monkeypatch.setattr(type(parse_metric("sacrebleu")), "statistics", fail)
    for more in ((), ("--json",)):
        done = cli("doctor", *more)
        assert done.exit_code == code
        assert "it needs a thing; install the thing" in done.stdout
        assert "Traceback" not in done.output


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_metric_without_a_value_is_a_problem(cli, stored, monkeypatch, more):
    right = golden._value

    def wrong(metric, batch):
        return math.nan if metric.short_name == "bleu-2" else right(metric, batch)

    monkeypatch.setattr(golden, "_value", wrong)
    done = cli("doctor", *more)
    assert done.exit_code == 1
    assert "bleu-2" in done.stdout
    if more:
        (row,) = [one for one in json.loads(done.stdout)["metrics"] if one["problem"]]
        assert row["found"] is None


def test_help_has_examples(cli):
    done = cli("doctor", "--help")
    assert done.exit_code == 0
    assert "showcase-bench doctor --json" in done.output
