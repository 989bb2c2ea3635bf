"""What is reported of a pull request: plain values, bounded, and strict to read back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NoReturn, TypeVar

from showcase_bench.errors import DataError
from showcase_bench.evaluate.runs.records import pretty_json

__all__ = [
    "MOST_FILES",
    "MOST_FOLDERS",
    "MOST_PROBLEMS",
    "REPORT_BYTES",
    "Cell",
    "FileReport",
    "FolderReport",
    "Place",
    "Report",
    "cut",
    "parse_report",
]

T = TypeVar("T")

REPORT_BYTES = 1 << 20
"""Of a report that is read."""
MOST_FOLDERS = 10
"""Submissions that one pull request may change."""
MOST_FILES = 10
"""Files of predictions in one of them, one a seed."""
MOST_PROBLEMS = 20
"""Problems of one file that are told."""
_SCHEMA = 1
_MOST_ITEMS = 100
_MOST_CHARS = 400
_MOST_SIZE = 1e12


@dataclass(frozen=True, slots=True)
class Cell:
    """One metric of a row."""

    name: str
    value: float | None
    half: float | None
    """Half of the 95 % interval; None where there is none."""
    higher_is_better: bool | None


@dataclass(frozen=True, slots=True)
class Place:
    """A system in one section of the board."""

    section: str
    primary: str
    rank: tuple[int, int] | None
    """Best and worst rank; None for what takes none."""
    letters: str
    of: int
    """Systems with a rank, this one among them."""
    like: tuple[str, ...]
    """The first systems that share a letter with it, in the order of the board."""
    more: int
    """How many others do."""
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file of predictions."""

    name: str
    lines: int
    total: int
    """Number of problems."""
    problems: tuple[str, ...]
    """The first of them."""


@dataclass(frozen=True, slots=True)
class FolderReport:
    """One submission."""

    name: str
    files: tuple[FileReport, ...] = ()
    refusal: str = ""
    """Why it has no row, besides problems of its files; empty where there is no such reason."""
    system: str = ""
    """Name on the card, where it has a row."""
    seeds: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether it has a row."""
        return not self.refusal and not any(one.total for one in self.files)


@dataclass(frozen=True, slots=True)
class Report:
    """All submissions that a pull request adds or changes."""

    task: str
    version: int
    split: str
    data_sha256: str
    n: int
    """Examples."""
    systems: int
    """Systems of the stored runs that they are compared with."""
    folders: tuple[FolderReport, ...] = field(default=())
    not_looked_at: int = 0
    """Submissions beyond the most."""

    @property
    def sound(self) -> bool:
        """Whether every submission has a row."""
        return not self.not_looked_at and all(one.sound for one in self.folders)

    def to_json(self) -> bytes:
        """What :func:`parse_report` reads."""
        return pretty_json({"schema": _SCHEMA, **asdict(self)}).encode()


def cut(text: str) -> str:
    """A text as long as a report may hold it."""
    return text if len(text) <= _MOST_CHARS else text[: _MOST_CHARS - 1] + "…"


def parse_report(data: bytes, path: object = "report.json") -> Report:
    """A report from outside: types and sizes are certain then, and no text is to be trusted.

    Raises
    ------
    DataError
        It is too large, no JSON, or has another form.
    """
    if len(data) > REPORT_BYTES:
        raise DataError(path, f"more than {REPORT_BYTES:,} bytes")
    try:
        found = json.loads(data, parse_constant=_refuse)
        if not isinstance(found, dict) or found.pop("schema", None) != _SCHEMA:
            raise ValueError(f"it is not a report of schema {_SCHEMA}")
        return _Fields(found).report()
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DataError(path, f"not a report: {cut(str(error))}") from error


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


class _Fields:
    """One object of the report; every field is taken once with its type, and none is left."""

    def __init__(self, value: Any) -> None:
        if not isinstance(value, Mapping):
            raise TypeError("an object is expected")
        self._left = dict(value)

    def report(self) -> Report:
        return self._whole(
            Report(
                task=self._text("task"),
                version=self._count("version"),
                split=self._text("split"),
                data_sha256=self._text("data_sha256"),
                n=self._count("n"),
                systems=self._count("systems"),
                folders=tuple(
                    _Fields(one).folder() for one in self._items("folders", MOST_FOLDERS)
                ),
                not_looked_at=self._count("not_looked_at"),
            )
        )

    def folder(self) -> FolderReport:
        return self._whole(
            FolderReport(
                name=self._text("name"),
                files=tuple(_Fields(one).file() for one in self._items("files", MOST_FILES)),
                refusal=self._text("refusal"),
                system=self._text("system"),
                seeds=tuple(_count(one) for one in self._items("seeds", MOST_FILES)),
                flags=self._texts("flags"),
                notes=self._texts("notes"),
                places=tuple(_Fields(one).place() for one in self._items("places", 10)),
            )
        )

    def file(self) -> FileReport:
        return self._whole(
            FileReport(
                name=self._text("name"),
                lines=self._count("lines"),
                total=self._count("total"),
                problems=self._texts("problems"),
            )
        )

    def place(self) -> Place:
        rank = self._left["rank"]
        if rank is not None:
            rank = tuple(_count(one) for one in self._items("rank", 2))
            if len(rank) != 2:
                raise ValueError("rank has two numbers")
        self._left.pop("rank", None)
        return self._whole(
            Place(
                section=self._text("section"),
                primary=self._text("primary"),
                rank=rank,
                letters=self._text("letters"),
                of=self._count("of"),
                like=self._texts("like"),
                more=self._count("more"),
                cells=tuple(_Fields(one).cell() for one in self._items("cells", _MOST_ITEMS)),
            )
        )

    def cell(self) -> Cell:
        better = self._left.pop("higher_is_better")
        if better is not None and type(better) is not bool:
            raise TypeError("higher_is_better is true, false or null")
        return self._whole(
            Cell(self._text("name"), self._real("value"), self._real("half"), better)
        )

    def _whole(self, value: T) -> T:
        if self._left:
            raise ValueError(f"unknown field {next(iter(self._left))!r}")
        return value

    def _items(self, name: str, most: int) -> list[Any]:
        value = self._left.pop(name)
        if not isinstance(value, list) or len(value) > most:
            raise ValueError(f"{name} is a list of at most {most}")
        return value

    def _texts(self, name: str) -> tuple[str, ...]:
        return tuple(_text(one) for one in self._items(name, _MOST_ITEMS))

    def _text(self, name: str) -> str:
        return _text(self._left.pop(name))

    def _count(self, name: str) -> int:
        return _count(self._left.pop(name))

    def _real(self, name: str) -> float | None:
        value = self._left.pop(name)
        if value is None:
            return None
        if type(value) not in (int, float) or not -_MOST_SIZE < value < _MOST_SIZE:
            raise ValueError(f"{name} is no number, or too large")
        return float(value) if math.isfinite(value) else None


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MOST_CHARS:
        raise ValueError(f"a text of at most {_MOST_CHARS} characters is expected")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise ValueError("a whole number from 0 on is expected")
    return value
