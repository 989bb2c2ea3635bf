"""The items of set metrics: their number gives the score, of each system and of mixtures."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from showcase_bench.errors import UsageError
from showcase_bench.metrics import METRICS, Batch, TextTable, parse_metric
from showcase_bench.metrics.set_diversity.coverage import Coverage
from showcase_bench.metrics.text_diversity.distinct import Distinct
from showcase_bench.metrics.text_diversity.usr import USR
from showcase_bench.stats.set_randomization import ItemLists, SwapCounter
from tests.texts import hard_corpus

TOK = "whitespace"
POOLS = ("ab", "bcd", "", "e𝕏é")
TEXT_METRICS = [Distinct(order, TOK) for order in (1, 2, 3)] + [USR(TOK)]
METRICS_WITH_ITEMS = [*TEXT_METRICS, Distinct(2), USR(), Coverage(1), Coverage(3)]
every_metric = pytest.mark.parametrize("metric", METRICS_WITH_ITEMS, ids=lambda one: one.name)
text_metric = pytest.mark.parametrize("metric", TEXT_METRICS, ids=lambda one: one.name)

word = st.sampled_from(["a", "A", "b", "c", "é", "e\u0301", "寿司", "🍕"])
text = st.one_of(st.none(), st.lists(word, max_size=7).map(" ".join), st.sampled_from(["a b", " "]))
shown = st.lists(st.sampled_from([*"abcde", "é", "𝕏", "x", "y"]), max_size=4).map(tuple)
output = st.tuples(text, shown)


def systems_of(size):
    """Outputs of one to three systems on up to ``size`` examples."""
    systems = st.integers(1, 3)
    rows = systems.flatmap(lambda s: st.lists(st.tuples(*[output] * s), max_size=size))
    return rows.map(lambda rows: [list(one) for one in zip(*rows, strict=True)] or [[]])


def batch_of(outputs, table, **more):
    n = len(outputs)
    texts, images = tuple(one for one, _ in outputs), tuple(one for _, one in outputs)
    pools = tuple(tuple(POOLS[i % len(POOLS)]) for i in range(n))
    more = {"pools": pools, "ids": tuple(map(str, range(n))), **more}
    return Batch(hypotheses=texts, references=((),) * n, selected=images, table=table, **more)


def batches_of(systems):
    table = TextTable()
    return [batch_of(outputs, table) for outputs in systems]


def sums_of(metric, batch):
    return metric.statistics(batch).sum(axis=0)


def items_by_example(found):
    return [set(one.tolist()) for one in np.split(found.items, found.bounds[1:-1])]


@every_metric
@settings(max_examples=40)
@given(systems=systems_of(7))
@example(systems=[[]])
@example(systems=[[(None, ())], [("", ("a",))], [("a b", ("x",))]])
@example(systems=[[("a b", ()), ("A B", ()), ("a b", ()), (" a  b ", ())]] * 2)
def test_the_number_of_different_items_gives_the_score(metric, systems):
    batches = batches_of(systems)
    found = metric.items(batches)
    assert len(found) == len(batches)
    assert len({one.n_items for one in found}) == 1
    for one, batch in zip(found, batches, strict=True):
        assert one.bounds.dtype == one.items.dtype == np.int64
        assert one.bounds.shape == (len(batch) + 1,)
        assert one.bounds[0] == 0
        assert one.bounds[-1] == len(one.items)
        assert (np.diff(one.bounds) >= 0).all()
        assert ((one.items >= 0) & (one.items < one.n_items)).all()
        sums = sums_of(metric, batch)
        value = metric.value(np.float64(len(np.unique(one.items))), sums[2])
        assert value == pytest.approx(float(metric.score(sums)), rel=1e-12, nan_ok=True)


@every_metric
@settings(max_examples=25)
@given(systems=systems_of(6))
def test_equal_outputs_have_equal_items_in_all_systems(metric, systems):
    """Ids are shared: the items of two systems together are those of all their outputs."""
    batches = batches_of(systems)
    found = metric.items(batches)
    alone = metric.items(batches_of([[row for one in systems for row in one]]))[0]
    pooled = {item for one in found for item in one.items.tolist()}
    if not isinstance(metric, Coverage):  # Its catalogue depends on the number of examples.
        assert len(pooled) == len(np.unique(alone.items))
    same = metric.items([batches[0], *batches, batches[0]])
    for at in (1, -1):
        np.testing.assert_array_equal(same[0].items, same[at].items)
        np.testing.assert_array_equal(same[0].bounds, same[at].bounds)


@text_metric
def test_texts_of_one_example_share_what_they_have_in_common(metric):
    systems = [[("a b c", ())], [("A  b c", ())], [("a b c d", ())], [("x", ())], [(None, ())]]
    first, same, longer, other, missing = (
        items_by_example(one)[0] for one in metric.items(batches_of(systems))
    )
    assert first == same
    assert (first < longer) == isinstance(metric, Distinct)
    assert not first & other
    assert missing == set()


def test_only_images_of_the_catalogue_at_the_first_places_count():
    systems = [[(None, ("a", "x", "b", "c"))], [(None, ("b", "b", "a"))]]
    found = Coverage(3).items(batches_of(systems))
    assert [items_by_example(one) for one in found] == [[{0, 1}], [{0, 1}]]
    assert found[0].n_items == len("ab")


def random_outputs(n, seed):
    """Texts that hurt, with many copies and some missing; images within and without the pools."""
    rng = np.random.default_rng(seed)
    texts = [one for one, _ in hard_corpus(n, seed=seed // 2)]
    texts = [None if draw < 0.1 else texts[int(draw * n)] for draw in rng.random(n)]
    images = [tuple(rng.choice([*"abcdeé𝕏xy"], rng.integers(0, 5))) for _ in range(n)]
    return list(zip(texts, images, strict=True))


@every_metric
def test_counts_after_swaps_are_those_of_the_metric_on_the_swapped_outputs(metric):
    n = 60
    systems = [random_outputs(n, seed) for seed in (4, 5)]
    batches = batches_of(systems)
    found = metric.items(batches)
    lists = [ItemLists(one.bounds, one.items) for one in found]
    masks = np.random.default_rng(0).integers(0, 2**64, (n, 1), dtype=np.uint64)
    counts = SwapCounter(*lists, found[0].n_items).counts(masks)
    sizes = [metric.statistics(batch)[:, 2] for batch in batches]
    values = set()
    for trial in range(20):
        swapped = (masks[:, 0] >> np.uint64(trial) & np.uint64(1)).astype(bool)
        for side in (0, 1):
            mixed = [systems[side ^ int(swap)][i] for i, swap in enumerate(swapped)]
            expected = float(metric.score(sums_of(metric, batches_of([mixed])[0])))
            size = np.where(swapped, sizes[1 - side], sizes[side]).sum()
            value = float(metric.value(counts[side][trial].astype(float), size))
            assert value == pytest.approx(expected, rel=1e-12)
            values.add(value)
    assert len(values) > 1 or isinstance(metric, Coverage)


@every_metric
def test_items_do_not_depend_on_what_the_table_held_before(metric):
    systems = [random_outputs(40, seed) for seed in (1, 2)]
    fresh = metric.items(batches_of(systems))
    batches = batches_of([*systems, random_outputs(40, 3)])
    metric.items(batches)
    for one, other in zip(metric.items(batches[:2]), fresh, strict=True):
        assert len(np.unique(one.items)) == len(np.unique(other.items))
        np.testing.assert_array_equal(one.bounds, other.bounds)


@every_metric
def test_batches_share_a_table_and_the_examples(metric):
    outputs, table = [("a b", ("a",)), ("c", ("b",))], TextTable()
    first = batch_of(outputs, table)
    with pytest.raises(UsageError, match="one table of texts"):
        metric.items([first, batch_of(outputs, TextTable())])
    for ids, rows in ((("1", "0"), outputs), (("0",), outputs[:1])):
        with pytest.raises(UsageError, match="same examples"):
            metric.items([first, batch_of(rows, table, ids=ids)])
    assert metric.items([]) == []


def test_batches_share_the_catalogue():
    outputs, table = [("a b", ("a",))], TextTable()
    with pytest.raises(UsageError, match="pools"):
        Coverage(1).items([batch_of(outputs, table), batch_of(outputs, table, pools=(("z",),))])


def test_which_registered_metrics_have_items():
    batch = batch_of([("a b", ("a",))], TextTable())
    known = {type(metric) for metric in METRICS_WITH_ITEMS}
    for name in METRICS:
        metric = parse_metric(name)
        if metric.kind == "set":
            assert (metric.items([batch]) is not None) == (type(metric) in known), name
