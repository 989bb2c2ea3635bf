"""Byte-pair tokens of a pretrained language model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from baselines.neural.characters import clean
from baselines.neural.contracts import Codec
from showcase_bench.errors import StoreError, UsageError

__all__ = ["Pieces"]

_MOST_BYTES = 64 * 2**20
_GUESSES = {
    "begin": ("<|im_start|>", "<|endoftext|>", "<|begin_of_text|>", "<s>", "<bos>"),
    "end": ("<|im_end|>", "<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>"),
}
_NAMES = {"begin": "bos_token", "end": "eos_token"}
_CHARACTERS_PER_TOKEN = 16
"""So many characters give at least one token in ordinary writing."""


class Pieces(Codec):
    """The tokens of a ``tokenizers`` file; texts that look like special tokens are ordinary texts.

    Parameters
    ----------
    tokenizer
        Content of a ``tokenizer.json``.
    begin, end, pad
        Special tokens; they may be the same, as in GPT-2.

    Raises
    ------
    StoreError
        The content is none, or does not have these tokens.
    """

    def __init__(self, tokenizer: str, *, begin: int, end: int, pad: int) -> None:
        self._json = tokenizer
        self._tokenizer = _tokenizer(tokenizer)
        self.begin, self.end, self.pad = begin, end, pad
        for name, token in (("begin", begin), ("end", end), ("pad", pad)):
            if not isinstance(token, int) or not 0 <= token < len(self):
                raise StoreError(f"{name} is {token!r}, which is none of {len(self)} tokens")
        added = self._tokenizer.get_added_tokens_decoder()
        self._special = frozenset(one for one, token in added.items() if token.special)
        self.never = self._special - {end}
        """Tokens that a decoder does not write."""

    @classmethod
    def read(cls, source: Path, begin: str | None = None, end: str | None = None) -> Pieces:
        """Read the tokens of a language model.

        Parameters
        ----------
        source
            A ``tokenizer.json``, or a folder with one, or with ``vocab.json`` and ``merges.txt``
            as GPT-2's. ``tokenizer_config.json`` beside it names the special tokens.
        begin, end
            Names of the special tokens instead; without both, usual names are looked for. The end
            pads.

        Raises
        ------
        UsageError
            A file is missing, too large or damaged, or no token of this name exists.
        """
        path = Path(source)
        folder = path if path.is_dir() else path.parent
        whole = path / "tokenizer.json" if path.is_dir() else path
        if whole.exists() or not (folder / "vocab.json").exists():
            text = _read(whole)
        else:
            text = _from_merges(folder)
        named = {"begin": begin, "end": end}
        config = _config(folder)
        try:
            vocabulary = _tokenizer(text).get_vocab(with_added_tokens=True)
        except StoreError as error:
            raise UsageError(f"{whole}: {error}") from error
        numbers = {
            role: _special_token(role, name or config.get(_NAMES[role]), vocabulary, folder)
            for role, name in named.items()
        }
        return cls(text, begin=numbers["begin"], end=numbers["end"], pad=numbers["end"])

    def __len__(self) -> int:
        vocabulary = self._tokenizer.get_vocab(with_added_tokens=True)
        return max(vocabulary.values(), default=-1) + 1

    def encode(self, text: str, most: int | None = None) -> list[int]:
        """Tokens of a text, at most ``most``, without special tokens."""
        seen = clean(text)
        if most is not None:
            head = seen[: most * _CHARACTERS_PER_TOKEN]
            if len(head) < len(seen):
                tokens = self._encode(head.rpartition(" ")[0])
                if len(tokens) >= most:
                    return tokens[:most]
        return self._encode(seen)[:most]

    def decode(self, tokens: Sequence[int]) -> str:
        """The text, on one line; special tokens, incomplete and invisible characters left out."""
        ordinary = [token for token in tokens if token not in self._special]
        text = self._tokenizer.decode(ordinary, skip_special_tokens=True)
        return " ".join(clean(text.replace("\ufffd", "")).split())

    def facts(self) -> dict[str, Any]:
        """The tokenizer's file and the special tokens, as JSON."""
        numbers = {"begin": self.begin, "end": self.end, "pad": self.pad}
        return {"kind": "pieces", "tokenizer": self._json, **numbers}

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)


@lru_cache(maxsize=4)
def _tokenizer(text: str) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_str(text)
    except Exception as error:  # tokenizers raises plain Exception for whatever it cannot read
        raise StoreError(f"this is no tokenizer ({error})") from error
    tokenizer.encode_special_tokens = True
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(f"{path} has more than {_MOST_BYTES:,} bytes; this is no tokenizer")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UsageError(
            f"{path} is missing: bring the model's tokenizer.json, or its vocab.json and merges.txt"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def _json_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(_read(path))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise UsageError(f"{path} holds no object; it is damaged")
    return content


def _from_merges(folder: Path) -> str:
    vocabulary = _json_object(folder / "vocab.json")
    lines = _read(folder / "merges.txt").splitlines()
    rules = [line for line in lines if line and not line.startswith("#version")]
    pairs = [(left, right) for left, _, right in (line.partition(" ") for line in rules)]
    try:
        model = models.BPE(vocab=vocabulary, merges=pairs)
    except Exception as error:  # tokenizers raises plain Exception for whatever it cannot read
        raise UsageError(f"{folder}: vocab.json and merges.txt do not fit ({error})") from error
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    names = {name for guesses in _GUESSES.values() for name in guesses}
    tokenizer.add_special_tokens(sorted(names & vocabulary.keys()))
    return str(tokenizer.to_str())


def _config(folder: Path) -> dict[str, str]:
    path = folder / "tokenizer_config.json"
    if not path.exists():
        return {}
    content = _json_object(path)
    names = {}
    for key in _NAMES.values():
        value = content.get(key)
        name = value.get("content") if isinstance(value, dict) else value
        if isinstance(name, str):
            names[key] = name
    return names


def _special_token(role: str, name: str | None, vocabulary: dict[str, int], folder: Path) -> int:
    candidates = (name,) if name is not None else _GUESSES[role]
    for candidate in candidates:
        if candidate in vocabulary:
            return vocabulary[candidate]
    if name is not None:
        raise UsageError(f"{folder}: {role} is {name!r}, which is no token of the tokenizer")
    raise UsageError(
        f"{folder}: none of {', '.join(_GUESSES[role])} is a token; say which one is the {role}"
    )
