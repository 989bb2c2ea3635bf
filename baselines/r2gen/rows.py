"""What R2Gen learns from: the pixels of a set of photos, and a text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from baselines.common.reviews import reference_texts
from baselines.neural.contracts import Batch, Codec
from baselines.neural.padding import shifted
from baselines.r2gen.visual import Squares
from showcase_bench import Example

__all__ = ["R2GenRows"]


class R2GenRows:
    """Texts with the photos that were posted with them; :class:`baselines.neural.contracts.Rows`.

    Parameters
    ----------
    examples
        One without text gives no row, one with several texts a row for each.
    squares
        Where pixels come from; asked for each batch.
    codec
        Texts into tokens.
    most_tokens, most_photos
        What is beyond is left out.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        squares: Squares,
        codec: Codec,
        *,
        most_tokens: int,
        most_photos: int,
    ) -> None:
        told = [(one, text) for one in examples for text in reference_texts(one.gold)]
        self._squares, self._codec, self._most_photos = squares, codec, most_photos
        self._texts = [codec.encode(text, most_tokens) for _, text in told]
        self._photos = [one.gold.image_ids for one, _ in told]

    def __len__(self) -> int:
        return len(self._texts)

    def size(self, row: int) -> int:
        """Tokens of the text."""
        return len(self._texts[row])

    def batch(self, rows: Sequence[int], rng: np.random.Generator | None) -> Batch:
        """The tensors that :meth:`~.network.R2GenNetwork.forward` asks for; nothing is random."""
        codec = self._codec
        texts = [self._texts[row] for row in rows]
        words, targets = shifted(texts, codec.begin, codec.end, codec.pad)
        sets = [self._photos[row] for row in rows]
        photos, present = self._squares.batch(sets, self._most_photos)
        return {"photos": photos, "present": present, "words": words, "targets": targets}
