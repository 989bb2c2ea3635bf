"""What the files of a transformer's folder say, read without torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from showcase_bench.encoders.torch_tools import file_sha256
from showcase_bench.errors import UsageError

__all__ = ["CONFIG", "WEIGHTS", "ModelFolder", "Pooling"]

Pooling = Literal["mean", "cls", "max"]

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
_SHARDS = "model.safetensors.index.json"
_TOKENIZER = "tokenizer.json"
_POOLING = "1_Pooling/config.json"
_SENTENCES = "sentence_bert_config.json"
_SET_UP_BY = (
    CONFIG,
    _TOKENIZER,
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    _SENTENCES,
    _POOLING,
    "modules.json",
)
_LAYERS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers")
_PLACES = ("max_position_embeddings", "n_positions")
_MOST_TOKENS = 512
_FLAG = "pooling_mode_"
_WAYS: Mapping[str, Pooling] = {
    "mean": "mean",
    "mean_tokens": "mean",
    "cls": "cls",
    "cls_token": "cls",
    "max": "max",
    "max_tokens": "max",
}
_KNOWN_MODULES = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True)
class ModelFolder:
    """A folder as transformers and sentence-transformers save models into.

    Raises
    ------
    UsageError
        From any property: a file is missing, or does not hold what it should.
    """

    path: Path

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The model's description, ``config.json``."""
        config: Mapping[str, Any] | None = self._json(CONFIG)
        if config is None:
            raise UsageError(
                f"{self.path}: not a folder of a model; it must hold {CONFIG}, {_TOKENIZER} "
                f"and {WEIGHTS}"
            )
        if config.get("is_encoder_decoder"):
            raise UsageError(f"{self.path}: models of encoder and decoder are not supported")
        return config

    @cached_property
    def layers(self) -> int:
        """How many transformer layers the model has."""
        for key in _LAYERS:
            if isinstance(self.config.get(key), int):
                return int(self.config[key])
        raise UsageError(f"{self.path / CONFIG}: does not say how many layers the model has")

    @cached_property
    def pad(self) -> int:
        """Number of the token that fills up short texts of a batch."""
        pad = self.config.get("pad_token_id")
        return pad if isinstance(pad, int) and pad >= 0 else 0

    @cached_property
    def most_tokens(self) -> int:
        """Tokens that the tokeniser leaves of a text, special tokens included.

        At most as many as the model has places; 512 where the folder does not say.
        """
        asked = (self._json("tokenizer_config.json") or {}).get("model_max_length")
        limits = [self._places]
        if isinstance(asked, int | float) and 0 < asked < 10**9:
            limits.append(int(asked))
        return min((one for one in limits if one is not None), default=_MOST_TOKENS)

    @cached_property
    def most_sentence_tokens(self) -> int:
        """The same where a text becomes one vector; the folder may set a lower limit for it."""
        asked = (self._json(_SENTENCES) or {}).get("max_seq_length")
        if isinstance(asked, int) and asked > 0:
            return min(asked, self.most_tokens)
        return self.most_tokens

    @cached_property
    def _places(self) -> int | None:
        found = [self.config.get(one) for one in _PLACES]
        places = [one for one in found if isinstance(one, int) and one > 0]
        if not places:
            return None
        # RoBERTa and its kin count places from behind the padding token's number.
        kin = str(self.config.get("model_type", "")) in ("roberta", "xlm-roberta", "camembert")
        return min(places) - (self.pad + 1 if kin else 0)

    @cached_property
    def pooling(self) -> Pooling:
        """How token vectors become one; the mean where the folder does not say.

        Raises
        ------
        UsageError
            The folder asks for another way, or for steps that come after.
        """
        modules = self._json("modules.json") or []
        types = [str(one.get("type", "")).rpartition(".")[2] for one in modules]
        foreign = [one for one in types if one not in _KNOWN_MODULES]
        if foreign:
            raise UsageError(f"{self.path}: its sentence vectors need {foreign[0]}, not supported")
        asked = self._json(_POOLING) or {}
        if isinstance(asked.get("pooling_mode"), str):
            chosen = [asked["pooling_mode"]]
        else:
            flags = [key for key, on in asked.items() if on is True]
            chosen = [one[len(_FLAG) :] for one in flags if one.startswith(_FLAG)]
        ways = [_WAYS.get(one) for one in chosen or ["mean"]]
        if len(ways) != 1 or ways[0] is None:
            raise UsageError(
                f"{self.path / _POOLING}: pooling by {' and '.join(chosen)} is not supported; "
                "mean, cls and max are"
            )
        return ways[0]

    @cached_property
    def tokenizer(self) -> Path | None:
        """The file ``tokenizer.json``, if there is one."""
        path = self.path / _TOKENIZER
        return path if path.is_file() else None

    @cached_property
    def weights_sha256(self) -> str:
        """SHA-256 of the weights; of several files, of the lines ``name hash``."""
        shards = self._json(_SHARDS)
        if (self.path / WEIGHTS).is_file() or shards is None:
            return file_sha256(self._existing(WEIGHTS))
        names = sorted(set(shards.get("weight_map", {}).values()))
        lines = [f"{name} {file_sha256(self._existing(Path(name).name))}\n" for name in names]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @cached_property
    def setup_sha256(self) -> str:
        """SHA-256 of the files beside the weights that decide about the vectors."""
        found = [name for name in _SET_UP_BY if (self.path / name).is_file()]
        lines = [f"{name} {file_sha256(self.path / name)}\n" for name in found]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def _existing(self, name: str) -> Path:
        path = self.path / name
        if not path.is_file():
            raise UsageError(
                f"{self.path}: has no {name}; weights must be in the safetensors format "
                "(other formats can run code when they are loaded)"
            )
        return path

    def _json(self, name: str) -> Any:
        path = self.path / name
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise UsageError(f"{path}: cannot be read as JSON: {error}") from error
