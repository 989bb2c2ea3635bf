"""Reports of comparisons in every format, with names from outside that mean harm."""

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest

from showcase_bench.compare import Field, Settings, compare
from showcase_bench.compare.report.forest import forest_plot
from showcase_bench.compare.report.latex import escape_latex
from showcase_bench.compare.report.matrix import pairwise_matrix
from showcase_bench.compare.systems import Contender
from showcase_bench.errors import UsageError
from showcase_bench.formatting import format_number, format_p
from showcase_bench.metrics import parse_metric

PRECISION, RECALL = parse_metric("precision@3"), parse_metric("recall@3")
HOSTILE = (
    "<script>alert(1)</script>",
    "a|b",
    r"50%_x^2$\&{~}#",
    "[1]*evil*",
    "\u202egnp.exe",
    "=1+1",
    "x" * 300,
    "line\nbreak",
)
N = 60


def comparison(names, seeds=1, missing=False, **settings):
    rng = np.random.default_rng(0)
    base = rng.random(N)
    contenders = []
    for at, name in enumerate(names):
        rows = {
            metric.signature: tuple(
                np.stack([np.clip(base + rng.normal(at / 10, 0.2, N), 0, 1), np.ones(N)], axis=1)
                for _ in range(seeds)
            )
            for metric in (PRECISION, RECALL)
        }
        attempted = dict.fromkeys(rows, True)
        if missing and at == 0:
            attempted[RECALL.signature] = False
        contenders.append(Contender(name, rows, attempted))
    field = Field("<b>title</b> | x", tuple(contenders), (RECALL, PRECISION), ("precision@3",), N)
    return compare(field, Settings(trials=200, **settings))


@pytest.fixture(scope="module")
def hostile():
    return comparison(HOSTILE, bootstrap=True, missing=True, rope={"precision@3": 0.05})


class Page(HTMLParser):
    """Tags and texts of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def test_equal_comparisons_give_equal_bytes(hostile):
    again = comparison(HOSTILE, bootstrap=True, missing=True, rope={"precision@3": 0.05})
    for kind in ("md", "latex", "json", "html"):
        assert hostile.to(kind) == again.to(kind)
        assert hostile.to(kind).endswith("\n")


def test_every_figure_of_the_primary_metric_is_in_every_report(hostile):
    less = {"md": "\\<", "latex": r"\textless{}", "html": "&lt;"}
    for kind in less:
        text = hostile.to(kind)
        for pair in hostile.pairs_of("precision@3"):
            for figure in (format_number(pair.delta), format_p(pair.p), format_p(pair.p_adj)):
                shown = figure.replace(
                    "<", {"md": "\\<", "latex": r"\textless{}", "html": "&lt;"}[kind]
                )
                assert shown in text, (kind, figure)
        for one in hostile.ranks_of("precision@3"):
            assert format_number(one.value) in text


def test_json_is_the_whole_comparison(hostile):
    found = json.loads(hostile.to("json"))
    assert len(found["pairs"]) == len(hostile.pairs) == 28 + 21
    assert [one["system"] for one in found["ranks"]] == [one.system for one in hostile.ranks]
    assert found["pairs"][0]["bootstrap"]["p"] == hostile.pairs[0].bootstrap.p
    assert set(found["systems"]) == set(HOSTILE)
    blank = next(one for one in found["ranks"] if one["value"] is None)
    assert (blank["metric"], blank["best"], blank["letters"]) == ("recall@3", None, "")


def test_markdown_tables_keep_their_columns(hostile):
    text = hostile.to("md")
    assert "<script" not in text.replace("\\<script", "")
    width = None
    for line in text.splitlines():
        if not line.startswith("|"):
            width = None
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        assert width in (None, cells), line
        width = cells
    for note in ("What this rests on", "Signatures", "precision@3|"):
        assert note in text


def test_latex_is_balanced_and_escaped(hostile):
    text = hostile.to("latex")
    plain = re.sub(r"\\[\\{}$&#%_]", "", text)
    assert plain.count("{") == plain.count("}")
    begun = re.findall(r"\\begin\{(\w+)\}", text)
    assert sorted(begun) == sorted(re.findall(r"\\end\{(\w+)\}", text))
    for line in text.splitlines():
        if line.endswith(r"\\"):
            assert not line.startswith(("[", "*"))
    columns = {}
    for block in re.findall(r"\\begin\{tabular\}\{(\w+)\}(.*?)\\end\{tabular\}", text, re.DOTALL):
        rows = [line for line in block[1].splitlines() if line.endswith(r"\\")]
        columns[block[0]] = {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows}
    assert all(counts == {len(name)} for name, counts in columns.items())
    assert escape_latex("a\\b_$") == r"a\textbackslash{}b\_\$"


def test_page_runs_nothing_and_keeps_names_as_text(hostile):
    text = hostile.to("html")
    page = Page(text)
    tags = {tag for tag, _ in page.tags}
    assert "script" not in tags
    assert not any(name.startswith("on") for _, given in page.tags for name in given)
    for _, given in page.tags:
        for name in ("src", "href", "xlink:href"):
            assert (given.get(name) or "#").startswith("#")
    assert "<script>alert(1)</script>" in page.texts
    assert {"main", "h1", "caption", "figure", "svg"} <= tags
    ids = [given["id"] for _, given in page.tags if "id" in given]
    assert len(ids) == len(set(ids))


def test_page_without_the_drawing_library_says_so(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    text = comparison(("one", "two")).to("html")
    assert "<svg" not in text
    assert "showcase-bench[plots]" in text


@pytest.mark.parametrize("draw", [forest_plot, pairwise_matrix])
@pytest.mark.parametrize("systems", [2, 8, 20])
def test_pictures(draw, systems):
    found = comparison([f"system {i}" for i in range(systems)])
    drawn = draw(found, "precision@3")
    assert drawn == draw(found, "precision@3")
    assert drawn["png"].startswith(b"\x89PNG")
    assert len(drawn["png"]) > 8_000
    root = ET.fromstring(drawn["svg"])
    assert root.tag.endswith("svg")
    assert not [one for one in root.iter() if one.tag.endswith(("script", "image"))]


def test_pictures_of_hostile_names(hostile):
    for draw in (forest_plot, pairwise_matrix):
        svg = draw(hostile, "recall@3")["svg"].decode()
        assert "alert(1)" not in svg


def test_many_pairs_are_left_to_json():
    found = comparison([f"s{i}" for i in range(13)])
    text = found.to("md")
    assert text.count("The pairs are many") == 1  # of the exploratory metric
    assert len(json.loads(found.to("json"))["pairs"]) == 2 * 78
    assert "78 pairs" in found.to("latex")


def test_seeds_and_unknown_kinds():
    found = comparison(("one", "two"), seeds=3)
    assert "| one | " in found.to("md")
    assert {one.seeds for one in found.ranks} == {3}
    with pytest.raises(UsageError, match="html"):
        found.to("htm")


@pytest.mark.parametrize(
    ("p", "text"), [(None, "–"), (1e-9, "<.0001"), (0.05, "0.0500"), (1, "1.0000")]
)
def test_p_values_are_never_zero(p, text):
    assert format_p(p) == text
