"""The card of a submission: who made it, from what, for which task."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from showcase_bench.evaluate.task.workspace import Workspace

__all__ = ["FREE", "SINGLE", "Card", "TaskFacts", "card_toml", "task_facts", "template_card"]

SINGLE = ("name", "paper", "code", "training_data")
"""Fields of one string each."""
FREE = ("authors", "training_data")
"""Fields of free text."""

_COMMENTS = {
    "name": "Shown on boards: letters, digits, spaces and . _ + -, at most 64.",
    "authors": 'As on a paper: ["A. Author", "B. Author"].',
    "paper": "Address, starting with https://, or empty.",
    "code": "Address, starting with https://, or empty.",
    "training_data": "What the system learned from, pretraining included.",
    "seed": "The training seed; submit one file a seed under one name.",
    "uses_gold": "true if the system saw a photo, text or rating that it is scored against.",
}


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What a submission is made for."""

    name: str
    version: int
    split: str
    data_sha256: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card that was checked: every field is safe to show when it is escaped as usual."""

    name: str
    authors: tuple[str, ...]
    paper: str
    code: str
    training_data: str
    seed: int
    uses_gold: bool
    task: TaskFacts

    @property
    def role(self) -> str:
        """``ceiling`` for a system that uses gold, which takes no rank; else ``system``."""
        return "ceiling" if self.uses_gold else "system"

    @property
    def flags(self) -> tuple[str, ...]:
        """What boards show beside the name."""
        return ("submission", "uses gold") if self.uses_gold else ("submission",)

    def facts(self) -> dict[str, str]:
        """The fields that are told, but decide nothing, without empty ones."""
        told = {
            "authors": "; ".join(self.authors),
            "paper": self.paper,
            "code": self.code,
            "training_data": self.training_data,
        }
        return {name: value for name, value in told.items() if value}


def task_facts(workspace: Workspace) -> TaskFacts:
    """The facts of an open task."""
    task = workspace.task
    return TaskFacts(task.name, task.version, task.split, workspace.dataset.revision)


def template_card(task: TaskFacts) -> str:
    """A card to fill in, with a comment on every field; valid as it is."""
    return card_toml(Card("my-system", (), "", "", "", 0, False, task), comments=True)


def card_toml(card: Card, *, comments: bool = False) -> str:
    """The card as TOML; equal cards give equal text."""
    values: dict[str, str | int | bool | list[str]] = {
        "name": card.name,
        "authors": list(card.authors),
        "paper": card.paper,
        "code": card.code,
        "training_data": card.training_data,
        "seed": card.seed,
        "uses_gold": card.uses_gold,
    }
    lines = []
    for field, value in values.items():
        if comments:
            lines.append(f"# {_COMMENTS[field]}")
        lines.append(f"{field} = {_toml(value)}")
    if comments:
        lines += ["", "# Written by `submission new`; leave it as it is."]
    task = card.task
    lines += ["[task]", f"name = {_toml(task.name)}", f"version = {task.version}"]
    lines += [f"split = {_toml(task.split)}", f"data_sha256 = {_toml(task.data_sha256)}"]
    return "\n".join(lines) + "\n"


def _toml(value: str | int | bool | list[str]) -> str:
    """JSON of strings without control characters, numbers and lists is TOML as well."""
    return json.dumps(value, ensure_ascii=False)
