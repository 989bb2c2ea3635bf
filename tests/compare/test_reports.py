"""Reports of comparisons in every format, with names from outside that mean harm."""

import hashlib
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from showcase_bench.compare import Field, Settings, compare
from showcase_bench.compare.report.forest import forest_plot, plain_names
from showcase_bench.compare.report.matrix import pairwise_matrix
from showcase_bench.compare.systems import Contender
from showcase_bench.errors import UsageError
from showcase_bench.formatting import escape, format_number, format_p, one_line
from showcase_bench.latex import escape_latex
from showcase_bench.metrics import parse_metric

PRECISION, BLEU = parse_metric("precision@3"), parse_metric("bleu-4")
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
TRIALS = 200
N = 60


def shares(rng, base, level):
    """Statistics of a metric that is a mean."""
    return np.stack([np.clip(base + rng.normal(level, 0.2, N), 0, 1), np.ones(N)], axis=1)


def matches(rng, base, level):
    """Statistics of BLEU: matches, n-grams, length of the reference, counted."""
    guesses = np.stack([12.0 - order + np.zeros(N) for order in range(4)], axis=1)
    found = np.clip(base + rng.normal(level, 0.2, N), 0, 1)[:, None] * guesses * 0.8
    return np.concatenate([np.floor(found), guesses, np.full((N, 1), 12.0), np.ones((N, 1))], 1)


def comparison(names, seeds=1, missing=False, metrics=(BLEU, PRECISION), **settings):
    rng = np.random.default_rng(0)
    base = rng.random(N)
    contenders = []
    for at, name in enumerate(names):
        rows = {
            metric.signature: tuple(
                (matches if metric is BLEU else shares)(rng, base, at / 10) for _ in range(seeds)
            )
            for metric in metrics
        }
        attempted = dict.fromkeys(rows, True)
        if missing and at == 0:
            attempted[BLEU.signature] = False
        contenders.append(Contender(name, rows, attempted))
    field = Field("<b>title</b> | x", tuple(contenders), tuple(metrics), ("precision@3",), N)
    return compare(field, Settings(**{"trials": TRIALS, **settings}))


def hostile_comparison():
    return comparison(HOSTILE, bootstrap=True, missing=True, rope={"precision@3": 0.05})


@pytest.fixture(scope="module")
def hostile():
    return hostile_comparison()


def digest(found):
    """Of all reports and pictures."""
    drawn = [draw(found, "bleu-4")[kind] for draw in PICTURES for kind in ("png", "svg")]
    told = [found.to(kind).encode() for kind in ("md", "latex", "json", "html")]
    return hashlib.sha256(b"".join(drawn + told)).hexdigest()


PICTURES = (forest_plot, pairwise_matrix)


def markdown_tables(text):
    """The cells of each table, as they were before they were escaped."""
    tables, inside = [], False
    for line in text.splitlines():
        if not line.startswith("|"):
            inside = False
        elif inside:
            cells = line[2:-2].split(" | ")
            tables[-1].append([re.sub(r"\\(.)", r"\1", cell) for cell in cells])
        else:
            tables.append([])
            inside = True
            tables[-1].append(line[2:-2].split(" | "))
    return [[table[0], *table[2:]] for table in tables]


class Page(HTMLParser):
    """Tags and texts of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.cells = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("tr", "td", "th"):
            self.cells.append([tag, ""])

    def handle_data(self, data):
        self.texts.append(data)
        if self.cells:
            self.cells[-1][1] += data

    def handle_endtag(self, tag):
        if tag in ("td", "th", "table"):
            self.cells.append(["end", ""])


def test_equal_comparisons_give_equal_bytes(hostile):
    again = hostile_comparison()
    for kind in ("md", "latex", "json", "html"):
        assert hostile.to(kind) == again.to(kind)
        assert hostile.to(kind).endswith("\n")


def test_equal_bytes_in_another_process(hostile):
    script = "import test_reports as t; print(t.digest(t.hostile_comparison()))"
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[2])])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest(hostile)


def figures(pair, audited):
    """The numbers of a pair, each written down here once more."""

    def interval(ends):
        wide = max(map(abs, ends)) >= 10
        return "[{}, {}]".format(*(f"{end:z.2f}" if wide else f"{end:z.4f}" for end in ends))

    cells = [f"{pair.delta:z.4f}", interval(pair.ci), interval(pair.ci_all)]
    cells += ["<.0001" if p < 0.00005 else f"{p:.4f}" for p in (pair.p, pair.p_adj)]
    cells += [] if pair.q is None else [format_p(pair.q)]
    cells += [f"{pair.dz:.3f}", f"{pair.detectable:.4f}"]
    cells += [] if pair.rope is None else [pair.rope]
    return cells + (
        [interval((pair.bootstrap.low, pair.bootstrap.high)), format_p(pair.bootstrap.p)]
        if audited
        else []
    )


def test_markdown_tables_hold_every_number(hostile):
    tables = markdown_tables(hostile.to("md"))
    assert len(tables) == 4
    for name, systems, pairs in (("precision@3", *tables[:2]), ("bleu-4", *tables[2:])):
        assert len(systems) - 1 == len(HOSTILE)
        for row, one in zip(systems[1:], hostile.ranks_of(name), strict=True):
            assert row[1:3] == [one.letters, one_line(one.system)]
            if one.value is None:
                assert row == ["–", "", one.system, "–", "–"]
                continue
            rank = {one.best, one.worst}
            assert row[0] == "-".join(str(end) for end in sorted(rank))
            low, high = one.ci
            assert row[3:] == [f"{one.value:.4f}", f"[{low:.4f}, {high:.4f}]"]
        for row, pair in zip(pairs[1:], hostile.pairs_of(name), strict=True):
            assert row[:2] == [one_line(pair.a), one_line(pair.b)]
            assert row[2:] == figures(pair, audited=True)
    assert "q" not in tables[1][0]
    assert "q" in tables[3][0]


def test_page_and_latex_hold_every_number_of_the_primary_metric(hostile):
    rows = []
    for tag, text in Page(hostile.to("html")).cells:
        if tag == "tr":
            rows.append([])
        elif tag != "end":
            rows[-1].append(text)
    lines = hostile.to("latex").splitlines()
    for pair in hostile.pairs_of("precision@3"):
        told = figures(pair, audited=True)
        assert [one_line(pair.a), one_line(pair.b), *told] in rows
        cells = [
            re.sub("^-", "$-$", one.replace("[-", "[$-$").replace(" -", " $-$")) for one in told
        ]
        cells = [one.replace("[", "{[}").replace("]", "{]}") for one in cells]
        cells = [one.replace("<", r"\textless{}") for one in cells]
        names = [escape_latex(pair.a), escape_latex(pair.b)]
        assert rf"{' & '.join([*names, *cells])} \\" in lines
    for one in hostile.ranks_of("precision@3"):
        low, high = one.ci
        half = max(high - one.value, one.value - low)
        shown = rf"{one.value:.4f} $\pm$ {half:.4f}\textsuperscript{{{one.letters}}}"
        assert any(f"& {escape_latex(one.system)} & {shown}" in line for line in lines)


def test_json_is_the_whole_comparison(hostile):
    found = json.loads(hostile.to("json"))
    assert len(found["pairs"]) == len(hostile.pairs) == 28 + 21
    assert [one["system"] for one in found["ranks"]] == [one.system for one in hostile.ranks]
    assert found["pairs"][0]["bootstrap"]["p"] == hostile.pairs[0].bootstrap.p
    assert set(found["systems"]) == set(HOSTILE)
    blank = next(one for one in found["ranks"] if one["value"] is None)
    assert (blank["metric"], blank["best"], blank["letters"]) == ("bleu-4", None, "")


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
    assert escape_latex("a|b--c---d ≥ ü") == r"a\textbar{}b-{}-c-{}-{}-d $\geq$ ü"


def test_latex_gives_each_of_many_metrics_a_table():
    metrics = [parse_metric(f"precision@{k}") for k in range(1, 9)]
    few = comparison(("one", "two"), metrics=metrics[:6]).to("latex")
    many = comparison(("one", "two"), metrics=metrics).to("latex")
    assert few.count(r"\begin{tabular}") == 2
    assert many.count(r"\begin{tabular}") == 8 + 1


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
    assert len(drawn["png"]) > 10_000
    root = ET.fromstring(drawn["svg"])
    assert root.tag.endswith("svg")
    assert not [one for one in root.iter() if one.tag.endswith(("script", "image"))]


def test_pictures_of_hostile_names(hostile):
    for draw in (forest_plot, pairwise_matrix):
        svg = draw(hostile, "bleu-4")["svg"].decode()
        assert "<script" not in svg


def test_cut_names_are_told_apart():
    long = [f"{'a rather long name of a system ' * 2}{at}" for at in range(12)]
    assert len(set(plain_names(long, 20).values())) == 12
    assert plain_names(["שלום", "中文模型", "x"]) == {
        "שלום": "???? #1",
        "中文模型": "???? #2",
        "x": "x",
    }


def test_many_pairs_are_left_to_json():
    found = comparison([f"s{i}" for i in range(13)])
    for kind in ("md", "html"):
        assert found.to(kind).count("The pairs are many") == 1  # of the exploratory metric
    assert [len(table) - 1 for table in markdown_tables(found.to("md"))] == [13, 78, 13]
    assert len(json.loads(found.to("json"))["pairs"]) == 2 * 78
    latex = found.to("latex")
    assert "All 78 pairs on precision@3, table 2 of 2." in latex
    for pair in found.pairs_of("precision@3"):
        assert f"{pair.a} & {pair.b} & " in latex


def test_seeds_and_unknown_kinds():
    found = comparison(("one", "two"), seeds=3)
    assert "| one | " in found.to("md")
    assert {one.seeds for one in found.ranks} == {3}
    assert {table[0][-1] for table in markdown_tables(found.to("md"))[::2]} == {"seeds"}
    assert {table[1][-1] for table in markdown_tables(found.to("md"))[::2]} == {"3"}
    assert "seeds" not in comparison(("one", "two")).to("md").split("What this rests on")[0]
    with pytest.raises(UsageError, match="html"):
        found.to("htm")


@pytest.mark.parametrize(
    ("p", "text"), [(None, "–"), (1e-9, "<.0001"), (0.05, "0.0500"), (1, "1.0000")]
)
def test_p_values_are_never_zero(p, text):
    assert format_p(p) == text


def test_small_p_values_of_a_report():
    found = comparison([f"s{i}" for i in range(3)], trials=30_000)
    assert min(one.p for one in found.pairs) < 0.00005
    for kind, sign in (("md", r"\<"), ("html", "&lt;"), ("latex", r"\textless{}")):
        assert f"{sign}.0001" in found.to(kind)


def test_names_do_not_disturb_what_stands_around_them(hostile):
    for kind in ("md", "latex", "html"):
        assert "\u202e" not in hostile.to(kind)
    assert escape("a\0b\ud800 $x$") == "a\ufffdb\ufffd \\$x\\$"
    assert (format_number(-1e-9), format_number(-0.001, like=50.0)) == ("0.0000", "0.00")
