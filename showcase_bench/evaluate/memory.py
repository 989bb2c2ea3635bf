"""Peak memory of this process, as a whole and between two moments."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

__all__ = ["PeakMemory", "peak_rss_mib"]

_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")
_PEAK = b"VmHWM:"

_measured: list[float] = []
"""Of every measurement that runs, outermost first: the peak that it has seen so far."""
_highest = 0.0


def peak_rss_mib() -> float:
    """Peak resident memory of this process so far, in MiB."""
    return max(_highest, _peak())


class PeakMemory:
    """Peak resident memory between :meth:`begin` and :meth:`end`, in MiB; may be nested.

    Where the system's counter cannot be set back (it can on Linux) it is the peak of the process so
    far.
    """

    def begin(self) -> None:
        """Start to measure."""
        global _highest
        seen = _peak()
        _highest = max(_highest, seen)
        _measured[:] = [max(one, seen) for one in _measured]
        _measured.append(0.0)
        try:
            _RESET.write_bytes(b"5")
        except OSError:
            return

    def end(self) -> float:
        """The peak since the begin that was not ended yet."""
        peak = max(_measured.pop(), _peak())
        _measured[:] = [max(one, peak) for one in _measured]
        return peak


def _peak() -> float:
    """What the system counts, in MiB."""
    try:
        for line in _STATUS.read_bytes().splitlines():
            if line.startswith(_PEAK):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / 1024
