"""Text encoders of the package transformers, from a hub or a local folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from showcase_bench.encoders.base import TokenEncoder
from showcase_bench.encoders.hf_folder import CONFIG, WEIGHTS, ModelFolder
from showcase_bench.encoders.hf_tokens import TokenRows
from showcase_bench.encoders.hub_files import fetch_folder
from showcase_bench.encoders.torch_tools import autocast_precision, find_device, require_packages
from showcase_bench.encoders.transformer import Transformer
from showcase_bench.errors import UsageError
from showcase_bench.types import Precision, TokenVectors

__all__ = ["FolderEncoder", "HuggingFace"]

_FORM = "write hf:NAME, hf:NAME#REVISION or hf:FOLDER, as hf:roberta-large"
_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
_PATTERNS = ("*.json", "*.txt", "*.model", WEIGHTS, "model-*-of-*.safetensors")
_REQUIRED = ((CONFIG,), (WEIGHTS, "model.safetensors.index.json"))
_BEST_LAYERS = {
    "bert-base-uncased": 9,
    "bert-large-uncased": 18,
    "bert-base-cased-finetuned-mrpc": 9,
    "bert-base-multilingual-cased": 9,
    "bert-base-chinese": 8,
    "roberta-base": 10,
    "roberta-large": 17,
    "roberta-large-mnli": 19,
    "xlm-roberta-base": 9,
    "xlm-roberta-large": 17,
    "distilbert-base-uncased": 5,
    "distilbert-base-multilingual-cased": 5,
    "distilroberta-base": 5,
    "albert-base-v2": 9,
    "albert-large-v2": 14,
    "deberta-base": 9,
    "deberta-base-mnli": 9,
    "deberta-large": 16,
    "deberta-large-mnli": 18,
    "deberta-xlarge": 18,
    "deberta-xlarge-mnli": 40,
}


class FolderEncoder(TokenEncoder):
    """A transformer in a folder that holds its configuration, tokeniser and weights.

    A text's vector pools the token vectors of the last layer as the folder says (Reimers and
    Gurevych 2019), by their mean where it does not, and is L2-normalised. White space around a
    text does not count; the empty text is the special tokens alone.

    Parameters
    ----------
    folder
        Where the files are.
    name
        For identity, signature and messages.
    facts
        Further parts of the signature.
    """

    def __init__(self, folder: Path, name: str, facts: str = "") -> None:
        self._folder = ModelFolder(folder)
        self._name = name
        self._facts = facts

    @property
    def signature(self) -> str:
        """Name, SHA-256 of the weights and of the set-up, pooling, cut and precision."""
        return (
            f"{self._name}{self._facts}|weights:{self._folder.weights_sha256}"
            f"|setup:{self._folder.setup_sha256}|pool:{self._folder.pooling}"
            f"|max:{self.most_tokens}|precision:{autocast_precision(find_device())}|v:1"
        )

    @property
    def identity(self) -> str:
        """The name and eight digits of the weights' SHA-256."""
        return f"{self._name}@{self._folder.weights_sha256[:8]}"

    @property
    def most_tokens(self) -> int:
        """Tokens of a text that its vector looks at, special tokens included."""
        return self._folder.most_sentence_tokens

    @property
    def default_layer(self) -> int:
        """The layer that agrees best with people's judgement (Zhang et al. 2020), else the last."""
        name = self._name.rpartition(":")[2].rpartition("/")[2]
        return min(_BEST_LAYERS.get(name, self._folder.layers), self._folder.layers)

    def token_counts(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Tokens of each text before any cut, special tokens included; int64 of shape [n]."""
        return self._tokens.counts(texts)

    def token_ids(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Token numbers, special tokens included, and offsets [n + 1].

        The cut is the tokeniser's own limit, which may lie above :attr:`most_tokens`.
        """
        rows = self._tokens.rows(texts, self._folder.most_tokens)
        return _joined(rows), _offsets(rows)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised vectors of shape [len(texts), d], float32; equal texts computed once."""
        precision = autocast_precision(find_device())

        def encode(rows: list[list[int]]) -> NDArray[np.float32]:
            filled = [row or [self._folder.pad] for row in rows]
            return self._model.sentences(filled, self._folder.pooling, precision)

        distinct, places = _distinct(texts)
        vectors = encode(self._tokens.rows(distinct, self.most_tokens))
        return vectors if len(distinct) == len(texts) else vectors[places]

    def encode_tokens(
        self, texts: Sequence[str], layer: int, precision: Precision = "fp32"
    ) -> TokenVectors:
        """L2-normalised vectors of every token at ``layer``, special tokens included.

        Computed with the layers above ``layer`` taken away, as BERTScore does (Zhang et al. 2020).
        Equal texts are computed once. ``bf16`` is mixed precision, on a CPU too.

        Raises
        ------
        UsageError
            The model has no such layer.
        """
        if not 1 <= layer <= self._folder.layers:
            raise UsageError(
                f"{self._name} has layers 1 to {self._folder.layers}, and {layer} is asked for"
            )
        distinct, places = _distinct(texts)
        rows = self._tokens.rows(distinct, self._folder.most_tokens)
        vectors = self._model.tokens(rows, layer, precision)
        if len(distinct) < len(texts):
            starts = _offsets(rows)
            rows = [rows[one] for one in places]
            vectors = vectors[_joined([range(starts[one], starts[one + 1]) for one in places])]
        return TokenVectors(_joined(rows), vectors, _offsets(rows))

    @cached_property
    def _tokens(self) -> TokenRows:
        return TokenRows(self._folder, self._name)

    @cached_property
    def _model(self) -> Transformer:
        return Transformer(self._folder, self._name)


class HuggingFace(FolderEncoder):
    """Any encoder of a hub or a local folder, with weights in the safetensors format.

    Parameters
    ----------
    argument
        ``NAME`` or ``NAME#REVISION`` of a hub, or a local folder with ``config.json``,
        ``tokenizer.json`` and ``model.safetensors``.

    Raises
    ------
    UsageError
        The argument is of another form, or the repository or folder lacks a file.
    MissingDependencyError
        torch, transformers or tokenizers is not installed, or the files are not here and the hub
        cannot be reached.
    """

    summary: ClassVar[str] = "text encoders of transformers, from a hub or a local folder"
    form: ClassVar[str] = "hf:NAME[#REVISION] or hf:FOLDER"

    def __init__(self, argument: str = "") -> None:
        local = Path(argument).expanduser()
        if argument and local.is_dir():
            super().__init__(local, f"hf:{local.resolve().name}")
            _ = self._folder.config, self._folder.weights_sha256
        else:
            name, mark, revision = argument.partition("#")
            if not _NAME.fullmatch(name) or (mark and not revision):
                raise UsageError(f"cannot read the encoder 'hf:{argument}': {_FORM}")
            folder = _fetch(name, revision or None)
            super().__init__(folder, f"hf:{name}", f"|revision:{folder.name}")
        require_packages(self._name, "torch", "transformers", "tokenizers")


def _fetch(name: str, revision: str | None) -> Path:
    advice = (
        f"download config.json, tokenizer.json and {WEIGHTS} of {name} elsewhere, "
        "bring them here in one folder, and write hf:FOLDER"
    )
    return fetch_folder(
        name, _PATTERNS, _REQUIRED, what=f"encoder 'hf:{name}'", advice=advice, revision=revision
    )


def _distinct(texts: Sequence[str]) -> tuple[list[str], list[int]]:
    """Distinct texts in order of first appearance, and the place of each text among them."""
    known: dict[str, int] = {}
    places = [known.setdefault(text, len(known)) for text in texts]
    return list(known), places


def _joined(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    flat = [number for row in rows for number in row]
    return np.array(flat, dtype=np.int64)


def _offsets(rows: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    offsets = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum([len(row) for row in rows], out=offsets[1:])
    return offsets
