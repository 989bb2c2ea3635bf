"""Comparing systems: which test, which numbers, which words."""

import dataclasses
import itertools

import numpy as np
import pytest
from scipy import stats as peer

from showcase_bench.compare import Field, Settings, compare, field_of_predictions, plan
from showcase_bench.compare.systems import Contender
from showcase_bench.errors import UsageError
from showcase_bench.evaluate import frame_of_references
from showcase_bench.metrics import parse_metric
from showcase_bench.types import NoProgress, Showcase

PRECISION, LENGTH = parse_metric("precision@3"), parse_metric("length")
N = 240


def contender(label, *values, metric=PRECISION, attempted=True):
    rows = tuple(np.stack([one, np.ones(len(one))], axis=1) for one in values)
    return Contender(label, {metric.signature: rows}, {metric.signature: attempted})


def field(*contenders, metrics=(PRECISION,), clusters=None):
    n = len(next(iter(contenders[0].rows.values()))[0])
    return Field("made up", contenders, metrics, (), n, clusters or {})


@pytest.fixture
def values():
    rng = np.random.default_rng(5)
    base = rng.random(N)
    return [np.clip(base + rng.normal(shift, 0.2, N), 0, 1) for shift in (0, 0.0, 0.05)]


def only(found):
    (pair,) = found.pairs
    return pair


def test_a_mean_without_clusters(values):
    a, b = values[0], values[2]
    pair = only(compare(field(contender("a", a), contender("b", b))))
    assert pair.delta == pytest.approx((a - b).mean())
    low, high = peer.ttest_rel(a, b).confidence_interval(0.95)
    assert pair.ci == pytest.approx((low, high))
    assert pair.ci_all == pytest.approx((low, high))  # one pair needs no adjustment
    assert pair.p == pytest.approx(peer.ttest_rel(a, b).pvalue, abs=0.02)
    assert pair.dz == pytest.approx((a - b).mean() / (a - b).std(ddof=1))
    assert pair.test == "approximate randomization"
    assert pair.q is None
    assert pair.freedom == N - 1


def test_swapping_two_systems_negates_the_difference_and_keeps_p(values):
    a, b = contender("a", values[0]), contender("b", values[2])
    settings = Settings(bootstrap=True)
    one, other = only(compare(field(a, b), settings)), only(compare(field(b, a), settings))
    assert one.delta == -other.delta
    assert one.ci == pytest.approx((-other.ci[1], -other.ci[0]), abs=1e-15)
    assert (one.p, one.p_adj, one.bootstrap.p) == (other.p, other.p_adj, other.bootstrap.p)


def test_identical_systems_are_one_tie_group(values):
    same = [contender(name, values[0]) for name in "abc"]
    found = compare(field(*same), Settings(bootstrap=True))
    for pair in found.pairs:
        assert (pair.delta, pair.p, pair.p_adj) == (0.0, 1.0, 1.0)
    assert {(one.letters, one.best, one.worst) for one in found.ranks} == {("a", 1, 3)}


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(values):
    here = field(*(contender(name, one) for name, one in zip("abc", values, strict=True)))
    settings = Settings(seed=0, trials=500, bootstrap=True)
    first = compare(here, settings).to_json()
    assert compare(here, settings).to_json() == first
    assert compare(here, dataclasses.replace(settings, seed=1)).to_json() != first


def test_each_kind_of_data_gets_its_test(values):
    users = np.arange(N) // 2
    businesses = np.arange(N) % 60
    few = np.arange(N) % 12
    one, other = contender("a", values[0]), contender("b", values[2])
    several = contender("b", values[1], values[2])
    cases = [
        ({}, other, "approximate randomization"),
        ({"user": np.arange(N)}, other, "approximate randomization"),
        ({"user": users}, other, "approximate randomization of clusters"),
        ({"user": np.arange(N), "business": businesses}, other,
         "approximate randomization of clusters"),
        ({"user": users, "business": businesses}, other, "two-way cluster-robust t"),
        ({"user": users, "business": few}, other, "cluster sign-flip"),
        ({"user": users, "business": businesses}, several, "Welch-Satterthwaite t"),
        ({"user": users, "business": few}, several, "cluster sign-flip"),
    ]  # fmt: skip
    for clusters, rival, test in cases:
        found = compare(field(one, rival, clusters=clusters))
        assert only(found).test == test
        words = " ".join(found.notes)
        assert ("Warning: 12 businesses are fewer than 50" in words) == (
            "few" in test or "flip" in test
        )
        assert ("count as independent" in words) == (not clusters)
        assert "training variance not assessed" in words


def test_two_way_clusters_widen_the_interval_where_users_agree(values):
    users, businesses = np.arange(N) // 4, np.arange(N) % 60
    gap = np.random.default_rng(1).normal(0.02, 0.2, 60)[users]
    a = contender("a", np.clip(values[0], 0.3, 0.7) + 0.2 * gap)
    b = contender("b", np.clip(values[0], 0.3, 0.7))
    wide = only(compare(field(a, b, clusters={"user": users, "business": businesses})))
    narrow = only(compare(field(a, b)))
    assert wide.error > 1.5 * narrow.error
    assert wide.p > narrow.p
    ignored = only(
        compare(
            field(a, b, clusters={"user": users, "business": businesses}), Settings(clusters=())
        )
    )
    assert ignored.ci == narrow.ci


@pytest.mark.parametrize("adjust", ["max-t", "holm", "bh", "none"])
def test_adjustments(values, adjust):
    rng = np.random.default_rng(0)
    systems = [
        contender(str(i), np.clip(values[0] + rng.normal(i / 50, 0.2, N), 0, 1)) for i in range(5)
    ]
    found = compare(field(*systems), Settings(adjust=adjust, trials=2000))
    p = np.array([one.p for one in found.pairs])
    adjusted = np.array([one.p_adj for one in found.pairs])
    assert (adjusted >= p).all()
    if adjust == "none":
        np.testing.assert_array_equal(adjusted, p)
    if adjust == "bh":
        np.testing.assert_allclose(adjusted, peer.false_discovery_control(p))
    if adjust in ("holm", "max-t"):
        assert (adjusted <= np.minimum(1, 10 * p) + 0.02).all()
    letters = {one.system: set(one.letters) for one in found.ranks}
    for pair in found.pairs:
        assert bool(letters[pair.a] & letters[pair.b]) == (pair.p_adj > 0.05)


def test_exploratory_metrics_are_adjusted_for_each_other(values):
    rng = np.random.default_rng(3)
    metrics = (PRECISION, parse_metric("recall@3"), parse_metric("f1@3"))
    systems = []
    for name in "abc":
        rows = {one.signature: (np.stack([rng.random(N), np.ones(N)], axis=1),) for one in metrics}
        systems.append(Contender(name, rows, dict.fromkeys(rows, True)))
    found = compare(field(*systems, metrics=metrics), Settings(primary="recall@3", trials=500))
    assert found.primary.name == "recall@3"
    others = [one for one in found.pairs if one.metric != "recall@3"]
    assert [one.q for one in found.pairs_of("recall@3")] == [None] * 3
    expected = peer.false_discovery_control([one.p for one in others])
    assert [one.q for one in others] == pytest.approx(list(expected))


def test_a_metric_without_a_better_side_has_no_ranks_but_letters(values):
    texts = [
        contender(name, 10 * one, metric=LENGTH) for name, one in zip("ab", values, strict=False)
    ]
    found = compare(field(*texts, metrics=(LENGTH,)))
    assert [(one.best, one.worst) for one in found.ranks] == [(None, None)] * 2
    assert all(one.letters for one in found.ranks)


def test_what_was_not_attempted_is_left_out_and_said(values):
    a, b = contender("a", values[0]), contender("b", values[1])
    nothing = contender("c", np.zeros(N), attempted=False)
    found = compare(field(a, nothing, b))
    assert [(one.a, one.b) for one in found.pairs] == [("a", "b")]
    assert found.ranks[-1].system == "c"
    assert found.ranks[-1].value is None
    assert any("c has no precision@3" in note for note in found.notes)


def test_region_of_practical_equivalence(values):
    a, b, c = (contender(name, one) for name, one in zip("abc", values, strict=True))
    found = compare(field(a, b, c), Settings(rope={"precision@3": 0.5}))
    assert {one.rope for one in found.pairs} == {"equivalent"}
    found = compare(field(a, b), Settings(rope={"precision@3": 0.0}))
    assert only(found).rope == "undecided"
    assert only(compare(field(a, b))).rope is None


def test_several_seeds_count_their_variance(values):
    rng = np.random.default_rng(2)
    shifts = (-0.1, 0.0, 0.1)
    several = [np.clip(values[0] + shift, 0, 1) for shift in shifts]
    one = contender("a", *several)
    other = contender("b", *(np.clip(v + rng.normal(0.05, 0.01), 0, 1) for v in several))
    pair = only(compare(field(one, other), Settings(bootstrap=True)))
    alone = only(compare(field(contender("a", several[1]), contender("b", several[1] + 0.05))))
    assert pair.error > 2 * alone.error
    assert pair.freedom < 10
    assert pair.bootstrap is None
    words = " ".join(compare(field(one, other)).notes)
    assert "training variance not assessed" not in words


def test_the_bootstrap_audits_the_interval(values):
    a, b = contender("a", values[0]), contender("b", values[2])
    pair = only(compare(field(a, b), Settings(bootstrap=True)))
    assert pair.bootstrap.low == pytest.approx(pair.ci[0], abs=0.004)
    assert pair.bootstrap.high == pytest.approx(pair.ci[1], abs=0.004)
    assert pair.bootstrap.p == pytest.approx(pair.p, abs=0.02)


def texts_field(systems, metrics):
    n = len(next(iter(systems.values())))
    references = {str(i): [f"reference {i}"] for i in range(n)}
    showcases = {
        name: [Showcase(str(i), (), text) for i, text in enumerate(texts)]
        for name, texts in systems.items()
    }
    frame = frame_of_references(references, None)
    chosen = [parse_metric(name) for name in metrics]
    return field_of_predictions("texts", frame, chosen, showcases, progress=NoProgress())


def test_sets_are_swapped_whole_and_the_rest_gets_the_jackknife():
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(40)]
    systems = {
        name: [" ".join(rng.choice(words[:size], 8)) for _ in range(80)]
        for name, size in (("narrow", 15), ("wide", 40))
    }
    found = compare(texts_field(systems, ["distinct-1", "distinct-2", "usr", "entropy-1"]))
    tests = {one.metric: one.test for one in found.pairs}
    assert tests == {
        "distinct-1": "swap of sets",
        "distinct-2": "swap of sets",
        "usr": "swap of sets",
        "entropy-1": "t",
    }
    by_name = {one.metric: one for one in found.pairs}
    assert by_name["distinct-2"].p < 0.01
    assert by_name["distinct-2"].delta < 0
    assert by_name["usr"].p == 1.0


def test_swapping_sets_agrees_with_all_swaps_counted_one_by_one():
    texts = {
        "a": ["x y", "x z", "y z w", "x", "w w", "q r", "x y"],
        "b": ["x x", "x y", "x", "x y", "w", "x q", "y"],
    }

    def distinct(chosen):
        tokens = [token for text in chosen for token in text.split()]
        return len(set(tokens)) / len(tokens)

    gaps = []
    for swap in itertools.product((0, 1), repeat=7):
        rows = [
            (b, a) if s else (a, b) for s, a, b in zip(swap, texts["a"], texts["b"], strict=True)
        ]
        gaps.append(abs(distinct([a for a, _ in rows]) - distinct([b for _, b in rows])))
    exact = np.mean(np.array(gaps) >= gaps[0] - 1e-12)
    found = compare(texts_field(texts, ["distinct-1(tok=words)"]), Settings(trials=20_000))
    assert only(found).p == pytest.approx(exact, abs=0.012)


def test_planning(values):
    a, b = contender("a", values[0]), contender("b", values[1])
    found = compare(field(a, b))
    planned = plan(found, 0.02)
    (pair,) = planned.pairs
    assert planned.n == N
    assert pair.detectable_now == pytest.approx(only(found).detectable)
    assert pair.required == pytest.approx(N * (pair.detectable_now / 0.02) ** 2, rel=0.03)
    assert plan(found, pair.detectable_now * 1.001).pairs[0].required <= N
    same = compare(field(a, contender("b", values[0])))
    assert plan(same, 0.1).left_out == (("a", "b"),)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"primary": "precision@4"}, "no metric 'precision@4'"),
        ({"clusters": ("user",)}, "no column of clusters 'user'"),
        ({"rope": {"bleu-4": 1.0}}, "no metric 'bleu-4'"),
        ({"rope": {"precision@3": -1.0}}, "rope|region|0"),
        ({"trials": 0}, "trials"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_settings_are_told(values, change, message):
    here = field(contender("a", values[0]), contender("b", values[1]))
    with pytest.raises(UsageError, match=message):
        compare(here, Settings(**change))


def test_bad_systems_are_told(values):
    a = contender("a", values[0])
    with pytest.raises(UsageError, match="two systems or more"):
        compare(field(a))
    with pytest.raises(UsageError, match="one name"):
        compare(field(a, a))
    with pytest.raises(UsageError, match="adjust is one of"):
        Settings(adjust="bonferroni")
    with pytest.raises(UsageError, match="alpha is between"):
        Settings(alpha=1.0)
    with pytest.raises(UsageError, match="not compared"):
        plan(compare(field(a, contender("b", values[1]))), 0.1, metric="bleu-4")
    with pytest.raises(UsageError, match="other than 0"):
        plan(compare(field(a, contender("b", values[1]))), 0.0)
