"""What no export can hide, because the rules of the task show it: counted, for the organizer."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from showcase_bench.datasets.masking import text_key
from showcase_bench.evaluate.task.workspace import Workspace
from showcase_bench.sharing.settings import ExportOptions
from showcase_bench.types import Example

__all__ = ["RUN_WORDS", "Leaks", "find_leaks"]

RUN_WORDS = 12
"""Words in a row that two texts of a user hardly share by chance."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Leaks:
    """Counts over the rows whose gold is hidden and scored."""

    rows: int
    with_choice: int
    """Rows with photos of their own, and other candidates beside them."""
    left_over: int
    """Of these: their photos are exactly the candidates that no public row claims. Pools hold all
    photos of a business, so whoever subtracts the known ones has the answer."""
    known_texts: int
    """Rows whose text, white space aside, is also the text of a public row, by whomever."""
    shared_runs: int
    """Rows whose text shares :data:`RUN_WORDS` words in a row with a public text of the same user,
    small letters and punctuation aside."""


def find_leaks(workspace: Workspace, options: ExportOptions) -> Leaks:
    """Count what the public half of an export tells in spite of hidden gold."""
    claimed: set[str] = set()
    texts: set[bytes | None] = set()
    runs: defaultdict[str, set[int]] = defaultdict(set)
    for example, shown in _public(workspace, options):
        user = example.query.user_id
        for review in example.query.history:
            runs[user].update(_runs(review.text))
        if shown:
            claimed.update(example.gold.image_ids)
            texts.add(text_key(example.gold.texts[0]))
            runs[user].update(_runs(example.gold.texts[0]))
    texts.discard(None)
    scored = workspace.scored_split.examples()
    choices = [one for one in scored if 0 < len(one.gold.image_ids) < len(one.query.pool)]
    return Leaks(
        rows=len(scored),
        with_choice=len(choices),
        left_over=sum(set(one.query.pool) - claimed == set(one.gold.image_ids) for one in choices),
        known_texts=sum(text_key(one.gold.texts[0]) in texts for one in scored),
        shared_runs=sum(
            not runs[one.query.user_id].isdisjoint(_runs(one.gold.texts[0])) for one in scored
        ),
    )


def _public(workspace: Workspace, options: ExportOptions) -> Iterator[tuple[Example, bool]]:
    """Rows of the public half, and whether it shows their gold."""
    for split in workspace.dataset.split_names:
        apart = split not in ("train", workspace.task.split)
        if apart and options.validation == "none":
            continue
        shown = split == "train" or (apart and options.validation == "gold")
        for example in workspace.split(split):
            yield example, shown


def _runs(text: str) -> set[int]:
    words = _WORD.findall(text.lower())
    return {hash(tuple(words[at : at + RUN_WORDS])) for at in range(len(words) - RUN_WORDS + 1)}
