"""The traps of a data set in one list: how many, what is done about them, how to change that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["list_traps"]

_Facts = Mapping[str, Any]
_FIXED = "no option; change the file"


def _rows(facts: _Facts) -> int:
    return int(facts["rows"])


@dataclass(frozen=True, slots=True)
class _Trap:
    """One trap, read from the card of one split."""

    name: str
    what: str
    count: Callable[[_Facts], int | None]
    policy: str
    switch: str
    of: Callable[[_Facts], int] = _rows
    unit: str = "rows"


def list_traps(card: _Facts) -> list[dict[str, Any]]:
    """List every trap of a card that has ``policy``, ``splits`` and ``photos``.

    Returns
    -------
    list of dict
        For each trap ``name``, ``what`` it is, ``unit``, by split ``count`` and ``of`` (how many
        there could be), the ``policy`` that applies and how to ``switch`` it. What only decoding
        tells is left out where the photos were not decoded; None in ``count`` where the question
        does not apply to a split.
    """
    policy = card["policy"]
    rows = [_entry(trap, card["splits"]) for trap in _row_traps(policy)]
    if card["photos"]["unreadable"] is None:
        return rows
    return [*rows, *_photo_traps(card["splits"], card["photos"])]


def _entry(trap: _Trap, splits: Mapping[str, _Facts]) -> dict[str, Any]:
    return {
        "name": trap.name,
        "what": trap.what,
        "unit": trap.unit,
        "count": {name: trap.count(facts) for name, facts in splits.items()},
        "of": {name: trap.of(facts) for name, facts in splits.items()},
        "policy": trap.policy,
        "switch": trap.switch,
    }


def _row_traps(policy: _Facts) -> list[_Trap]:
    return [
        *_history_traps(policy),
        *_id_traps(policy),
        *_pool_traps(policy),
        *_text_traps(policy),
    ]


def _history_traps(policy: _Facts) -> list[_Trap]:
    hidden = policy["mask_history"]
    return [
        _Trap(
            "answers_in_history",
            "history texts that are the target of the row, or of a validation or test row",
            lambda s: int(s["answers_in_history"]["texts"]),
            "masked" if hidden else "shown",
            "`--no-mask-history`" if hidden else "leave out `--no-mask-history`",
            of=lambda s: int(s["history"]["texts"]),
            unit="texts",
        ),
        _Trap(
            "empty_history_texts",
            "history reviews without words",
            lambda s: int(s["history"]["empty_texts"]),
            "dropped",
            "no option: they hold nothing",
            of=lambda s: int(s["history"]["texts"]),
            unit="texts",
        ),
    ]


def _id_traps(policy: _Facts) -> list[_Trap]:
    return [
        _Trap(
            "unknown_users",
            "rows whose user has no training row",
            lambda s: _rows(s) - int(s["rows_with_user_in_train"]),
            _left_out(policy, "cold-user", "kept"),
            "`--exclude cold-user`, or a task split per user, such as `gest-warm`",
        ),
        _Trap(
            "unknown_businesses",
            "rows whose business has no training row",
            lambda s: _rows(s) - int(s["rows_with_business_in_train"]),
            _left_out(policy, "cold-business", "kept"),
            "`--exclude cold-business`",
        ),
    ]


def _pool_traps(policy: _Facts) -> list[_Trap]:
    cross = policy["pool"] == "cross"
    wider = "`--pool business`" if cross else "`--pool cross --distractors N`"
    return [
        _Trap(
            "unseen_photos",
            "pool items that no training row has; the gold is among them more often",
            lambda s: int(s["unseen_photos"]["unseen_pool_items"]),
            "kept; the control model `unseen-photos` shows the worth of the leak",
            wider,
            of=lambda s: int(s["unseen_photos"]["pool_items"]),
            unit="pool items",
        ),
        _Trap(
            "small_pools",
            f"pools smaller than k = {policy['k']}",
            lambda s: int(s["pools_smaller_than_k"]),
            _left_out(policy, "small-pool", "kept"),
            f"`--k N`, {wider}, or `--exclude small-pool`",
        ),
        _Trap(
            "no_choice",
            "pools in which showing everything finds the gold and nothing else",
            lambda s: int(s["pools_without_choice"]),
            _left_out(policy, "no-choice", "kept"),
            f"`--k N`, {wider}, or `--exclude no-choice`",
        ),
        _Trap(
            "no_gold",
            "rows without photos of their own",
            lambda s: int(s["rows_without_photos"]),
            _left_out(policy, "no-photos", "kept; metrics of the selection are not scored on them"),
            "`--exclude no-photos`",
        ),
    ]


def _text_traps(policy: _Facts) -> list[_Trap]:
    return [
        _Trap(
            "empty_texts",
            "rows whose target text has no words",
            lambda s: int(s["empty_texts"]),
            _left_out(policy, "no-text", "kept; metrics of the text are not scored on them"),
            "`--exclude no-text`",
        ),
        _Trap(
            "duplicate_texts",
            "rows whose target text an earlier row of the split has",
            lambda s: int(s["duplicate_texts"]),
            _left_out(policy, "repeated-text", "kept"),
            "`--exclude repeated-text`",
        ),
        _Trap(
            "texts_of_training_rows",
            "rows whose target text a training row has, white space aside",
            lambda s: s["texts_of_training_rows"],
            _left_out(policy, "training-text", "kept"),
            "`--exclude training-text`",
        ),
        _Trap(
            "duplicate_rows",
            "rows equal to an earlier row of the split in every field",
            lambda s: int(s["dropped_duplicate_rows"]),
            "dropped",
            "no option: they hold nothing new",
            of=lambda s: _rows(s) + int(s["dropped_duplicate_rows"]),
        ),
    ]


def _photo_traps(splits: Mapping[str, _Facts], photos: _Facts) -> list[dict[str, Any]]:
    found = photos["near_duplicates"]["splits"]
    of_split = {name: facts["photos"] for name, facts in splits.items()}
    in_train = {name: _both(found[name]["in_train"]) for name in splits}
    in_pool = {name: _both(found[name]["in_pool"]) for name in splits}
    return [
        {
            "name": "unreadable_photos",
            "what": "photos that are missing or cannot be shown",
            "unit": "photos",
            "count": photos["unreadable"]["splits"],
            "of": of_split,
            "policy": "kept in the pools; their features are zero",
            "switch": "`--images DIR`, where they are elsewhere",
        },
        {
            "name": "twins_in_train",
            "what": "gold photos that equal or resemble a photo of a training row",
            "unit": "photos",
            "count": in_train,
            "of": of_split,
            "policy": "kept",
            "switch": _FIXED,
        },
        {
            "name": "twins_in_pool",
            "what": "gold photos that equal or resemble a photo of their pool that is not gold",
            "unit": "gold photos",
            "count": in_pool,
            "of": {name: facts["unseen_photos"]["gold_items"] for name, facts in splits.items()},
            "policy": "kept; choosing the twin counts as a miss",
            "switch": _FIXED,
        },
    ]


def _both(found: _Facts | None) -> int | None:
    return None if found is None else int(found["same_pixels"]) + int(found["near"])


def _left_out(policy: _Facts, name: str, otherwise: str) -> str:
    return "left out of val and test" if name in policy["exclude"].split(",") else otherwise
