"""No test leaves processes, temporary files or open ports behind.

Temporary files go to a folder of the session. What is there at the end of the session, and was not
at its beginning, fails it, and is named with the test file at whose end it was first seen.
"""

import os
import tempfile
import time
from pathlib import Path

import psutil
import pytest

_SECONDS_TO_END = 10.0
_KEPT = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
"""Helpers of Python's own that end with the process that they serve."""

_CACHES = ("torchinductor_",)
"""Of other packages, which keep them there on purpose."""


class Leaks:
    """What this process and its children hold."""

    def __init__(self, folder):
        self.folder = folder
        self.seen = {}
        self.before = self.held()

    def held(self):
        """Processes, listening ports and temporary files, in words."""
        found = {
            f"temporary file {path.name}"
            for path in Path(self.folder).iterdir()
            if not path.name.startswith(_CACHES)
        }
        own = psutil.Process()
        for process in [own, *own.children(recursive=True)]:
            try:
                if process is not own and not _is_kept(process):
                    command = " ".join(process.cmdline())[:200]
                    found.add(f"process {process.pid}: {command}")
                for one in process.net_connections(kind="inet"):
                    if one.status == psutil.CONN_LISTEN:
                        found.add(f"port {one.laddr.port} of process {process.pid}")
            except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                continue
        return found

    def note(self, where):
        """Remember what came since the last time."""
        for one in self.held() - self.before:
            self.seen.setdefault(one, where)

    def require_none(self):
        """Fail with all that stays, after some time for processes to end."""
        end = time.monotonic() + _SECONDS_TO_END
        while (left := self.held() - self.before) and time.monotonic() < end:
            time.sleep(0.1)
        lines = [f"{one} (first seen after {self.seen.get(one, 'the last file')})" for one in left]
        assert not left, "tests left behind:\n" + "\n".join(sorted(lines))


def _is_kept(process):
    if process.status() == psutil.STATUS_ZOMBIE:
        return True
    return any(kept in " ".join(process.cmdline()) for kept in _KEPT)


@pytest.fixture(scope="session", autouse=True)
def leaks(tmp_path_factory):
    """Give the session a temporary folder of its own, and fail when something is left."""
    folder = tmp_path_factory.mktemp("system-temporary")
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"], tempfile.tempdir = str(folder), None
    watched = Leaks(folder)
    yield watched
    watched.require_none()
    tempfile.tempdir = None
    if before is None:
        del os.environ["TMPDIR"]
    else:
        os.environ["TMPDIR"] = before


@pytest.fixture(scope="module", autouse=True)
def noted_leaks(request, leaks):
    """Note at the end of each file what it leaves, to blame it."""
    yield
    leaks.note(request.node.nodeid)
