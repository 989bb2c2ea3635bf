"""``showcase-bench data``: get, make, describe and check data sets."""

from __future__ import annotations

import click

from showcase_bench.cli.lazy import LazyGroup

__all__ = ["command"]

_VERBS = {
    "card": ("showcase_bench.cli.data_card", "Count what is in a data set, and its traps."),
    "check": ("showcase_bench.cli.data_check", "Verify a data set byte by byte."),
    "get": ("showcase_bench.cli.data_get", "Download GEST, with resume and a manifest."),
    "build": ("showcase_bench.cli.data_build", "Build s1 or s2 from GEST's raw reviews."),
    "convert": ("showcase_bench.cli.data_convert", "Convert Amazon or Yelp, or re-split a file."),
    "synth": ("showcase_bench.cli.data_synth", "Make a synthetic world of any size."),
}


@click.group("data", cls=LazyGroup, verbs=_VERBS)
def command() -> None:
    """Get, make, describe and check data sets."""
