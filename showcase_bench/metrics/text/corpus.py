"""All references of a task, or its training texts: what some metrics take weights from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

__all__ = ["TextCorpus"]


@dataclass(frozen=True, eq=False)
class TextCorpus:
    """Texts of every example of a task, also of those that a batch leaves out.

    Metrics with weights from a corpus take them from here and never from the batch at hand, so
    that a slice, a shard and the whole are scored alike.
    """

    texts: tuple[tuple[str, ...], ...]
    """Of each example, such as its references; an empty tuple where it has none."""

    @cached_property
    def key(self) -> str:
        """12 hexadecimal digits that tell corpora apart, whatever the order of the examples."""
        one_each = []
        for texts in self.texts:
            if texts:
                digest = hashlib.sha256()
                for text in texts:
                    data = text.encode("utf-8", "surrogatepass")
                    digest.update(b"%d:" % len(data))
                    digest.update(data)
                one_each.append(digest.digest())
        return hashlib.sha256(b"".join(sorted(one_each))).hexdigest()[:12]
