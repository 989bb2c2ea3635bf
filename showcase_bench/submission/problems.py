"""What is wrong with a submission: each problem with its part, line, field and fix."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = ["Code", "Part", "Problem", "Problems", "RefusedError", "shown"]

Part = Literal["predictions", "card", "manifest", "package"]
Code = Literal[
    "file-too-large",
    "compression",
    "package",
    "hash-mismatch",
    "line-too-long",
    "too-many-lines",
    "not-utf8",
    "not-json",
    "not-an-object",
    "key-repeated",
    "not-finite",
    "field-unknown",
    "id-missing",
    "id-type",
    "id-unknown",
    "id-repeated",
    "id-absent",
    "wrong-split",
    "images-type",
    "images-too-many",
    "image-repeated",
    "image-outside-pool",
    "text-type",
    "text-too-long",
    "lone-surrogate",
    "control-character",
    "card-absent",
    "card-syntax",
    "card-field",
    "task-mismatch",
]
"""Kinds of problems; the documentation tells what each means and how to mend it."""

_MOST_CHARS = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and what to do about it."""

    code: Code
    message: str
    part: Part = "predictions"
    line: int | None = None
    """1-based; None where the problem is of no one line."""
    field: str | None = None

    def __str__(self) -> str:
        where: list[str] = [] if self.part == "predictions" else [self.part]
        where += [f"line {self.line}"] if self.line is not None else []
        where += [f"field {self.field!r}"] if self.field is not None else []
        return ": ".join([", ".join(where), self.message] if where else [self.message])


class RefusedError(Exception):
    """Reading cannot go on; carries the problem that says why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


@dataclass
class Problems:
    """Problems in the order in which they were found; the first ones kept, all counted."""

    most: int
    kept: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """Code to number, those that were not kept included."""
    stopped: bool = False
    """Whether reading stopped before the end."""

    @property
    def total(self) -> int:
        """Number of all problems."""
        return sum(self.counts.values())

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it while there is room."""
        self.counts[problem.code] += 1
        if len(self.kept) < self.most:
            self.kept.append(problem)

    def lead(self, problem: Problem) -> None:
        """Count a problem that explains the others, and tell it before them."""
        self.counts[problem.code] += 1
        self.kept.insert(0, problem)

    def stop(self, problem: Problem) -> None:
        """Count and always keep the problem that ends the reading."""
        self.counts[problem.code] += 1
        self.kept.append(problem)
        self.stopped = True

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "problems": [asdict(one) for one in self.kept],
            "total": self.total,
            "not_listed": self.total - len(self.kept),
            "counts": dict(self.counts),
            "stopped": self.stopped,
        }


def shown(value: str) -> str:
    """A string from outside as messages quote it: escaped, on one line, and cut."""
    cut = value if len(value) <= _MOST_CHARS else value[:_MOST_CHARS] + "…"
    return repr(cut)
