"""Names that participants see: each follows from the original id and a secret salt, and no more."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from showcase_bench.errors import UsageError

__all__ = ["Names", "new_salt"]

_SALT = re.compile(r"[0-9a-f]{64}")
_DIGITS = 24
"""96 bits: of a billion ids two are equal with a chance of one in ten billion."""


def new_salt() -> str:
    """A fresh secret: 256 bits of the system's randomness as 64 hexadecimal digits."""
    return secrets.token_hex(32)


class Names:
    """Public names of reviews, users, businesses and photos, and secret orders.

    A name is a keyed hash (HMAC-SHA-256) of the kind and the original id. It depends neither on the
    split of a row nor on its place nor on any other row, and cannot be computed without the salt.

    Parameters
    ----------
    salt
        64 hexadecimal digits, as :func:`new_salt` makes them.
    photos
        False leaves the ids of photos as they are, for data whose photos participants fetch by id.

    Raises
    ------
    UsageError
        ``salt`` is of another form.
    """

    def __init__(self, salt: str, *, photos: bool = True) -> None:
        if not _SALT.fullmatch(salt):
            raise UsageError("the salt must be 64 hexadecimal digits in lower case")
        self._key = bytes.fromhex(salt)
        self._photos = photos

    def review(self, review_id: str) -> str:
        """Name of a row or of a training review in a history."""
        return f"r{self._digest('review', review_id)}"

    def user(self, user_id: str) -> str:
        """Name of a user."""
        return f"u{self._digest('user', user_id)}"

    def business(self, business_id: str) -> str:
        """Name of a business."""
        return f"b{self._digest('business', business_id)}"

    def photo(self, image_id: str) -> str:
        """Name of a photo; the id itself where photos keep theirs."""
        return f"p{self._digest('photo', image_id)}" if self._photos else image_id

    def past(self, review_id: str, user_id: str) -> str:
        """Name of a review in a history that is no row of the training split."""
        return f"h{self._digest('past', f'{user_id} {review_id}')}"

    def order(self, what: str, one: str) -> str:
        """Place of ``one`` in an order that only the salt tells; sort by it."""
        return self._digest(f"order {what}", one)

    def _digest(self, kind: str, one: str) -> str:
        message = f"{kind}\0{one}".encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()[:_DIGITS]
