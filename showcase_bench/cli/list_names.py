"""``showcase-bench list``: what is installed."""

from __future__ import annotations

from typing import Any

import click

from showcase_bench.cli.console import print_json
from showcase_bench.cli.options import common_options
from showcase_bench.registry import Registry

__all__ = ["command"]

KINDS = ("models", "metrics", "tasks", "encoders")
_COLUMNS = {
    "metrics": ("name", "group", "scale", "direction", "cost", "oracle", "summary"),
    "encoders": ("form", "encodes", "summary"),
}
EPILOG = """\b
Examples:
  showcase-bench list models
  showcase-bench list metrics --check
  showcase-bench list models --json
"""


@click.command("list", epilog=EPILOG)
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--check", is_flag=True, help="Load each one and say what is wrong with it.")
@common_options
def command(kind: str, check: bool, as_json: bool, quiet: bool) -> None:
    """List what is installed, with the package that each name comes from.

    Of metrics: name, group, scale, which direction is better, cost (low, medium, high) and the
    independent implementation that it is tested against. Of encoders: how the name is written and
    what it encodes. Nothing else is imported, unless --check
    asks for it. Exit status 1 when --check finds a broken one.
    """
    if kind in ("metrics", "encoders") and not check:
        _list_facts(kind, as_json=as_json, quiet=quiet)
        return
    registry = _registry(kind) if check else Registry[Any](f"showcase_bench.{kind}", kind)
    rows = [_describe(registry, name, check=check) for name in registry]
    if as_json:
        print_json({"kind": kind, "names": rows})
    else:
        _print(rows, check=check, quiet=quiet)
    if any(row.get("problem") for row in rows):
        raise SystemExit(1)


def _list_facts(kind: str, *, as_json: bool, quiet: bool) -> None:
    from showcase_bench.encoders.names import describe_encoders
    from showcase_bench.metrics.groups import describe_metrics

    facts = describe_metrics() if kind == "metrics" else describe_encoders()
    if as_json:
        print_json({"kind": kind, "names": facts})
    elif quiet:
        click.echo("\n".join(fact["name"] for fact in facts))
    else:
        _print_columns(facts, _COLUMNS[kind])


def _print_columns(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    """Rows of text below a heading, aligned; the last column as long as it is."""
    table = [columns, *(tuple(str(row[column]) for column in columns) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _registry(kind: str) -> Registry[Any]:
    """The registry with its check of what a member must be."""
    from importlib import import_module

    module, name = {
        "models": ("showcase_bench.models", "MODELS"),
        "metrics": ("showcase_bench.metrics", "METRICS"),
        "tasks": ("showcase_bench.datasets.tasks", "TASKS"),
        "encoders": ("showcase_bench.encoders", "ENCODERS"),
    }[kind]
    registry: Registry[Any] = getattr(import_module(module), name)
    return registry


def _describe(registry: Registry[Any], name: str, *, check: bool) -> dict[str, Any]:
    origins = registry.origins(name)
    row: dict[str, Any] = {
        "name": name,
        "target": origins[0].target,
        "distribution": origins[0].distribution,
        "version": origins[0].version,
    }
    if len(origins) > 1:
        row["problem"] = f"registered {len(origins)} times"
    if check:
        row["problem"] = registry.problem(name)
        row["summary"] = None if row["problem"] else _summary(registry.get(name))
    return row


def _summary(loaded: Any) -> str:
    """The first line of what it says of itself."""
    loaded = getattr(loaded, "func", loaded)
    text = getattr(loaded, "summary", None)
    if not isinstance(text, str):
        text = (loaded.__doc__ or "").strip().partition("\n")[0]
    return text


def _print(rows: list[dict[str, Any]], *, check: bool, quiet: bool) -> None:
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        if quiet:
            click.echo(row["name"])
            continue
        what = row["target"]
        if check:
            what = row["summary"] or ""
        if row.get("problem"):
            what = f"BROKEN: {row['problem']}"
        click.echo(f"{row['name']:{width}}  {what}  ({row['distribution']} {row['version']})")
