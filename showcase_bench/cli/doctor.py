"""``showcase-bench doctor``: whether this machine gives the numbers that it should."""

from __future__ import annotations

from typing import Any

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import common_options

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

    Exit status 1 when a metric gives another number than it should, or cannot run.
    """
    from showcase_bench.evaluate import default_cache_dir
    from showcase_bench.evaluate.environment import describe_environment
    from showcase_bench.metrics.golden import check_golden

    with BarProgress(quiet=quiet or as_json) as progress:
        results = check_golden(default_cache_dir(), progress)
    environment = describe_environment()
    bad = [one for one in results if one.problem is not None]
    if as_json:
        print_json({"environment": environment, "metrics": [_as_json(one) for one in results]})
    else:
        width = max(len(one.name) for one in results)
        for name, version in environment.items():
            say(f"{name:{width}}  {version}", quiet=quiet)
        for one in bad if quiet else results:
            state = f"PROBLEM: {one.problem}" if one.problem else f"ok  {one.found:.12g}"
            click.echo(f"{one.name:{width}}  {state}")
        say(f"{len(results) - len(bad)} of {len(results)} metrics as they should be", quiet=quiet)
    if bad:
        raise SystemExit(1)


def _as_json(one: Any) -> dict[str, Any]:
    return {
        "name": one.name,
        "signature": one.signature,
        "expected": one.expected,
        "found": one.found,
        "problem": one.problem,
    }
