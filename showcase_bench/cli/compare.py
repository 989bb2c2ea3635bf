"""``showcase-bench compare``: which systems differ, by how much, with what certainty."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from showcase_bench.cli.console import BarProgress, print_json, say, table_console
from showcase_bench.cli.executor_options import ExecutorRequest, executor_options
from showcase_bench.cli.options import common_options
from showcase_bench.cli.systems import SystemsRequest, system_options
from showcase_bench.errors import UsageError

if TYPE_CHECKING:
    from showcase_bench.compare import Comparison

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench compare
  showcase-bench compare --results out --systems peter,showcase,dpp --out comparison.html
  showcase-bench compare a.jsonl b.jsonl c.jsonl --task mini --primary cider-d
  showcase-bench compare a.jsonl b.jsonl --references refs.jsonl \\
      --metrics 'sacrebleu(tok=none)' --trials 10000 --seed 1 --json
  showcase-bench compare --rope bleu-4=0.005 --bootstrap --out table.tex --out all.json
"""

_KINDS = {".md": "md", ".tex": "latex", ".json": "json", ".html": "html"}
_MOST_PAIRS = 30


@click.command("compare", epilog=EPILOG)
@system_options
@click.option(
    "--adjust",
    type=click.Choice(["max-t", "holm", "bh", "none"]),
    default="max-t",
    show_default=True,
    help="How p-values are adjusted for all pairs of a metric.",
)
@click.option(
    "--rope",
    metavar="METRIC=X,...",
    help="Differences up to X do not matter: says whether systems are equivalent.",
)
@click.option("--bootstrap", is_flag=True, help="Audit intervals and p-values by resampling.")
@click.option(
    "--out",
    "outs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write a report: .md, .tex, .json or .html; may be repeated.",
)
@click.option(
    "--plots",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also write a forest plot and a pairwise matrix of each metric here, as PNG and SVG.",
)
@executor_options(
    "Processes that score many examples. [default: the cores, at most 4; 1 beside a GPU]"
)
@common_options
def command(
    asked: SystemsRequest,
    adjust: str,
    rope: str | None,
    bootstrap: bool,
    outs: tuple[Path, ...],
    plots: Path | None,
    as_json: bool,
    quiet: bool,
    away: ExecutorRequest,
) -> None:
    """Compare systems pair by pair: differences, intervals, p-values, ranks, tie letters.

    Systems are the stored runs of a task, or FILEs of predictions, named by file stem: for a task,
    or with --references for texts alone. What each figure rests on is said below the tables, and
    the methods page of the documentation has the formulas.
    """
    from showcase_bench.compare import compare
    from showcase_bench.evaluate.runs.content import write_atomically

    for path in outs:
        if path.suffix not in _KINDS:
            raise UsageError(f"--out {path}: the name ends in one of {', '.join(_KINDS)}")
    regions = None if rope is None else _rope(rope)
    settings = asked.settings(adjust=adjust, rope=regions, bootstrap=bootstrap)
    with BarProgress(quiet=quiet or as_json) as progress, away.open() as executor:
        found = compare(asked.load(progress, executor), settings, progress)
    written = []
    for path in outs:
        write_atomically(path, found.to(_KINDS[path.suffix]).encode())
        written.append(path)
    if plots is not None:
        written += _draw(found, plots)
    if as_json:
        print_json(found.to_dict())
        return
    _print(found)
    for path in written:
        say(str(path), quiet=quiet)


def _rope(text: str) -> dict[str, float]:
    regions = {}
    for part in text.split(","):
        name, sign, value = part.rpartition("=")
        try:
            if not (name and sign):
                raise ValueError
            regions[name.strip()] = float(value)
        except ValueError:
            raise UsageError(
                f"--rope takes METRIC=X with commas between, such as bleu-4=0.005, not {part!r}"
            ) from None
    return regions


def _draw(found: Comparison, folder: Path) -> list[Path]:
    from showcase_bench.compare.report.forest import forest_plot
    from showcase_bench.compare.report.matrix import pairwise_matrix
    from showcase_bench.evaluate.runs.content import write_atomically

    written = []
    for metric in found.metrics:
        safe = "".join(char if char.isalnum() or char in "-+." else "-" for char in metric.name)
        for kind, drawn in (
            ("forest", forest_plot(found, metric.name)),
            ("matrix", pairwise_matrix(found, metric.name)),
        ):
            for suffix, data in drawn.items():
                path = folder / f"{safe.strip('-.')}-{kind}.{suffix}"
                write_atomically(path, data)
                written.append(path)
    return written


def _print(found: Comparison) -> None:
    from rich.text import Text

    console = table_console()
    for metric in sorted(found.metrics, key=lambda one: not one.primary):
        console.print(_systems_table(found, metric.name, primary=metric.primary))
        pairs = found.pairs_of(metric.name)
        if metric.primary and len(pairs) <= _MOST_PAIRS:
            console.print()
            console.print(_pairs_table(found))
        console.print()
    if len(found.pairs_of(found.primary.name)) > _MOST_PAIRS:
        console.print(Text("Many pairs: --json or --out FILE.json has them all.", "dim"))
    elif len(found.metrics) > 1:
        console.print(Text("Pairs on the other metrics: --json or --out.", "dim"))
    for note in found.notes:
        console.print(Text(f"- {note}", "dim"))


def _systems_table(found: Comparison, metric: str, *, primary: bool) -> Any:
    from rich.table import Table
    from rich.text import Text

    from showcase_bench.formatting import format_number

    title = f"{metric}{', primary' if primary else ', exploratory'}: {found.title}"
    table = Table(title=Text(title), title_justify="left", show_edge=False)
    for name in ("rank", "", "system", "value", "low", "high", "seeds"):
        table.add_column(name, justify="right" if name in ("value", "low", "high") else "left")
    for one in found.ranks_of(metric):
        rank = "–" if one.best is None else f"{one.best}"
        rank += f"-{one.worst}" if one.best != one.worst else ""
        numbers = [one.value, *(one.ci or (None, None))]
        cells = ["–" if value is None else format_number(value) for value in numbers]
        table.add_row(rank, one.letters, Text(one.system), *cells, str(one.seeds))
    return table


def _pairs_table(found: Comparison) -> Any:
    from rich.table import Table
    from rich.text import Text

    from showcase_bench.formatting import format_number, format_p

    rope, audit = found.primary.rope is not None, any(one.bootstrap for one in found.pairs)
    table = Table(show_edge=False)
    names = ["a", "b", "delta", "low", "high", "p", "p_adj", "detectable"]
    names += ["rope"] * rope + ["bootstrap low", "high", "p"] * audit
    for name in names:
        table.add_column(name, justify="left" if name in ("a", "b", "rope") else "right")
    for one in found.pairs_of(found.primary.name):
        numbers = [one.delta, *(one.ci or (None, None))]
        cells = ["–" if value is None else format_number(value) for value in numbers]
        cells += [format_p(one.p), format_p(one.p_adj)]
        cells.append("–" if one.detectable is None else format_number(one.detectable))
        cells += [one.rope or "–"] * rope
        if audit:
            second = one.bootstrap
            cells += (
                ["–"] * 3
                if second is None
                else [format_number(second.low), format_number(second.high), format_p(second.p)]
            )
        table.add_row(Text(one.a), Text(one.b), *cells)
    return table
