"""A report as Markdown that shows what it says and does nothing else.

The report may come from anybody. Short texts stand in code spans of a few harmless characters, long
ones in one fenced block without backticks: there neither markup, HTML, links nor mentions count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from showcase_bench.formatting import format_number, one_line
from showcase_bench.pull_request.report import Cell, FileReport, FolderReport, Place, Report

__all__ = ["MARK", "report_markdown"]

MARK = "<!-- showcase-bench: submissions of a pull request -->"
"""First line, by which an earlier comment is found again."""
_MOST_CHARS = 50_000
"""The platform takes 65,536 in a comment."""
_UNSAFE = re.compile(r"[^A-Za-z0-9 ._+:(),='/@-]")
_MOST_NAME = 100
_TITLES = {"photos": "Photos", "words": "Words"}


def report_markdown(report: Report) -> str:
    """The comment: a part for each submission, as many as there is room for."""
    blocks = [f"{MARK}\n## Submissions"]
    blocks += [_folder(one) for one in report.folders] or ["None is new or changed."]
    if report.not_looked_at:
        blocks.append(
            f"{report.not_looked_at:,} more were not looked at: one pull request may change "
            f"{len(report.folders)} at once."
        )
    foot = (
        f"Task {_code(report.task)}, version {report.version}, split {_code(report.split)}, data "
        f"{_code(report.data_sha256[:12])}, {report.n:,} examples; compared with "
        f"{report.systems:,} stored systems by metrics that need no trained encoder. Ranks: the "
        "best and worst that the data allow (max-T over all pairs, 5 %); systems that share a "
        "letter cannot be told apart. Nothing was stored; the job of this pull request computed "
        "it, and a maintainer scores anew before a row is added."
    )
    return _within(blocks, foot)


def _within(blocks: Sequence[str], foot: str) -> str:
    kept: list[str] = []
    room = _MOST_CHARS - len(foot)
    for one in blocks:
        room -= len(one) + 2
        if room < 0:
            kept.append("The rest has no room here; the job's report has it.")
            break
        kept.append(one)
    return "\n\n".join([*kept, foot]) + "\n"


def _folder(one: FolderReport) -> str:
    lines = [f"### {_code(one.name)}", ""]
    if not one.sound:
        return "\n".join([*lines, "Not accepted.", "", *_problems(one)])
    seeds = ", ".join(str(seed) for seed in one.seeds)
    flags = f" ({', '.join(map(_code, one.flags))})" if one.flags else ""
    plural = "s" * (len(one.seeds) > 1)
    count = sum(file.lines for file in one.files)
    lines.append(f"{_code(one.system)}{flags}, seed{plural} {seeds}: well-formed, {count:,} lines.")
    for place in one.places:
        lines += ["", *_place(place)]
    if one.notes:
        lines += ["", "Noted, which moves no number:", "", *_fenced(one.notes)]
    return "\n".join(lines)


def _place(place: Place) -> list[str]:
    shown = [cell for cell in place.cells if cell.value is not None]
    heads = [f"{_code(cell.name)} {_sense(cell)}".strip() for cell in shown]
    lines = [
        f"**{_TITLES.get(place.section, 'Other')}**, by {_code(place.primary)}: {_rank(place)}.",
        "",
        _table_row(["rank", "ties", *heads]),
        _table_row(["---", "---", *["---:"] * len(heads)]),
        _table_row([_interval(place.rank), _code(place.letters), *map(_value, shown)]),
    ]
    if place.like:
        more = f" and {place.more:,} more" if place.more else ""
        lines += ["", f"Cannot be told apart from {', '.join(map(_code, place.like))}{more}."]
    return lines


def _rank(place: Place) -> str:
    if place.rank is None:
        return "takes no rank"
    return f"rank {_interval(place.rank)} of {place.of:,}, ties {_code(place.letters)}"


def _interval(rank: tuple[int, int] | None) -> str:
    if rank is None:
        return "–"
    best, worst = rank
    return str(best) if best == worst else f"{best}-{worst}"


def _value(cell: Cell) -> str:
    if cell.value is None:
        return "–"
    value = format_number(cell.value)
    return value if cell.half is None else f"{value} ±{format_number(cell.half, like=cell.value)}"


def _sense(cell: Cell) -> str:
    return {True: "↑", False: "↓", None: ""}[cell.higher_is_better]


def _problems(one: FolderReport) -> list[str]:
    told = [one.refusal] if one.refusal else []
    for file in one.files:
        told += _of_file(file)
    return [*_fenced(told), "", "The program's `docs/submissions.md` tells what each means."]


def _of_file(file: FileReport) -> Iterable[str]:
    for problem in file.problems:
        yield f"{file.name}: {problem}"
    if file.total > len(file.problems):
        yield f"{file.name}: and {file.total - len(file.problems):,} more"


def _fenced(lines: Iterable[str]) -> list[str]:
    """Lines that stay lines of the block, whatever is in them."""
    return ["```text", *(one_line(line).replace("`", "'") for line in lines), "```"]


def _code(text: str) -> str:
    """A name as code, of characters that end neither the span nor a cell."""
    plain = _UNSAFE.sub("?", text)[:_MOST_NAME].strip()
    return f"`{plain}`" if plain else "–"


def _table_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
