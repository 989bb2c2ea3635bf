"""``showcase-bench data build``: GEST's subsets from the raw reviews."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from showcase_bench.cli.console import BarProgress, print_json, say
from showcase_bench.cli.options import common_options, stack_options

__all__ = ["command"]

F = TypeVar("F", bound=Callable[..., Any])

EPILOG = """\b
Examples:
  showcase-bench data build s1 image_review_all.json --out s1.json
  showcase-bench data build s1 image_review_all.json --out s1.json --images photos --work parts
  showcase-bench data build s2 image_review_all.json --out s2.json --images photos \\
      --annotations pairs.jsonl --encoder open_clip:ViT-B-32/openai --work parts
"""
_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)


def _build_options(function: F) -> F:
    return stack_options(
        click.argument("raw", type=_FILE),
        click.option("--out", type=_FILE, required=True, help="The GEST-shaped file to write."),
        click.option(
            "--journal",
            type=_FILE,
            help="fetch.jsonl of a download: photos gone there are dropped.",
        ),
        click.option(
            "--work",
            type=_FOLDER,
            help="Keep finished parts here. [default: beside --out, removed after success]",
        ),
        click.option("--seed", type=int, default=0, show_default=True),
        click.option(
            "--history-limit",
            type=int,
            default=50,
            show_default=True,
            metavar="N",
            help="Reviews in a history at most, the last ones.",
        ),
        click.option(
            "--iterate",
            is_flag=True,
            help="Drop users again who have one review left once expired photos are gone.",
        ),
        click.option("--drop-empty-texts", is_flag=True, help="Drop reviews without a word."),
        click.option(
            "--max-broken",
            type=float,
            default=0.001,
            show_default=True,
            metavar="SHARE",
            help="Share of the lines that may be unusable.",
        ),
        common_options,
    )(function)


@click.group("build", epilog=EPILOG)
def command() -> None:
    """Build GEST-s1 or GEST-s2 from the raw reviews, as the paper does.

    RAW is JSON Lines, one review a line. Beside the result FILE.json lies its record
    FILE.build.json: every parameter, hashes of the inputs, and the counts at each step next to the
    paper's. A build that was killed goes on when the same command is given again, and ends with
    the same bytes.
    """


@command.command("s1", epilog=EPILOG)
@_build_options
@click.option("--images", type=_FOLDER, help="Photos: one without a file here counts as expired.")
def s1(as_json: bool, quiet: bool, **arguments: Any) -> None:
    """Build s1: users with several reviews, photos that can be had, a split of each user.

    A user's reviews are put in order of time, or of a hash where a time is missing. Of three or
    more the last is for test and the one before for validation; of one or two the last goes to
    training, validation or test by a hash, 80 to 10 to 10. The rest is for training. A history
    holds the reviews that come earlier.
    """
    from showcase_bench.datasets.build import build_s1

    sources, options = _described(**arguments)
    with BarProgress(quiet=quiet or as_json) as progress:
        record = build_s1(sources, options, progress=progress)
    _report(record, sources.out, as_json=as_json, quiet=quiet)


@command.command("s2", epilog=EPILOG)
@_build_options
@click.option("--images", type=_FOLDER, required=True, help="Folder of the photos.")
@click.option(
    "--annotations",
    type=_FILE,
    required=True,
    help='Pairs to learn from: {"sentence": ..., "image": ..., "label": 0 or 1} a line.',
)
@click.option(
    "--encoder",
    metavar="NAME",
    required=True,
    help="Encoder of sentences and photos, as open_clip:ARCH/TAG or open_clip:ARCH/PATH.",
)
@click.option(
    "--threshold",
    type=float,
    metavar="P",
    help="Probability from which on a pair goes together. [default: best F1 on held-out pairs]",
)
def s2(
    annotations: Path,
    encoder: str,
    threshold: float | None,
    as_json: bool,
    quiet: bool,
    **arguments: Any,
) -> None:
    """Build s2: of s1 the reviews that speak of their photos, with users in one split each.

    A classifier, trained on annotated pairs, judges every sentence with every photo of a review.
    Photos that no sentence speaks of are dropped, then reviews without photos. Users go to
    training, validation or test by a hash, 80 to 10 to 10. A history holds the user's other
    raw reviews.
    """
    from showcase_bench.datasets.build import build_s2
    from showcase_bench.encoders import PairEncoder, get_encoder

    sources, options = _described(**arguments)
    with BarProgress(quiet=quiet or as_json) as progress:
        record = build_s2(
            sources,
            options,
            encoder=get_encoder(encoder, PairEncoder),
            annotations=annotations,
            threshold=threshold,
            progress=progress,
        )
    _report(record, sources.out, as_json=as_json, quiet=quiet)


def _described(
    raw: Path,
    out: Path,
    images: Path | None,
    journal: Path | None,
    work: Path | None,
    **parameters: Any,
) -> tuple[Any, Any]:
    from showcase_bench.datasets.build import BuildOptions, Sources

    return Sources(raw, out, images, journal, work), BuildOptions(**parameters)


def _report(record: Mapping[str, Any], out: Path, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        print_json(record)
        return
    from showcase_bench.datasets.build import record_path

    click.echo(_table(record))
    unusable = sum(record["raw_lines"]["unusable"].values())
    if unusable:
        say(f"{unusable} lines were unusable and left out; see the record", quiet=quiet)
    say(record["expired"], quiet=quiet)
    say(f"result: {out}, record: {record_path(out)}", quiet=quiet)


def _table(record: Mapping[str, Any]) -> str:
    """Counts at each step, with the paper's in the line below where it has them."""
    columns = ("images", "reviews", "users", "businesses", "mean_words")
    lines = ["".join([f"{'step':<14}", *(f"{name.replace('_', ' '):>13}" for name in columns)])]
    for row in record["steps"]:
        for name, counts in ((row["step"].replace("_", " "), row), ("  paper", row["paper"])):
            if counts is not None:
                cells = (_cell(counts[column]) for column in columns)
                lines.append("".join([f"{name:<14}", *(f"{cell:>13}" for cell in cells)]))
    rows = ", ".join(f"{split} {n:,}" for split, n in record["rows"].items())
    return "\n".join([*lines, f"rows: {rows}"])


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
