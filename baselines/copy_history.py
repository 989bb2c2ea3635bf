"""Control: says what the user said last time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from showcase_bench import ImageStore, Model, Query, Showcase

__all__ = ["CopyHistory"]


class CopyHistory(Model):
    """The text of the user's latest earlier review, word for word; no images.

    Perfectly personal in wording and wrong about the business. "Latest" is the last review of the
    history that is not blank; without one, no text is attempted.
    """

    role = "control"

    def predict(self, queries: Sequence[Query], images: ImageStore) -> Iterator[Showcase]:
        """Yield the last text of each history."""
        for query in queries:
            texts = (review.text for review in reversed(query.history) if review.text.strip())
            yield Showcase(query.id, text=next(texts, None))
