"""Chunks of examples: what the user wrote before, may be shown, and posted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from showcase_bench.site.chunks import ChunkWriter
from showcase_bench.site.contents import Contents
from showcase_bench.site.places import PhotoPlaces
from showcase_bench.site.thumbnails import Thumbnails
from showcase_bench.types import Example, Progress, Review

__all__ = ["EXAMPLES", "INDEX", "write_examples", "write_index"]

EXAMPLES = 64
"""Examples in a chunk."""
INDEX = 2048
"""Examples in a chunk of the index."""
_SNIPPET = 90
"""Characters of the user's text in the index."""


def write_examples(
    contents: Contents,
    places: PhotoPlaces,
    thumbnails: Thumbnails,
    writer: ChunkWriter,
    progress: Progress,
) -> None:
    """Write ``examples/<block>``."""
    examples = contents.examples
    blocks = range(0, len(examples), EXAMPLES)
    for block, start in enumerate(progress.track(blocks, label="Examples")):
        part = examples[start : start + EXAMPLES]
        chunk = [_example(at, one, places, thumbnails) for at, one in enumerate(part, start)]
        writer.packed(f"examples/{block}", chunk)


def _example(
    at: int, example: Example, places: PhotoPlaces, thumbnails: Thumbnails
) -> dict[str, Any]:
    query, gold = example.query, example.gold
    return {
        "place": places.business(at),
        "extra": [thumbnails.entry(one) for one in places.extra(at)],
        "outside": [thumbnails.entry(one) for one in places.outside(at)],
        "gold": places.positions(at, gold.image_ids),
        "texts": list(gold.texts),
        "rating": gold.rating,
        "history": [_review(one, thumbnails) for one in query.history],
    }


def _review(review: Review, thumbnails: Thumbnails) -> dict[str, Any]:
    return {
        "text": review.text,
        "rating": review.rating,
        "photos": [thumbnails.entry(one) for one in review.image_ids],
    }


def write_index(contents: Contents, writer: ChunkWriter, progress: Progress) -> None:
    """Write ``index/<block>``: what lists and filters need of all examples, by column.

    Businesses are numbers of their ``names``, and ids that are ``<user>_<business>`` are None.
    """
    dataset = contents.workspace.dataset
    users, businesses = _training(contents, progress)
    ids = dataset.tables.business_ids
    known = {ids[number] for number in businesses}
    examples = contents.examples
    for block, start in enumerate(range(0, max(len(examples), 1), INDEX)):
        writer.packed(f"index/{block}", _columns(examples[start : start + INDEX], users, known))


def _training(contents: Contents, progress: Progress) -> tuple[set[str], set[int]]:
    """Users and numbers of businesses that have training rows."""
    dataset = contents.workspace.dataset
    users: set[str] = set()
    businesses: set[int] = set()
    if "train" in dataset.split_names:
        rows = dataset.tables.splits["train"]
        for i in progress.track(range(len(rows)), label="Training users"):
            batch, row = rows.at(i)
            users.add(batch.users[row])
            businesses.add(batch.businesses[row])
    return users, businesses


def _columns(examples: Sequence[Example], users: set[str], known: set[str]) -> dict[str, Any]:
    texts = [" ".join((one.gold.texts or ("",))[0].split()) for one in examples]
    queries = [one.query for one in examples]
    usual = [f"{one.user_id}_{one.business_id}" for one in queries]
    names = {name: at for at, name in enumerate(dict.fromkeys(one.business_id for one in queries))}
    return {
        "ids": [None if one.id == id_ else one.id for one, id_ in zip(queries, usual, strict=True)],
        "users": [one.user_id for one in queries],
        "names": list(names),
        "businesses": [names[one.business_id] for one in queries],
        "history": [len(one.query.history) for one in examples],
        "pool": [len(one.query.pool) for one in examples],
        "gold": [len(one.gold.image_ids) for one in examples],
        "rating": [one.gold.rating for one in examples],
        "warm": [
            int(one.query.user_id in users) + 2 * int(one.query.business_id in known)
            for one in examples
        ],
        "snippets": [
            text if len(text) <= _SNIPPET else f"{text[:_SNIPPET].rstrip()}…" for text in texts
        ],
    }
