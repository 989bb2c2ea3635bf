"""CLIP models of the package open_clip as pair encoders; torch is imported when one is made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from showcase_bench.encoders.pairs import PairEncoder
from showcase_bench.errors import MissingDependencyError, UsageError

__all__ = ["OpenClip"]

_INSTALL = (
    "install the extra that brings it (pip install 'showcase-bench[neural]'), "
    "or the package open_clip_torch itself."
)
_FORM = "write open_clip:ARCH/TAG or open_clip:ARCH/PATH.safetensors, as open_clip:ViT-B-32/openai"
_BATCH = 64


class OpenClip(PairEncoder):
    """A CLIP model (Radford et al. 2021) as open_clip builds it.

    Parameters
    ----------
    argument
        ``ARCH/TAG``, with weights that open_clip knows under that tag, or ``ARCH/PATH``, with a
        local file of weights that ends in ``.safetensors`` (other formats can run code when they
        are loaded).

    Raises
    ------
    MissingDependencyError
        open_clip, torch or, for local weights, safetensors is not installed.
    UsageError
        The argument is of another form, open_clip does not know it, the file is missing, or its
        weights do not fit the architecture.
    """

    def __init__(self, argument: str) -> None:
        arch, _, weights = argument.partition("/")
        if not arch or not weights:
            raise UsageError(f"cannot read the encoder 'open_clip:{argument}': {_FORM}")
        local = Path(weights).expanduser() if _is_path(weights) else None
        if local is not None and local.suffix != ".safetensors":
            raise UsageError(f"{local}: weights must be a file that ends in .safetensors; {_FORM}")
        if local is not None and not local.is_file():
            raise UsageError(f"{local}: no such file of weights; {_FORM}")
        self._torch = _import("torch")
        open_clip = _import("open_clip")
        self._device = "cuda" if self._torch.cuda.is_available() else "cpu"
        self._model, self._transform = _create(open_clip, arch, None if local else weights)
        if local is not None:
            _load_weights(self._model, local)
        self._model = self._model.to(self._device).eval()
        self._tokenize = open_clip.get_tokenizer(arch)
        source = "local" if local else weights
        self._signature = (
            f"open_clip|arch:{arch}|tag:{source}|weights:{_digest(self._model.state_dict())}|v:1"
        )

    @property
    def signature(self) -> str:
        """Architecture, tag, and SHA-256 of the weights."""
        return self._signature

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised vectors of shape [len(texts), d]; a long text is cut by the tokeniser."""
        return self._encode(
            texts, lambda batch: self._model.encode_text(self._tokenize(batch).to(self._device))
        )

    def encode_images(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """L2-normalised vectors of shape [len(pixels), d]; pixels are RGB [height, width, 3]."""

        def encode(batch: list[NDArray[np.uint8]]) -> Any:
            photos = [self._transform(Image.fromarray(one)) for one in batch]
            return self._model.encode_image(self._torch.stack(photos).to(self._device))

        return self._encode(pixels, encode)

    def _encode(self, items: Sequence[Any], encode: Any) -> NDArray[np.float32]:
        if not items:
            return np.zeros((0, 0), dtype=np.float32)
        vectors = []
        with self._torch.no_grad():
            for start in range(0, len(items), _BATCH):
                found = encode(list(items[start : start + _BATCH])).float().cpu().numpy()
                vectors.append(found / np.linalg.norm(found, axis=1, keepdims=True))
        return np.concatenate(vectors).astype(np.float32)


def _is_path(weights: str) -> bool:
    return weights.endswith((".safetensors", ".pt", ".pth", ".bin")) or "/" in weights


def _import(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"pair encoder 'open_clip' needs the package {error.name!r}, which is not installed; "
            f"{_INSTALL}"
        ) from error


def _create(open_clip: Any, arch: str, tag: str | None) -> tuple[Any, Any]:
    try:
        model, _, transform = open_clip.create_model_and_transforms(arch, pretrained=tag)
    except (RuntimeError, ValueError, AssertionError, OSError) as error:
        raise UsageError(f"open_clip cannot build {arch!r} with {tag!r}: {error}") from error
    return model, transform


def _load_weights(model: Any, path: Path) -> None:
    try:
        model.load_state_dict(_import("safetensors.torch").load_file(str(path)))
    except MissingDependencyError:
        raise
    except Exception as error:  # the reader of weights raises errors of its own
        raise UsageError(f"{path}: weights cannot be loaded: {error}") from error


def _digest(state: Mapping[str, Any]) -> str:
    digest = hashlib.sha256()
    for name in sorted(state):
        values = state[name].detach().cpu().float().numpy()
        digest.update(f"{name} {values.shape}\n".encode())
        digest.update(np.ascontiguousarray(values, dtype="<f4").tobytes())
    return digest.hexdigest()
