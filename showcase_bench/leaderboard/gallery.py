"""A few examples with every system's showcase side by side, for the report."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from showcase_bench.errors import ImageError
from showcase_bench.evaluate import StoredRun, Workspace
from showcase_bench.types import Example, ImageSource, Progress, Showcase

__all__ = ["Gallery", "Panel", "Photo", "build_gallery"]

THUMBNAIL = 112
MOST_PHOTOS = 36
MOST_HISTORY = 4


@dataclass(frozen=True)
class Photo:
    """One thumbnail; its pixels stand once in the page, under ``css_class``."""

    image_id: str
    css_class: str
    gold: bool


@dataclass(frozen=True)
class Panel:
    """One example."""

    example: Example
    history: tuple[str, ...]
    """The latest texts, newest first."""
    pool: tuple[Photo, ...]
    """Gold photos first, then the rest in pool order."""
    hidden: int
    """Photos of the pool that are not shown."""
    systems: tuple[tuple[str, tuple[Photo, ...], str | None], ...]
    """Label, photos and text of each system."""


@dataclass(frozen=True)
class Gallery:
    """Panels with the thumbnails that they use."""

    panels: tuple[Panel, ...]
    thumbnails: tuple[tuple[str, str], ...]
    """CSS class and data URI."""


def build_gallery(
    workspace: Workspace,
    labelled: Sequence[tuple[str, StoredRun]],
    progress: Progress,
    *,
    panels: int = 6,
) -> Gallery:
    """Panels of examples spread evenly over the split, those with a history and a choice first.

    ``labelled`` are the runs in the order of display, with the names to show.
    """
    examples = list(workspace.scored_split.examples())
    k = workspace.policy.k
    good = [
        i
        for i, one in enumerate(examples)
        if one.query.history and one.gold.image_ids and len(one.query.pool) > k
    ] or list(range(len(examples)))
    number = min(panels, len(good))
    chosen = [good[(2 * j + 1) * len(good) // (2 * number)] for j in range(number)]
    predictions = [(label, run.predictions()) for label, run in labelled]
    thumbnails = _Thumbnails(workspace.images)
    made = [
        _panel(examples[i], [(label, showcases[i]) for label, showcases in predictions], thumbnails)
        for i in progress.track(chosen, label="Drawing the report")
    ]
    return Gallery(tuple(made), tuple(thumbnails.uris.items()))


class _Thumbnails:
    def __init__(self, images: ImageSource) -> None:
        self._images = images
        self._classes: dict[str, str] = {}
        self.uris: dict[str, str] = {}

    def photo(self, image_id: str, gold: frozenset[str]) -> Photo:
        if image_id not in self._classes:
            name = f"i{len(self._classes)}"
            self._classes[image_id] = name
            uri = self._uri(image_id)
            if uri is not None:
                self.uris[name] = uri
        return Photo(image_id, self._classes[image_id], image_id in gold)

    def _uri(self, image_id: str) -> str | None:
        """None for a photo that cannot be read; the page then shows an empty frame."""
        try:
            pixels = self._images.load(image_id)
        except ImageError:
            return None
        image = Image.fromarray(pixels)
        image.thumbnail((THUMBNAIL, THUMBNAIL))
        sink = io.BytesIO()
        image.save(sink, "JPEG", quality=82)
        return f"data:image/jpeg;base64,{base64.b64encode(sink.getvalue()).decode()}"


def _panel(
    example: Example, systems: Sequence[tuple[str, Showcase]], thumbnails: _Thumbnails
) -> Panel:
    gold = frozenset(example.gold.image_ids)
    shown = {image_id for _, one in systems for image_id in one.image_ids}
    pool = sorted(example.query.pool, key=lambda i: (i not in gold, i not in shown))
    texts = [review.text for review in reversed(example.query.history) if review.text]
    return Panel(
        example=example,
        history=tuple(texts[:MOST_HISTORY]),
        pool=tuple(thumbnails.photo(i, gold) for i in pool[:MOST_PHOTOS]),
        hidden=max(len(pool) - MOST_PHOTOS, 0),
        systems=tuple(
            (label, tuple(thumbnails.photo(i, gold) for i in one.image_ids), one.text)
            for label, one in systems
        ),
    )
