"""Options and remarks of the verbs that share a task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from showcase_bench.cli.console import say
from showcase_bench.cli.options import stack_options

if TYPE_CHECKING:
    from showcase_bench.sharing.leaks import Leaks

__all__ = ["Cut", "hiding_options", "warn_of_leaks"]


class Cut(click.ParamType[dict[str, float]]):
    """Parts with their shares: ``validation=0.3``, with commas between."""

    name = "part=share"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, float]:
        """Parse the text."""
        if isinstance(value, dict):
            return value
        parts: dict[str, float] = {}
        for one in str(value).split(","):
            name, equals, share = one.partition("=")
            try:
                number = float(share)
            except ValueError:
                equals = ""
                number = 0.0
            if not equals or name.strip() in parts:
                self.fail(f"{one!r} is not a new part=share, such as validation=0.3", param, ctx)
            parts[name.strip()] = number
        return parts


hiding_options: Callable[[Callable[..., Any]], Callable[..., Any]] = stack_options(
    click.option(
        "--photos",
        type=click.Choice(["files", "ids"]),
        default="files",
        show_default=True,
        help="Rename the photos and write them as PNG, or give their original ids only.",
    ),
    click.option(
        "--validation",
        type=click.Choice(["gold", "queries", "none"]),
        default="gold",
        show_default=True,
        help="The held-out split that is not scored: with its gold, without, or not at all.",
    ),
    click.option(
        "--salt-of",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="PRIVATE",
        help="Use the salt of this private half, so that public ids stay. [default: a new salt]",
    ),
)


def warn_of_leaks(leaks: Leaks, *, quiet: bool) -> None:
    """Say what the rules of the task show in spite of hidden gold."""
    from showcase_bench.sharing.leaks import RUN_WORDS

    if leaks.left_over:
        say(
            f"warning: the photos of {leaks.left_over:,} of {leaks.with_choice:,} queries follow "
            "by exclusion: they are the candidates that no public row claims. The control "
            "`unseen-photos` shows what that is worth.",
            quiet=quiet,
        )
    if leaks.known_texts:
        say(
            f"warning: {leaks.known_texts:,} of {leaks.rows:,} hidden texts are also the text of a "
            "public row; --exclude training-text leaves such queries out.",
            quiet=quiet,
        )
    if leaks.shared_runs:
        say(
            f"warning: {leaks.shared_runs:,} of {leaks.rows:,} hidden texts share {RUN_WORDS} "
            "words in a row with a public text of the same user.",
            quiet=quiet,
        )
