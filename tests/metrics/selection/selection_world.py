"""Random pools, gold and rankings that the selection tests share."""

from __future__ import annotations

import random

from showcase_bench.metrics import Batch
from showcase_bench.metrics.selection.average_precision import MAP
from showcase_bench.metrics.selection.f1 import F1
from showcase_bench.metrics.selection.hit import Hit
from showcase_bench.metrics.selection.mrr import MRR
from showcase_bench.metrics.selection.ndcg import NDCG
from showcase_bench.metrics.selection.precision import Precision
from showcase_bench.metrics.selection.recall import Recall

METRICS = {
    "precision": Precision,
    "recall": Recall,
    "f1": F1,
    "ndcg": NDCG,
    "hit": Hit,
    "mrr": MRR,
    "map": MAP,
    "map-ideal": lambda k: MAP(k, "ideal"),
}


def images_only(selected, gold, pools=()):
    """A batch without texts."""
    n = len(selected)
    ids = tuple(f"q{row}" for row in range(n))
    columns = (tuple(map(tuple, each)) for each in (selected, gold, pools))
    return Batch(ids, (None,) * n, ((),) * n, *columns)


def one_example(shown, gold, pool=()):
    """A batch of one."""
    return images_only([shown], [gold], [pool])


def random_batch(seed, n=250, most_pool=12):
    """Rankings of any length from none to the whole pool.

    Gold may be empty, all of the pool, named twice, or not in the pool.
    """
    rng = random.Random(seed)
    selected, gold, pools = [], [], []
    for row in range(n):
        pool = [f"p{row}-{i}" for i in range(rng.randint(1, most_pool))]
        known = rng.sample(pool, k=rng.randint(0, len(pool)))
        if rng.random() < 0.2:
            known += [f"lost{row}-{i}" for i in range(rng.randint(1, 3))]
        if known and rng.random() < 0.2:
            known.append(known[0])
        gold.append(known)
        selected.append(rng.sample(pool, k=rng.randint(0, len(pool))))
        pools.append(pool)
    return images_only(selected, gold, pools)
