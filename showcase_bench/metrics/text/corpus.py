"""All references of a task, or its training texts: what some metrics take weights from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

__all__ = ["KeptCorpus", "TextCorpus"]

T = TypeVar("T")


class KeptCorpus(NamedTuple):
    """What was made of a corpus, without its texts; for another process."""

    key: str
    memo: Mapping[Hashable, Any]


@dataclass(frozen=True, eq=False)
class TextCorpus:
    """Texts of every example of a task, also of those that a batch leaves out.

    Metrics with weights from a corpus take them from here and never from the batch at hand, so
    that a slice, a shard and the whole are scored alike.
    """

    texts: Sequence[tuple[str, ...]]
    """Of each example, such as its references; an empty tuple where it has none. They may be read
    from a file as they are asked for, and are then gone over as rarely as can be."""
    _memo: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)

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

    def memo(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what ``make()`` gave when ``key`` was first asked for, for all batches.

        The key names all that the result depends on besides the texts; nobody changes the result,
        and it can be pickled.
        """
        if key not in self._memo:
            self._memo[key] = make()
        result: T = self._memo[key]
        return result

    def kept(self) -> KeptCorpus:
        """The key and all that was made so far."""
        return KeptCorpus(self.key, dict(self._memo))

    def adopt(self, kept: KeptCorpus) -> None:
        """Take over what another process made of the same texts."""
        self.__dict__["key"] = kept.key
        self._memo.update(kept.memo)
