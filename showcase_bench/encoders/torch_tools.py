"""What the neural encoders share: torch on demand, where it runs, and files of weights."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from showcase_bench.errors import MissingDependencyError, UsageError

__all__ = [
    "ROWS",
    "autocast",
    "autocast_precision",
    "encode_photos",
    "file_sha256",
    "find_device",
    "import_extra",
    "read_safetensors",
    "require_packages",
    "to_unit",
]

_CUDA_DRIVERS = ("libcuda.so.1", "nvcuda.dll")
ROWS = 16
"""Batches are filled up to multiples of it. Products of matrices take other ways for the rows that
a block of theirs leaves over, and round otherwise; so filled, a vector depends on its own input
alone, not on what is encoded with it nor, where that was measured, on the number of threads."""

_CHUNK = 1 << 20
_LONGEST = 32


def import_extra(package: str, encoder: str, extra: str = "neural") -> Any:
    """Import a package of an optional extra.

    Raises
    ------
    MissingDependencyError
        It, or a package that it needs, is not installed; the message names the extra.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"encoder {encoder!r} needs the package {error.name!r}, which is not installed; "
            f"install the extra: pip install 'showcase-bench[{extra}]'"
        ) from error


def require_packages(encoder: str, *packages: str) -> None:
    """Check that packages of the extra ``neural`` are installed, without importing them.

    Raises
    ------
    MissingDependencyError
        One is not.
    """
    for package in packages:
        if find_spec(package) is None:
            raise MissingDependencyError(
                f"encoder {encoder!r} needs the package {package!r}, which is not installed; "
                "install the extra: pip install 'showcase-bench[neural]'"
            )


@cache
def find_device() -> str:
    """``cuda`` where torch can use an NVIDIA GPU, else ``cpu``.

    Torch is asked, and imported for it, only where a driver is installed.
    """
    if not any(_loads(name) for name in _CUDA_DRIVERS):
        return "cpu"
    torch = import_module("torch")
    return "cuda" if torch.cuda.is_available() else "cpu"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def autocast_precision(device: str) -> str:
    """``fp32`` on a CPU; on a GPU ``bf16``, or ``fp16`` where it has no bfloat16."""
    if device == "cpu":
        return "fp32"
    torch = import_module("torch")
    return "bf16" if torch.cuda.is_bf16_supported() else "fp16"


def autocast(torch: Any, device: str, precision: str) -> AbstractContextManager[Any]:
    """Mixed precision (``bf16`` or ``fp16``) for the code inside; ``fp32`` changes nothing."""
    if precision == "fp32":
        return nullcontext()
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    context: AbstractContextManager[Any] = torch.autocast(device, dtype=dtype)
    return context


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal.

    Raises
    ------
    UsageError
        It cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
    return digest.hexdigest()


def read_safetensors(path: Path, encoder: str) -> dict[str, Any]:
    """Tensors of a file of weights by name, on the CPU.

    Raises
    ------
    UsageError
        The file is missing, cut off or not in the safetensors format.
    MissingDependencyError
        torch or safetensors is not installed.
    """
    safetensors = import_extra("safetensors", encoder)
    load_file = import_extra("safetensors.torch", encoder).load_file
    try:
        tensors: dict[str, Any] = load_file(str(path))
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        raise UsageError(
            f"{path}: not a complete safetensors file ({error}); bring the file again"
        ) from error
    return tensors


def encode_photos(
    torch: Any,
    encode: Callable[[Any], Any],
    transform: Callable[[Any], Any],
    pixels: Sequence[NDArray[np.uint8]],
    device: str,
    batch: int,
) -> NDArray[np.float32]:
    """L2-normalised vectors of photos, float32 of shape [len(pixels), d].

    Preprocessing scales the shorter side up to the model's size and then keeps the middle, which
    takes gigabytes for a strip of a few pixels' width; of a photo more than 32 times as long as
    wide the middle is therefore cut out before.

    Parameters
    ----------
    torch
        The module.
    encode
        Vectors [n, d] of a tensor [n, 3, height, width] on ``device``.
    transform
        Makes [3, height, width] of a PIL image.
    pixels
        RGB photos, uint8 of shape [height, width, 3], from one pixel up.
    device
        ``cpu`` (single precision) or ``cuda`` (mixed precision).
    batch
        Photos that are encoded at once, a multiple of :data:`ROWS`.
    """
    found = []
    with torch.inference_mode(), autocast(torch, device, autocast_precision(device)):
        for start in range(0, max(len(pixels), 1), batch):
            photos = [Image.fromarray(_cut(one)) for one in pixels[start : start + batch]]
            # One blank photo in place of none, so that the result has its width.
            ready = [transform(one) for one in photos or [Image.new("RGB", (1, 1))]]
            number = len(ready)
            ready += [torch.zeros_like(ready[0])] * (-number % ROWS)
            found.append(to_unit(torch, encode(torch.stack(ready).to(device)))[:number])
    return np.concatenate(found)[: len(pixels)]


def _cut(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    tall, wide = min(height, _LONGEST * width), min(width, _LONGEST * height)
    top, left = (height - tall) // 2, (width - wide) // 2
    return np.ascontiguousarray(pixels[top : top + tall, left : left + wide])


def to_unit(torch: Any, vectors: Any) -> NDArray[np.float32]:
    """Rows scaled to length 1 in float32, as an array in memory of the CPU."""
    unit = torch.nn.functional.normalize(vectors.float(), dim=-1)
    found: NDArray[np.float32] = unit.cpu().numpy()
    return found
