"""Choices that look random and follow from ids alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["first_from", "place"]

Item = TypeVar("Item")


def place(*key: str | int) -> bytes:
    """Place of something in a random order that depends on ``key`` alone: a SHA-256."""
    return hashlib.sha256(json.dumps(key).encode()).digest()


def first_from(items: Sequence[Item], start: int, fits: Callable[[Item], bool]) -> Item | None:
    """The first item that fits, from number ``start`` on and round again; None where none does."""
    turns = (items[(start + step) % len(items)] for step in range(len(items)))
    return next((item for item in turns if fits(item)), None)
