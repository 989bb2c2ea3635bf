"""Real systems: the E2E NLG Challenge, where its files stand beside the checkout."""

import json
from pathlib import Path

import pytest
from sacrebleu.metrics import BLEU
from sacrebleu.significance import PairedTest

from showcase_bench.compare import Settings, compare, field_of_predictions
from showcase_bench.evaluate import frame_of_references
from showcase_bench.metrics import parse_metric
from showcase_bench.types import NoProgress, Showcase

E2E = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "e2e_nlg"
TRIALS = 10_000
BASELINE = "tgen"


@pytest.fixture(scope="module")
def rows():
    path = E2E / "e2e_test_aligned.jsonl"
    if not path.is_file():
        pytest.skip("the E2E data do not stand beside the checkout")
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def field_of(rows, metrics):
    references = {str(row["id"]): row["references"] for row in rows}
    systems = {
        name: [Showcase(str(row["id"]), (), row["outputs"][name]) for row in rows]
        for name in rows[0]["outputs"]
    }
    frame = frame_of_references(references, None)
    chosen = [parse_metric(name) for name in metrics]
    return field_of_predictions("e2e", frame, chosen, systems, progress=NoProgress())


def test_randomization_agrees_with_sacrebleu(rows):
    """Twenty pairs with 10,000 trials each: both estimate one p, within Monte Carlo noise."""
    found = compare(field_of(rows, ["sacrebleu"]), Settings(trials=TRIALS, seed=3))
    mine = {}
    for pair in found.pairs:
        assert pair.test == "approximate randomization"
        mine[pair.a, pair.b] = mine[pair.b, pair.a] = pair.p
    names = [BASELINE, *(name for name in rows[0]["outputs"] if name != BASELINE)]
    width = max(len(row["references"]) for row in rows)
    references = [
        [row["references"][at] if at < len(row["references"]) else None for row in rows]
        for at in range(width)
    ]
    outputs = [(name, [row["outputs"][name] for row in rows]) for name in names]
    peer = PairedTest(
        outputs, {"BLEU": BLEU()}, references, test_type="ar", n_samples=TRIALS, n_jobs=1
    )
    scores = peer()[1]["BLEU"]
    for name, score in zip(names[1:], scores[1:], strict=True):
        assert mine[BASELINE, name] == pytest.approx(score.p_value, abs=0.015), name


def test_every_pair_of_every_kind_of_metric(rows):
    metrics = ["bleu-4", "cider-d", "chrf", "meteor", "distinct-2", "usr", "self-bleu", "length"]
    found = compare(field_of(rows, metrics), Settings(trials=500, bootstrap=True))
    assert len(found.pairs) == 210 * len(metrics)
    for metric in metrics:
        ranks, pairs = found.ranks_of(metric), found.pairs_of(metric)
        letters = {one.system: set(one.letters) for one in ranks}
        for pair in pairs:
            assert 0 < pair.p <= pair.p_adj <= 1
            # Letters may be absorbed into others, but never join two that differ.
            assert bool(letters[pair.a] & letters[pair.b]) == (pair.p_adj > found.alpha)
            low, high = pair.ci_all
            assert low <= pair.ci[0] <= pair.delta <= pair.ci[1] <= high
            if pair.bootstrap is not None:
                reach = pair.ci[1] - pair.ci[0]
                assert abs(pair.bootstrap.low - pair.ci[0]) < 0.25 * reach
                assert abs(pair.bootstrap.high - pair.ci[1]) < 0.25 * reach
        for one in ranks:
            if metric == "length":
                assert one.best is None
            else:
                assert 1 <= one.best <= one.worst <= 21
    audited = {pair.metric for pair in found.pairs if pair.bootstrap is not None}
    assert audited == set(metrics) - {"distinct-2", "usr", "self-bleu"}
