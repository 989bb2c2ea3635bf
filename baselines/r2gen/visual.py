"""Photos as squares of pixels, and the convolutions that turn squares into patch features."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import open_clip
import torch
import torchvision
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor, nn
from torch.nn import functional

from showcase_bench import ImageStore
from showcase_bench.encoders.mini_clip import WEIGHTS, build_mini_clip
from showcase_bench.encoders.torch_tools import read_safetensors
from showcase_bench.errors import ImageError, UsageError

__all__ = [
    "TRUNKS",
    "MiniClipTrunk",
    "PhotoBatch",
    "ResNetTrunk",
    "Squares",
    "Trunk",
    "read_trunk",
]

_KEPT_BYTES = 256 << 20
_MINI_CLIP = "mini-clip"

Square = NDArray[np.uint8]


class PhotoBatch(NamedTuple):
    """Photos of some rows."""

    photos: Tensor
    """uint8 of shape [b, most, 3, side, side]; zeros where there is none."""
    present: Tensor
    """Bool of shape [b, most]."""


class Squares:
    """Photos cropped to the middle square and scaled, each decoded once while there is room.

    Up to 256 MiB of squares are kept (20,000 of 64 x 64 pixels, 1,700 of 224 x 224); photos beyond
    are decoded whenever they are asked for.

    Parameters
    ----------
    images
        Where photos come from.
    side
        Width and height of a square, in pixels.
    """

    def __init__(self, images: ImageStore, side: int) -> None:
        self._images, self._side = images, side
        self._room = _KEPT_BYTES // (3 * side * side)
        self._kept: dict[str, Square | None] = {}

    def get(self, image_id: str) -> Square | None:
        """RGB planes, uint8 of shape [3, side, side]; None where the photo cannot be read."""
        if image_id in self._kept:
            return self._kept[image_id]
        square = self._load(image_id)
        if len(self._kept) < self._room:
            self._kept[image_id] = square
        return square

    def batch(self, sets: Sequence[Sequence[str]], most: int) -> PhotoBatch:
        """The readable photos of each set in the order of their ids, at most ``most`` of a set."""
        found = [list(islice(self._readable(ids), most)) for ids in sets]
        shape = (len(sets), max(map(len, found), default=0))
        photos = np.zeros((*shape, 3, self._side, self._side), dtype=np.uint8)
        present = np.zeros(shape, dtype=bool)
        for row, squares in enumerate(found):
            for place, square in enumerate(squares):
                photos[row, place] = square
                present[row, place] = True
        return PhotoBatch(torch.from_numpy(photos), torch.from_numpy(present))

    def _readable(self, ids: Sequence[str]) -> Iterator[Square]:
        squares = map(self.get, sorted(ids))
        return (square for square in squares if square is not None)

    def _load(self, image_id: str) -> Square | None:
        try:
            pixels = self._images.load(image_id)
        except ImageError:
            return None
        size = (self._side, self._side)
        scaled = ImageOps.fit(Image.fromarray(pixels), size, Image.Resampling.BICUBIC)
        return np.ascontiguousarray(np.asarray(scaled, dtype=np.uint8).transpose(2, 0, 1))


class Trunk(nn.Module):
    """Turns squares into features of places. Batch norms keep the statistics that they came with.

    So a photo's features do not depend on the others of a batch, in training neither.
    """

    side: ClassVar[int]
    """Pixels of a square's side."""
    channels: ClassVar[int]
    """Length of a place's feature."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: Sequence[float], deviation: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation)[:, None, None], persistent=False)

    def train(self, mode: bool = True) -> Trunk:
        """Switch the mode of all but the batch norms."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def forward(self, squares: Tensor) -> Tensor:
        """Features [n, places, channels] of squares, uint8 of shape [n, 3, side, side]."""
        unit = squares.to(self.mean.dtype) / 255
        return self.places((unit - self.mean) / self.deviation).flatten(2).transpose(1, 2)

    def places(self, pixels: Tensor) -> Tensor:
        """Feature maps [n, channels, height, width] of normalised pixels."""
        raise NotImplementedError


class MiniClipTrunk(Trunk):
    """The convolutions of ``mini-clip`` with its packaged weights, at 64 x 64 pixels.

    16 places: the maps of the third stage, 4 x 4 of length 256, beside those of the last, 2 x 2 of
    length 512, each repeated over its four places.
    """

    side = 64
    channels = 768

    def __init__(self) -> None:
        facts = json.loads(WEIGHTS.with_suffix(".json").read_bytes())
        super().__init__(facts["preprocessing"]["mean"], facts["preprocessing"]["std"])
        clip = build_mini_clip(open_clip, facts["architecture"])
        state = read_safetensors(WEIGHTS, _MINI_CLIP)
        clip.load_state_dict({name: values.float() for name, values in state.items()})
        self.tower = clip.visual
        self.tower.attnpool = None

    def places(self, pixels: Tensor) -> Tensor:
        """Feature maps [n, 768, 4, 4]."""
        tower = self.tower
        third = tower.layer3(tower.layer2(tower.layer1(tower.stem(pixels))))
        last = functional.interpolate(tower.layer4(third), scale_factor=2.0, mode="nearest")
        return torch.cat([third, last], dim=1)


class ResNetTrunk(Trunk):
    """ResNet-101 (He et al. 2016) of torchvision without its head, at 224 x 224 pixels.

    49 places of length 2,048. Fresh weights are random: see :func:`read_trunk`.
    """

    side = 224
    channels = 2048

    def __init__(self) -> None:
        super().__init__((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
        net = torchvision.models.resnet101(weights=None)
        self.stages = nn.Sequential(
            *(getattr(net, name) for name in _RESNET_STEM),
            *(getattr(net, name) for name in _RESNET_STAGES),
        )

    def places(self, pixels: Tensor) -> Tensor:
        """Feature maps [n, 2048, 7, 7]."""
        maps: Tensor = self.stages(pixels)
        return maps

    def adopt(self, state: Mapping[str, Tensor]) -> None:
        """Take the weights of a torchvision ResNet-101 by their names there; its head is left out.

        Raises
        ------
        UsageError
            Some are missing, left over, or of another shape.
        """
        names = (*_RESNET_STEM, *_RESNET_STAGES)
        renamed = {}
        for name, values in state.items():
            head, _, rest = name.partition(".")
            if head in names:
                renamed[f"{names.index(head)}.{rest}"] = values
        try:
            self.stages.load_state_dict(renamed)
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:300]
            raise UsageError(
                f"the weights of visual= are not those of torchvision's resnet101: {reason}"
            ) from error


_RESNET_STEM = ("conv1", "bn1", "relu", "maxpool")
_RESNET_STAGES = ("layer1", "layer2", "layer3", "layer4")

TRUNKS: Mapping[str, type[MiniClipTrunk] | type[ResNetTrunk]] = {
    _MINI_CLIP: MiniClipTrunk,
    "resnet101": ResNetTrunk,
}
"""Trunks by name."""


def read_trunk(visual: str) -> dict[str, Any]:
    """Tensors of a local ``.safetensors`` file of weights by name.

    Raises
    ------
    UsageError
        It is missing, of another format, or damaged.
    """
    path = Path(visual).expanduser()
    if path.suffix != ".safetensors" or not path.is_file():
        raise UsageError(
            f"visual is {visual!r}; it must be a local file of weights that ends in .safetensors"
        )
    return read_safetensors(path, "resnet101")
