"""The lexer's automaton, read from the tables in the jar that pycocoevalcap carries.

The tables are what the scanner generator JFlex writes: a map from UTF-16 code units to character
classes, the transitions between states, and for each state the number of the rule that it accepts,
each packed into string constants by run lengths. Nothing of them is stored in this project.
"""

from __future__ import annotations

import functools
import hashlib
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from showcase_bench.errors import MissingDependencyError
from showcase_bench.metrics.text.ptb.classfile import string_constants

__all__ = ["Automaton", "Classes", "Rows", "load_automaton", "unpack"]

_ALTERNATIVE = "pip install pycocoevalcap, or choose another tokenizer, as in bleu-4(tok=words)"

_JAR = Path("tokenizer") / "stanford-corenlp-3.4.1.jar"
_CLASS = "edu/stanford/nlp/process/PTBLexer.class"
_SHA256 = "715fdfb3652cc6796f90f28442378a0c71c92b5909f1fc934f698497987b6dd0"
"""The rule numbers in :mod:`.rules` were observed on this class file and hold for no other."""
_FINAL, _ENDS = 1, 8
"""Attribute bits of a state: it accepts; it has no transition."""


class Rows(dict[int, list[int]]):
    """Transitions by state: a list of the next state by character class, -1 where there is none."""

    def __init__(self, transitions: NDArray[np.int32], offsets: NDArray[np.int32]) -> None:
        super().__init__()
        self._transitions = transitions
        self._offsets = offsets
        self._width = len(transitions) - int(offsets.max())

    def __missing__(self, state: int) -> list[int]:
        start = int(self._offsets[state])
        row: list[int] = self._transitions[start : start + self._width].tolist()
        self[state] = row
        return row


class Classes(dict[str, int]):
    """Character class by character; a character is one UTF-16 code unit."""

    def __init__(self, by_unit: NDArray[np.uint8]) -> None:
        super().__init__()
        self._by_unit = by_unit

    def __missing__(self, unit: str) -> int:
        self[unit] = found = int(self._by_unit[ord(unit)])
        return found


@dataclass(frozen=True)
class Automaton:
    """A deterministic automaton over character classes."""

    classes: Classes
    rows: Rows
    accepts: list[int]
    """Rule by state; 0 where the state accepts nothing, or only for a look-ahead."""
    final: list[bool]
    """Which states accept, for a rule or for the look-ahead of one."""
    ends: list[bool]
    """Which states have no transition."""


@functools.lru_cache(maxsize=1)
def load_automaton() -> Automaton:
    """The automaton of the jar on this machine, read once a process.

    Raises
    ------
    MissingDependencyError
        pycocoevalcap or its jar is missing, cannot be read, or carries another lexer.
    """
    path = _jar_path()
    try:
        with zipfile.ZipFile(path) as jar:
            data = jar.read(_CLASS)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise MissingDependencyError(
            f"the ptb tokenizer cannot read {path}: {error}; reinstall pycocoevalcap: "
            f"{_ALTERNATIVE}"
        ) from error
    if hashlib.sha256(data).hexdigest() != _SHA256:
        raise MissingDependencyError(
            f"the ptb tokenizer needs the lexer of Stanford CoreNLP 3.4.1, and {path} carries "
            f"another; reinstall pycocoevalcap: {_ALTERNATIVE}"
        )
    return unpack(data)


def unpack(data: bytes) -> Automaton:
    """The automaton in the lexer's class file."""
    constants = string_constants(data)
    attributes = _runs(constants, "ZZ_ATTRIBUTE")
    rows = _joined(constants, "ZZ_ROWMAP").astype(np.int32)
    return Automaton(
        classes=Classes(_runs(constants, "ZZ_CMAP").astype(np.uint8)),
        rows=Rows(_runs(constants, "ZZ_TRANS") - 1, rows[0::2] << 16 | rows[1::2]),
        accepts=_runs(constants, "ZZ_ACTION").tolist(),
        final=(attributes & _FINAL).astype(bool).tolist(),
        ends=(attributes & _ENDS).astype(bool).tolist(),
    )


def _jar_path() -> Path:
    spec = find_spec("pycocoevalcap")
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    for folder in folders:
        if (Path(folder) / _JAR).is_file():
            return Path(folder) / _JAR
    raise MissingDependencyError(
        f"the ptb tokenizer needs {_JAR.name}, which the package pycocoevalcap carries; "
        f"{_ALTERNATIVE}"
    )


def _joined(constants: dict[str, NDArray[np.uint16]], table: str) -> NDArray[np.uint16]:
    """A table is one constant, or as many numbered ones as the limit on their size asks for."""
    parts: list[NDArray[np.uint16]] = []
    while (name := f"{table}_PACKED_{len(parts)}") in constants:
        parts.append(constants[name])
    return np.concatenate(parts) if parts else constants[f"{table}_PACKED"]


def _runs(constants: dict[str, NDArray[np.uint16]], table: str) -> NDArray[np.int32]:
    """Pairs of a count and a value, written out."""
    packed = _joined(constants, table).astype(np.int32)
    return np.repeat(packed[1::2], packed[0::2])
