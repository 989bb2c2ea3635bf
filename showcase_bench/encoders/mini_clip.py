"""The small CLIP that ``tools/train_clip.py`` trains on the embedded world; weights packaged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.encoders.base import PairEncoder
from showcase_bench.encoders.clip_images import encode_clip_images
from showcase_bench.encoders.clip_text import encode_clip_texts
from showcase_bench.encoders.torch_tools import (
    file_sha256,
    find_device,
    import_extra,
    read_safetensors,
)
from showcase_bench.errors import MissingDependencyError

__all__ = ["WEIGHTS", "MiniClip", "Vocabulary", "build_mini_clip", "mini_clip_transform"]

WEIGHTS = Path(__file__).parent / "weights" / "mini_clip.safetensors"
"""Weights in float16; the JSON file of the same stem tells what they are."""
_NAME = "mini-clip"
_UNKNOWN = 1
_FIRST_PIECE = 2
_REPAIR = "reinstall showcase-bench (pip install --force-reinstall --no-deps showcase-bench)"


class Vocabulary:
    """The pieces of CLIP's own byte-pair encoding that a model knows, renumbered.

    Padding is 0, any other piece 1, the kept pieces follow in the order of CLIP's numbers, then
    the start and, highest as CLIP's pooling needs it, the end of a text.

    Parameters
    ----------
    pieces
        CLIP's numbers of the kept pieces, rising.
    context
        Places of a text, start and end included.
    """

    def __init__(self, pieces: Sequence[int], context: int) -> None:
        self._numbers = {piece: at for at, piece in enumerate(pieces, start=_FIRST_PIECE)}
        self._start = _FIRST_PIECE + len(pieces)
        self._context = context

    def __len__(self) -> int:
        return self._start + 2

    def row(self, pieces: Sequence[int]) -> list[int]:
        """The model's token numbers of a text, given CLIP's, cut to the context."""
        kept = pieces[: self._context - 2]
        known = [self._numbers.get(piece, _UNKNOWN) for piece in kept]
        return [self._start, *known, self._start + 1]


class MiniClip(PairEncoder):
    """A CLIP (Radford et al. 2021) small enough to be part of this package.

    Trained from scratch by this project on the photos and reviews of the training split of the
    task ``mini``, which are drawn and written by a generator. It knows nothing about real photos:
    scores that it gives on GEST mean nothing and are not to be reported. ``docs/mini-clip.md``
    tells how it was trained and what it can do.

    The JSON file is read, and the weights are hashed, when it is made; torch and open_clip are
    imported when it first encodes or counts tokens (open_clip's tokeniser needs torch).

    Parameters
    ----------
    argument
        Must be empty.

    Raises
    ------
    UsageError
        Something follows the name.
    MissingDependencyError
        The weights or their description are missing, damaged or of another version; when it is
        first used, also: torch or open_clip is not installed.
    """

    summary = "CLIP trained by this project on `mini`; not for reported GEST scores"

    def __init__(self, argument: str = "") -> None:
        super().__init__(argument)
        self._facts = _read_facts(WEIGHTS)

    @property
    def signature(self) -> str:
        """Size of the photos, context, vector length, task and SHA-256 of the weights."""
        facts = self._facts
        return (
            f"{_NAME}|side:{facts['preprocessing']['size']}|trunc:{self.most_tokens}"
            f"|dim:{self.dim}|trained:{facts['recipe']['task']}|weights:{facts['sha256']}|v:1"
        )

    @property
    def identity(self) -> str:
        """``mini-clip@`` and the first eight digits of the SHA-256 of the weights."""
        return f"{_NAME}@{self._facts['sha256'][:8]}"

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._facts["architecture"]["embed_dim"])

    @property
    def most_tokens(self) -> int:
        """77, as in other CLIP models: 75 pieces between the start and the end."""
        return int(self._facts["architecture"]["text_cfg"]["context_length"])

    def encode_images(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """L2-normalised vectors, float32 of shape [len(pixels), dim].

        Parameters
        ----------
        pixels
            RGB photos, uint8 of shape [height, width, 3], from one pixel up. The shorter side is
            scaled to the model's size and the middle is kept.
        """
        model, transform, _ = self._loaded
        torch = import_extra("torch", _NAME)
        return encode_clip_images(torch, model, transform, pixels, find_device())

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised vectors, float32 of shape [len(texts), dim].

        The empty text has the vector of the start and the end alone. Pieces that the training
        texts lack are all the same to the model.
        """
        model, _, tokenizer = self._loaded
        rows = [self._vocabulary.row(tokenizer.encode(text)) for text in texts]
        torch = import_extra("torch", _NAME)
        return encode_clip_texts(torch, model, rows, find_device())

    def token_counts(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Pieces of each text in CLIP's encoding plus start and end, before any cut; shape [n]."""
        tokenizer = self._loaded.tokenizer
        return np.array([len(tokenizer.encode(text)) + 2 for text in texts], dtype=np.int64)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self._facts["vocabulary"], self.most_tokens)

    @cached_property
    def _loaded(self) -> _Loaded:
        open_clip = import_extra("open_clip", _NAME)
        torch = import_extra("torch", _NAME)
        with torch.random.fork_rng(devices=[]):  # building a model draws numbers
            model = build_mini_clip(open_clip, self._facts["architecture"])
        state = read_safetensors(WEIGHTS, _NAME)
        model.load_state_dict({name: values.float() for name, values in state.items()})
        transform = mini_clip_transform(open_clip, self._facts["preprocessing"])
        tokenizer = open_clip.tokenizer.SimpleTokenizer()
        return _Loaded(model.to(find_device()).eval(), transform, tokenizer)


class _Loaded(NamedTuple):
    model: Any
    transform: Any
    tokenizer: Any


def build_mini_clip(open_clip: Any, architecture: Mapping[str, Any]) -> Any:
    """An ``open_clip.CLIP`` with fresh weights, drawn from torch's global generator.

    Parameters
    ----------
    open_clip
        The module.
    architecture
        ``embed_dim``, ``vision_cfg`` and ``text_cfg`` as open_clip writes them.
    """
    vision = dict(architecture["vision_cfg"])
    if isinstance(vision["layers"], list):
        vision["layers"] = tuple(vision["layers"])
    return open_clip.CLIP(
        embed_dim=architecture["embed_dim"],
        vision_cfg=open_clip.CLIPVisionCfg(**vision),
        text_cfg=open_clip.CLIPTextCfg(**architecture["text_cfg"]),
    )


def mini_clip_transform(open_clip: Any, preprocessing: Mapping[str, Any]) -> Any:
    """What makes the model's input, float32 [3, size, size], of a PIL image."""
    return open_clip.image_transform(
        preprocessing["size"],
        is_train=False,
        mean=tuple(preprocessing["mean"]),
        std=tuple(preprocessing["std"]),
        interpolation="bicubic",
        resize_mode="shortest",
    )


def _read_facts(weights: Path) -> dict[str, Any]:
    beside = weights.with_suffix(".json")
    for path in (weights, beside):
        if not path.is_file():
            raise MissingDependencyError(f"{path}: the weights of {_NAME!r} lack it; {_REPAIR}")
    try:
        facts: dict[str, Any] = json.loads(beside.read_bytes())
        expected = str(facts["sha256"])
    except (ValueError, KeyError, TypeError) as error:
        raise MissingDependencyError(f"{beside}: damaged ({error}); {_REPAIR}") from error
    found = file_sha256(weights)
    if found != expected:
        raise MissingDependencyError(
            f"{weights}: SHA-256 is {found[:12]}..., and {beside.name} tells of "
            f"{expected[:12]}...; {_REPAIR}"
        )
    return facts
