"""``showcase-bench data convert``: GEST-shaped files from other sources and splits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import common_options

if TYPE_CHECKING:
    from showcase_bench.datasets.sources.review import ConvertOptions

__all__ = ["command"]

F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path, dir_okay=False)
_COUNT = click.IntRange(min=0)

EPILOG = """\b
Examples:
  showcase-bench data convert amazon All_Beauty.jsonl.gz --out beauty.json
  showcase-bench data convert yelp --reviews yelp_academic_dataset_review.json \\
      --photos photos.json --images photos --link caption --out yelp.json
  showcase-bench data convert warm filter_all_t.json --out gest-warm.json
"""


@click.group("convert", epilog=EPILOG)
def command() -> None:
    """Make GEST-shaped files from other sources, or with another split.

    Files are read from the disk; nothing is downloaded. What was read, kept and left out is
    printed and also kept in the file, under "conversion".
    """


def _out_option(function: F) -> F:
    return click.option("--out", type=_FILE, required=True, help="The file to write.")(function)


def _row_options(function: F) -> F:
    """Options of :class:`ConvertOptions`."""
    options = (
        click.option(
            "--split",
            type=click.Choice(["time", "user"]),
            default="time",
            show_default=True,
            help="time: cut at two moments, 80/10/10. user: the last row of each user tests, the "
            "one before validates.",
        ),
        click.option(
            "--min-photos",
            type=_COUNT,
            default=1,
            show_default=True,
            help="Reviews with fewer photos can only be history.",
        ),
        click.option(
            "--min-words",
            type=_COUNT,
            default=1,
            show_default=True,
            help="Reviews with fewer words can only be history.",
        ),
        click.option(
            "--history",
            type=_COUNT,
            default=10,
            show_default=True,
            help="Earlier reviews of the user that a row keeps at most.",
        ),
        click.option(
            "--max-broken",
            type=_COUNT,
            default=100,
            show_default=True,
            help="Broken lines that a file may have.",
        ),
    )
    for one in reversed(options):
        function = one(function)
    return function


@command.command("amazon")
@click.argument("reviews", type=_FILE)
@_out_option
@_row_options
@common_options
def amazon(reviews: Path, out: Path, as_json: bool, quiet: bool, **rows: Any) -> None:
    """Read a category of Amazon Reviews 2023 (JSON Lines, plain or gzip).

    A business is a parent_asin; the photos of a row are those that the buyer posted.
    """
    from showcase_bench.datasets.sources.amazon import convert_amazon

    with BarProgress(quiet=quiet or as_json) as progress:
        report = convert_amazon(reviews, out, _options(rows), progress=progress)
    _show(out, report.to_json(), as_json=as_json, quiet=quiet)


@command.command("yelp")
@click.option("--reviews", type=_FILE, required=True, help="yelp_academic_dataset_review.json.")
@click.option("--photos", type=_FILE, required=True, help="photos.json.")
@click.option("--businesses", type=_FILE, help="yelp_academic_dataset_business.json.")
@click.option(
    "--category",
    "categories",
    multiple=True,
    metavar="NAME",
    help="Keep businesses of this category; may be given several times. Needs --businesses. "
    "[default: Restaurants]",
)
@click.option(
    "--images",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of <photo_id>.jpg; photos without a file are left out.",
)
@click.option(
    "--link",
    type=click.Choice(["none", "caption"]),
    default="none",
    show_default=True,
    help="none: photos are only in the pools. caption: a photo is given to the review of its "
    "business that is most like its caption; a guess, marked as synthetic_link.",
)
@click.option(
    "--min-similarity",
    type=float,
    default=0.2,
    show_default=True,
    help="TF-IDF cosine from 0 to 1 that a caption link needs.",
)
@_out_option
@_row_options
@common_options
def yelp(
    reviews: Path,
    photos: Path,
    businesses: Path | None,
    categories: Sequence[str],
    images: Path | None,
    link: str,
    min_similarity: float,
    out: Path,
    as_json: bool,
    quiet: bool,
    **rows: Any,
) -> None:
    """Read the Yelp Open Dataset (JSON Lines, plain or gzip).

    Yelp does not say who took a photo. With --link none no row has photos of its own, so photo
    selection cannot be scored; with --link caption photos are given to reviews by a rule, and
    scores of photo selection say how well the rule was guessed.
    """
    from showcase_bench.datasets.sources.yelp import YelpFiles, YelpLink, convert_yelp
    from showcase_bench.errors import UsageError

    if categories and businesses is None:
        raise UsageError("--category needs --businesses, the file that names the categories")
    rule = YelpLink("caption" if link == "caption" else "none", min_similarity)
    with BarProgress(quiet=quiet or as_json) as progress:
        report = convert_yelp(
            YelpFiles(reviews, photos, businesses, images),
            out,
            _options(rows),
            link=rule,
            categories=categories or ("Restaurants",),
            progress=progress,
        )
    _show(out, report.to_json(), as_json=as_json, quiet=quiet)


@command.command("warm")
@click.argument("file", type=_FILE)
@_out_option
@common_options
def warm(file: Path, out: Path, as_json: bool, quiet: bool) -> None:
    """Re-split a GEST-shaped file so that every user who is tested has training reviews."""
    from showcase_bench.datasets.resplit import warm_split

    with BarProgress(quiet=quiet or as_json) as progress:
        report = warm_split(file, out, progress=progress)
    _show(out, report.to_json(), as_json=as_json, quiet=quiet)


def _options(rows: Mapping[str, Any]) -> ConvertOptions:
    from showcase_bench.datasets.sources.review import ConvertOptions

    return ConvertOptions(**rows)


def _show(out: Path, report: Mapping[str, Any], *, as_json: bool, quiet: bool) -> None:
    if as_json:
        print_json({"out": str(out), **report})
        return
    for line in _lines(report, ""):
        click.echo(line)
    say(f"written: {out}", quiet=quiet)


def _lines(report: Mapping[str, Any], indent: str) -> list[str]:
    """``name: value`` a line; what is inside of a value is indented below its name."""
    lines: list[str] = []
    for name, value in report.items():
        if isinstance(value, Mapping | list) and not value:
            lines.append(f"{indent}{name}: none")
        elif isinstance(value, Mapping):
            lines += [f"{indent}{name}:", *_lines(value, f"{indent}  ")]
        elif isinstance(value, list):
            lines += [f"{indent}{name}:", *[f"{indent}  {one}" for one in value]]
        else:
            lines.append(f"{indent}{name}: {value}")
    return lines
