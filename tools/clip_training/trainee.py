"""A CLIP that is trained: the model, and how photos and texts become its input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from clip_training.pairs import KeptPixels, Pairs
from clip_training.retrieval import Retrieval, retrieval
from showcase_bench.encoders.clip_images import encode_clip_images
from showcase_bench.encoders.clip_text import can_cut

__all__ = ["Trainee", "judge", "readable"]


@dataclass(frozen=True)
class Trainee:
    """An open_clip model with its preprocessing."""

    model: Any
    transform: Callable[[Any], Any]
    """Makes the input of the model out of a PIL image where nothing is random."""
    tokens: Callable[[Sequence[str]], torch.Tensor]
    """Token numbers of texts, int64 of shape [n, context], padded at the end."""
    side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    device: str

    def image_vectors(self, photos: torch.Tensor) -> torch.Tensor:
        """L2-normalised vectors of photos in 0..1, [n, 3, side, side]."""
        mean = torch.tensor(self.mean).view(1, 3, 1, 1)
        std = torch.tensor(self.std).view(1, 3, 1, 1)
        scaled = ((photos - mean) / std).to(self.device, memory_format=torch.channels_last)
        return torch.nn.functional.normalize(self.model.encode_image(scaled), dim=-1)

    def text_vectors(self, texts: Sequence[str]) -> torch.Tensor:
        """L2-normalised vectors of texts, computed as far as the longest goes."""
        tokens = self.tokens(texts).to(self.device)
        model = self.model
        if getattr(model, "text_pool_type", None) != "argmax" or not can_cut(torch, model):
            return torch.nn.functional.normalize(model.encode_text(tokens), dim=-1)
        ends = tokens.argmax(dim=1)
        length = int(ends.max()) + 1
        states = model.token_embedding(tokens[:, :length]) + model.positional_embedding[:length]
        states = model.transformer(states, attn_mask=model.attn_mask[:length, :length])
        pooled = model.ln_final(states[torch.arange(len(ends), device=ends.device), ends])
        head = model.text_projection
        projected = head(pooled) if isinstance(head, torch.nn.Linear) else pooled @ head
        return torch.nn.functional.normalize(projected, dim=-1)

    def embed_texts(self, texts: Sequence[str], batch: int = 64) -> NDArray[np.float32]:
        """Vectors of texts without gradients, [len(texts), d]; the model is put in eval mode."""
        self.model.eval()
        with torch.inference_mode():
            parts = [
                self.text_vectors(texts[start : start + batch]).cpu().numpy()
                for start in range(0, len(texts), batch)
            ]
        return np.concatenate(parts)

    def embed_photos(self, photos: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Vectors of photos as the encoder gives them; the model is put in eval mode."""
        self.model.eval()
        return encode_clip_images(torch, self.model, self.transform, photos, self.device)


def readable(image_ids: Sequence[str], pixels: KeptPixels) -> tuple[list[int], list[Any]]:
    """Places and pixels of the photos that can be read."""
    loaded = [pixels.load(one) for one in image_ids]
    places = [at for at, photo in enumerate(loaded) if photo is not None]
    return places, [loaded[at] for at in places]


def judge(trainee: Trainee, pairs: Pairs, pixels: KeptPixels, batch: int = 512) -> Retrieval:
    """Retrieval figures of ``pairs``; photos that cannot be read are left out."""
    kept: list[int] = []
    vectors = []
    for start in range(0, len(pairs.image_ids), batch):
        places, photos = readable(pairs.image_ids[start : start + batch], pixels)
        if photos:
            kept.extend([start + at for at in places])
            vectors.append(trainee.embed_photos(photos))
    texts = trainee.embed_texts(pairs.texts)
    images = np.concatenate(vectors) if vectors else np.zeros((0, texts.shape[1]), np.float32)
    return retrieval(images, texts, pairs.subset(kept))
