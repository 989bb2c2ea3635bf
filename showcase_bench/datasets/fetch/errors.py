"""What can go wrong with a download: for good, for now, or because it was stopped."""

from __future__ import annotations

from showcase_bench.errors import ShowcaseError

__all__ = ["FetchError", "StoppedError", "TransientError"]


class FetchError(ShowcaseError):
    """A download failed for good.

    Parameters
    ----------
    url
        What was asked for.
    reason
        What happened, short and without the address.
    hint
        What to do about it.
    status
        The HTTP status that decided it, if one did.
    """

    def __init__(self, url: str, reason: str, hint: str, *, status: int | None = None) -> None:
        self.url = url
        self.reason = reason
        self.status = status
        super().__init__(f"{url}: {reason}. {hint}")


class TransientError(Exception):
    """One attempt failed and another may succeed; never leaves this package.

    ``retry_after`` is how long the server asks to wait, in seconds. ``restart`` says that what
    was received so far is worthless.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        restart: bool = False,
    ) -> None:
        self.reason = reason
        self.status = status
        self.retry_after = retry_after
        self.restart = restart
        super().__init__(reason)


class StoppedError(Exception):
    """The user interrupted; unwinds a worker thread and never leaves this package."""
