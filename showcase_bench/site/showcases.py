"""Chunks of what systems showed and wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from showcase_bench.errors import StoreError
from showcase_bench.site.chunks import ChunkWriter
from showcase_bench.site.contents import Contents
from showcase_bench.site.places import PhotoPlaces
from showcase_bench.types import Example, Progress, Showcase

__all__ = ["SHOWCASES", "write_showcases"]

SHOWCASES = 512
"""Examples in a chunk of showcases."""
_NOTHING, _GOLD = -1, -2
"""In place of the number of a text: none, and what the user wrote."""


def write_showcases(
    contents: Contents, places: PhotoPlaces, writer: ChunkWriter, progress: Progress
) -> None:
    """Write ``showcases/<system>/<run>/<block>``: distinct texts, of each example text and photos.

    Raises
    ------
    StoreError
        A file of predictions is damaged, or of other examples.
    """
    for number, system in enumerate(progress.track(contents.systems, label="Showcases")):
        for place, run in system.shown_runs:
            made = run.predictions()
            if [one.id for one in made] != [one.query.id for one in contents.examples]:
                raise StoreError(
                    f"{run.folder}: its predictions are of other examples than the task's; "
                    "delete it and run the model again"
                )
            for block, start in enumerate(range(0, len(made), SHOWCASES)):
                part = slice(start, start + SHOWCASES)
                chunk = _block(contents.examples[part], made[part], start, places)
                writer.packed(f"showcases/{number}/{place}/{block}", chunk)


def _block(
    examples: Sequence[Example], made: Sequence[Showcase], start: int, places: PhotoPlaces
) -> dict[str, Any]:
    texts: dict[str, int] = {}
    words, photos = [], []
    for at, (example, one) in enumerate(zip(examples, made, strict=True), start):
        if one.text is None:
            words.append(_NOTHING)
        elif one.text in example.gold.texts[:1]:
            words.append(_GOLD)
        else:
            words.append(texts.setdefault(one.text, len(texts)))
        photos.append(places.positions(at, one.image_ids))
    return {"texts": list(texts), "words": words, "photos": photos}
