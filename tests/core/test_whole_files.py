"""Files and folders that are there whole or not at all, and what killed processes leave."""

import os
import signal
import subprocess
import sys
import time

import pytest

from showcase_bench.files import (
    is_being_replaced,
    new_folder,
    replace_file,
    scratch_folder,
    sweep,
    temporary_folder,
)
from showcase_bench.files.temporary import PREFIX


def left_in(folder):
    return sorted(one.name for one in folder.iterdir() if one.name.startswith(PREFIX))


def killed(code, folder):
    """Run ``code`` in a process that is killed where it says ``wait()``."""
    begin = "import sys, time\nfrom pathlib import Path\nfrom showcase_bench.files import *\n"
    begin += "folder = Path(sys.argv[1])\n"
    begin += "def wait():\n    print('ready', flush=True)\n    time.sleep(60)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", begin + code, str(folder)], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        yield
        os.kill(process.pid, signal.SIGKILL)
    yield


TEMPORARY = "with temporary_folder(folder) as place:\n    (place / 'half').touch()\n    wait()\n"
NEW = "with new_folder(folder / 'a') as place:\n    (place / 'half').touch()\n    wait()\n"
FILE = (
    "import os, showcase_bench.files.whole as whole\n"
    "whole.os.fsync = lambda handle: wait()\n"
    "replace_file(folder / 'a', b'half')\n"
)


@pytest.mark.parametrize("code", [TEMPORARY, NEW, FILE], ids=["temporary", "new", "file"])
def test_what_a_killed_process_leaves_is_swept_and_what_a_living_one_uses_is_not(tmp_path, code):
    run = killed(code, tmp_path)
    next(run)
    sweep(tmp_path, again=True)
    assert len(left_in(tmp_path)) == 1
    next(run)
    sweep(tmp_path, again=True)
    assert left_in(tmp_path) == []


def test_a_folder_that_went_aside_for_one_that_never_came_is_put_back(tmp_path):
    target = tmp_path / "run"
    target.mkdir()
    (target / "old").touch()
    code = (
        "import showcase_bench.files.folders as folders\n"
        "def rename(self, to, plain=Path.rename):\n"
        "    plain(self, to)\n"
        "    if to.name.startswith('old'):\n"
        "        wait()\n"
        "Path.rename = rename\n"
        "with new_folder(folder / 'run') as place:\n"
        "    (place / 'new').touch()\n"
    )
    run = killed(code, tmp_path)
    next(run)
    assert not target.exists()
    assert is_being_replaced(target)
    sweep(tmp_path, again=True)  # its process still lives
    assert not target.exists()
    next(run)
    sweep(tmp_path, again=True)
    assert [one.name for one in target.iterdir()] == ["old"]
    assert left_in(tmp_path) == []


def test_a_folder_that_cannot_come_leaves_the_old_one(tmp_path):
    target = tmp_path / "run"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(ValueError, match="no"), new_folder(target):
        raise ValueError("no")
    assert [one.name for one in target.iterdir()] == ["old"]
    with new_folder(target) as place:
        (place / "new").touch()
    assert [one.name for one in target.iterdir()] == ["new"]
    assert left_in(tmp_path) == []


def test_a_file_in_the_place_of_a_folder_is_an_error_and_stays(tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(NotADirectoryError), new_folder(tmp_path / "run"):
        pass
    assert (tmp_path / "run").read_text() == "mine"
    assert left_in(tmp_path) == []


def test_processes_that_write_one_folder_over_and_over_never_mix(tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom showcase_bench.files import new_folder\n"
        "for number in range(100):\n"
        "    with new_folder(Path(sys.argv[1])) as place:\n"
        "        for name in 'ab':\n"
        "            (place / name).write_text(sys.argv[2] + str(number))\n"
    )
    target = tmp_path / "run"
    writers = [subprocess.Popen([sys.executable, "-c", code, str(target), name]) for name in "xy"]
    seen = 0
    while any(writer.poll() is None for writer in writers):
        try:
            handle = os.open(target, os.O_RDONLY)
        except FileNotFoundError:
            time.sleep(0.001)
            continue
        try:
            texts = []
            for name in "ab":
                file = os.open(name, os.O_RDONLY, dir_fd=handle)
                texts.append(os.read(file, 100))
                os.close(file)
            assert texts[0] == texts[1] != b""
            seen += 1
        except FileNotFoundError:  # it was removed meanwhile, as a whole
            pass
        finally:
            os.close(handle)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen
    assert sorted(one.name for one in target.iterdir()) == ["a", "b"]
    assert [one.name for one in tmp_path.iterdir()] == ["run"]


def test_the_names_of_others_are_left_alone(tmp_path):
    for name in (".showcase-bench-export", "tmp-mine", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "tmp-mine")
    sweep(tmp_path, again=True)
    assert len(list(tmp_path.iterdir())) == 4
    sweep(tmp_path / "nowhere", again=True)


def test_scratch_is_empty_and_goes(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch_folder() as place:
        assert list(place.iterdir()) == []
        (place / "x").touch()
    assert list(tmp_path.iterdir()) == []


def test_parts_of_a_file_stand_one_after_another(tmp_path):
    replace_file(tmp_path / "a", b"one", memoryview(b" two"), b"")
    assert (tmp_path / "a").read_bytes() == b"one two"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644
    assert left_in(tmp_path) == []


def test_a_temporary_folder_has_nothing_to_put_back(tmp_path):
    with temporary_folder(tmp_path) as place:
        (place / "target").write_text("../elsewhere")
        (place / "old-0").touch()
    assert list(tmp_path.iterdir()) == []
