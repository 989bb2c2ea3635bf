"""Files that are made to do harm: paths, links, devices, archives."""

import io
import json
import os
import socket
import stat
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from showcase_bench.errors import PredictionError
from showcase_bench.evaluate.showcases.canonical import dump_predictions
from showcase_bench.submission.card import card_toml
from showcase_bench.submission.limits import Limits
from showcase_bench.submission.package import build_package
from tests.submission.submission_world import CARD, GOOD, check, line, told, write

NAMES = ("manifest.json", "card.toml", "predictions.jsonl.zst")
CARD_BYTES = card_toml(CARD).encode()
PREDICTIONS = dump_predictions(GOOD)


def package():
    return build_package(PREDICTIONS, CARD_BYTES, len(GOOD))


def members():
    with zipfile.ZipFile(io.BytesIO(package())) as archive:
        return {name: archive.read(name) for name in NAMES}


def archive_of(contents, change=lambda info: None):
    """A ZIP of ``(name, data)`` pairs; ``change`` may alter each member's header."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, data in contents:
            info = zipfile.ZipInfo(name)
            change(info)
            archive.writestr(info, data)
    return sink.getvalue()


def refused(tmp_path, data, **more):
    found = check(write(tmp_path, [data], card=None, name="x.zip"), **more)
    assert found.showcases is None
    assert found.problems.total > 0
    assert told(found).replace("\n", "").isprintable()
    return told(found)


def test_a_package_is_accepted_and_its_bytes_are_the_same_each_time(tmp_path):
    found = check(write(tmp_path, [package()], card=None, name="x.zip"))
    assert found.sound, told(found)
    assert (found.showcases, found.card) == (GOOD, CARD)
    assert package() == package()
    with zipfile.ZipFile(io.BytesIO(package())) as archive:
        assert archive.testzip() is None
        assert tuple(archive.namelist()) == NAMES


@pytest.mark.parametrize(
    "path", ["/dev/zero", "/dev/null", "/dev/full", "/dev/tty", "/proc/self/fd", "/dev"]
)
def test_devices_and_folders_are_refused_at_once(path):
    with pytest.raises(PredictionError, match=r"cannot be read|is a symbolic link|no such file"):
        check(Path(path))


def test_pipes_and_sockets_do_not_make_it_wait(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PredictionError, match="it is a pipe, not a file"):
        check(tmp_path / "pipe")
    path = write(tmp_path, [PREDICTIONS])
    (tmp_path / "preds.toml").unlink()
    os.mkfifo(tmp_path / "preds.toml")
    with pytest.raises(PredictionError, match=r"preds.toml: cannot be read: it is a pipe"):
        check(path)
    home = Path.cwd()
    os.chdir(tmp_path)  # names of sockets are short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("socket")
            with pytest.raises(PredictionError, match="cannot be read"):
                check(tmp_path / "socket")
    finally:
        os.chdir(home)


def test_links_are_not_followed_and_their_targets_not_quoted(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("top-secret = x:0:0", encoding="utf-8")
    (tmp_path / "link.jsonl").symlink_to(secret)
    with pytest.raises(PredictionError, match="is a symbolic link") as caught:
        check(tmp_path / "link.jsonl")
    path = write(tmp_path, [PREDICTIONS], card=None)
    (tmp_path / "preds.toml").symlink_to(secret)
    with pytest.raises(PredictionError, match="is a symbolic link") as of_card:
        check(path)
    assert "x:0:0" not in f"{caught.value}{of_card.value}"
    (tmp_path / "preds.toml").unlink()
    (tmp_path / "preds.toml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(PredictionError, match="is a symbolic link"):
        check(path)


def test_names_with_odd_bytes_are_shown_escaped(tmp_path):
    with pytest.raises(PredictionError, match="no such file") as caught:
        check(tmp_path / os.fsdecode(b"a\xff.jsonl"))
    str(caught.value).encode()
    with pytest.raises(PredictionError, match="is not a path"):
        check(tmp_path / "a\0b")


@pytest.mark.parametrize("one", ["../../etc/passwd", "/etc/passwd", "..\\x", "a/../b", "~", ""])
def test_ids_and_images_are_never_paths(tmp_path, one):
    found = check(write(tmp_path, [line(id=one), line(image_ids=[one])]))
    assert "is not an example of this split" in told(found)
    assert "is not in the pool" in told(found)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["preds.jsonl", "preds.toml"]


BAD_MEMBERS = [
    *("../card.toml", "/etc/passwd", "a/card.toml", "..\\card.toml", "C:x", "card.TOML"),
    *("\u202ecard.toml", "card.toml/", "x" * 300),
]


@pytest.mark.parametrize("name", BAD_MEMBERS)
def test_archives_with_other_members_are_refused_and_write_nothing(tmp_path, name):
    before = members()
    contents = [(name if n == "card.toml" else n, data) for n, data in before.items()]
    text = refused(tmp_path, archive_of(contents))
    assert "does not belong there" in text or "no extras" in text
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]


def test_a_name_that_hides_behind_a_zero_byte_is_refused(tmp_path):
    parts = [(n.replace(".toml", ".tomlQ.exe"), data) for n, data in members().items()]
    data = archive_of(parts).replace(b".tomlQ.exe", b".toml\0.exe")
    assert r"'card.toml\x00.exe' does not belong there" in refused(tmp_path, data)


def test_archives_with_too_many_too_few_or_repeated_members_are_refused(tmp_path):
    parts = list(members().items())
    assert "3 members and no extras" in refused(tmp_path, archive_of([*parts, ("x", b"")]))
    assert "3 members and no extras" in refused(tmp_path, archive_of(parts[:2]))
    with pytest.warns(UserWarning, match="Duplicate"):
        data = archive_of([parts[0], parts[0], parts[2]])
    assert "does not belong there" in refused(tmp_path, data)
    assert "end record is missing" in refused(tmp_path, package() + b"trailing")
    for end in range(4, len(package()), 7):
        refused(tmp_path, package()[:end])


def test_links_and_compressed_or_encrypted_members_are_refused(tmp_path):
    def link(info):
        info.create_system = 3
        info.external_attr = (stat.S_IFLNK | 0o777) << 16

    def deflated(info):
        info.compress_type = zipfile.ZIP_DEFLATED

    parts = list(members().items())
    assert "is a link or a special file" in refused(tmp_path, archive_of(parts, link))
    assert "is compressed or encrypted by ZIP" in refused(tmp_path, archive_of(parts, deflated))
    data = bytearray(package())
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    assert "is compressed or encrypted by ZIP" in refused(tmp_path, bytes(data))


@pytest.mark.parametrize("size", [0, 1, 10**9, 2**32 - 1])
def test_members_of_wrong_sizes_are_refused(tmp_path, size):
    data = bytearray(package())
    directory = data.index(b"PK\x01\x02")
    for offset in ((24,), (20,), (20, 24)):
        changed = bytearray(data)
        for at in offset:
            changed[directory + at : directory + at + 4] = size.to_bytes(4, "little")
        refused(tmp_path, bytes(changed))


def test_a_directory_that_claims_to_be_large_is_not_read(tmp_path):
    data = bytearray(package())
    end = data.rindex(b"PK\x05\x06")
    data[end + 12 : end + 16] = (2**31).to_bytes(4, "little")
    assert "no extras" in refused(tmp_path, bytes(data))
    locator = b"PK\x06\x07" + bytes(16)
    assert "no extras" in refused(tmp_path, package()[:end] + locator + package()[end:])


def test_hashes_and_sizes_of_the_manifest_are_compared(tmp_path):
    parts = members()
    for part in ("card", "predictions"):
        for field, value in (("bytes", 7), ("sha256", "0" * 64)):
            manifest = json.loads(parts["manifest.json"])
            manifest[part][field] = value
            changed = {**parts, "manifest.json": json.dumps(manifest).encode()}
            text = refused(tmp_path, archive_of(changed.items()))
            assert f"manifest, field '{part}.{field}'" in text
    manifest = {**json.loads(parts["manifest.json"]), "n": 4}
    changed = {**parts, "manifest.json": json.dumps(manifest).encode()}
    assert "manifest, field 'n': the package holds 3 examples" in refused(
        tmp_path, archive_of(changed.items())
    )
    other = pa.Codec("zstd").compress(PREDICTIONS.replace(b'"x"', b'"y"'), asbytes=True)
    swapped = {**parts, "predictions.jsonl.zst": other}
    assert "predictions.sha256" in refused(tmp_path, archive_of(swapped.items()))


@pytest.mark.parametrize(
    "manifest",
    [b"", b"[]", b"{}", b"null", b"[" * 9999, b'{"schema": NaN}', b"\xff", b"1" * 9999, b'"x"'],
)
def test_manifests_of_another_form_are_refused(tmp_path, manifest):
    changed = {**members(), "manifest.json": manifest}
    assert "the manifest is not one of this program" in refused(
        tmp_path, archive_of(changed.items())
    )


def test_a_manifest_of_a_later_schema_says_what_to_do(tmp_path):
    manifest = {**json.loads(members()["manifest.json"]), "schema": 2}
    changed = {**members(), "manifest.json": json.dumps(manifest).encode()}
    assert "update showcase-bench" in refused(tmp_path, archive_of(changed.items()))


def test_members_that_are_too_large_are_refused(tmp_path):
    for name in ("manifest.json", "card.toml"):
        changed = {**members(), name: b" " * 20_000}
        text = refused(tmp_path, archive_of(changed.items()))
        assert f"member {name} has more than 16,384 bytes" in text


def test_bombs_within_an_archive_are_refused(tmp_path):
    bomb = pa.Codec("zstd").compress(b" " * (40 << 20), asbytes=True)
    changed = {**members(), "predictions.jsonl.zst": bomb}
    assert "decompression bomb" in refused(tmp_path, archive_of(changed.items()))
    text = refused(tmp_path, archive_of(changed.items()), limits=Limits(file_bytes=1 << 20))
    assert "1 MiB are allowed" in text


def test_an_archive_within_an_archive_is_refused(tmp_path):
    changed = {**members(), "predictions.jsonl.zst": package()}
    assert "line 1: not" in refused(tmp_path, archive_of(changed.items()))
