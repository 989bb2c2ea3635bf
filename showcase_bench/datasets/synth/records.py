"""The two tables that photos are drawn from: fixed-size records, mapped into memory.

``photos.idx`` is sorted by the bytes of the id, so that a photo is found by bisection; it says
what is shown, at which place, and the seed of the drawing. ``places.idx`` has the style of each
place. Names are one-byte positions in the lists that ``world.json`` gives.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

import numpy as np
from numpy.typing import NDArray

from showcase_bench.datasets.mini.catalogue import DISHES, SCENES
from showcase_bench.datasets.mini.photos import ACCENTS, PLACE_STYLES, SURFACES, Look, PhotoSpec

__all__ = [
    "ID_BYTES",
    "NAMES",
    "PHOTO",
    "PLACE",
    "id_bytes",
    "look_of",
    "photo_record",
    "place_record",
]

ID_BYTES = 28
_PREFIX = "AF1Qip"
_COLORS = ("table", "plate", "rim", "wall", "floor", "accent")

NAMES = {
    "contents": (*DISHES, *SCENES),
    "styles": PLACE_STYLES,
    "surfaces": SURFACES,
    "accents": ACCENTS,
}
"""The lists that one-byte positions refer to, of this version."""

PHOTO = np.dtype(
    [("id", f"V{ID_BYTES}"), ("seed", "<u8"), ("place", "<u4"), ("content", "u1")], align=False
)
PLACE = np.dtype(
    [
        ("seed", "<u8"),
        ("colors", "<f8", (len(_COLORS), 3)),
        ("style", "u1"),
        ("surface", "u1"),
        ("accent", "u1"),
    ],
    align=False,
)


def id_bytes(image_id: str) -> bytes | None:
    """The 28 bytes that an id of this world spells; None for an id of another form."""
    if not image_id.startswith(_PREFIX) or not image_id.isascii():
        return None
    text = image_id.removeprefix(_PREFIX)
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except Base64Error:
        return None
    same = urlsafe_b64encode(raw).decode("ascii").rstrip("=") == text
    return raw if len(raw) == ID_BYTES and same else None


def photo_record(image_id: str, spec: PhotoSpec, place: int) -> bytes:
    """One record of ``photos.idx``; records sort as their ids do.

    Raises
    ------
    ValueError
        The id is not one of this world.
    """
    raw = id_bytes(image_id)
    if raw is None:
        raise ValueError(f"{image_id!r} is not the id of a drawn photo")
    content = NAMES["contents"].index(spec.dish or spec.kind)
    return np.array([(raw, spec.seed, place, content)], dtype=PHOTO).tobytes()


def place_record(look: Look) -> bytes:
    """One record of ``places.idx``."""
    record = (
        look.seed,
        [getattr(look, name) for name in _COLORS],
        NAMES["styles"].index(look.style),
        NAMES["surfaces"].index(look.surface),
        NAMES["accents"].index(look.accent_name),
    )
    return np.array([record], dtype=PLACE).tobytes()


def look_of(record: np.void, names: dict[str, tuple[str, ...]]) -> Look:
    """The style that a record of ``places.idx`` describes.

    Raises
    ------
    IndexError
        A position is beyond its list.
    """
    rows: NDArray[np.float64] = record["colors"]
    red_green_blue = [(float(r), float(g), float(b)) for r, g, b in rows]
    table, plate, rim, wall, floor, accent = red_green_blue
    return Look(
        style=names["styles"][record["style"]],
        surface=names["surfaces"][record["surface"]],
        table=table,
        plate=plate,
        rim=rim,
        wall=wall,
        floor=floor,
        accent=accent,
        accent_name=names["accents"][record["accent"]],
        seed=int(record["seed"]),
    )
