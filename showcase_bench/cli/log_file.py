"""``--log-file``: what a verb does, as one JSON object a line."""

from __future__ import annotations

import functools
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from showcase_bench.cli.console import say
from showcase_bench.errors import UsageError
from showcase_bench.events import FACTS, LOGGER, tell

__all__ = ["log_option"]


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": when,
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "process": record.process,
            **getattr(record, FACTS, {}),
        }
        return json.dumps(line, ensure_ascii=False, allow_nan=False)


class _LogFile(logging.Handler):
    """Appends lines, each at once; goes silent when that fails, and remembers why."""

    problem: str | None = None

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        super().__init__()
        self.setFormatter(_JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        if self.problem is None:
            try:
                self._file.write(f"{self.format(record)}\n".encode())
            except OSError as error:
                self.problem = error.strerror or str(error)

    def close(self) -> None:
        self._file.close()
        super().close()


def log_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--log-file``; the verb itself needs not know of it."""

    @functools.wraps(function)
    def verb(*arguments: Any, log_file: Path | None, **named: Any) -> Any:
        if log_file is None:
            return function(*arguments, **named)
        with _logged(log_file, click.get_current_context().info_name or ""):
            return function(*arguments, **named)

    return click.option(
        "--log-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Append what happens, as one JSON object a line: stages with model, seed, seconds "
        "and peak memory; no texts of the data.",
    )(verb)


@contextmanager
def _logged(path: Path, verb: str) -> Iterator[None]:
    import showcase_bench

    try:
        handler = _LogFile(path)
    except OSError as error:
        raise UsageError(
            f"--log-file {path}: cannot be written ({error.strerror}); name another file"
        ) from error
    level = LOGGER.level
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    tell("command.start", {"command": verb, "version": showcase_bench.__version__})
    start, status, error_name = time.perf_counter(), "done", None
    try:
        yield
    except BaseException as error:
        status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        error_name = type(error).__name__
        raise
    finally:
        seconds = round(time.perf_counter() - start, 3)
        facts = {"command": verb, "status": status, "error": error_name, "seconds": seconds}
        tell("command.end", facts, level=logging.INFO if status == "done" else logging.ERROR)
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level)
        problem = handler.problem
        handler.close()
        if problem is not None:
            say(f"warning: {path} ends early, for it could no longer be written ({problem})")
