"""The check for what tests leave behind finds what it should."""

import socket
import subprocess
import sys
import tempfile

import leak_check
import pytest
from leak_check import Leaks


def leave_a_file(folder):
    return tempfile.NamedTemporaryFile(dir=folder)


def leave_a_process(folder):
    command = [sys.executable, "-c", "input()"]
    return subprocess.Popen(command, stdin=subprocess.PIPE)


def leave_a_port(folder):
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


@pytest.mark.parametrize("leave", [leave_a_file, leave_a_process, leave_a_port])
def test_what_is_left_is_named_with_its_file(tmp_path, monkeypatch, leave):
    monkeypatch.setattr(leak_check, "_SECONDS_TO_END", 0.0)
    watched = Leaks(tmp_path)
    watched.require_none()
    left = leave(tmp_path)
    try:
        watched.note("tests/some/test_file.py")
        with pytest.raises(AssertionError, match=r"first seen after tests/some/test_file\.py"):
            watched.require_none()
    finally:
        if leave is leave_a_process:
            left.communicate()
        else:
            left.close()
    watched.require_none()


def test_what_was_there_before_is_no_leak(tmp_path):
    (tmp_path / "old").touch()
    Leaks(tmp_path).require_none()
