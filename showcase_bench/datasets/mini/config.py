"""Settings of the embedded world."""

from __future__ import annotations

from dataclasses import dataclass, fields

from showcase_bench.errors import UsageError

__all__ = ["MiniConfig"]

_ROWS_PER_BUSINESS = 10
_LARGEST_IMAGE = 1024
_SMALLEST_IMAGE = 16


@dataclass(frozen=True, slots=True)
class MiniConfig:
    """Seed, sizes and knobs; equal settings give equal bytes on every platform.

    Raises
    ------
    UsageError
        A size is not an integer or out of range, all splits are empty, or a knob is outside 0..1.
    """

    seed: int = 0
    """0 to 2**63 - 1."""
    n_train: int = 2000
    n_val: int = 250
    n_test: int = 500
    n_businesses: int | None = None
    """None: one business to ten rows, at least 12."""
    personalization: float = 0.7
    """How far a user's photos follow the planted taste: 0 not at all, 1 entirely."""
    grounding: float = 0.8
    """Chance that a sentence that is not generic speaks of the next of the review's own photos."""
    generic: float = 0.25
    """Chance that a sentence is one that fits any restaurant."""
    noise: float = 0.3
    """Typing slips in the texts, and grain, blur and colour casts in the photos."""
    image_size: int = 128
    """Width and height of a photo in pixels, 16 to 1024."""

    def __post_init__(self) -> None:
        self._check_whole("seed", 0, 2**63 - 1)
        for name in ("n_train", "n_val", "n_test"):
            self._check_whole(name, 0, 10**8)
        self._check_whole("image_size", _SMALLEST_IMAGE, _LARGEST_IMAGE)
        if self.n_businesses is not None:
            self._check_whole("n_businesses", 1, 10**8)
        if self.n_rows == 0:
            raise UsageError("n_train, n_val and n_test are all 0; ask for at least one row")
        for name in ("personalization", "grounding", "generic", "noise"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise UsageError(f"{name} must be a number from 0 to 1, not {value!r}")
            object.__setattr__(self, name, float(value))

    def _check_whole(self, name: str, least: int, most: int) -> None:
        value = getattr(self, name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise UsageError(f"{name} must be an integer from {least} to {most}, not {value!r}")

    @property
    def n_rows(self) -> int:
        """Rows of the three splits together."""
        return self.n_train + self.n_val + self.n_test

    @property
    def businesses(self) -> int:
        """Number of businesses, with the default worked out."""
        if self.n_businesses is not None:
            return self.n_businesses
        return max(12, self.n_rows // _ROWS_PER_BUSINESS)

    def as_dict(self) -> dict[str, int | float]:
        """The settings by name, for canonical JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**values, "n_businesses": self.businesses}
