"""``showcase-bench cache``: what is kept between runs."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from showcase_bench.cli.console import print_json, say, table_console
from showcase_bench.cli.options import common_options

if TYPE_CHECKING:
    from showcase_bench.evaluate.cache_folder import CacheEntry

__all__ = ["command"]

LIST_EPILOG = """\b
Examples:
  showcase-bench cache list
  showcase-bench cache list fits features --entries
"""
PRUNE_EPILOG = """\b
Examples:
  showcase-bench cache prune --days 30
  showcase-bench cache prune fits --days 7 --dry-run
"""
CLEAR_EPILOG = """\b
Examples:
  showcase-bench cache clear features texts
  showcase-bench cache clear --yes
"""

_DAY = 24 * 3600.0

kinds_argument = click.argument("kinds", nargs=-1)
folder_option = click.option(
    "--cache-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="The cache folder. [default: $SHOWCASE_BENCH_CACHE, or the user's cache folder]",
)


@click.group("cache")
def command() -> None:
    """List, prune or clear what is kept between runs.

    Everything in the cache is made again when it is needed, from data, weights and settings that
    its name is a hash of: nothing in it can be out of date, only unused.
    """


@command.command("list", epilog=LIST_EPILOG)
@kinds_argument
@click.option("--entries", is_flag=True, help="List every entry, not only the kinds.")
@folder_option
@common_options
def list_verb(
    kinds: tuple[str, ...], entries: bool, cache_dir: Path | None, as_json: bool, quiet: bool
) -> None:
    """List what is kept: all KINDS, or some."""
    from rich.table import Table

    from showcase_bench.evaluate.cache_folder import KINDS, cache_entries

    root = _root(cache_dir)
    found = cache_entries(root, kinds)
    if as_json:
        print_json({"folder": str(root), "entries": [_plain(one) for one in found]})
        return
    say(str(root), quiet=quiet)
    table = Table(*(["kind", "name"] if entries else ["kind", "what it holds"]))
    for head in ("entries", "size", "youngest"):
        table.add_column(head, justify="right")
    for kind in KINDS:
        own = [one for one in found if one.kind == kind]
        if entries:
            for one in own:
                table.add_row(kind, one.name, str(one.files), _size(one.bytes), _day(one.modified))
        elif own:
            size = sum(one.bytes for one in own)
            youngest = max(one.modified for one in own)
            table.add_row(kind, KINDS[kind], str(len(own)), _size(size), _day(youngest))
    table_console().print(table)
    say(f"{_size(sum(one.bytes for one in found))} in {len(found)} entries", quiet=quiet)


@command.command("prune", epilog=PRUNE_EPILOG)
@kinds_argument
@click.option(
    "--days",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    help="Take away what has not been written to for so many days.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be taken away.")
@folder_option
@common_options
def prune(
    kinds: tuple[str, ...],
    days: float,
    dry_run: bool,
    cache_dir: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Take away old entries of all KINDS, or of some, and what killed programs left half done."""
    from showcase_bench.evaluate.cache_folder import cache_entries, sweep_cache

    root = _root(cache_dir)
    if not dry_run:
        sweep_cache(root, deep=True)
    limit = time.time() - days * _DAY
    old = [one for one in cache_entries(root, kinds) if one.modified <= limit]
    _take_away(root, old, dry_run=dry_run, as_json=as_json, quiet=quiet)


@command.command("clear", epilog=CLEAR_EPILOG)
@kinds_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only say what would be taken away.")
@folder_option
@common_options
def clear(
    kinds: tuple[str, ...],
    yes: bool,
    dry_run: bool,
    cache_dir: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Take away everything, or all of some KINDS; fitted models take long to make again."""
    from showcase_bench.evaluate.cache_folder import cache_entries

    root = _root(cache_dir)
    found = cache_entries(root, kinds)
    if found and not (yes or dry_run):
        size = _size(sum(one.bytes for one in found))
        click.confirm(f"Take away {size} below {root}?", abort=True, err=True)
    _take_away(root, found, dry_run=dry_run, as_json=as_json, quiet=quiet)


def _take_away(
    root: Path, entries: list[CacheEntry], *, dry_run: bool, as_json: bool, quiet: bool
) -> None:
    from showcase_bench.evaluate.cache_folder import remove_entries

    freed = sum(one.bytes for one in entries)
    if entries and not dry_run:
        remove_entries(root, entries)
    if as_json:
        print_json(
            {
                "folder": str(root),
                "dry_run": dry_run,
                "bytes": freed,
                "entries": [_plain(one) for one in entries],
            }
        )
        return
    for one in entries:
        say(f"{one.kind}/{one.name}  {_size(one.bytes)}", quiet=quiet)
    done = "would be taken away" if dry_run else "taken away"
    say(f"{_size(freed)} in {len(entries)} entries {done}", quiet=quiet)


def _root(given: Path | None) -> Path:
    from showcase_bench.evaluate import default_cache_dir

    return given or default_cache_dir()


def _plain(entry: CacheEntry) -> dict[str, str | int]:
    return {
        "kind": entry.kind,
        "name": entry.name,
        "files": entry.files,
        "bytes": entry.bytes,
        "modified": datetime.fromtimestamp(entry.modified, UTC).isoformat(timespec="seconds"),
    }


def _size(number: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
