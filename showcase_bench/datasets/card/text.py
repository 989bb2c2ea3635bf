"""The data card as Markdown for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from showcase_bench.datasets.card.tables import examples, percent, plain, table

__all__ = ["card_markdown"]

_Row = tuple[str, Callable[[Mapping[str, Any]], Any]]


def card_markdown(card: Mapping[str, Any], plots: Mapping[str, str] | None = None) -> str:
    """Write a card of :func:`~showcase_bench.datasets.card.data_card` as Markdown.

    Every trap comes with what it is, its number, and what the policy does about it. A value that
    does not exist, such as the mean over an empty split, is shown as a dash.

    Parameters
    ----------
    card
        The card.
    plots
        What a picture shows, to its path as seen from the Markdown file. None or empty for no
        pictures.
    """
    policy = card["policy"]
    parts = [
        f"# Data card: {plain(card['name'])}\n",
        f"File `{plain(card['file'])}`, SHA-256 `{card['sha256']}`.\n",
        _policy_line(policy),
        *_paper_parts(card["paper"]),
        "## Contents\n",
        _split_table(card["splits"], _CONTENTS),
        "## Traps\n",
        _trap_table(card["traps"], list(card["splits"])),
        *_plot_parts(plots or {}),
        "## Texts\n",
        "An empty text is no reference: metrics of the text are not scored on its row. A duplicate "
        "text is one that an earlier row of the split has, white space aside. A duplicate row is "
        "dropped only when its split has it already, in every field.\n",
        _split_table(card["splits"], _TEXTS),
        "## Pools and gold\n",
        _pool_line(policy),
        _split_table(card["splits"], _POOLS),
        "## Answers in the history\n",
        "A history may hold the very text that is to be written: the row's own target, or that of "
        f"another validation or test row. {_mask_line(policy)}\n",
        _split_table(card["splits"], _HISTORY),
        "## Known and unknown\n",
        "A model with user or business ids knows only those of the training split.\n",
        _split_table(card["splits"], _KNOWN),
        _shared_table(card["shared"]),
        "## Photos that no training row has\n",
        "The pool holds all photos of the business, whoever posted them. Where other people's "
        "photos are in the training split, a photo that no training row has is more likely to be "
        "the gold than the rest of the pool. How much more is the leak; the control model "
        "`unseen-photos` exploits it, so that a board shows its worth.\n",
        _split_table(card["splits"], _LEAK),
        "## Photo files\n",
        _photo_lines(card["photos"]),
        *_alike_parts(card["photos"]["near_duplicates"]),
    ]
    return "\n".join(parts)


_CONTENTS: tuple[_Row, ...] = (
    ("rows", lambda s: s["rows"]),
    ("rows under the policy", lambda s: s["rows_under_policy"]),
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
    ("texts that a training row has", lambda s: s["texts_of_training_rows"]),
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
    ("share of gold", lambda s: percent(s["unseen_photos"]["gold_share_of_pool"])),
    ("pool items that no training row has", lambda s: s["unseen_photos"]["unseen_pool_items"]),
    ("of them gold", lambda s: s["unseen_photos"]["unseen_gold_items"]),
    ("share of gold", lambda s: percent(s["unseen_photos"]["gold_share_of_unseen"])),
)


def _policy_line(policy: Mapping[str, Any]) -> str:
    limit = policy["history_limit"]
    history = "whole" if limit is None else f"its last {limit} reviews"
    names = policy["exclude"].replace(",", ", ")
    left_out = f"; rows left out of val and test: {names}" if names else ""
    return (
        f"Policy: k = {policy['k']}; history {history}; "
        f"answers in the history {'masked' if policy['mask_history'] else 'shown'}; "
        f"pool `{policy['pool']}`{left_out}.\n"
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


def _split_table(splits: Mapping[str, Mapping[str, Any]], rows: Iterable[_Row]) -> str:
    lines = [[label, *(read(split) for split in splits.values())] for label, read in rows]
    return table(["", *splits], lines)


def _shared_table(shared: Mapping[str, Mapping[str, int]]) -> str:
    kinds = ("users", "businesses", "photos")
    rows = [[pair, *(counts[kind] for kind in kinds)] for pair, counts in shared.items()]
    return table(["in both", *kinds], rows)


def _paper_parts(paper: Mapping[str, Any] | None) -> list[str]:
    if paper is None:
        return []
    version = paper["version"]
    rows = [
        [
            kind.replace("_", " "),
            *(sizes[name] for name in ("here", "raw", "s1", "s2")),
            percent(sizes["share"]),
        ]
        for kind, sizes in paper["sizes"].items()
    ]
    return [
        "## Sizes beside the paper's\n",
        f"The paper: {paper['source']}. Here, images are counted once each and words are what "
        "white space parts; the paper does not say how it counts either.\n",
        table(["", "here", "raw", "s1", "s2", f"here / {version}"], rows),
    ]


def _trap_table(traps: Iterable[Mapping[str, Any]], splits: list[str]) -> str:
    rows = [
        [
            trap["what"],
            *(_count_of(trap["count"][name], trap["of"][name]) for name in splits),
            trap["policy"],
            trap["switch"],
        ]
        for trap in traps
    ]
    return table(["trap", *splits, "policy", "how to switch"], rows, remarks=2)


def _count_of(count: int | None, of: int) -> str | None:
    return None if count is None else f"{count:,} of {of:,}"


def _plot_parts(plots: Mapping[str, str]) -> list[str]:
    if not plots:
        return []
    pictures = [f"![{plain(title)}]({quote(path)})" for title, path in plots.items()]
    return ["## Distributions\n", "\n".join([*pictures, ""])]


def _alike_parts(alike: Mapping[str, Any] | None) -> list[str]:
    if alike is None:
        return []
    splits = alike["splits"]
    rows = [
        [f"{label}, {word}", *(_read(found, where, key) for found in splits.values())]
        for where, label in (("in_train", "like a training photo"), ("in_pool", "like its pool"))
        for key, word in (("same_pixels", "same pixels"), ("near", "near-duplicate"))
    ]
    lines = []
    for name, found in splits.items():
        for where, words in (("in_train", "training rows"), ("in_pool", "the own pool")):
            shown = examples((found[where] or {"first": []})["first"])
            if shown:
                lines.append(f"- {name}, alike in {words}: {shown}")
    return [
        "## Photos that are alike\n",
        f"Two photos are near-duplicates when at most {alike['threshold']} of the 64 bits of their "
        f"perceptual hash (`{alike['hash']}`) differ. Over all photos, {alike['same_pixels']:,} "
        f"have the same pixels as another and {alike['near']:,} more are near-duplicates; "
        f"{alike['blank']:,} of practically one brightness cannot be compared. A test photo that "
        "is like a training photo can be known by heart. A photo of the pool that is like the gold "
        "and is not gold makes the metrics of the selection unfair: choosing it is a miss.\n",
        table(["gold photos", *splits], rows),
        *(["\n".join([*lines, ""])] if lines else []),
    ]


def _read(found: Mapping[str, Any], where: str, key: str) -> int | None:
    return None if found[where] is None else int(found[where][key])


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
            first = ", ".join(f"`{plain(one)}`" for one in found["first"])
            lines.append(f"- {reason}: {found['photos']:,}, such as {first}")
        lines.append("")
    return "\n".join(lines)
