"""What a decoder may not write, and what it pays for writing something again."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from baselines.neural.contracts import Codec
from baselines.neural.decoding import Decoding
from showcase_bench.errors import ContractError

__all__ = ["Constraints", "exact_scores"]


class Constraints:
    """The rules of a decoding for texts over the tokens of a codec.

    Never written are the codec's ``pad`` and ``begin`` (unless they are its ``end``), the tokens of
    its ``never``, and numbers that it does not know.
    """

    def __init__(self, decoding: Decoding, codec: Codec) -> None:
        self.end = codec.end
        self._never = sorted({codec.pad, codec.begin, *codec.never} - {codec.end})
        self._known = len(codec)
        self._decoding = decoding

    def penalised(self, scores: Tensor, texts: Tensor) -> Tensor:
        """Scores of the next token, [b, V], after the penalty of repetition.

        ``texts`` are the tokens so far, int64 [b, t].
        """
        penalty = self._decoding.repetition_penalty
        if penalty == 1.0 or not texts.shape[1]:
            return scores
        old = scores.gather(1, texts)
        return scores.scatter(1, texts, torch.where(old > 0, old / penalty, old * penalty))

    def forbidden(self, texts: Tensor, vocabulary: int) -> Tensor:
        """Tokens that may not follow the texts, int64 [b, t]: bool of shape [b, vocabulary].

        A text that nothing may follow may end.

        Raises
        ------
        ContractError
            The network's vocabulary is smaller than the codec needs.
        """
        if self.end >= vocabulary:
            raise ContractError(
                f"the network knows {vocabulary} tokens, but the end of a text is token "
                f"{self.end}; it was built for another vocabulary"
            )
        rows, length = texts.shape
        ban = torch.zeros(rows, vocabulary, dtype=torch.bool, device=texts.device)
        ban[:, [token for token in self._never if token < vocabulary]] = True
        ban[:, self._known :] = True
        ban[:, self.end] = length < self._decoding.min_tokens
        size = self._decoding.no_repeat_ngram
        if 0 < size <= length:
            self._forbid_repeats(ban, texts, size)
        ban[ban.all(dim=1), self.end] = False
        return ban

    def _forbid_repeats(self, ban: Tensor, texts: Tensor, size: int) -> None:
        runs = texts.unfold(1, size, 1)
        last = texts[:, texts.shape[1] - size + 1 :]
        row, start = torch.nonzero((runs[:, :, :-1] == last[:, None, :]).all(dim=2), as_tuple=True)
        ban[row, runs[row, start, -1]] = True


def exact_scores(logits: Tensor, keys: Sequence[str]) -> Tensor:
    """Logits of the next token, [b, V] of any float type, as float64 on a device that has it.

    Raises
    ------
    ContractError
        Some are infinite or no numbers; the message names the first of the texts' ``keys`` that
        has them.
    """
    fine = torch.isfinite(logits).all(dim=1)
    if not bool(fine.all()):
        key = keys[int((~fine).nonzero()[0])]
        raise ContractError(
            f"the network's numbers for the text of {key!r} are not finite: its weights are "
            "damaged or its training diverged; train it again or load another checkpoint"
        )
    return (logits.cpu() if logits.device.type == "mps" else logits).to(torch.float64)
