"""The data card as Markdown for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["card_markdown"]

_Row = tuple[str, Callable[[Mapping[str, Any]], Any]]


def card_markdown(card: Mapping[str, Any]) -> str:
    """Write a card of :func:`~showcase_bench.datasets.card.data_card` as Markdown.

    Every trap comes with what it is, its number, and what the policy does about it. A value that
    does not exist, such as the mean over an empty split, is shown as a dash.
    """
    policy = card["policy"]
    parts = [
        f"# Data card: {_plain(card['name'])}\n",
        f"File `{_plain(card['file'])}`, SHA-256 `{card['sha256']}`.\n",
        _policy_line(policy),
        "## Contents\n",
        _table(card["splits"], _CONTENTS),
        "## Texts\n",
        "An empty text is no reference: metrics of the text are not scored on its row. A duplicate "
        "text is one that an earlier row of the split has, white space aside. A duplicate row is "
        "dropped only when its split has it already, in every field.\n",
        _table(card["splits"], _TEXTS),
        "## Pools and gold\n",
        _pool_line(policy),
        _table(card["splits"], _POOLS),
        "## Answers in the history\n",
        "A history may hold the very text that is to be written: the row's own target, or that of "
        f"another validation or test row. {_mask_line(policy)}\n",
        _table(card["splits"], _HISTORY),
        "## Known and unknown\n",
        "A model with user or business ids knows only those of the training split.\n",
        _table(card["splits"], _KNOWN),
        _shared_table(card["shared"]),
        "## Photos that no training row has\n",
        "The pool holds all photos of the business, whoever posted them. Where other people's "
        "photos are in the training split, a photo that no training row has is more likely to be "
        "the gold than the rest of the pool. How much more is the leak; the control model "
        "`unseen-photos` exploits it, so that a board shows its worth.\n",
        _table(card["splits"], _LEAK),
        "## Photo files\n",
        _photo_lines(card["photos"]),
    ]
    return "\n".join(parts)


_CONTENTS: tuple[_Row, ...] = (
    ("rows", lambda s: s["rows"]),
    ("users", lambda s: s["users"]),
    ("businesses", lambda s: s["businesses"]),
    ("photos", lambda s: s["photos"]),
    ("mean rating", lambda s: s["mean_rating"]),
    ("rows without rating", lambda s: s["rows_without_rating"]),
    ("repeated (user, business) pairs", lambda s: s["repeated_user_business_pairs"]),
)
_TEXTS: tuple[_Row, ...] = (
    ("mean words", lambda s: s["mean_words"]),
    ("empty texts", lambda s: s["empty_texts"]),
    ("duplicate texts", lambda s: s["duplicate_texts"]),
    ("duplicate rows, dropped", lambda s: s["dropped_duplicate_rows"]),
)
_POOLS: tuple[_Row, ...] = (
    ("gold photos a row, mean", lambda s: s["gold_photos"]["mean"]),
    ("gold photos a row, most", lambda s: s["gold_photos"]["max"]),
    ("rows without photos", lambda s: s["rows_without_photos"]),
    ("pool, smallest", lambda s: s["pool"]["min"]),
    ("pool, median", lambda s: s["pool"]["median"]),
    ("pool, mean", lambda s: s["pool"]["mean"]),
    ("pool, largest", lambda s: s["pool"]["max"]),
    ("pools smaller than k", lambda s: s["pools_smaller_than_k"]),
    ("pools without a choice", lambda s: s["pools_without_choice"]),
)
_HISTORY: tuple[_Row, ...] = (
    ("history reviews a row, in the file", lambda s: s["history"]["mean_in_file"]),
    ("history reviews a row, shown", lambda s: s["history"]["mean_shown"]),
    ("rows without shown history", lambda s: s["history"]["rows_without"]),
    ("empty history texts, dropped", lambda s: s["history"]["empty_texts"]),
    ("answers, texts", lambda s: s["answers_in_history"]["texts"]),
    ("answers, rows that have any", lambda s: s["answers_in_history"]["rows"]),
    ("the row's own target", lambda s: s["answers_in_history"]["own"]),
    ("another target, by id", lambda s: s["answers_in_history"]["by_id"]),
    ("another target, by text only", lambda s: s["answers_in_history"]["by_text"]),
)
_KNOWN: tuple[_Row, ...] = (
    ("rows whose user is in train", lambda s: s["rows_with_user_in_train"]),
    ("rows whose business is in train", lambda s: s["rows_with_business_in_train"]),
)
_LEAK: tuple[_Row, ...] = (
    ("pool items", lambda s: s["unseen_photos"]["pool_items"]),
    ("of them gold", lambda s: s["unseen_photos"]["gold_items"]),
    ("share of gold", lambda s: _percent(s["unseen_photos"]["gold_share_of_pool"])),
    ("pool items that no training row has", lambda s: s["unseen_photos"]["unseen_pool_items"]),
    ("of them gold", lambda s: s["unseen_photos"]["unseen_gold_items"]),
    ("share of gold", lambda s: _percent(s["unseen_photos"]["gold_share_of_unseen"])),
)


def _policy_line(policy: Mapping[str, Any]) -> str:
    limit = policy["history_limit"]
    history = "whole" if limit is None else f"its last {limit} reviews"
    return (
        f"Policy: k = {policy['k']}; history {history}; "
        f"answers in the history {'masked' if policy['mask_history'] else 'shown'}; "
        f"pool `{policy['pool']}`.\n"
    )


def _pool_line(policy: Mapping[str, Any]) -> str:
    line = "A pool is all photos of the business in the file's splits"
    if policy["pool"] == "cross":
        line += f" and {policy['distractors']} photos of other businesses"
    return (
        f"{line}, in an order that carries no information; gold are those of the row itself. "
        f"Pools smaller than k = {policy['k']} are kept. In a pool without a choice, showing "
        "everything finds the gold and nothing else.\n"
    )


def _mask_line(policy: Mapping[str, Any]) -> str:
    if policy["mask_history"]:
        return "Such texts are masked: no query shows them."
    return "Under this policy they are SHOWN: scores of texts may be copies of the answer."


def _table(splits: Mapping[str, Mapping[str, Any]], rows: Iterable[_Row]) -> str:
    lines = [f"| | {' | '.join(splits)} |", f"|---|{'---:|' * len(splits)}"]
    for label, read in rows:
        cells = " | ".join(_cell(read(split)) for split in splits.values())
        lines.append(f"| {label} | {cells} |")
    return "\n".join([*lines, ""])


def _shared_table(shared: Mapping[str, Mapping[str, int]]) -> str:
    lines = ["| in both | users | businesses | photos |", "|---|---:|---:|---:|"]
    for pair, counts in shared.items():
        cells = " | ".join(_cell(counts[kind]) for kind in ("users", "businesses", "photos"))
        lines.append(f"| {pair} | {cells} |")
    return "\n".join([*lines, ""])


def _photo_lines(photos: Mapping[str, Any]) -> str:
    lines = [
        f"{photos['distinct']:,} distinct photos, {photos['of_several_rows']:,} of them posted "
        "with more than one row.\n"
    ]
    unreadable = photos["unreadable"]
    if unreadable is None:
        lines.append("The files were not checked.\n")
    elif not unreadable["total"]:
        lines.append("Every photo was found and decoded.\n")
    else:
        lines.append(
            f"{unreadable['total']:,} cannot be shown. They stay in the pools, and their features "
            "are zero.\n"
        )
        for reason, found in unreadable["reasons"].items():
            first = ", ".join(f"`{_plain(one)}`" for one in found["first"])
            lines.append(f"- {reason}: {found['photos']:,}, such as {first}")
        lines.append("")
    return "\n".join(lines)


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.1f} %"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _plain(text: str) -> str:
    """Text from outside without what Markdown, HTML or a line break would make of it."""
    return "".join(" " if char in "`<>|" or not char.isprintable() else char for char in text)
