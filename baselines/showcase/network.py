"""The framework: an encoder of photos and history, a language model, and the contrastive terms."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize, pad

from baselines.neural.contracts import Batch, Losses
from baselines.showcase.decoders import Decoder
from baselines.showcase.encoder import Body, ConditionEncoder, Memory, masked_mean
from baselines.showcase.losses import info_nce, log_weights, negatives

__all__ = ["Contrast", "ShowcaseNetwork"]


@dataclass(frozen=True)
class Contrast:
    """The contrastive terms; the paper publishes none of these numbers, so they are ours."""

    ccl: float
    """Weight of the cross-modal loss, photos against texts; 0 leaves it out."""
    pcl: float
    """Weight of the personalized loss, history against texts; 0 leaves it out."""
    alpha: float
    """How much more a negative of a user with an unlike history counts; 1: nothing."""
    tau: float
    """Temperature."""
    width: int
    """Length of the projections that are compared."""


class ShowcaseNetwork(nn.Module):
    """-log p(text | photos, history) + ccl * CCL + pcl * PCL (Yan et al. 2023).

    Parameters
    ----------
    body
        Sizes of the encoder.
    features
        Length of a feature of a photo or review.
    decoder
        The language model, and how it is told of the condition.
    contrast
        Weights of the contrastive terms.
    images, history
        What is looked at. CCL needs photos, PCL needs histories.
    """

    def __init__(
        self,
        body: Body,
        features: int,
        decoder: Decoder,
        contrast: Contrast,
        *,
        images: bool,
        history: bool,
    ) -> None:
        super().__init__()
        self.encoder = ConditionEncoder(body, features, images=images, history=history)
        self.decoder = decoder
        self.contrast = contrast
        sizes = (body.width, decoder.width, contrast.width)
        self.cross = _Comparison(*sizes) if contrast.ccl else None
        self.personal = _Comparison(*sizes) if contrast.pcl else None

    def memory(self, batch: Batch) -> Memory:
        """What the decoder is to look at, of each query of a batch."""
        encoded: Memory = self.encoder(batch)
        return encoded

    def forward(self, batch: Batch) -> Losses:
        """Losses of texts, means over their tokens; validation sees the likelihood alone.

        Parameters
        ----------
        batch
            What :meth:`~baselines.showcase.rows.ShowcaseRows.batch` makes.
        """
        memory = self.memory(batch)
        tokens, lengths = batch["tokens"], batch["tokens_length"]
        hidden = self.decoder.hidden(tokens[:, :-1], memory)
        counted = _places(tokens) < lengths[:, None]
        logits = self.decoder.logits(hidden[counted[:, 1:]])
        nll = cross_entropy(logits.float(), tokens[:, 1:][counted[:, 1:]])
        parts = {"nll": float(nll.detach())}
        total = nll
        if self.training and (self.cross is not None or self.personal is not None):
            for name, weight, term in self._terms(batch, memory):
                total = total + weight * term
                parts[name] = float(term.detach())
        return Losses(total, float(counted[:, 1:].sum()), parts)

    def _terms(self, batch: Batch, memory: Memory) -> list[tuple[str, float, Tensor]]:
        """Name, weight and value of each contrastive term."""
        read, wrong = self._read(batch)
        allowed = negatives(batch["users"], batch["targets"])
        terms = []
        if self.cross is not None and memory.images is not None:
            anchor, texts = self.cross(memory.images, read)
            hard = None
            if wrong is not None:
                hard = (anchor * self.cross.project_texts(wrong)).sum(dim=1, keepdim=True)
            loss = info_nce(
                anchor @ texts.T,
                allowed,
                batch["has_photo"].any(dim=1),
                self.contrast.tau,
                hard=hard,
                has_hard=None if hard is None else batch["swapped_length"][:, None] > 0,
            )
            terms.append(("ccl", self.contrast.ccl, loss))
        if self.personal is not None and memory.history is not None:
            anchor, texts = self.personal(memory.history, read)
            mean = masked_mean(batch["reviews"], batch["has_review"])
            loss = info_nce(
                anchor @ texts.T,
                allowed,
                batch["has_review"].any(dim=1),
                self.contrast.tau,
                log_weight=log_weights(mean, self.contrast.alpha),
            )
            terms.append(("pcl", self.contrast.pcl, loss))
        return terms

    def _read(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """Texts as the decoder reads them without a condition, [b, n], and their wrong versions.

        The mean of the last hidden states over the tokens between begin and end. If the decoder
        saw the condition, the positive pair could be told without reading.
        """
        tokens, lengths = batch["tokens"], batch["tokens_length"]
        if "swapped" not in batch or self.cross is None:
            return self._pool(tokens, lengths), None
        wrong = batch["swapped"]
        longest = max(tokens.shape[1], wrong.shape[1])
        both = [pad(one, (0, longest - one.shape[1])) for one in (tokens, wrong)]
        read = self._pool(torch.cat(both), torch.cat([lengths, batch["swapped_length"]]))
        return read[: len(tokens)], read[len(tokens) :]

    def _pool(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        places = _places(tokens)
        inside = (places > 0) & (places < lengths[:, None] - 1)
        return masked_mean(self.decoder.hidden(tokens, None), inside)


class _Comparison(nn.Module):
    """Projections of conditions and of texts into one space, to length 1."""

    def __init__(self, condition: int, text: int, width: int) -> None:
        super().__init__()
        self._condition = nn.Linear(condition, width, bias=False)
        self._text = nn.Linear(text, width, bias=False)

    def forward(self, conditions: Tensor, texts: Tensor) -> tuple[Tensor, Tensor]:
        """[b, d] and [b, n] to two of [b, width]."""
        return normalize(self._condition(conditions), dim=1), self.project_texts(texts)

    def project_texts(self, texts: Tensor) -> Tensor:
        return normalize(self._text(texts), dim=1)


def _places(tokens: Tensor) -> Tensor:
    return torch.arange(tokens.shape[1], device=tokens.device)[None, :]
