"""Boards as CSV, LaTeX, HTML and JSON: same content, and nothing from outside gets through."""

import csv
import io
import json
import re
from dataclasses import replace

import jsonschema
import pytest

from showcase_bench.leaderboard import board_markdown, build_board
from showcase_bench.leaderboard.board import Board, Slice, SliceRow
from showcase_bench.leaderboard.report import board_page
from showcase_bench.leaderboard.schema import board_schema
from showcase_bench.leaderboard.table_csv import board_csv
from showcase_bench.leaderboard.table_latex import board_latex

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "end of script": "</script><script>alert(1)",
    "link": "[x](javascript:alert(1))",
    "image": '<img src=x onerror="alert(1)">',
    "markdown": "a | b `c` *d* _e_ # f ~g~ ![x](y)",
    "latex": r"\input{/etc/passwd} 50% & $x$ #1 _a^b {c} ~",
    "direction": "good \u202eevil\u202c \u2066x\u2069",
    "lines": "one\r\ntwo\u2028three\x1b[31m",
    "formula": "=HYPERLINK(1)",
    "plus": "+1-1",
    "at": "@SUM(A1)",
    "minus": "-2+3|cmd",
    "tab": "\t=1+1",
}


@pytest.fixture
def board(store_of):
    return build_board(list(store_of("random,popular,copy-history,unseen-photos,reference").runs()))


def renamed(board: Board, name: str) -> Board:
    """The board with one system, one flag and one slice called ``name``."""

    def of_row(row):
        return replace(row, model=name, flags=(name,)) if row.model == "random" else row

    sections = tuple(
        replace(
            section,
            rows=tuple(of_row(row) for row in section.rows),
            slices=(Slice("user", name, 3, (SliceRow(section.rows[0].model, 0.5, 0.4, 0.6),)),)
            if section.name == "words"
            else (),
        )
        for section in board.sections
    )
    return replace(board, sections=sections)


def rows_of(board):
    return list(csv.DictReader(io.StringIO(board_csv(board), newline="")))


def test_csv_holds_every_number_of_the_board(board):
    rows = {
        (row["section"], row["system"], row["metric"]): row
        for row in rows_of(board)
        if not row["slice"]
    }
    seen = 0
    for section in board.sections:
        for row in section.rows:
            for name, score in row.scores.items():
                line = rows[section.name, row.model, name]
                for key in ("value", "low", "high", "normalised"):
                    exact = getattr(score, key)
                    assert (float(line[key]) if line[key] else None) == exact
                assert int(line["n_scored"]) == score.n_scored
                if row.rank is not None:
                    assert (int(line["rank_best"]), int(line["rank_worst"])) == row.rank
                seen += 1
    assert seen == len(rows) > 20


def test_csv_of_slices_follows_the_board(board):
    renaming = renamed(board, "new")
    (line,) = [row for row in rows_of(renaming) if row["slice"]]
    assert (line["slice"], float(line["value"]), line["n_scored"]) == ("new", 0.5, "3")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_csv_gives_no_formula_and_no_second_line(board, name):
    text = board_csv(renamed(board, name))
    for row in rows_of(renamed(board, name)):
        assert None not in row.values()
        for cell in row.values():
            assert not re.match(r"\s*[=+@|%]", cell)
            assert not cell.startswith("-") or re.fullmatch(r"-\d[\d.e-]*", cell)
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069]", text)
    assert len(text.split("\r\n")) == len(rows_of(renamed(board, name))) + 2


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_latex_sets_names_as_they_are(board, name):
    text = board_latex(renamed(board, name))
    assert r"\input" not in text
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    for line in text.splitlines():
        body = line.replace(r"\%", "")
        assert "%" not in body or body.startswith("% ")
        if line.endswith(r" \\"):
            plain = re.sub(r"\\&", "", line)
            assert plain.count("&") >= 2
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)
    tables = re.findall(r"\\begin\{tabular\}\{(\w+)\}(.*?)\\end\{tabular\}", text, re.DOTALL)
    for columns, body in tables:
        for line in body.splitlines():
            if line.endswith(r"\\"):
                assert re.sub(r"\\&", "", line).count("&") == len(columns) - 1


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_pages_show_names_as_text(board, name):
    page = board_page(renamed(board, name))
    assert "<script" not in page
    assert "<img" not in page
    assert not re.search(r"<a\b", page)
    assert "onerror" not in page or "&lt;img" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_markdown_keeps_its_table(board, name):
    changed = renamed(board, name)
    text = board_markdown(changed)
    assert not re.search(r"(?<!\\)<", text)
    assert not re.search(r"(?<!\\)\]\(", text)
    for section in changed.sections:
        width = len(section.columns) + 4
        start = text.index(f"by {section.primary}\n")
        table = text[start:].split("\n\n")[1].splitlines()
        assert len(table) >= len(section.rows) + 2
        for line in table:
            assert re.sub(r"\\\|", "", line).count("|") == width


def test_equal_boards_give_equal_bytes_and_one_hash(board, store_of):
    again = build_board(list(store_of("random,popular", "other").runs())[::-1])
    for make in (board_csv, board_latex, board_page):
        assert make(board) == make(board)
        assert make(board) != make(again)
    assert board.digest in board_latex(board)
    assert board.digest in board_markdown(board)
    assert board.digest in board_page(board)
    assert board.digest != again.digest


def test_every_board_fulfils_the_published_schema(board):
    schema = json.loads(board_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    plain = json.loads(renamed(board, "x").to_json())
    jsonschema.validate(plain, schema)
    for damage in (
        lambda raw: raw.pop("sections"),
        lambda raw: raw.update(schema=99),
        lambda raw: raw["sections"][0]["rows"][0].update(rank=[1]),
        lambda raw: raw["sections"][0]["rows"][0].update(extra=1),
        lambda raw: raw["sections"][0]["columns"][0].update(signature=3),
    ):
        broken = json.loads(renamed(board, "x").to_json())
        damage(broken)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema)
