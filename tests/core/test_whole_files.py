"""Files and folders that are there whole or not at all, and what killed processes leave."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from showcase_bench.evaluate.executors import LocalExecutor
from showcase_bench.evaluate.score.statistics_files import StatisticsFiles
from showcase_bench.files import (
    TemporaryFolder,
    is_being_replaced,
    new_folder,
    replace_file,
    scratch_folder,
    sweep,
    sweep_system_folder,
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
OBJECT = "place = TemporaryFolder(folder)\n(place.path / 'half').touch()\nwait()\n"
NEW = "with new_folder(folder / 'a') as place:\n    (place / 'half').touch()\n    wait()\n"
FILE = (
    "import os, showcase_bench.files.whole as whole\n"
    "whole.os.fsync = lambda handle: wait()\n"
    "replace_file(folder / 'a', b'half')\n"
)


@pytest.mark.parametrize(
    "code", [TEMPORARY, OBJECT, NEW, FILE], ids=["temporary", "object", "new", "file"]
)
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


@pytest.mark.parametrize("end", ["removed", "dropped"])
def test_a_temporary_folder_lasts_as_long_as_its_object(tmp_path, end):
    folder = TemporaryFolder(tmp_path)
    (folder.path / "a").mkdir()
    sweep(tmp_path, again=True)
    assert (folder.path / "a").is_dir()
    if end == "removed":
        folder.remove()
        folder.remove()
    else:
        del folder
    assert list(tmp_path.iterdir()) == []


def test_a_fork_takes_no_folder_away(tmp_path):
    folder = TemporaryFolder(tmp_path)
    child = os.fork()
    if not child:
        folder.remove()
        os._exit(0)
    os.waitpid(child, 0)
    assert folder.path.is_dir()


def test_what_the_harness_keeps_for_a_while_can_be_swept(tmp_path):
    files = StatisticsFiles(["one"], tmp_path)
    with LocalExecutor(1, tmp_path) as executor:
        assert executor.folder.is_dir()
        assert len(left_in(tmp_path)) == 2
        sweep(tmp_path, again=True)
        assert len(left_in(tmp_path)) == 2
    del files
    assert list(tmp_path.iterdir()) == []


def refuse(*_):
    raise OSError(errno.ENOLCK, "No locks available")


@pytest.mark.parametrize("kind", ["folder", "file"])
@pytest.mark.parametrize("support", ["refused", "absent"])
def test_where_files_cannot_be_locked_age_decides(tmp_path, monkeypatch, kind, support):
    if support == "refused":
        monkeypatch.setattr("showcase_bench.files.locks.fcntl.flock", refuse)
    else:
        monkeypatch.setattr("showcase_bench.files.locks.fcntl", None)
    paths = [tmp_path / f"{PREFIX}{name}" for name in ("old", "young")]
    for path in paths:
        inside = path / "in" / "it" if kind == "folder" else path
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.touch()
        if kind == "folder":
            (path / "lock").touch()
    long_ago = time.time() - 8 * 24 * 3600
    for path in (*paths[0].rglob("*"), *paths, *paths[1].glob("*")):
        os.utime(path, (long_ago,) * 2)
    if kind == "file":
        os.utime(paths[1])
    sweep(tmp_path, again=True)
    assert left_in(tmp_path) == [paths[1].name]
    with temporary_folder(tmp_path) as place:
        sweep(tmp_path, again=True)
        assert place.is_dir()
    assert left_in(tmp_path) == [paths[1].name]


def test_what_another_user_left_stays(tmp_path, monkeypatch):
    (tmp_path / f"{PREFIX}his").mkdir()
    own = os.getuid()
    monkeypatch.setattr("os.getuid", lambda: own + 1)
    sweep(tmp_path, again=True)
    assert len(left_in(tmp_path)) == 1


def test_the_folder_of_the_system_is_swept_again_and_again(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for _ in range(2):
        (tmp_path / f"{PREFIX}left").mkdir()
        sweep_system_folder()
        assert list(tmp_path.iterdir()) == []
