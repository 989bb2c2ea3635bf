"""Where a photo is put: GEST's nested folders, two levels deep."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

__all__ = ["photo_path"]

_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
_GOOGLE = re.compile(r"AF1Qip([A-Za-z0-9_-]{2})?([A-Za-z0-9_-]{2})?")


def photo_path(image_id: str) -> PurePosixPath | None:
    """Relative path of a photo, such as ``AF1Qip/OV/0K/AF1QipOV0Kg4.jpg``.

    Ids that do not start with ``AF1Qip`` are files without a folder. The ending is .jpg whatever
    the format, so that the place follows from the id alone; readers go by content. None for an id
    that is no plain file name: empty, of more than 128 characters, starting with a dot, or with
    anything but ASCII letters, digits, dots, ``_`` and ``-``.
    """
    if not _ID.fullmatch(image_id):
        return None
    nested = _GOOGLE.match(image_id)
    folders = [] if nested is None else ["AF1Qip", *(one for one in nested.groups() if one)]
    return PurePosixPath(*folders, f"{image_id}.jpg")
