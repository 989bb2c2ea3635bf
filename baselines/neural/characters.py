"""Characters that may be read from a text and written into one."""

from __future__ import annotations

import re

__all__ = ["EMOJI", "JOINER", "VARIATION", "clean"]

JOINER = "\u200d"
"""Zero width joiner: binds emoji into one, and letters of some scripts."""
VARIATION = "\ufe0e\ufe0f"
"""Variation selectors: a character as text, or as emoji."""
EMOJI = "\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff"
"""Ranges of emoji and pictures, as inside the brackets of a regular expression."""

_KEPT = re.compile(f"[{JOINER}{VARIATION}{EMOJI}]")


def clean(text: str) -> str:
    """A text without what cannot be seen: control and format characters, surrogates, private use.

    All white space becomes plain spaces, one for each character. Joiners and variation selectors
    stay, as emoji are built with them.
    """
    if text.isprintable():
        return text
    return "".join(map(_seen, text))


def _seen(char: str) -> str:
    if char.isspace():
        return " "
    return char if char.isprintable() or _KEPT.match(char) else ""
