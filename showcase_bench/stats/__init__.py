"""Arrays in, errors, tests, intervals and ranks out; nothing here knows of tasks or models."""

from __future__ import annotations

from showcase_bench.stats.bootstrap import bootstrap, bootstrap_interval, bootstrap_p
from showcase_bench.stats.differences import Differences, System, differences, system_interval
from showcase_bench.stats.equivalence import rope_verdict, tost
from showcase_bench.stats.intervals import interval, standard_error
from showcase_bench.stats.multiplicity import benjamini_hochberg, holm
from showcase_bench.stats.power import detectable_difference, power, power_curve, required_n
from showcase_bench.stats.randomization import randomization_test
from showcase_bench.stats.ranks import RankInterval, rank_intervals, tie_letters
from showcase_bench.stats.seeds import interaction_variance, two_source
from showcase_bench.stats.set_test import set_randomization_test
from showcase_bench.stats.sign_flip import cluster_sign_flip
from showcase_bench.stats.simultaneous import max_t

__all__ = [
    "Differences",
    "RankInterval",
    "System",
    "benjamini_hochberg",
    "bootstrap",
    "bootstrap_interval",
    "bootstrap_p",
    "cluster_sign_flip",
    "detectable_difference",
    "differences",
    "holm",
    "interaction_variance",
    "interval",
    "max_t",
    "power",
    "power_curve",
    "randomization_test",
    "rank_intervals",
    "required_n",
    "rope_verdict",
    "set_randomization_test",
    "standard_error",
    "system_interval",
    "tie_letters",
    "tost",
    "two_source",
]
