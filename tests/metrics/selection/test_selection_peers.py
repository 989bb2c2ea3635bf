"""Selection metrics against ir_measures and ranx on thousands of random rankings."""

import warnings

import ir_measures
import numpy as np
import pytest
from ir_measures import AP, RR, P, R, Success, nDCG
from selection_world import METRICS, random_batch

CUTOFFS = [1, 2, 3, 5, 20]
PEERS = {"precision": P, "recall": R, "ndcg": nDCG, "hit": Success, "mrr": RR, "map": AP}


def to_peer(batch):
    qrels = [
        ir_measures.Qrel(query, image, 1)
        for query, gold in zip(batch.ids, batch.gold_images, strict=True)
        for image in set(gold)
    ]
    run = [
        ir_measures.ScoredDoc(query, image, -float(place))
        for query, shown in zip(batch.ids, batch.selected, strict=True)
        for place, image in enumerate(shown)
    ]
    return qrels, run


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_each_example_and_the_mean_equal_ir_measures(seed):
    batch = random_batch(seed, n=700)
    qrels, run = to_peer(batch)
    measures = [peer @ k for peer in PEERS.values() for k in CUTOFFS]
    peer = {
        (one.query_id, one.measure): one.value
        for one in ir_measures.iter_calc(measures, qrels, run)
    }
    totals = ir_measures.calc_aggregate(measures, qrels, run)
    counted = batch.has_gold_images
    for k in CUTOFFS:
        for name, measure in PEERS.items():
            metric = METRICS[name](k)
            stats = metric.statistics(batch)
            expected = np.array([[peer.get((query, measure @ k), 0.0), 1.0] for query in batch.ids])
            expected[~counted] = 0.0
            np.testing.assert_allclose(stats, expected, rtol=1e-12, atol=1e-15)
            value = float(metric.score(stats.sum(axis=0)))
            assert value == pytest.approx(totals[measure @ k], rel=1e-12)
        p, r = (
            np.array([peer.get((query, one @ k), 0.0) for query in batch.ids]) for one in (P, R)
        )
        f1 = np.divide(2 * p * r, p + r, out=np.zeros(len(p)), where=p + r > 0)
        stats = METRICS["f1"](k).statistics(batch)
        np.testing.assert_allclose(stats[:, 0], np.where(counted, f1, 0.0), rtol=1e-12)


def test_each_example_equals_ranx():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ranx

        batch = random_batch(3, n=3_000)
        asked = [
            row
            for row in range(len(batch))
            if batch.gold_images[row] and batch.selected[row]  # it refuses empty ones
        ]
        qrels = ranx.Qrels({batch.ids[i]: dict.fromkeys(batch.gold_images[i], 1) for i in asked})
        run = ranx.Run(
            {
                batch.ids[i]: {image: 1 / (at + 1) for at, image in enumerate(batch.selected[i])}
                for i in asked
            }
        )
        names = {"hit": "hit_rate", "mrr": "mrr", "map": "map"}
        measures = [f"{one}@{k}" for one in names.values() for k in CUTOFFS]
        ranx.evaluate(qrels, run, measures)
    assert len(asked) > 2_000
    for name, theirs in names.items():
        for k in CUTOFFS:
            peer = run.scores[f"{theirs}@{k}"]
            expected = [peer[batch.ids[i]] for i in asked]
            values = METRICS[name](k).values(batch)[asked]
            np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-15)
