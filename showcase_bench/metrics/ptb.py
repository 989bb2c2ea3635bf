"""Penn Treebank tokens as the captioning metrics define them, from the Java tokeniser itself.

The jar is the one that the pycocoevalcap package carries; the package is not imported.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from showcase_bench.errors import MissingDependencyError, UsageError

__all__ = ["LONGEST_TEXT", "LONGEST_WORD", "tokenize_ptb"]

LONGEST_TEXT = 20_000
"""Texts of more characters are cut at a space."""
LONGEST_WORD = 1_000
"""Words of more characters are cut: the tokeniser's time is quadratic in a run of emoji."""

_JAR = Path("tokenizer") / "stanford-corenlp-3.4.1.jar"
_DROPPED = frozenset(
    {"''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-"}
    | {".", "?", "!", ",", ":", "-", "--", "...", ";"}
)
_LINE_SHIFTING = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff]")
_LONG_WORD = re.compile(f"[^ ]{{{LONGEST_WORD}}}(?=[^ ])")
_SEPARATOR = "x"
_ALTERNATIVE = "or choose another tokenizer, as in bleu-4(tok=words)"


def tokenize_ptb(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """Lower-cased PTB tokens of each text without punctuation, in one Java call.

    Equal to what pycocoevalcap's wrapper gives when each text is alone in its file: the wrapper
    lets the first word of a text change the tokens of the text before it (``No.`` before ``555``),
    so a neutral line stands between texts here. Control characters, line and paragraph separators
    and lone surrogates count as spaces. A blank text has no tokens. Nothing of a very long text is
    lost: what exceeds :data:`LONGEST_TEXT` or :data:`LONGEST_WORD` is tokenised piece by piece.

    Raises
    ------
    MissingDependencyError
        Java, or the jar of pycocoevalcap, is not installed.
    UsageError
        Java fails on a text; the text is named.
    """
    pieces = [_pieces(_LINE_SHIFTING.sub(" ", text)) for text in texts]
    flat = list(chain.from_iterable(pieces))
    lines = iter(_run_checked(_command(), flat) if flat else [])
    return [
        tuple(token for _ in row for word in next(lines).split(" ") for token in _kept(word))
        for row in pieces
    ]


def _kept(word: str) -> list[str]:
    # The wrapper compares words cut at plain spaces; its BLEU cuts the rest at any white space.
    return [] if word in _DROPPED else word.split()


def _pieces(text: str) -> list[str]:
    pieces = []
    rest = _LONG_WORD.sub(r"\g<0> ", text).strip()
    while len(rest) > LONGEST_TEXT:
        cut = rest.rindex(" ", 1, LONGEST_TEXT + 1)
        pieces.append(rest[:cut])
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest else pieces


def _command() -> list[str]:
    java = shutil.which("java")
    if java is None:
        raise MissingDependencyError(
            "the ptb tokenizer needs Java, and there is no 'java' on the PATH; install a Java "
            f"runtime of version 8 or later (Debian: apt install default-jre-headless), "
            f"{_ALTERNATIVE}"
        )
    spec = find_spec("pycocoevalcap")
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    jar = next((Path(one) / _JAR for one in folders if (Path(one) / _JAR).is_file()), None)
    if jar is None:
        raise MissingDependencyError(
            f"the ptb tokenizer needs {_JAR.name}, which the package pycocoevalcap carries; "
            f"pip install pycocoevalcap, {_ALTERNATIVE}"
        )
    flags = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8"]
    options = ["-preserveLines", "-lowerCase", "-encoding", "UTF-8"]
    main = "edu.stanford.nlp.process.PTBTokenizer"
    return [java, *flags, "-cp", str(jar), main, *options]


def _run_checked(command: Sequence[str], lines: Sequence[str]) -> list[str]:
    """Tokenised lines; a call that fails is repeated in halves, down to the text at fault."""
    tokenised = _run(command, lines)
    if tokenised is not None:
        return tokenised
    if len(lines) > 1:
        half = len(lines) // 2
        return [*_run_checked(command, lines[:half]), *_run_checked(command, lines[half:])]
    if _run(command, [_SEPARATOR]) is None:
        raise MissingDependencyError(
            f"the ptb tokenizer needs Java, and {command[0]} does not run it; install a Java "
            f"runtime of version 8 or later, {_ALTERNATIVE}"
        )
    raise UsageError(
        f"the ptb tokenizer (Java) failed on a text of {len(lines[0])} characters that starts "
        f"with {lines[0][:60]!r}; change the text, {_ALTERNATIVE}"
    )


def _run(command: Sequence[str], lines: Sequence[str]) -> list[str] | None:
    """Tokenised lines, or None where Java failed or lost count of the lines."""
    sent = "".join(f"{line}\n{_SEPARATOR}\n" for line in lines)
    done = subprocess.run(list(command), input=sent.encode(), capture_output=True, check=False)
    received = done.stdout.decode(errors="replace").split("\n")
    tokenised, separators = received[0:-1:2], received[1:-1:2]
    aligned = len(tokenised) == len(lines) and separators == [_SEPARATOR] * len(lines)
    return tokenised if done.returncode == 0 and aligned else None
