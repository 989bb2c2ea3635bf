"""``showcase-bench plan``: how many examples a difference needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from showcase_bench.cli.console import BarProgress, print_json, say, table_console
from showcase_bench.cli.options import common_options
from showcase_bench.cli.systems import SystemsRequest, system_options

if TYPE_CHECKING:
    from showcase_bench.compare import Plan

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench plan --delta 0.005
  showcase-bench plan --systems peter,showcase --primary cider-d --delta 0.02 --power 0.9
  showcase-bench plan a.jsonl b.jsonl --references refs.jsonl --metrics sacrebleu --delta 0.5
"""


@click.command("plan", epilog=EPILOG)
@click.option(
    "--delta", type=float, required=True, help="Difference to be found, on the metric's scale."
)
@click.option(
    "--power",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.8,
    show_default=True,
    help="Chance to find it.",
)
@system_options
@common_options
def command(delta: float, power: float, asked: SystemsRequest, as_json: bool, quiet: bool) -> None:
    """Tell how many examples are needed to find a difference of --delta on the primary metric.

    Systems are those of `compare`: how much two systems differ from example to example decides how
    many examples tell them apart. Users and businesses count as growing with the examples.
    """
    from showcase_bench.compare import compare, plan

    with BarProgress(quiet=quiet or as_json) as progress:
        planned = plan(
            compare(asked.load(progress), asked.settings(), progress), delta, power=power
        )
    if as_json:
        print_json(planned.to_dict())
        return
    _print(planned)
    for a, b in planned.left_out:
        say(f"left out: {a} and {b} hardly differ from example to example", quiet=quiet)


def _print(planned: Plan) -> None:
    from rich.table import Table
    from rich.text import Text

    from showcase_bench.formatting import format_number

    title = (
        f"{planned.metric}: to find a difference of {planned.delta:g} with a power of "
        f"{planned.power:.0%}, two-sided at {planned.alpha:g}"
    )
    table = Table(title=Text(title), title_justify="left", show_edge=False)
    table.add_column("a")
    table.add_column("b")
    now = f"with {planned.n:,} examples"
    for name in ("found", f"power {now}", f"detectable {now}", "examples needed"):
        table.add_column(name, justify="right")
    for one in planned.pairs:
        table.add_row(
            Text(one.a),
            Text(one.b),
            format_number(one.observed),
            f"{one.power_now:.0%}",
            format_number(one.detectable_now),
            f"{one.required:,}",
        )
    console = table_console()
    console.print(table)
    console.print(
        Text(
            f"{planned.n:,} examples make up {planned.units:,} independent units; new ones are "
            "taken to bring new users and businesses in proportion. Each pair by itself, not "
            "adjusted for many pairs.",
            "dim",
        )
    )
