"""Entry point of the command line."""

from __future__ import annotations

import os
import shlex
import sys
import warnings
from typing import Any

import click

from showcase_bench import __version__
from showcase_bench.cli.lazy import LazyGroup
from showcase_bench.errors import ShowcaseError
from showcase_bench.termination import termination_as_interrupt

__all__ = ["cli", "main"]

_VERBS = {
    "run": ("showcase_bench.cli.run", "Run models on a task, score and rank them."),
    "fit": ("showcase_bench.cli.fit", "Fit a model and save it."),
    "predict": ("showcase_bench.cli.predict", "Write one model's predictions to a file."),
    "score": ("showcase_bench.cli.score", "Score a file of predictions."),
    "submission": ("showcase_bench.cli.submission", "Make, check, score and pack submissions."),
    "compare": ("showcase_bench.cli.compare", "Tell which systems differ, and how surely."),
    "plan": ("showcase_bench.cli.plan", "Tell how many examples a difference needs."),
    "audit": ("showcase_bench.cli.audit", "Show which metrics see which fault."),
    "leaderboard": ("showcase_bench.cli.leaderboard", "Build leaderboards from stored runs."),
    "view": ("showcase_bench.cli.view", "Look at boards and showcases in a browser."),
    "task": ("showcase_bench.cli.task", "Share a task whose references stay hidden."),
    "data": ("showcase_bench.cli.data", "Get, make, describe and check data sets."),
    "cache": ("showcase_bench.cli.cache", "List, prune or clear what is kept between runs."),
    "doctor": ("showcase_bench.cli.doctor", "Check that every metric gives its golden numbers."),
    "list": ("showcase_bench.cli.list_names", "List models, metrics, tasks or encoders."),
}

EPILOG = """\b
Examples:
  showcase-bench run
  showcase-bench run --data gest.json --models random,dpp --results out
  showcase-bench score preds.jsonl --data gest.json --split test --json
  showcase-bench list metrics

\b
Tab completion, in bash (zsh and fish alike):
  eval "$(_SHOWCASE_BENCH_COMPLETE=bash_source showcase-bench)"
"""


class _CleanError(click.ClickException):
    exit_code = 2

    def format_message(self) -> str:
        return self.message


class _Program(LazyGroup):
    def invoke(self, ctx: click.Context) -> Any:
        from showcase_bench.files import sweep_system_folder

        sweep_system_folder()
        with termination_as_interrupt() as termination:
            try:
                return super().invoke(ctx)
            except KeyboardInterrupt:
                told = termination.told
                click.echo(_how_to_go_on("terminated" if told else "interrupted"), err=True)
                sweep_system_folder()  # of processes that were ended
                raise SystemExit(TERMINATED if told else INTERRUPTED) from None
            except ShowcaseError as error:
                if ctx.params.get("debug"):
                    raise
                raise _CleanError(str(error)) from error


INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it: 128 and the number of the signal."""
TERMINATED = 143
"""Exit status after SIGTERM, which ends a command in the same way."""


def _how_to_go_on(how: str) -> str:
    command = shlex.join(["showcase-bench", *sys.argv[1:]])
    return f"\n{how}; what was finished is kept. To go on:\n  {command}"


@click.group(
    cls=_Program,
    verbs=_VERBS,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", prog_name="showcase-bench")
@click.option("--debug", is_flag=True, help="Show tracebacks of errors.")
def cli(debug: bool) -> None:
    """Benchmark and evaluation harness for personalized showcases.

    A personalized showcase explains a recommendation with pictures and words: for a user and a
    recommended restaurant, the photos that this user would care about and the text that goes with
    them.
    """


def main() -> None:
    """Console entry point."""
    # Threads that wait for each other in a long loop slow encoders down tenfold on busy machines.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    # Pillow warns of odd metadata in photos that it reads all the same.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    cli(prog_name="showcase-bench")
