"""How much of a submission is read before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT", "MIB", "Limits"]

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a submission may hold. What is above is a problem, never an error of ours."""

    file_bytes: int = 256 * MIB
    """Of the file as it is, and of its content after decompression."""
    ratio: int = 200
    """Bytes of content to one compressed byte, at most."""
    ratio_from: int = 16 * MIB
    """Bytes of content from which the ratio counts."""
    window_bytes: int = 32 * MIB
    """Memory that a Zstandard frame may ask for."""
    frames: int = 1000
    """Compressed streams that one file may hold one after another."""
    blocks: int = 1_000_000
    """Blocks of all Zstandard frames."""
    line_bytes: int = 1 * MIB
    text_chars: int = 10_000
    lines: int = 10_000_000
    """Blank ones included."""
    wrong_lines: int = 100_000
    """Lines with a problem after which reading stops."""
    kept_problems: int = 1000
    """Problems that are told one by one; all others are counted."""
    card_bytes: int = 16 << 10
    manifest_bytes: int = 16 << 10


DEFAULT = Limits()
