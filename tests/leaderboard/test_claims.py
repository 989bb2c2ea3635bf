import json
from collections import defaultdict

import pytest
from scipy.stats import t as student

from showcase_bench.datasets.tasks import Places, file_task
from showcase_bench.errors import DataError, UsageError
from showcase_bench.evaluate import RunStore, Suite, Workspace
from showcase_bench.evaluate.plans.build import parse_models
from showcase_bench.leaderboard.claims import Claim, Comparison, check_claims, read_claims
from showcase_bench.leaderboard.claims_markdown import claims_markdown
from showcase_bench.stats import two_source


@pytest.fixture
def runs(toy, tmp_path):
    places = Places(tmp_path / "cache", tmp_path / "no-data")
    workspace = Workspace.open(file_task(toy), places=places)
    suite = Suite(workspace, RunStore(tmp_path / "r"))
    plans = parse_models("random,popular,reference,copy-history,modal-sentence")
    return suite.run(plans, [0, 1, 2]).runs


def check(runs, better, than, *metrics, within=None):
    one = Claim("title", "source", (Comparison(better, than, metrics, within),))
    ((_, findings),) = check_claims(runs, [one]).claims
    return findings


def by_hand(runs, better, than, name):
    """Difference and two-way clustered 95 % interval of a mean metric, in plain Python."""
    rows, values, interaction = {}, {}, []
    for label in (better, than):
        tables = [run.table() for run in runs if run.record.label == label]
        (column,) = [key for key in tables[0].statistics if key.startswith(f"{name}|")]
        # Statistics of a mean metric are [value, weight].
        rows[label] = [
            sum(table.statistics[column][i][0] for table in tables) / len(tables)
            for i in range(len(tables[0].ids))
        ]
        values[label] = [
            sum(row[0] for row in table.statistics[column]) / len(table.ids) for table in tables
        ]
        interaction.append(disagreement([[row[0] for row in t.statistics[column]] for t in tables]))
    gaps = [a - b for a, b in zip(rows[better], rows[than], strict=True)]
    mean = sum(gaps) / len(gaps)
    psi = [gap - mean for gap in gaps]

    def variance(labels):
        sums = defaultdict(float)
        for label, value in zip(labels, psi, strict=True):
            sums[label] += value
        return sum(v * v for v in sums.values()) * len(sums) / (len(sums) - 1), len(sums)

    users, businesses = tables[0].users, tables[0].businesses
    (a, n_a), (b, n_b) = variance(users), variance(businesses)
    both, _ = variance(list(zip(users, businesses, strict=True)))
    variance = max(a + b - both, a, b) / len(psi) ** 2
    # How the two sources of variance are put together is tested by simulation elsewhere.
    found = two_source(variance, min(n_a, n_b) - 1, list(values.values()), interaction)
    reach = student.ppf(0.975, found.freedom) * found.error
    return mean, mean - reach, mean + reach


def disagreement(seeds):
    """Variance of the mean of all values from what a seed gains on some examples alone."""
    r, n = len(seeds), len(seeds[0])
    of_seed = [sum(one) / n for one in seeds]
    of_example = [sum(one[i] for one in seeds) / r for i in range(n)]
    middle = sum(of_seed) / r
    squares = sum(
        (seeds[k][i] - of_seed[k] - of_example[i] + middle) ** 2 for k in range(r) for i in range(n)
    )
    return squares / ((n - 1) * (r - 1) * n * r)


@pytest.mark.parametrize(("better", "than"), [("reference", "random"), ("popular", "random")])
def test_difference_and_interval_equal_plain_arithmetic(runs, better, than):
    (found,) = check(runs, better, than, "precision@3")
    expected = by_hand(runs, better, than, "precision@3")
    assert (found.delta, found.low, found.high) == pytest.approx(expected, abs=1e-12)
    assert found.seeds == 3


def test_verdicts(runs):
    (found,) = check(runs, "reference", "random", "precision@3")
    assert found.verdict == "confirmed"
    (turned,) = check(runs, "random", "reference", "precision@3")
    assert turned.verdict == "refuted"
    assert (turned.delta, turned.low, turned.high) == pytest.approx(
        (-found.delta, -found.high, -found.low)
    )
    (same,) = check(runs, "random", "random", "precision@3")
    assert (same.delta, same.verdict) == (0.0, "undecided")
    # A system that every seed leaves as it is; two trainings of random ones are two systems.
    (close,) = check(runs, "popular", "popular", "precision@3", within=0.02)
    assert close.verdict == "confirmed"
    (far,) = check(runs, "random", "reference", "precision@3", within=0.01)
    assert far.verdict == "refuted"


def test_the_report_is_the_same_bytes_and_says_what_it_is(runs):
    claims = [
        Claim("One | two", "ours", (Comparison("reference", "random", ("ndcg@3",)),), "Note.")
    ]
    report = check_claims(runs, claims)
    again = check_claims(list(reversed(runs)), claims)
    assert report.to_json() == again.to_json()
    text = claims_markdown(report)
    assert text == claims_markdown(again)
    assert "One \\| two" in text
    assert "| reference > random | ndcg@3 ↑ |" in text
    assert "confirmed" in text
    assert "variance between seeds" in text
    assert json.loads(report.to_json())["claims"][0]["findings"][0]["verdict"] == "confirmed"
    alone = claims_markdown(check_claims([r for r in runs if r.record.inputs.seed == 0], claims))
    assert "training variance is not assessed" in alone


def test_unknown_names_are_offered_the_nearest(runs):
    with pytest.raises(UsageError, match=r"system 'refrence'.*Did you mean 'reference'"):
        check(runs, "refrence", "random", "precision@3")
    with pytest.raises(UsageError, match="metric 'precision@2'"):
        check(runs, "reference", "random", "precision@2")
    with pytest.raises(UsageError, match="random has no value for bleu-4"):
        check(runs, "reference", "random", "bleu-4")
    with pytest.raises(UsageError, match="no run"):
        check_claims([], [])


GOOD = """
[[claim]]
title = "T"
source = "S"
[[claim.comparison]]
better = "a"
than = "b"
metrics = ["x", "y"]
within = 0.5
"""


def test_claims_are_read(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text(GOOD)
    assert read_claims(path) == (Claim("T", "S", (Comparison("a", "b", ("x", "y"), 0.5),)),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[claim",
        "[claim]\ntitle = 'x'",
        GOOD.replace('source = "S"', ""),
        GOOD.replace('source = "S"', "source = 3"),
        GOOD.replace("0.5", "-1"),
        GOOD.replace("0.5", "'x'"),
        GOOD.replace('["x", "y"]', "[]"),
        GOOD.replace('["x", "y"]', "3"),
        GOOD.replace("than", "then"),
        GOOD + "\n[other]\nx = 1",
    ],
)
def test_a_broken_file_of_claims_is_named(tmp_path, text):
    path = tmp_path / "claims.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=r"claims\.toml"):
        read_claims(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_claims(tmp_path / "none.toml")
