"""Which history texts a query must not show, because they are the answer to some question."""

from __future__ import annotations

import enum
import hashlib

__all__ = ["Mask", "Targets", "pair_key", "text_key"]


class Mask(enum.IntEnum):
    """Why a history text is dropped; the first reason that applies, in this order."""

    KEPT = 0
    EMPTY = 1
    """No text, or white space only. Dropped under every policy."""
    OWN = 2
    """The row's own target, by id or by text."""
    BY_ID = 3
    """Its id is that of a validation or test row."""
    BY_TEXT = 4
    """Its text is that of a validation or test row, and its id is not."""


def text_key(text: str) -> bytes | None:
    """Identity of a text up to white space, or None for a text without words."""
    words = text.split()
    if not words:
        return None
    return hashlib.blake2b(" ".join(words).encode(), digest_size=16).digest()


def pair_key(user_id: str, business_id: str) -> str:
    """Name that GEST's history ids give to a user's review of a business."""
    return f"{user_id}_{business_id}"


class Targets:
    """The targets of the validation and test rows, by id and by text."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._texts: set[bytes] = set()

    def add(self, names: tuple[str, ...], text: str) -> None:
        """Add a target under all the ids that a history may call it by."""
        self._ids.update(names)
        key = text_key(text)
        if key is not None:
            self._texts.add(key)

    def mask(
        self, review_id: str, text: str, own_names: tuple[str, ...], own_text: bytes | None
    ) -> Mask:
        """Judge one history text of a row that goes by ``own_names`` and has ``own_text``."""
        key = text_key(text)
        if key is None:
            return Mask.EMPTY
        if review_id in own_names or key == own_text:
            return Mask.OWN
        if review_id in self._ids:
            return Mask.BY_ID
        return Mask.BY_TEXT if key in self._texts else Mask.KEPT
