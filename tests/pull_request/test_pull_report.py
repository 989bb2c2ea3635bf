"""Reports of pull requests: read back as written, strictly; as Markdown that does nothing."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from showcase_bench.errors import DataError
from showcase_bench.pull_request.markdown import MARK, report_markdown
from showcase_bench.pull_request.report import (
    Cell,
    FileReport,
    FolderReport,
    Place,
    Report,
    cut,
    parse_report,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
counts = st.integers(0, 10**9)
reals = st.none() | st.floats(-1e6, 1e6)
cells = st.builds(Cell, texts, reals, reals, st.sampled_from([True, False, None]))
places = st.builds(
    Place,
    section=texts,
    primary=texts,
    rank=st.none() | st.tuples(counts, counts),
    letters=texts,
    of=counts,
    like=st.lists(texts, max_size=3).map(tuple),
    more=counts,
    cells=st.lists(cells, max_size=3).map(tuple),
)
files = st.builds(FileReport, texts, counts, counts, st.lists(texts, max_size=3).map(tuple))
folders = st.builds(
    FolderReport,
    name=texts,
    files=st.lists(files, max_size=2).map(tuple),
    refusal=texts,
    system=texts,
    seeds=st.lists(counts, max_size=3).map(tuple),
    flags=st.lists(texts, max_size=2).map(tuple),
    notes=st.lists(texts, max_size=2).map(tuple),
    places=st.lists(places, max_size=2).map(tuple),
)
reports = st.builds(
    Report,
    task=texts,
    version=counts,
    split=texts,
    data_sha256=texts,
    n=counts,
    systems=counts,
    folders=st.lists(folders, max_size=3).map(tuple),
    not_looked_at=counts,
)
PLACE = Place("words", "bleu-4", (2, 4), "bc", 9, ("dpp", "topk"), 3, (Cell("m", 0.5, 0.1, True),))
GOOD = Report(
    "mini", 1, "test", "0de4623a876a", 500, 31,
    (FolderReport("mine", (FileReport("a.zip", 500, 0, ()),), system="mine", places=(PLACE,)),),
)  # fmt: skip


def in_folder(**fields):
    return replace(GOOD, folders=(replace(GOOD.folders[0], **fields),))


@given(reports)
def test_what_is_written_is_read_back(report):
    assert parse_report(report.to_json()) == report


def outside_of_code(markdown):
    """What Markdown would look at: fenced blocks and code spans taken away."""
    body = markdown.removeprefix(MARK)
    parts = re.split(r"(?m)^```text\n(?:.*\n)*?```$", body)
    return re.sub(r"`[^`\n]*`", "", "\n".join(parts))


PLAIN = re.compile(r"[A-Za-z0-9\s.,:;()|*#↑↓±–%'>/-]*")


@given(reports)
def test_markdown_of_any_report_holds_no_markup_of_its_texts(report):
    markdown = report_markdown(report)
    assert len(markdown) < 65_536
    rest = outside_of_code(markdown)
    assert PLAIN.fullmatch(rest), PLAIN.sub("", rest)
    assert not re.search(r"[<@\[\]!&\\_~$]|https?:|www\.", rest)


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "</code><img src=x onerror=alert(1)>",
        "`@everyone` [x](javascript:alert(1))",
        "``` \n# Accepted\n```",
        "| a | b |\n|---|---|",
        "\u202egnp.exe \u2066x",
        "-->\n\n![x](https://example.org/pixel.png)",
        "www.example.org #1 GH-1 @octocat",
        "$\\href{x}{y}$",
    ],
)
def test_hostile_texts_show_and_do_nothing(hostile):
    place = replace(PLACE, section=hostile, primary=hostile, letters=hostile, like=(hostile,))
    bad = FileReport(hostile, 1, 1, (hostile,))
    for report in (
        in_folder(name=hostile, system=hostile, flags=(hostile,), notes=(hostile,)),
        in_folder(places=(place,)),
        in_folder(files=(bad,), refusal=hostile),
        replace(GOOD, task=hostile, split=hostile, data_sha256=hostile),
    ):
        read = parse_report(report.to_json())
        markdown = report_markdown(read)
        assert PLAIN.fullmatch(outside_of_code(markdown))
        assert "\u202e" not in markdown
        assert markdown.count("```") % 2 == 0


def test_the_row_has_rank_letters_and_neighbours():
    markdown = report_markdown(in_folder(seeds=(0, 1), flags=("submission",)))
    assert "`mine` (`submission`), seeds 0, 1: well-formed, 500 lines." in markdown
    assert "**Words**, by `bleu-4`: rank 2-4 of 9, ties `bc`." in markdown
    assert "| rank | ties | `m` ↑ |" in markdown
    assert "| 2-4 | `bc` | 0.5000 ±0.1000 |" in markdown
    assert "Cannot be told apart from `dpp`, `topk` and 3 more." in markdown


def test_problems_are_told_and_the_rest_is_counted():
    bad = FileReport("p.jsonl", 9, 7, ("line 1, field 'text': must be a string",))
    markdown = report_markdown(in_folder(files=(bad,)))
    assert "Not accepted." in markdown
    assert "p.jsonl: line 1, field 'text': must be a string\np.jsonl: and 6 more\n```" in markdown
    assert "bleu-4" not in markdown


def test_a_long_report_is_cut_between_submissions():
    bad = FileReport("p.jsonl", 9, 20, ("x" * 400,) * 20)
    folder = FolderReport("mine", (bad,) * 10)
    markdown = report_markdown(replace(GOOD, folders=(folder,) * 10))
    assert len(markdown) < 65_536
    assert "has no room here" in markdown
    assert markdown.count("```") % 2 == 0


def changed(edit):
    raw = json.loads(GOOD.to_json())
    edit(raw)
    return json.dumps(raw).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 100_000,
        b'{"schema": 2}',
        b" " * (1 << 20) + GOOD.to_json(),
        changed(lambda raw: raw.update(more=1)),
        changed(lambda raw: raw.pop("n")),
        changed(lambda raw: raw.update(n=-1)),
        changed(lambda raw: raw.update(n=True)),
        changed(lambda raw: raw.update(task=7)),
        changed(lambda raw: raw.update(task="x" * 401)),
        changed(lambda raw: raw.update(folders=raw["folders"] * 11)),
        changed(lambda raw: raw["folders"][0].update(files={})),
        changed(lambda raw: raw["folders"][0]["places"][0].update(rank=[1])),
        changed(lambda raw: raw["folders"][0]["places"][0].update(like=["x"] * 101)),
        changed(lambda raw: raw["folders"][0]["places"][0]["cells"][0].update(value=1e300)),
        changed(lambda raw: raw["folders"][0]["places"][0]["cells"][0].update(value=float("nan"))),
        changed(lambda raw: raw["folders"][0]["places"][0]["cells"][0].update(half="1")),
        changed(lambda raw: raw["folders"][0]["places"][0]["cells"][0].pop("higher_is_better")),
    ],
    ids=range(20),
)
def test_what_is_no_report_is_refused(data):
    with pytest.raises(DataError):
        parse_report(data)


def test_long_texts_fit_after_they_are_cut():
    assert len(cut("x" * 1000)) == 400
    assert cut("short") == "short"
