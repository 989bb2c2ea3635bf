"""``showcase-bench data get``: download a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import common_options

if TYPE_CHECKING:
    from showcase_bench.datasets.fetch import GestReport, ImagesReport

__all__ = ["command"]

EPILOG = """\b
Examples:
  showcase-bench data get gest
  showcase-bench data get gest --what reviews,images --rate 10
  showcase-bench data get gest --what images --retry-gone
  showcase-bench data get gest --out gest --what raw --base-url https://mirror.example/gest/

\b
Interrupted? Run the same command again: it goes on where it ended.
Exit status: 0 all there, 1 some photos are gone or failed, 2 an error.
"""


@click.group("get")
def command() -> None:
    """Download data sets."""


@command.command("gest", epilog=EPILOG)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the files, manifest.json and images/. [default: gest in the user's data "
    "folder, where the tasks look for it]",
)
@click.option(
    "--what",
    default="reviews",
    show_default=True,
    metavar="LIST",
    help="Some of reviews (112 MB), raw (1.0 GB), images (203,000 photos one by one: 3 hours at "
    "20 a second) and tar (all photos as one archive, where the server has it), with commas "
    "between.",
)
@click.option(
    "--base-url", metavar="URL", help="Folder on the web to use instead of the public one."
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="Photos fetched at a time.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0, 1000, min_open=True),
    default=20.0,
    show_default=True,
    help="Requests a second to one host, at most.",
)
@click.option("--retry-gone", is_flag=True, help="Ask again for photos that are known to be gone.")
@common_options
def gest(
    out: Path | None,
    what: str,
    base_url: str | None,
    jobs: int,
    rate: float,
    retry_gone: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Download GEST, the data of the paper, from its public address.

    Files resume and are verified by size and SHA-256, which manifest.json records. Photos whose
    address has expired are normal: they are counted, and not asked for again.
    """
    from showcase_bench.datasets.fetch import FetchPolicy, get_gest
    from showcase_bench.evaluate import default_data_dir

    policy = FetchPolicy(jobs=jobs, connections_per_host=jobs, requests_per_second=rate)
    with BarProgress(quiet=quiet or as_json) as progress:
        report = get_gest(
            out or default_data_dir() / "gest",
            what=[one.strip() for one in what.split(",") if one.strip()],
            base_url=base_url,
            policy=policy,
            progress=progress,
            retry_gone=retry_gone,
        )
    if as_json:
        print_json(report.as_json())
    else:
        _print(report, quiet=quiet)
    if not report.complete:
        raise SystemExit(1)


def _print(report: GestReport, *, quiet: bool) -> None:
    from showcase_bench.datasets.fetch.gest import ABOUT

    for one in report.files:
        state = "downloaded" if one.downloaded else "already there"
        click.echo(f"{one.name}: {one.bytes:,} bytes, {state}, sha256 {one.sha256}")
        if one.name.endswith(".gz"):
            say(f"  to read the photos in place: gunzip {report.folder / one.name}", quiet=quiet)
    if report.images is not None:
        _print_images(report.images)
    if report.photos_without_address:
        click.echo(f"photos without a usable address: {report.photos_without_address:,}")
    say(f"{ABOUT['licence']}\n{ABOUT['citation']}", quiet=quiet)


def _print_images(images: ImagesReport) -> None:
    click.echo(
        f"photos: {images.wanted:,} wanted, {images.fetched:,} downloaded "
        f"({images.received:,} bytes), {images.present:,} already there, "
        f"{sum(images.gone.values()):,} gone, {sum(images.failed.values()):,} failed"
    )
    for label, reasons in (("gone", images.gone), ("failed", images.failed)):
        for reason, number in reasons.items():
            click.echo(f"  {label}, {reason}: {number:,}")
