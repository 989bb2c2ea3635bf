"""CLIP models of the package open_clip, which is imported when one first encodes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.encoders.base import PairEncoder
from showcase_bench.encoders.clip_images import encode_clip_images
from showcase_bench.encoders.clip_text import can_cut, encode_clip_texts
from showcase_bench.encoders.hub_files import fetch_folder
from showcase_bench.encoders.torch_tools import (
    autocast,
    autocast_precision,
    file_sha256,
    find_device,
    import_extra,
    require_packages,
    to_unit,
)
from showcase_bench.errors import UsageError, did_you_mean

__all__ = ["OpenClip"]

_FORM = "write open_clip:ARCH/TAG or open_clip:ARCH/PATH.safetensors, as open_clip:ViT-B-32/openai"
_BATCH = 64
_SHORT_BATCH = 128
_CONTEXT = 77
_PREPROCESSING = {
    "mean": "image_mean",
    "std": "image_std",
    "interpolation": "image_interpolation",
    "resize_mode": "image_resize_mode",
}


class _Weights(NamedTuple):
    path: Path
    options: Mapping[str, Any]
    """Arguments of open_clip that the tag asks for: preprocessing and activation."""


class _Loaded(NamedTuple):
    torch: Any
    model: Any
    transform: Any


class OpenClip(PairEncoder):
    """A CLIP model (Radford et al. 2021) as open_clip builds it.

    Texts go through open_clip's own tokeniser; the empty text is its start and end tokens. Of a
    photo more than 32 times as long as wide the middle is looked at. On a GPU the model computes
    in mixed precision, which the signature says.

    Parameters
    ----------
    argument
        ``ARCH/TAG``, with weights that open_clip knows under that tag, or ``ARCH/PATH``, with a
        local file of weights that ends in ``.safetensors`` (other formats can run code when they
        are loaded). A tag brings the activation that it was trained with; for a file, ARCH says
        it: OpenAI's weights belong to ``ViT-B-32-quickgelu``.

    Raises
    ------
    MissingDependencyError
        open_clip or torch is not installed; later, when weights of a tag are needed: they are not
        here and the hub cannot be reached.
    UsageError
        The argument is of another form or the file is missing; later: open_clip does not know the
        architecture or tag, or the file is damaged or does not fit the architecture.
    """

    summary: ClassVar[str] = "CLIP models of open_clip, from a hub or a .safetensors file"
    form: ClassVar[str] = "open_clip:ARCH/TAG or ARCH/PATH"

    def __init__(self, argument: str = "") -> None:
        arch, _, weights = argument.partition("/")
        if not arch or not weights:
            raise UsageError(f"cannot read the encoder 'open_clip:{argument}': {_FORM}")
        local = Path(weights).expanduser() if _is_path(weights) else None
        if local is not None and local.suffix != ".safetensors":
            raise UsageError(f"{local}: weights must be a file that ends in .safetensors; {_FORM}")
        if local is not None and not local.is_file():
            raise UsageError(f"{local}: no such file of weights; {_FORM}")
        require_packages("open_clip", "torch", "open_clip")
        self._arch = arch
        self._tag = "local" if local is not None else weights
        self._local = local

    @property
    def signature(self) -> str:
        """Architecture, tag, SHA-256 of the file of weights, and precision."""
        precision = autocast_precision(find_device())
        return (
            f"open_clip|arch:{self._arch}|tag:{self._tag}|weights:{self._sha256}"
            f"|precision:{precision}|v:2"
        )

    @property
    def identity(self) -> str:
        """``open_clip:ARCH/TAG@`` or ``open_clip:ARCH/local@`` and eight digits."""
        return f"open_clip:{self._arch}/{self._tag}@{self._sha256[:8]}"

    @property
    def dim(self) -> int:
        """Length of a vector of a text or a photo."""
        return int(self._config["embed_dim"])

    @property
    def most_tokens(self) -> int:
        """The model's context length, start and end tokens included; mostly 77."""
        return int(self._config["text_cfg"].get("context_length", _CONTEXT))

    def token_counts(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Tokens of each text before the cut, start and end tokens included; int64 of shape [n]."""
        tokenizer = self._tokenizer
        if _is_simple(tokenizer):
            counts = [len(tokenizer.encode(text)) + 2 for text in texts]
        else:
            clean = getattr(tokenizer, "clean_fn", str)
            counts = [len(tokenizer.tokenizer(clean(text))["input_ids"]) for text in texts]
        return np.array(counts, dtype=np.int64)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised vectors of shape [len(texts), dim]; a long text is cut by the tokeniser."""
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        torch, model, _ = self._loaded
        tokenizer = self._tokenizer
        if _is_simple(tokenizer) and can_cut(torch, model):
            rows = [_row(tokenizer, text, self.most_tokens) for text in texts]
            return encode_clip_texts(torch, model, rows, find_device(), _SHORT_BATCH)
        device, found = find_device(), []
        with torch.inference_mode(), autocast(torch, device, autocast_precision(device)):
            for start in range(0, len(texts), _BATCH):
                tokens = tokenizer(list(texts[start : start + _BATCH]))
                found.append(to_unit(torch, model.encode_text(tokens.to(device))))
        return np.concatenate(found)

    def encode_images(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """L2-normalised vectors of shape [len(pixels), dim]; pixels are RGB [height, width, 3]."""
        if not pixels:
            return np.zeros((0, self.dim), dtype=np.float32)
        torch, model, transform = self._loaded
        return encode_clip_images(torch, model, transform, pixels, find_device(), _BATCH)

    @cached_property
    def _config(self) -> Mapping[str, Any]:
        """Open_clip's own description of the architecture, read without importing it."""
        for folder in getattr(find_spec("open_clip"), "submodule_search_locations", None) or ():
            path = Path(folder) / "model_configs" / f"{self._arch}.json"
            if path.is_file():
                known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
                return known
        open_clip = import_extra("open_clip", "open_clip")
        config: Mapping[str, Any] | None = open_clip.get_model_config(self._arch)
        if config is None:
            known_names = did_you_mean(self._arch, open_clip.list_models())
            raise UsageError(f"open_clip knows no architecture {self._arch!r}. {known_names}")
        return config

    @cached_property
    def _weights(self) -> _Weights:
        if self._local is not None:
            return _Weights(self._local, {})
        _ = self._config
        open_clip = import_extra("open_clip", "open_clip")
        about = open_clip.get_pretrained_cfg(self._arch, self._tag)
        if not about:
            tags = did_you_mean(self._tag, open_clip.list_pretrained_tags_by_model(self._arch))
            raise UsageError(f"open_clip knows no weights {self._arch}/{self._tag}. {tags}")
        options = {ours: about[key] for key, ours in _PREPROCESSING.items() if key in about}
        # Weights trained with this activation give other vectors without it.
        options["force_quick_gelu"] = bool(about.get("quick_gelu", False))
        return _Weights(_fetch(open_clip, self._arch, self._tag, about), options)

    @cached_property
    def _sha256(self) -> str:
        return file_sha256(self._weights.path)

    @cached_property
    def _loaded(self) -> _Loaded:
        torch = import_extra("torch", "open_clip")
        open_clip = import_extra("open_clip", "open_clip")
        _ = self._config
        path, options = self._weights
        # Weights are drawn at random before they are replaced.
        with torch.random.fork_rng(devices=[]):
            try:
                model, _, transform = open_clip.create_model_and_transforms(
                    self._arch, pretrained=str(path), **options
                )
            except Exception as error:  # readers of weights raise errors of their own
                reason = " ".join(str(error).split())[:300]
                raise UsageError(
                    f"{path}: not the complete weights of {self._arch} ({reason}); "
                    "bring the file again, or name the architecture that it belongs to"
                ) from error
        model = model.to(find_device()).eval()
        return _Loaded(torch, model, transform)

    @cached_property
    def _tokenizer(self) -> Any:
        _ = self._config
        return _tokenizer(import_extra("open_clip", "open_clip"), self._arch)


def _is_path(weights: str) -> bool:
    return weights.endswith((".safetensors", ".pt", ".pth", ".bin")) or "/" in weights


def _fetch(open_clip: Any, arch: str, tag: str, about: Mapping[str, Any]) -> Path:
    """File of the weights of a tag; in the safetensors format where the hub has it."""
    repo, _, name = str(about["hf_hub"]).rpartition("/")
    usual = open_clip.constants
    if not name or name == usual.HF_WEIGHTS_NAME:
        names: list[str] = [usual.HF_SAFE_WEIGHTS_NAME, usual.HF_WEIGHTS_NAME]
    else:
        names = list(dict.fromkeys([f"{name.rpartition('.')[0]}.safetensors", name]))
    advice = (
        f"download {names[0]} of {repo} elsewhere, bring it here, "
        f"and write open_clip:{arch}/PATH.safetensors"
    )
    folder = fetch_folder(
        repo, names, [names], what=f"encoder 'open_clip:{arch}/{tag}'", advice=advice
    )
    found = [folder / name for name in names if (folder / name).is_file()]
    return found[0]


def _tokenizer(open_clip: Any, arch: str) -> Any:
    try:
        return open_clip.get_tokenizer(arch)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UsageError(
            f"encoder 'open_clip:{arch}': its tokeniser comes from a hub and cannot be had "
            f"({reason}); fetch it once with a network, or take an architecture such as ViT-B-32"
        ) from error


def _is_simple(tokenizer: Any) -> bool:
    """Whether it is CLIP's own tokeniser, which cuts a text at its end."""
    parts = ("encode", "sot_token_id", "eot_token_id")
    return all(hasattr(tokenizer, one) for one in parts) and tokenizer.reduction_fn is None


def _row(tokenizer: Any, text: str, most: int) -> list[int]:
    inner = tokenizer.encode(text)[: most - 2]
    return [tokenizer.sot_token_id, *inner, tokenizer.eot_token_id]
