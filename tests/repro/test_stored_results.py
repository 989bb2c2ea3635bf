"""The committed runs, scored again from their predictions, give the committed scores."""

from pathlib import Path

import numpy as np
import pytest

from showcase_bench.datasets.tasks import TASKS
from showcase_bench.evaluate import RunStore, Scorer, Workspace, frame_of_workspace
from showcase_bench.evaluate.runs.facts import FACTS, example_facts
from showcase_bench.metrics import parse_metric
from showcase_bench.types import NoProgress

RESULTS = Path(__file__).parents[2] / "results"
MODELS = ("topk", "dpp", "copy-history", "showcase", "peter")
SLOW = ("cider", "self-bleu", "user-match", "history-lift", "image-lift", "bertscore")


@pytest.fixture(scope="module")
def workspace():
    return Workspace.open(TASKS.get("mini"))


@pytest.mark.parametrize("model", MODELS)
def test_scores_follow_from_the_predictions(workspace, model):
    runs = [run for run in RunStore(RESULTS).runs("mini") if run.record.label == model]
    assert [run.record.inputs.seed for run in runs] or pytest.fail(f"{model} has no run")
    run = min(runs, key=lambda one: one.record.inputs.seed)
    assert run.record.inputs.data_sha256 == workspace.dataset.revision
    signatures = [score.signature for score in run.record.scores]
    metrics = [
        parse_metric(one) for one in signatures if not one.partition("|")[0].startswith(SLOW)
    ]
    scored = Scorer(frame_of_workspace(workspace, NoProgress()), metrics).score(
        run.predictions(), timings=run.record.timings
    )
    table = run.table()
    assert len(metrics) > 10
    for score in scored.scores:
        stored = next(one for one in run.record.scores if one.signature == score.signature)
        assert stored == score
        rows, again = table.statistics[score.signature], scored.statistics[score.signature]
        # Words are numbered as they come, so sums of whole sets may end in another last digit.
        np.testing.assert_allclose(again, rows, rtol=1e-12, err_msg=score.name)


def test_facts_of_the_examples_are_those_of_the_data(workspace):
    run = next(RunStore(RESULTS).runs("mini"))
    facts = example_facts(workspace)
    assert run.record.facts == FACTS
    for name, values in run.table().facts.items():
        assert (values == facts[name]).all()
