"""Runs a transformer of the package transformers over token numbers, in batches by length."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from showcase_bench.encoders.hf_folder import ModelFolder, Pooling
from showcase_bench.encoders.torch_tools import autocast, find_device, import_extra, to_unit
from showcase_bench.errors import UsageError

__all__ = ["Transformer"]

_BATCH_TOKENS = 4096


class Transformer:
    """A loaded model that gives vectors of token rows.

    Parameters
    ----------
    folder
        Its files; the weights must be safetensors, and no code of the folder is run.
    encoder
        For messages.

    Raises
    ------
    UsageError
        The weights are damaged or do not fit the configuration.
    MissingDependencyError
        torch or transformers is not installed.
    """

    def __init__(self, folder: ModelFolder, encoder: str) -> None:
        self._torch = import_extra("torch", encoder)
        self._device = find_device()
        self._model = _load(self._torch, folder.path, encoder).to(self._device).eval()
        self._pad = folder.pad
        self._layers = folder.layers

    def sentences(
        self, rows: Sequence[Sequence[int]], pooling: Pooling, precision: str
    ) -> NDArray[np.float32]:
        """One L2-normalised vector a row, float32 of shape [len(rows), d]; rows are not empty."""
        found = np.empty((len(rows), self._model.config.hidden_size), dtype=np.float32)
        for places, states, mask in self._states(rows, None, precision):
            found[places] = to_unit(self._torch, _pool(self._torch, states, mask, pooling))
        return found

    def tokens(
        self, rows: Sequence[Sequence[int]], layer: int, precision: str
    ) -> NDArray[np.float32]:
        """L2-normalised vectors at a layer, row after row; float32 [tokens of all rows, d].

        Raises
        ------
        UsageError
            The model has no such layer.
        """
        ends = np.cumsum([len(row) for row in rows], dtype=np.int64)
        total = int(ends[-1]) if len(ends) else 0
        found = np.empty((total, self._model.config.hidden_size), dtype=np.float32)
        for places, states, mask in self._states(rows, layer, precision):
            into = [np.arange(ends[one] - len(rows[one]), ends[one]) for one in places]
            found[np.concatenate(into)] = to_unit(self._torch, states[mask])
        return found

    def _states(
        self, rows: Sequence[Sequence[int]], layer: int | None, precision: str
    ) -> Iterator[tuple[list[int], Any, Any]]:
        """Places of rows, and their hidden states and mask, a batch at a time."""
        torch = self._torch
        model, pick = self._cut(layer)
        with torch.inference_mode(), autocast(torch, self._device, precision):
            for places in _batches([len(row) for row in rows]):
                ids, mask = self._padded([rows[one] for one in places])
                options = {"output_hidden_states": True} if pick is not None else {}
                out = model(input_ids=ids, attention_mask=mask.long(), **options)
                states = out.last_hidden_state if pick is None else out.hidden_states[pick]
                yield places, states, mask

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple[Any, Any]:
        longest = max(len(row) for row in rows)
        ids = np.full((len(rows), longest), self._pad, dtype=np.int64)
        mask = np.zeros(ids.shape, dtype=np.bool_)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = True
        from_numpy = self._torch.from_numpy
        return from_numpy(ids).to(self._device), from_numpy(mask).to(self._device)

    def _cut(self, layer: int | None) -> tuple[Any, int | None]:
        """The model down to ``layer``, or the whole and the hidden state to pick."""
        if layer is None or layer == self._layers:
            return self._model, None
        if not 1 <= layer < self._layers:
            raise UsageError(f"the model has layers 1 to {self._layers}, and {layer} is asked for")
        stacks = [
            name
            for name, module in self._model.named_modules()
            if isinstance(module, self._torch.nn.ModuleList) and len(module) == self._layers
        ]
        if len(stacks) != 1:
            return self._model, layer
        return _with_first(self._model, stacks[0].split("."), layer), None


def _with_first(module: Any, path: Sequence[str], most: int) -> Any:
    """Copy of a module that shares all weights and has only the first layers of a list."""
    if not path:
        return module[:most]
    made = copy.copy(module)
    made._modules = dict(module._modules)
    made._modules[path[0]] = _with_first(module._modules[path[0]], path[1:], most)
    return made


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of rows that are not empty, by length, at most 4,096 padded tokens at a time."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if not lengths[place]:
            continue
        if batch and (len(batch) + 1) * lengths[place] > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _pool(torch: Any, states: Any, mask: Any, pooling: Pooling) -> Any:
    if pooling == "cls":
        return states[:, 0]
    states, mask = states.float(), mask[:, :, None]
    if pooling == "max":
        return states.masked_fill(~mask, float("-inf")).amax(dim=1)
    return (states * mask).sum(dim=1) / mask.sum(dim=1)


def _load(torch: Any, path: Path, encoder: str) -> Any:
    transformers = import_extra("transformers", encoder)
    # Parts that the file lacks, such as an unused pooling head, are drawn at random.
    with torch.random.fork_rng(devices=[]), _quiet(transformers.utils.logging):
        try:
            return transformers.AutoModel.from_pretrained(
                str(path),
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                dtype=torch.float32,
            )
        except Exception as error:  # readers of weights raise errors of their own
            reason = " ".join(str(error).split())[:300]
            raise UsageError(
                f"{path}: the model cannot be loaded ({type(error).__name__}: {reason}); "
                "bring its files again: config.json, tokenizer.json, model.safetensors"
            ) from error


@contextlib.contextmanager
def _quiet(logging: Any) -> Iterator[None]:
    """No bars and reports of transformers while it loads; its settings come back after."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
