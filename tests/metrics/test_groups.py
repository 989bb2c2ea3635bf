"""Metrics by group, and what lists say of them."""

import importlib
from typing import get_args

import pytest

from showcase_bench.cli.options import METRIC_GROUPS
from showcase_bench.errors import RegistryError, UsageError
from showcase_bench.metrics import METRICS, groups, parse, parse_metric
from showcase_bench.metrics.base import Group
from showcase_bench.metrics.groups import (
    ALL,
    GROUPS,
    describe_metrics,
    expand_metrics,
    metrics_within,
)
from showcase_bench.metrics.parse import _problem
from showcase_bench.registry import Registry

BROKEN = {
    "fine": "showcase_bench.metrics.ngram.bleu:bleu_4",
    "broken": "plugin_that_raises:Metric",
    "absent": "no_such_module_anywhere:Metric",
    "odd": "json:loads",
}


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    """A registry of one working metric and three broken ones in place of the real one."""
    folder = tmp_path / "plugins-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: plugins\nVersion: 1.0\n")
    lines = "".join(f"{key} = {value}\n" for key, value in BROKEN.items() if key != "odd")
    lines += "odd = collections:OrderedDict\n"
    (folder / "entry_points.txt").write_text(f"[showcase_bench.tests]\n{lines}")
    (tmp_path / "plugin_that_raises.py").write_text("raise RuntimeError('broken on purpose')")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    registry = Registry("showcase_bench.tests", "metric", _problem)
    for module in (groups, parse):
        monkeypatch.setattr(module, "METRICS", registry)
    return registry


def test_the_command_line_knows_every_group():
    assert (ALL, *GROUPS) == METRIC_GROUPS
    assert tuple(GROUPS.values()) == get_args(Group)
    assert all(slug == slug.lower() and " " not in slug and "," not in slug for slug in GROUPS)
    assert not set(METRIC_GROUPS) & set(METRICS)


def test_groups_hold_every_metric_once():
    found = [metric for slug in GROUPS for metric in expand_metrics([slug])]
    assert len(found) == len(set(found)) == len(METRICS)
    assert tuple(found) == expand_metrics([ALL])
    assert set(found) == {parse_metric(name) for name in METRICS}
    for slug, group in GROUPS.items():
        members = expand_metrics([slug])
        assert members
        assert all(metric.group == group for metric in members)


def test_names_groups_and_signatures_come_in_their_order_and_once():
    bleu, plain = parse_metric("bleu-4"), parse_metric("sacrebleu(tok=none)")
    found = expand_metrics(["sacrebleu(tok=none)", "bleu-4", str(bleu), "n-gram", "bleu-4"])
    assert found[:2] == (plain, bleu)
    assert len(found) == len(set(found)) == 1 + len(expand_metrics(["n-gram"]))
    assert expand_metrics([]) == ()


def test_the_default_cutoff_goes_to_all_members():
    assert parse_metric("ndcg@7") in expand_metrics(["selection"], default_k=7)
    assert parse_metric("ndcg@3") not in expand_metrics([ALL], default_k=7)
    assert expand_metrics(["ndcg@2"], default_k=7) == (parse_metric("ndcg@2"),)


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("n-grams", RegistryError, "unknown metric 'n-grams'"),
        ("All", RegistryError, "unknown metric 'All'"),
        ("bleu-4(tik=words)", UsageError, "Did you mean 'tok'"),
        ("", UsageError, "cannot read ''"),
    ],
)
def test_what_is_neither_is_an_error(name, error, says):
    with pytest.raises(error, match=says.replace("(", r"\(")):
        expand_metrics(["bleu-4", name])


def test_metrics_within_need_nothing_else():
    texts = metrics_within({"text", "references"})
    assert {"bleu-4", "cider", "distinct-1", "sacrebleu"} <= {metric.name for metric in texts}
    assert all(metric.needs <= {"text", "references"} for metric in texts)
    assert len(texts) == sum(one.needs <= {"text", "references"} for one in expand_metrics([ALL]))
    assert metrics_within(()) == ()
    assert all("references" not in one.needs for one in metrics_within(["text"]))


def test_broken_plugins_are_left_out_of_groups(plugins):
    assert list(plugins) == sorted(BROKEN)
    assert expand_metrics([ALL]) == (parse_metric("fine"),)
    assert expand_metrics(["n-gram"]) == (parse_metric("fine"),)
    assert expand_metrics(["cost"]) == ()
    with pytest.raises(RegistryError, match="broken on purpose"):
        expand_metrics(["broken"])


def test_broken_plugins_are_described_with_what_is_wrong(plugins):
    rows = {row["name"]: row for row in describe_metrics()}
    assert set(rows) == {"bleu-4", "broken", "absent", "odd"}
    assert "broken on purpose" in rows["broken"]["summary"]
    assert rows["broken"]["summary"].startswith("BROKEN: ")
    assert "does not derive" in rows["odd"]["summary"]
    assert rows["absent"]["distribution"] == "plugins"
    assert next(row["name"] for row in describe_metrics()) == "bleu-4"


def test_every_metric_is_described():
    rows = describe_metrics()
    assert sorted(row["name"].partition("@")[0] for row in rows) == list(METRICS)
    order = [list(GROUPS.values()).index(row["group"]) for row in rows]
    assert order == sorted(order)
    for row in rows:
        metric = parse_metric(row["name"])
        assert row["signature"] == metric.signature
        assert row["summary"] == metric.summary
        assert row["direction"] in ("higher", "lower", "neither")
        assert row["needs"] == sorted(metric.needs)
        assert row["distribution"] == "showcase-bench"
        assert all(isinstance(row[key], str) and row[key] for key in ("oracle", "cost", "scale"))
    of_ngrams = [row for row in rows if row["group"] == "n-gram"]
    assert all(row["oracle"] != "–" for row in of_ngrams)
