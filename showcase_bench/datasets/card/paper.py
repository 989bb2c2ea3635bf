"""The sizes that the paper of GEST prints, beside those of the data at hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from showcase_bench.errors import UsageError, did_you_mean

__all__ = ["PAPER_VERSIONS", "compare_with_paper", "paper_version"]

_SOURCE = "Yan et al., Personalized Showcases, SIGIR 2023 (arXiv 2207.00422)"
_KINDS = ("images", "reviews", "users", "businesses", "mean_words")
_TABLE: Mapping[str, tuple[float, ...]] = {
    "raw": (4_435_565, 1_771_160, 1_010_511, 65_113, 36.26),
    "s1": (1_722_296, 370_563, 119_086, 48_330, 45.48),
    "s2": (203_433, 108_888, 36_996, 30_831, 24.32),
}
PAPER_VERSIONS = tuple(_TABLE)
"""``raw``: all reviews. ``s1``: users with several reviews. ``s2``: texts that match images."""


def paper_version(name: str) -> str | None:
    """Guess from a data set's name which of the paper's versions it is; None where it is not GEST.

    The published files are recognised (``filter_all_t``, ``image_review_all``), and names that
    begin with ``gest``.
    """
    words = re.split(r"[^a-z0-9]+", name.lower())
    if "image_review_all" in name.lower() or (words[0] == "gest" and "raw" in words):
        return "raw"
    if words[0] == "gest" and {"s1", "selection"} & set(words):
        return "s1"
    return "s2" if words[0] == "gest" or "filter_all_t" in name.lower() else None


def compare_with_paper(total: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Put sizes of a whole data set beside the paper's.

    Parameters
    ----------
    total
        ``images``, ``reviews``, ``users``, ``businesses`` and ``mean_words`` (None: no text).
    version
        One of :data:`PAPER_VERSIONS`.

    Returns
    -------
    dict
        ``source``, ``version`` and ``sizes``: for each kind ``here``, each version's value, and
        ``share``, which is ours as a share of the chosen version's (None without ours).

    Raises
    ------
    UsageError
        There is no such version.
    """
    if version not in _TABLE:
        raise UsageError(
            f"the paper has no version {version!r} of the data. "
            f"{did_you_mean(version, PAPER_VERSIONS)}"
        )
    sizes = {}
    for place, kind in enumerate(_KINDS):
        here, there = total[kind], _TABLE[version][place]
        sizes[kind] = {
            "here": here,
            **{name: values[place] for name, values in _TABLE.items()},
            "share": None if here is None else here / there,
        }
    return {"source": _SOURCE, "version": version, "sizes": sizes}
