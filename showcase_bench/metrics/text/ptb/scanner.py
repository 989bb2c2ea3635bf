"""Longest match in linear time, over texts whose end may not be known yet."""

from __future__ import annotations

from showcase_bench.metrics.text.ptb.automaton import Automaton
from showcase_bench.metrics.text.ptb.rules import (
    GIVEN_BACK,
    LOOK_AHEAD,
    OPENING_APOSTROPHE,
    SENTENCE_ENDS,
    SKIPPED,
    START,
    rewritten,
)

__all__ = ["Scanner", "TextRunsOutError"]

_NEAR = 16
"""Characters that are scanned without a look at what earlier scans have learnt."""
_STRIDE = 8
"""Failed scans are remembered at every so manieth character."""


class TextRunsOutError(Exception):
    """The next token depends on characters that are not known."""


class Scanner:
    """Tokens of one text, from the left to the right.

    A scan that runs far beyond the token that it ends up with could be repeated from each of the
    characters it ran over: a run of emoji is scanned to its end for each of them, as each could
    start an address. What a scan has learnt, that from a state at a position nothing more is
    accepted, is therefore kept (Reps, "Maximal-munch tokenization in linear time", 1998).

    Parameters
    ----------
    automaton
        The lexer's tables.
    text
        UTF-16 code units, each as one character.
    complete
        Whether the text ends here; otherwise unknown characters follow.
    """

    def __init__(self, automaton: Automaton, text: str, *, complete: bool) -> None:
        self._automaton = automaton
        self._text = text
        self._complete = complete
        classes = automaton.classes
        self._codes = [classes[unit] for unit in text]
        self._failed: set[tuple[int, int]] = set()

    def token(self, start: int) -> tuple[str | None, int]:
        """The token at ``start`` (None: a text that is skipped) and the start of the next one.

        Raises
        ------
        TextRunsOutError
            Only in a text that is not complete.
        """
        end, rule = self._longest(start)
        if rule in SKIPPED:
            return None, end
        if rule in LOOK_AHEAD:
            end = self._before_look_ahead(start, end, *LOOK_AHEAD[rule])
        elif rule in GIVEN_BACK:
            end -= GIVEN_BACK[rule]
        elif rule == OPENING_APOSTROPHE:
            end = start + 1
        token = rewritten(rule, self._text[start:end])
        if rule in SENTENCE_ENDS:
            end -= 1
        return token, end

    def _longest(self, start: int) -> tuple[int, int]:
        """End and rule of the longest match; every character at least matches alone."""
        rows, accepts, codes = self._automaton.rows, self._automaton.accepts, self._codes
        state, end, rule, position = START, start, 0, start
        stop = min(start + _NEAR, len(codes))
        while position < stop:
            state = rows[state][codes[position]]
            if state < 0:
                return end, rule
            position += 1
            if accepts[state]:
                end, rule = position, accepts[state]
        return self._longest_far(state, position, end, rule)

    def _longest_far(self, state: int, position: int, end: int, rule: int) -> tuple[int, int]:
        rows, accepts, codes = self._automaton.rows, self._automaton.accepts, self._codes
        learnt: list[tuple[int, int]] = []
        while position < len(codes):
            state = rows[state][codes[position]]
            if state < 0:
                break
            position += 1
            if accepts[state]:
                end, rule = position, accepts[state]
                learnt.clear()
            elif position % _STRIDE == 0:
                if (state, position) in self._failed:
                    break
                learnt.append((state, position))
        else:
            if not self._complete and not self._automaton.ends[state]:
                raise TextRunsOutError
        self._failed.update(learnt)
        return end, rule

    def _before_look_ahead(self, start: int, end: int, forward: int, backward: int) -> int:
        """Where the token ends and what its rule looks at begins: the last possible place."""
        rows, final, codes = self._automaton.rows, self._automaton.final, self._codes
        begins = set()
        state = backward
        for position in range(end - 1, start, -1):
            state = rows[state][codes[position]]
            if state < 0:
                break
            if final[state]:
                begins.add(position)
        state, last = forward, start
        for position in range(start, end):
            state = rows[state][codes[position]]
            if state < 0:
                break
            if final[state] and position + 1 in begins:
                last = position + 1
        return last
