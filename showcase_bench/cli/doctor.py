"""``showcase-bench doctor``: whether this machine gives the numbers that it should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import common_options

if TYPE_CHECKING:
    from showcase_bench.metrics.golden import Checked

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench doctor
  showcase-bench doctor --json
"""


@click.command("doctor", epilog=EPILOG)
@common_options
def command(as_json: bool, quiet: bool) -> None:
    """Compute golden examples with every metric, and report drift and what is missing.

    Exit status 1 when a metric gives another number than it should, or cannot run. Metrics whose
    optional packages are not installed are listed with what to install, and are no failure.
    """
    from showcase_bench.evaluate import default_cache_dir
    from showcase_bench.evaluate.golden import encoded_golden_batch
    from showcase_bench.evaluate.suite.environment import describe_environment
    from showcase_bench.metrics.golden import check_golden

    with BarProgress(quiet=quiet or as_json) as progress:
        results = check_golden(encoded_golden_batch(default_cache_dir(), progress), progress)
    environment = describe_environment()
    bad = [one for one in results if one.problem is not None]
    if as_json:
        print_json({"environment": environment, "metrics": [_as_json(one) for one in results]})
    else:
        width = max(len(one.name) for one in results)
        for name, version in environment.items():
            say(f"{name:{width}}  {version}", quiet=quiet)
        for one in bad if quiet else results:
            click.echo(f"{one.name:{width}}  {_state(one)}")
        left = [one for one in results if one.missing is not None]
        good = len(results) - len(bad) - len(left)
        remark = f", {len(left)} not installed" if left else ""
        say(f"{good} of {len(results)} metrics as they should be{remark}", quiet=quiet)
    if bad:
        raise SystemExit(1)


def _state(one: Checked) -> str:
    if one.problem is not None:
        return f"PROBLEM: {one.problem}"
    return f"ok  {one.found:.12g}" if one.missing is None else f"not installed: {one.missing}"


def _as_json(one: Checked) -> dict[str, Any]:
    return {
        "name": one.name,
        "signature": one.signature,
        "expected": one.expected,
        "found": one.found,
        "problem": one.problem,
        "missing": one.missing,
    }
