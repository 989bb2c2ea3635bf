"""What the photos of one business have in common."""

from __future__ import annotations

from dataclasses import dataclass

from showcase_bench.datasets.mini.photos.ground import Color
from showcase_bench.datasets.mini.rng import Stream

__all__ = ["ACCENTS", "PLACE_STYLES", "SURFACES", "Look", "PhotoSpec", "hexed", "make_look"]

PLACE_STYLES = ("rustic", "modern", "cozy", "industrial", "garden", "elegant")


def hexed(code: int) -> Color:
    """Colour of a 0xRRGGBB code."""
    return ((code >> 16) / 255.0, (code >> 8 & 255) / 255.0, (code & 255) / 255.0)


@dataclass(frozen=True, slots=True)
class Look:
    """The style of a place: what its tables, plates, walls and sign look like."""

    style: str
    surface: str
    """``wood``, ``marble``, ``slate``, ``linen`` or ``check``."""
    table: Color
    plate: Color
    rim: Color
    wall: Color
    floor: Color
    accent: Color
    """Awning, sign and chairs."""
    accent_name: str
    seed: int


@dataclass(frozen=True, slots=True)
class PhotoSpec:
    """All that a photo is made of; nothing in it tells who took it."""

    kind: str
    """``dish``, ``interior``, ``exterior`` or ``menu``."""
    dish: str
    """Slug of the dish; empty for the other kinds."""
    look: Look
    seed: int


_TABLES = {
    "wood": (0x8A5A34, 0xA9774A, 0x6B4429, 0xC29A6B, 0x7D6146),
    "marble": (0xE9E7E4, 0xD8D5D2, 0xF1EEE8),
    "slate": (0x3C4043, 0x4A4644, 0x2F3338),
    "linen": (0xEFE9DD, 0xD9CDB8, 0xB9C4C9, 0xC9D3C0),
    "check": (0xC23B33, 0x3C6E9E, 0x3F7D54, 0xB88A2E),
}
_SURFACES = {
    "rustic": ("wood", "wood", "check"),
    "modern": ("marble", "slate", "linen"),
    "cozy": ("wood", "linen", "check"),
    "industrial": ("slate", "wood", "slate"),
    "garden": ("wood", "linen", "marble"),
    "elegant": ("linen", "marble", "slate"),
}
_WALLS = {
    "rustic": (0xA8573F, 0x96604A, 0xB7795A),
    "modern": (0xE8E6E1, 0xC9D2D6, 0xD9D4CB),
    "cozy": (0xE3C9A0, 0xD9A77B, 0xC98F73),
    "industrial": (0x6E6B68, 0x565B60, 0x7A4A3C),
    "garden": (0xBFD3B4, 0xA9C3A0, 0xE4E5CF),
    "elegant": (0x3D3A50, 0x5A2E36, 0x2F4A4A),
}
_PLATES = (0xF6F4EF, 0xF6F4EF, 0xEFE6D6, 0x3E4A57, 0xD8E2E6, 0xC9805A, 0x55585A)
_ACCENTS = (
    ("red", 0xC0392B),
    ("green", 0x1F7A5C),
    ("blue", 0x2C5F9E),
    ("orange", 0xD98E23),
    ("purple", 0x7B3F8C),
    ("teal", 0x1D8A99),
    ("pink", 0xB33F62),
    ("gray", 0x37474F),
)
SURFACES = tuple(_TABLES)
"""Every surface that a table can have."""
ACCENTS = tuple(name for name, _ in _ACCENTS)
"""Name of every accent colour."""
_FLOORS = (0x7A5A40, 0x9C7B58, 0x5B5450, 0xB3A695, 0x8D8F90)


def make_look(style: str, stream: Stream) -> Look:
    """A look that fits one of :data:`PLACE_STYLES`."""
    surface = stream.pick(_SURFACES[style])
    plate = hexed(stream.pick(_PLATES))
    accent_name, accent_code = stream.pick(_ACCENTS)
    accent = hexed(accent_code)
    return Look(
        style=style,
        surface=surface,
        table=hexed(stream.pick(_TABLES[surface])),
        plate=plate,
        rim=accent if stream.chance(0.4) else (plate[0] * 0.86, plate[1] * 0.86, plate[2] * 0.86),
        wall=hexed(stream.pick(_WALLS[style])),
        floor=hexed(stream.pick(_FLOORS)),
        accent=accent,
        accent_name=accent_name,
        seed=stream.bits(),
    )
