"""Contrastive training (Radford et al. 2021) that does not take like for unlike."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from clip_training.augment import KEPT_SIDE, augment_photos, square, thin_out
from clip_training.pairs import KeptPixels, Pairs
from clip_training.retrieval import Retrieval
from clip_training.trainee import Trainee, judge, readable
from showcase_bench.errors import UsageError

__all__ = ["Best", "Settings", "contrastive_loss", "train"]


@dataclass(frozen=True)
class Settings:
    """Hyper-parameters of one training."""

    epochs: int
    batch: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 0.1
    betas: tuple[float, float] = (0.9, 0.98)
    warmup_steps: int = 100
    clip_norm: float = 1.0
    highest_scale: float = 100.0
    """Of the cosines inside the loss; the learnt scale is held below it."""
    thin_chance: float = 0.5
    """Chance that sentences of a text are left out."""
    keep_sentence: float = 0.4
    """Chance of each sentence to stay when some are left out."""
    seed: int = 0


@dataclass(frozen=True)
class Best:
    """The epoch that was chosen."""

    epoch: int
    """From 1."""
    loss: float
    """Mean training loss of this epoch."""
    validation: Retrieval
    state: dict[str, torch.Tensor]


def train(
    trainee: Trainee,
    pairs: Pairs,
    validation: Pairs,
    pixels: KeptPixels,
    settings: Settings,
    report: Callable[[str], None],
) -> Best:
    """Train and return the epoch of the highest sum of both recalls on ``validation``.

    All that is random comes from generators made of the seed. Adam with decoupled weight decay,
    learning rate rising over the first steps and falling as a cosine to zero.

    Raises
    ------
    UsageError
        There is nothing to train on, or nothing to choose the epoch by.
    """
    for name, part in (("training", pairs), ("validation", validation)):
        if len(part.image_ids) < 2:
            raise UsageError(f"the {name} split has fewer than two photos with a text")
    optimizer = _optimizer(trainee.model, settings)
    per_epoch = max(1, len(pairs.image_ids) // settings.batch)
    rates = _rates(settings, per_epoch * settings.epochs)
    generator = torch.Generator().manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    best: Best | None = None
    started = time.monotonic()
    for epoch in range(1, settings.epochs + 1):
        trainee.model.train()
        losses = []
        for photos in _batches(len(pairs.image_ids), settings.batch, rng):
            rate = next(rates)
            for group in optimizer.param_groups:
                group["lr"] = rate
            part = pairs.subset(photos)
            losses.append(_step(trainee, part, pixels, optimizer, settings, generator, rng))
            left = (time.monotonic() - started) / ((epoch - 1) * per_epoch + len(losses))
            left *= settings.epochs * per_epoch - (epoch - 1) * per_epoch - len(losses)
            report(f"epoch {epoch}/{settings.epochs}  loss {losses[-1]:.3f}  {left:.0f} s left")
        figures = judge(trainee, validation, pixels)
        if best is None or _merit(figures) > _merit(best.validation):
            state = {name: one.detach().clone() for name, one in trainee.model.state_dict().items()}
            best = Best(epoch, float(np.mean(losses)), figures, state)
        report(
            f"epoch {epoch}/{settings.epochs}  loss {np.mean(losses):.3f}  "
            f"validation recall@5 {figures.image_to_text:.3f} image to text, "
            f"{figures.text_to_image:.3f} text to image\n"
        )
    if best is None:
        raise UsageError(f"epochs is {settings.epochs}; train for at least 1")
    return best


def contrastive_loss(
    images: torch.Tensor, texts: torch.Tensor, same: NDArray[np.bool_], scale: torch.Tensor
) -> torch.Tensor:
    """Mean cross-entropy of photos finding texts and texts finding photos.

    Parameters
    ----------
    images, texts
        L2-normalised vectors of pairs; shape [n, d].
    same
        Shape [n, n]: True where a photo and another pair's text go together too, so that they
        are not each other's negatives. The diagonal does not matter.
    scale
        Factor of the cosines.
    """
    apart = torch.from_numpy(same & ~np.eye(len(same), dtype=bool)).to(images.device)
    logits = (scale * images @ texts.T).masked_fill(apart, -math.inf)
    right = torch.arange(len(images), device=images.device)
    entropy = torch.nn.functional.cross_entropy
    return (entropy(logits, right) + entropy(logits.T, right)) / 2


def _step(
    trainee: Trainee,
    part: Pairs,
    pixels: KeptPixels,
    optimizer: Any,
    settings: Settings,
    generator: torch.Generator,
    rng: np.random.Generator,
) -> float:
    places, photos = readable(part.image_ids, pixels)
    if not photos:
        return 0.0
    whole = [part.texts[part.owner[at]] for at in places]
    thinned = [thin_out(one, settings.thin_chance, settings.keep_sentence, rng) for one in whole]
    squares = square(photos, round(trainee.side * KEPT_SIDE))
    images = trainee.image_vectors(augment_photos(squares, trainee.side, generator))
    scale = trainee.model.logit_scale.exp()
    same = _equal(whole) | _equal(thinned)
    loss = contrastive_loss(images, trainee.text_vectors(thinned), same, scale)
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(trainee.model.parameters(), settings.clip_norm)
    optimizer.step()
    with torch.no_grad():
        trainee.model.logit_scale.clamp_(max=math.log(settings.highest_scale))
    return float(loss.detach())


def _equal(texts: Sequence[str]) -> NDArray[np.bool_]:
    _, numbers = np.unique(texts, return_inverse=True)
    equal: NDArray[np.bool_] = numbers[:, None] == numbers
    return equal


def _batches(n: int, batch: int, rng: np.random.Generator) -> Iterator[Sequence[int]]:
    """All photos in random order; a rest that does not fill a batch waits for another epoch."""
    order = rng.permutation(n).tolist()
    for start in range(0, max(n - batch, 0) + 1, batch):
        yield order[start : start + batch]


def _rates(settings: Settings, steps: int) -> Iterator[float]:
    for step in range(steps):
        rise = min(1.0, (step + 1) / max(settings.warmup_steps, 1))
        yield settings.learning_rate * rise * 0.5 * (1 + math.cos(math.pi * step / steps))


def _optimizer(model: Any, settings: Settings) -> Any:
    decayed: list[torch.Tensor] = []
    free: list[torch.Tensor] = []
    for name, values in model.named_parameters():
        (decayed if values.ndim > 1 and "embedding" not in name else free).append(values)
    groups = [
        {"params": decayed, "weight_decay": settings.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=settings.betas)


def _merit(figures: Retrieval) -> float:
    return figures.image_to_text + figures.text_to_image
