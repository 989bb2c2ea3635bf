"""Image models of the package timm, which is imported when one first encodes."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from showcase_bench.encoders.base import ImageEncoder
from showcase_bench.encoders.hub_files import fetch_folder
from showcase_bench.encoders.torch_tools import (
    autocast_precision,
    encode_photos,
    file_sha256,
    find_device,
    import_extra,
    read_safetensors,
    require_packages,
)
from showcase_bench.errors import UsageError, did_you_mean

__all__ = ["Timm"]

_FORM = "write timm:NAME or timm:NAME/PATH.safetensors, as timm:resnet50.a1_in1k"
_FILE = "model.safetensors"
_BATCH = 64


class _Loaded(NamedTuple):
    torch: Any
    model: Any
    transform: Any


class Timm(ImageEncoder):
    """Pooled features of an image model without its classifier, L2-normalised.

    Photos go through the model's own evaluation preprocessing. Of a photo more than 32 times as
    long as wide the middle is looked at. On a GPU the model computes in mixed precision, which the
    signature says.

    Parameters
    ----------
    argument
        ``NAME``, with weights of a hub, or ``NAME/PATH``, with a local file of weights that ends
        in ``.safetensors``.

    Raises
    ------
    MissingDependencyError
        timm or torch is not installed; later, when weights of a hub are needed: they are not here
        and the hub cannot be reached.
    UsageError
        The argument is of another form or the file is missing; later: timm does not know the
        model, or the file is damaged or does not fit the model.
    """

    summary: ClassVar[str] = "image models of timm, from a hub or a .safetensors file"
    form: ClassVar[str] = "timm:NAME or timm:NAME/PATH"

    def __init__(self, argument: str = "") -> None:
        name, slash, weights = argument.partition("/")
        if not name or (slash and not weights):
            raise UsageError(f"cannot read the encoder 'timm:{argument}': {_FORM}")
        local = Path(weights).expanduser() if weights else None
        if local is not None and local.suffix != ".safetensors":
            raise UsageError(f"{local}: weights must be a file that ends in .safetensors; {_FORM}")
        if local is not None and not local.is_file():
            raise UsageError(f"{local}: no such file of weights; {_FORM}")
        require_packages("timm", "torch", "timm")
        self._name = name
        self._local = local

    @property
    def signature(self) -> str:
        """Model, source and SHA-256 of the file of weights, and precision."""
        source = "hub" if self._local is None else "local"
        precision = autocast_precision(find_device())
        return (
            f"timm|model:{self._name}|source:{source}|weights:{self._sha256}"
            f"|precision:{precision}|v:1"
        )

    @property
    def identity(self) -> str:
        """``timm:NAME@`` or ``timm:NAME/local@`` and eight digits of the weights' SHA-256."""
        local = "" if self._local is None else "/local"
        return f"timm:{self._name}{local}@{self._sha256[:8]}"

    @cached_property
    def dim(self) -> int:
        """Length of a vector; the model is loaded and run once to know it."""
        return int(self.encode_images([np.zeros((1, 1, 3), dtype=np.uint8)]).shape[1])

    def encode_images(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """L2-normalised vectors of shape [len(pixels), dim]; pixels are RGB [height, width, 3]."""
        if not pixels:
            return np.zeros((0, self.dim), dtype=np.float32)
        torch, model, transform = self._loaded
        return encode_photos(torch, model, transform, pixels, find_device(), _BATCH)

    @cached_property
    def _path(self) -> Path:
        if self._local is not None:
            return self._local
        timm = import_extra("timm", "timm")
        about = timm.get_pretrained_cfg(self._name) if timm.is_model(self._name) else None
        if about is None or not about.hf_hub_id:
            known = did_you_mean(self._name, timm.list_pretrained())
            raise UsageError(f"timm knows no weights of a hub for {self._name!r}. {known}")
        repo = str(about.hf_hub_id)
        advice = (
            f"download {_FILE} of {repo} elsewhere, bring it here, "
            f"and write timm:{self._name}/PATH.safetensors"
        )
        folder = fetch_folder(
            repo, [_FILE], [[_FILE]], what=f"encoder 'timm:{self._name}'", advice=advice
        )
        return folder / _FILE

    @cached_property
    def _sha256(self) -> str:
        return file_sha256(self._path)

    @cached_property
    def _loaded(self) -> _Loaded:
        torch, timm = import_extra("torch", "timm"), import_extra("timm", "timm")
        if not timm.is_model(self._name):
            known = did_you_mean(self._name, timm.list_models())
            raise UsageError(f"timm knows no model {self._name!r}. {known}")
        state = read_safetensors(self._path, "timm")
        # Weights are drawn at random before they are replaced.
        with torch.random.fork_rng(devices=[]):
            model = timm.create_model(self._name, pretrained=False, num_classes=0)
        _fill(model, state, self._path, self._name)
        data = import_extra("timm.data", "timm")
        transform = data.create_transform(**data.resolve_model_data_config(model))
        return _Loaded(torch, model.to(find_device()).eval(), transform)


def _fill(model: Any, state: Mapping[str, Any], path: Path, name: str) -> None:
    """Load weights, all that the model has; a classifier in the file is left out.

    Files in another project's naming go through the translation that timm has for the model.
    """
    translate = getattr(sys.modules[type(model).__module__], "checkpoint_filter_fn", None)
    problem = _mismatch(model, state)
    if problem and translate is not None:
        try:
            state = translate(dict(state), model)
        except (KeyError, RuntimeError, ValueError) as error:
            problem = str(error)
        else:
            problem = _mismatch(model, state)
    if problem:
        raise UsageError(
            f"{path}: not the weights of {name}: {problem}; "
            "bring the file of this model, or name the model that it belongs to"
        )
    model.load_state_dict(state, strict=False)


def _mismatch(model: Any, state: Mapping[str, Any]) -> str:
    """What keeps the weights from being the model's, or nothing."""
    wanted = model.state_dict()
    for name, tensor in wanted.items():
        if name not in state:
            return f"{name} is missing"
        if state[name].shape != tensor.shape:
            return f"{name} is {list(state[name].shape)} instead of {list(tensor.shape)}"
    classifiers = model.pretrained_cfg.get("classifier") or ()
    heads = (classifiers,) if isinstance(classifiers, str) else tuple(classifiers)
    for name in state:
        if name not in wanted and not name.startswith(tuple(f"{one}." for one in heads)):
            return f"{name} is unknown"
    return ""
