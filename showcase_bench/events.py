"""What happens, told to whoever listens: events of the standard logger ``showcase_bench``.

Nothing is written anywhere unless a program adds a handler, as ``--log-file`` does. An event has a
name, such as ``stage.end``, and facts: names, numbers and ids, never texts of the data.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

__all__ = ["FACTS", "LOGGER", "Fact", "is_heard", "tell"]

Fact: TypeAlias = str | int | float | bool | None

_NONE: Mapping[str, Fact] = MappingProxyType({})

LOGGER = logging.getLogger("showcase_bench")
FACTS = "facts"
"""Attribute of a log record that holds the facts of an event."""

LOGGER.addHandler(logging.NullHandler())


def tell(event: str, facts: Mapping[str, Fact] = _NONE, *, level: int = logging.INFO) -> None:
    """Log an event with its facts; those that are None are left out."""
    known = {name: one for name, one in facts.items() if one is not None}
    LOGGER.log(level, event, extra={FACTS: known})


def is_heard() -> bool:
    """Whether events go anywhere."""
    return LOGGER.isEnabledFor(logging.INFO)
