"""Names, numbers and tables as LaTeX sets them; the tables need the package booktabs."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["booktabs", "escape_latex", "figures"]

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "−": r"$-$",
    "–": "--",
    "\0": "{}",
    "±": r"$\pm$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "←": r"$\leftarrow$",
    "→": r"$\rightarrow$",
    "×": r"$\times$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "…": r"\dots{}",
}


def escape_latex(text: str) -> str:
    """Text that LaTeX sets as it is, on one line; letters of other scripts are kept."""
    flat = "".join(char if char.isprintable() else " " for char in text)
    apart = re.sub("-(?=-)", "-\0", re.sub(r"\s+", " ", flat).strip())  # -- would be a dash
    return "".join(_SPECIAL.get(char, char) for char in apart)


def figures(text: str) -> str:
    """A cell of numbers, with minus signs for hyphens before them and dashes between them."""
    signed = re.sub(r"(?<![\w.])-(?=[\d.])", "−", text)
    return escape_latex(re.sub(r"(?<=\d)-(?=\d)", "–", signed))


def booktabs(
    columns: str, caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> list[str]:
    """Lines of a floating table; ``columns`` as LaTeX wants them, heads and rows set as given."""
    return [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape_latex(caption)}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        rf"{' & '.join(heads)} \\",
        r"\midrule",
        *(rf"{' & '.join(row)} \\" for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
