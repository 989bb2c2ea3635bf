"""Pictures by matplotlib that are the same bytes on every run."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from showcase_bench.errors import MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DPI", "own_settings", "pictures"]

DPI = 144

_SETTINGS = {"text.parse_math": False, "svg.fonttype": "path"}
_OWN_TO_THE_SESSION = ("backend", "backend_fallback", "interactive", "toolbar", "timezone")


@contextmanager
def own_settings(what: str, settings: Mapping[str, Any]) -> Iterator[None]:
    """Matplotlib's defaults and ``settings`` while something is drawn; then the caller's again.

    ``what`` is drawn stands in the error, and makes the ids inside of SVG files its own.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    """
    try:
        import matplotlib
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise MissingDependencyError(
            f"the {what} needs the package matplotlib, which is not installed: "
            "pip install 'showcase-bench[plots]'"
        ) from error
    own: dict[Any, Any] = {
        name: value
        for name, value in matplotlib.rcParamsDefault.items()
        if name not in _OWN_TO_THE_SESSION
    }
    own |= {**_SETTINGS, "svg.hashsalt": f"showcase-bench {what}", **settings}
    with matplotlib.rc_context(own):
        yield


def pictures(figure: Figure) -> dict[str, bytes]:
    """The figure as ``png`` and ``svg``, without dates and names of programs."""
    drawn = {}
    for suffix, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
        picture = io.BytesIO()
        figure.savefig(picture, format=suffix, dpi=DPI, metadata=metadata)
        drawn[suffix] = picture.getvalue()
    return drawn
