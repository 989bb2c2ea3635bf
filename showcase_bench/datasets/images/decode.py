"""From the bytes of a photo to RGB pixels, with bounds that hostile files cannot pass."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

__all__ = ["MAX_BYTES", "MAX_PIXELS", "DecodeError", "decode_rgb"]

MAX_BYTES = 64 << 20
"""Largest file that is read."""
MAX_PIXELS = 50_000_000
"""Largest width times height that is decoded."""

# Pillow also knows formats that start other programs or are not photos; those are not tried.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_TRANSPARENT = ("RGBA", "LA", "PA", "RGBa", "La")
_SHOWN_DIRECTLY = ("RGB", "L", "P", "1", "CMYK", "YCbCr", "HSV")


class DecodeError(Exception):
    """The bytes cannot be shown as a photo; the message is the reason, without numbers."""


def decode_rgb(data: bytes) -> NDArray[np.uint8]:
    """Decode a photo as it is meant to be seen.

    The orientation of EXIF is applied, transparency is laid over white, palettes, CMYK and
    16-bit grey become 8-bit RGB, and of an animation the first frame is taken.

    Parameters
    ----------
    data
        JPEG, PNG, WebP, GIF, BMP or TIFF.

    Returns
    -------
    array
        RGB, uint8 of shape [height, width, 3].

    Raises
    ------
    DecodeError
        No bytes, not an image of these kinds, truncated, damaged, of a pixel format that has no
        plain meaning as RGB, or with more than :data:`MAX_PIXELS`.
    """
    if not data:
        raise DecodeError("the file is empty")
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise DecodeError(f"larger than {MAX_PIXELS // 1_000_000} megapixels")
            image.load()
            return np.array(_to_rgb(_upright(image), image.format), dtype=np.uint8)
    except DecodeError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DecodeError(f"larger than {MAX_PIXELS // 1_000_000} megapixels") from error
    except UnidentifiedImageError as error:
        raise DecodeError("not an image") from error
    except Exception as error:  # Pillow's decoders raise anything on damaged bytes
        truncated = "truncated" in str(error)
        raise DecodeError("truncated" if truncated else "damaged") from error


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # Unreadable EXIF says nothing about the orientation.
        return image


def _to_rgb(image: Image.Image, kind: str | None) -> Image.Image:
    # Some versions of Pillow give 16-bit grey of PNG in 32 bits.
    if image.mode.startswith("I;16") or (image.mode == "I" and kind == "PNG"):
        grey = np.asarray(image, dtype=np.int64) >> 8
        return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB")
    if image.mode in _TRANSPARENT or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    if image.mode not in _SHOWN_DIRECTLY:
        raise DecodeError(f"pixels of the unsupported kind {image.mode}")
    return image.convert("RGB")
