"""Read a card from outside: TOML, strictly, with every problem of every field."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from showcase_bench.errors import did_you_mean
from showcase_bench.models import MODELS
from showcase_bench.submission.card import Card, TaskFacts
from showcase_bench.submission.problems import Code, Problem, Problems, shown

__all__ = ["CONTROL", "parse_card"]

_FIELDS = ("name", "authors", "paper", "code", "training_data", "seed", "uses_gold", "task")
_TASK_FIELDS = ("name", "version", "split", "data_sha256")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._+-]{0,62}[A-Za-z0-9+])?")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9._~%&+,;=:@/?#-]*)?")
_MARKUP = re.compile(r"[<>`$\\{}|\[\]]")
_FORMULA = ("=", "+", "-", "@")
_MOST_CHARS = {"authors": 100, "training_data": 1000, "paper": 300, "code": 300, "task": 200}
_MOST_AUTHORS = 200
_MOST_SEED = 1 << 63

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Control characters but tab, line feed and carriage return."""
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, ends of lines, and what turns the direction of the text after it."""


def parse_card(data: bytes, expected: TaskFacts, problems: Problems) -> Card | None:
    """The card, or None where anything is wrong with it, which is then among ``problems``.

    ``data`` is not larger than the limit for cards. A file task is recognised by its data alone,
    because its name is that of somebody's file.
    """
    before = problems.total
    reader = _Reader(data, problems)
    table = reader.table()
    if table is None:
        return None
    card = Card(
        name=reader.name(table),
        authors=reader.authors(table),
        paper=reader.address(table, "paper"),
        code=reader.address(table, "code"),
        training_data=reader.free(table.get("training_data"), "training_data"),
        seed=reader.seed(table),
        uses_gold=reader.flag(table, "uses_gold"),
        task=reader.task(table, expected),
    )
    return card if problems.total == before else None


class _Reader:
    """Adds what is wrong with each field, and gives a blank value then."""

    def __init__(self, data: bytes, problems: Problems) -> None:
        self._data = data
        self._problems = problems
        self._text = ""

    def table(self) -> Mapping[str, Any] | None:
        """The fields as they are; None where it is not TOML."""
        try:
            self._text = self._data.decode()
            table = tomllib.loads(self._text)
        except UnicodeDecodeError as error:
            self._wrong(None, f"not UTF-8 at byte {error.start}; save it as UTF-8", "card-syntax")
            return None
        except RecursionError:
            self._wrong(None, "not TOML that can be read: nested too deep", "card-syntax")
            return None
        except ValueError as error:
            told = _UNSEEN.sub("\ufffd", str(error))[:200]
            self._wrong(None, f'not TOML: {told}; quote texts as "..."', "card-syntax")
            return None
        self._unknown(table, _FIELDS, "")
        return table

    def name(self, table: Mapping[str, Any]) -> str:
        value = table.get("name")
        if not isinstance(value, str):
            self._type("name", value, 'a string, such as "my-system"')
        elif not _NAME.fullmatch(value):
            self._wrong(
                "name",
                f"{shown(value)} may hold only letters A to Z, digits, spaces and . _ + -, starts "
                "and ends with a letter or digit, and has at most 64 characters",
            )
        elif value.lower() in {one.lower() for one in MODELS}:
            self._wrong("name", f"{value!r} is a model of this program; choose another name")
        else:
            return value
        return ""

    def authors(self, table: Mapping[str, Any]) -> tuple[str, ...]:
        value = table.get("authors", [])
        if not isinstance(value, list):
            self._type("authors", value, 'a list of strings, such as ["A. Author"]')
            return ()
        if len(value) > _MOST_AUTHORS:
            self._wrong("authors", f"{len(value)} authors, at most {_MOST_AUTHORS} are allowed")
            return ()
        return tuple(self.free(one, "authors") for one in value)

    def free(self, value: Any, field: str) -> str:
        """Text that no table, page or spreadsheet can take for something else."""
        text = self._string(value, field)
        if found := _MARKUP.search(text):
            self._wrong(
                field,
                f"{shown(text)} holds {found[0]!r}; leave out markup, and the characters "
                "< > ` $ \\ { } | [ ]",
            )
        elif text.lstrip().startswith(_FORMULA):
            self._wrong(
                field,
                f"{shown(text)} starts with {text.lstrip()[0]!r}, which spreadsheets take for a "
                "formula; start with a letter or digit",
            )
        else:
            return text
        return ""

    def address(self, table: Mapping[str, Any], field: str) -> str:
        text = self._string(table.get(field), field)
        if text and not _ADDRESS.fullmatch(text):
            self._wrong(
                field,
                f"{shown(text)} is not an address; write one that starts with https://, in ASCII "
                "(others percent-encoded), or leave it empty",
            )
            return ""
        return text

    def seed(self, table: Mapping[str, Any]) -> int:
        value = table.get("seed", 0)
        if isinstance(value, bool) or not isinstance(value, int):
            self._type("seed", value, "a whole number, such as 0")
        elif not 0 <= value < _MOST_SEED:
            self._wrong("seed", "must be from 0 to 2^63 - 1")
        else:
            return value
        return 0

    def flag(self, table: Mapping[str, Any], field: str) -> bool:
        value = table.get(field)
        if not isinstance(value, bool):
            self._type(field, value, "true or false, and has no default")
        return value is True

    def task(self, table: Mapping[str, Any], expected: TaskFacts) -> TaskFacts:
        value = table.get("task")
        if not isinstance(value, dict):
            self._type("task", value, "the table [task] that `submission new` writes")
            return expected
        self._unknown(value, _TASK_FIELDS, "task.")
        for field in _TASK_FIELDS:
            self._task_field(field, value.get(field), expected)
        return expected

    def _task_field(self, field: str, value: Any, expected: TaskFacts) -> None:
        wanted = getattr(expected, field)
        path = f"task.{field}"
        if type(value) is not type(wanted):
            kind = "a whole number" if isinstance(wanted, int) else "a string"
            self._type(path, value, f"{kind}, as `submission new` writes it")
        elif value != wanted and not (field == "name" and _both_files(value, wanted)):
            told = shown(value) if isinstance(value, str) else _number(value)
            self._wrong(
                path,
                f"the card is for {told}, and this is {wanted!r}; make the submission anew with "
                "`submission new`, or check it with the --task, --data and --split it was made for",
                "task-mismatch",
            )

    def _string(self, value: Any, field: str) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            self._type(field, value, "a string")
        elif len(value) > _MOST_CHARS[field]:
            self._wrong(field, f"{len(value):,} characters, at most {_MOST_CHARS[field]}; cut it")
        elif found := _UNSEEN.search(value):
            self._wrong(
                field,
                f"a control character U+{ord(found[0]):04X} at character {found.start()}; leave "
                "it out, and write one line",
            )
        else:
            return value
        return ""

    def _unknown(self, table: Mapping[str, Any], known: tuple[str, ...], prefix: str) -> None:
        for key in table:
            if key not in known:
                offer = did_you_mean(key[:60], known)
                self._wrong(f"{prefix}{key[:60]}", f"is unknown. {offer}")

    def _type(self, field: str, value: Any, wanted: str) -> None:
        what = "is missing: it" if value is None else f"is {_kind(value)}, and"
        self._wrong(field, f"{what} must be {wanted}")

    def _wrong(self, field: str | None, message: str, code: Code = "card-field") -> None:
        line = None if field is None else self._line_of(field.rpartition(".")[2])
        self._problems.add(Problem(code, message, "card", line, field))

    def _line_of(self, key: str) -> int | None:
        """Line of the first assignment to ``key``, where one can be seen."""
        found = re.search(rf"(?m)^[ \t]*\[?\"?{re.escape(key)}\"?[ \t]*[=\]]", self._text)
        return None if found is None else self._text.count("\n", 0, found.start()) + 1


def _both_files(one: str, other: str) -> bool:
    return one.startswith("file-") and other.startswith("file-")


def _kind(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "a string"}
    names |= {list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")


def _number(value: int) -> str:
    """An integer as a message tells it; one of any size can be in a file."""
    return str(value) if abs(value) < _MOST_SEED else "a number of many digits"
