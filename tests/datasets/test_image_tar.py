from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import tarfile
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from showcase_bench.datasets.images.tar import TarImages
from showcase_bench.datasets.images.tar_headers import members
from showcase_bench.errors import DataError, ImageError, UsageError
from showcase_bench.types import ImageSource

GEST = "photos/AF1Qip/OV/0K/g4"


def photo(number):
    out = io.BytesIO()
    Image.new("RGB", (3, 2), (number, 0, 0)).save(out, "PNG")
    return out.getvalue()


def write(path, entries, fmt=tarfile.GNU_FORMAT):
    """A tar of (name, data) pairs, or of TarInfo objects."""
    with tarfile.open(path, "w", format=fmt) as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
            else:
                name, data = entry
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return path


def special(name, kind, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.fixture
def path(tmp_path):
    return tmp_path / "photos.tar"


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def red(source, image_id):
    return int(source.load(image_id)[0, 0, 0])


def refusal(path, cache):
    with pytest.raises(DataError) as caught:
        TarImages(path, cache)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


# --- photos -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_photos_are_read_in_place(path, cache, fmt):
    names = [f"{GEST}/AF1QipOV0Kg4{i}.jpg" for i in range(20)]
    long = f"{GEST}/{'deep/' * 15}AF1Qiplong-{'x' * 60}.png"
    uni = f"{GEST}/AF1Qipé.webp"
    write(path, [(one, photo(i)) for i, one in enumerate([*names, long, uni, "top.jpeg"])], fmt)
    source = TarImages(path, cache)
    assert isinstance(source, ImageSource)
    assert len(source) == 23
    for i in range(20):
        assert red(source, f"AF1QipOV0Kg4{i}") == i
    assert red(source, f"AF1Qiplong-{'x' * 60}") == 20
    assert red(source, "AF1Qipé") == 21
    assert red(source, "top") == 22
    assert list(source) == sorted(source)
    assert "top" in source
    assert "AF1QipOV" not in source
    assert 5 not in source
    with pytest.raises(ImageError, match="image none: not in the archive"):
        source.load("none")


def test_the_tar_program_writes_what_is_read(path, cache, tmp_path):
    if shutil.which("tar") is None:
        pytest.skip("needs the tar program")
    folder = tmp_path / "in" / "AF1Qip" / "OV"
    folder.mkdir(parents=True)
    for i in range(5):
        (folder / f"AF1QipOV{i}.jpg").write_bytes(photo(i))
    (folder / f"AF1Qip{'y' * 200}.jpg").write_bytes(photo(5))
    (folder / "link.jpg").symlink_to("AF1QipOV1.jpg")
    subprocess.run(["tar", "-cf", path, "-C", tmp_path / "in", "."], check=True)
    source = TarImages(path, cache)
    assert [red(source, f"AF1QipOV{i}") for i in range(5)] == list(range(5))
    assert red(source, f"AF1Qip{'y' * 200}") == 5
    assert source.counts == {"folders": 3, "links": 1, "photos": 6}


def test_the_last_of_several_counts(path, cache):
    first, other = f"{GEST}/a.jpg", "elsewhere/a.png"
    write(path, [(first, photo(1)), ("b.jpg", photo(2)), (first, photo(3)), (other, photo(4))])
    source = TarImages(path, cache)
    assert (red(source, "a"), red(source, "b")) == (4, 2)
    assert source.counts == {"photos": 4, "duplicates": 2}


def test_what_is_no_photo_is_counted(path, cache):
    write(
        path,
        [
            ("a.jpg", photo(1)),
            ("/etc/b.jpg", photo(2)),
            ("../c.jpg", photo(3)),
            ("x/../../d.jpg", photo(4)),
            ("x\\..\\e.jpg", photo(5)),
            ("notes.txt", b"hello"),
            (".jpg", photo(6)),
            ("x/._f.jpg", b"resource fork"),
            special("g.jpg", tarfile.SYMTYPE, "/etc/passwd"),
            special("h.jpg", tarfile.LNKTYPE, "a.jpg"),
            special("i.jpg", tarfile.CHRTYPE),
            special("j.jpg", tarfile.FIFOTYPE),
            special("k.jpg", tarfile.DIRTYPE),
            special("a.jpg", tarfile.SYMTYPE, "../../secret"),
            ("z..jpg", photo(7)),
        ],
    )
    source = TarImages(path, cache)
    assert list(source) == ["a", "z."]
    assert red(source, "a") == 1
    assert source.counts == {
        "devices": 2,
        "folders": 1,
        "links": 3,
        "not_photos": 3,
        "photos": 2,
        "unsafe_names": 4,
    }


def test_broken_photos_are_errors_of_their_own(path, cache):
    info = tarfile.TarInfo("big.jpg")
    info.size = (64 << 20) + 1
    header = info.tobuf(tarfile.GNU_FORMAT)
    out = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(out, "JPEG")
    jpeg = out.getvalue()
    write(path, [("empty.jpg", b""), ("page.jpg", b"<html>"), ("half.jpg", jpeg[:-30])])
    with path.open("rb") as stream:
        end = max(one.offset + one.size for one in members(stream, path))
    whole = path.read_bytes()[: -(-end // 512) * 512]
    with path.open("wb") as stream:
        stream.write(whole + header)
        stream.seek(info.size // 512 * 512 + 512, os.SEEK_CUR)
        stream.write(bytes(1024))
    source = TarImages(path, cache)
    reasons = {}
    for image_id in source:
        with pytest.raises(ImageError) as caught:
            source.load(image_id)
        reasons[image_id] = caught.value.reason
    assert reasons == {
        "big": "larger than 64 MiB",
        "empty": "the file is empty",
        "half": "truncated",
        "page": "not an image",
    }


def test_threads_may_share_one(path, cache):
    write(path, [(f"p{i}.png", photo(i)) for i in range(100)])
    source = TarImages(path, cache)
    wrong = []

    def read(start):
        wrong.extend(i for i in range(start, 100, 2) if red(source, f"p{i}") != i)

    threads = [threading.Thread(target=read, args=(k % 2,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_archive_without_photos(path, cache):
    source = TarImages(write(path, []), cache)
    assert (len(source), list(source), source.counts) == (0, [], {})
    assert "x" not in source


# --- broken and hostile archives ----------------------------------------------------------------


def test_a_cut_is_found_wherever_it_is(path, cache):
    write(path, [(f"{GEST}/p{i}.png", photo(i)) for i in range(3)], tarfile.PAX_FORMAT)
    whole = path.read_bytes()
    with path.open("rb") as stream:
        end = max(one.offset + one.size for one in members(stream, path))
    for size in [*range(1, end, 97), end, end + 511]:
        path.write_bytes(whole[:size])
        message = refusal(path, cache)
        assert f"is truncated: it ends at byte {size:,}" in message
    blocks = -(-end // 512) * 512
    path.write_bytes(whole[: blocks + 512])
    assert len(TarImages(path, cache)) == 3


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (gzip.compress(b"x" * 2000, mtime=0), "gzip"),
        (b"BZh91AY", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
    ],
)
def test_compressed_archives_are_refused_with_the_remedy(path, cache, start, name):
    path.write_bytes(start + bytes(2000))
    message = refusal(path, cache)
    assert f"is compressed with {name}" in message
    assert f"{path} (photos hardly compress" in message


@pytest.mark.parametrize("content", [b"x" * 512, b"<html>" * 200, b"PK\x03\x04" + b"\1" * 600])
def test_what_is_no_tar(path, cache, content):
    path.write_bytes(content)
    assert "is not a tar archive" in refusal(path, cache)


def test_no_file_a_folder_and_nothing(path, cache, tmp_path):
    assert "no such file" in refusal(path, cache)
    assert "is a folder" in refusal(tmp_path, cache)
    path.write_bytes(b"")
    assert "is empty" in refusal(path, cache)


def patched(block, at, value):
    changed = bytearray(block)
    changed[at : at + len(value)] = value
    changed[148:156] = b" " * 8
    changed[148:156] = f"{sum(changed):06o}\0 ".encode()
    return bytes(changed)


@pytest.mark.parametrize(
    ("size", "problem"),
    [
        (b"77777777777\0", "is truncated"),
        (b"\x80" + b"\xff" * 11, "is truncated"),
        (b"\xff" * 12, "is damaged at byte 1,024: the size in a header cannot be read"),
        (b"-0000000001\0", "is damaged at byte 1,024: the size in a header cannot be read"),
        (b"9\0", "is damaged at byte 1,024: the size in a header cannot be read"),
    ],
)
def test_sizes_that_lie(path, cache, size, problem):
    write(path, [("a.png", photo(1)), ("b.png", photo(2))])
    whole = path.read_bytes()
    path.write_bytes(whole[:1024] + patched(whole[1024:1536], 124, size) + whole[1536:])
    assert problem in refusal(path, cache)


def test_a_wrong_checksum(path, cache):
    write(path, [("a.png", photo(1)), ("b.png", photo(2))])
    whole = bytearray(path.read_bytes())
    whole[1025] ^= 1
    path.write_bytes(whole)
    assert "is damaged at byte 1,024: the checksum of a header is wrong" in refusal(path, cache)


@pytest.mark.parametrize("kind", [b"L", b"K", b"x", b"g"])
def test_an_endless_extended_header_is_not_read(path, cache, kind):
    info = special("x", kind)
    info.size = 1 << 33
    with path.open("wb") as stream:
        stream.write(info.tobuf(tarfile.GNU_FORMAT))
        stream.truncate((1 << 33) + 4096)
    assert "damaged at byte 0: an extended header of 8,589,934,592 bytes" in refusal(path, cache)


def test_checksums_of_signed_bytes_are_accepted(path, cache):
    write(path, [("é.png", photo(1))])
    whole = path.read_bytes()
    header = bytearray(whole[:512])
    header[148:156] = b" " * 8
    signed = sum(one - 256 if one > 127 else one for one in header)
    header[148:156] = f"{signed:06o}\0 ".encode()
    path.write_bytes(bytes(header) + whole[512:])
    with tarfile.open(path) as archive:
        assert archive.getnames() == ["é.png"]
    assert red(TarImages(path, cache), "é") == 1


def test_the_number_of_photos_is_bounded(path, cache, monkeypatch):
    write(path, [(f"p{i}.png", photo(i)) for i in range(4)])
    monkeypatch.setattr("showcase_bench.datasets.images.tar_index._MOST_PHOTOS", 3)
    assert "more than 3 photos" in refusal(path, cache)


def test_sparse_members_are_passed_over(path, cache):
    write(path, [("a.png", photo(1)), ("s.png", photo(2)), ("b.png", photo(3))])
    whole = path.read_bytes()
    header = patched(whole[1024:1536], 156, b"S")
    header = patched(header, 482, b"\1")
    more = bytearray(512)
    path.write_bytes(whole[:1024] + header + bytes(more) + whole[1536:])
    source = TarImages(path, cache)
    assert list(source) == ["a", "b"]
    assert source.counts["sparse"] == 1
    assert red(source, "b") == 3


NAMES = st.lists(
    st.text("ab/.é-", min_size=1, max_size=8) | st.text("xyz/", min_size=90, max_size=280),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(
    names=NAMES,
    sizes=st.lists(st.integers(0, 1500), min_size=6, max_size=6),
    kinds=st.lists(st.sampled_from("01235067"), min_size=6, max_size=6),
    fmt=st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_members_equal_those_of_the_standard_library(tmp_path_factory, names, sizes, kinds, fmt):
    path = tmp_path_factory.mktemp("tar") / "x.tar"
    with tarfile.open(path, "w", format=fmt) as archive:
        for name, size, kind in zip(names, sizes, kinds, strict=False):
            info = special(name, kind.encode(), "target" if kind in "12" else "")
            info.size = size if kind in "07" else 0
            try:
                archive.addfile(info, io.BytesIO(bytes([size % 251]) * size))
            except ValueError:  # A name that ustar cannot hold.
                continue
    with path.open("rb") as stream:
        found = [(one.name.decode().rstrip("/"), one.offset, one.size, one.kind == "file")
                 for one in members(stream, path)]  # fmt: skip
    with tarfile.open(path) as archive:
        expected = [(one.name.rstrip("/"), one.offset_data, one.size, one.isreg())
                    for one in archive]  # fmt: skip
    assert found == expected


@settings(max_examples=150, deadline=None)
@given(
    at=st.integers(0, 4095), value=st.binary(min_size=1, max_size=12), cut=st.integers(0, 10_240)
)
def test_any_damage_is_read_or_refused(tmp_path_factory, at, value, cut):
    folder = tmp_path_factory.mktemp("tar")
    path = write(folder / "x.tar", [(f"p{'é' * 60}{i}.png", photo(i)) for i in range(3)],
                 tarfile.PAX_FORMAT)  # fmt: skip
    whole = bytearray(path.read_bytes())
    whole[at : at + len(value)] = value
    path.write_bytes(whole[:cut] if cut % 3 == 0 else whole)
    try:
        source = TarImages(path, folder / "cache")
    except DataError:
        return
    for image_id in source:
        try:
            assert source.load(image_id).ndim == 3
        except ImageError:
            continue


# --- the index and identity ---------------------------------------------------------------------


def test_the_index_is_made_once_and_again_when_damaged(path, cache, monkeypatch):
    write(path, [(f"p{i}.png", photo(i)) for i in range(10)])
    passes = []

    def counted(stream, name):
        passes.append(1)
        return members(stream, name)

    monkeypatch.setattr("showcase_bench.datasets.images.tar_index.members", counted)
    key = TarImages(path, cache).key
    again = TarImages(path, cache)
    assert (len(passes), again.key, again.counts, len(again)) == (1, key, {"photos": 10}, 10)
    (index,) = (cache / "tars").iterdir()
    whole = index.read_bytes()
    for damaged in (b"", whole[:50], whole[:-1], whole[:200] + b"\7" + whole[201:]):
        index.write_bytes(damaged)
        again = TarImages(path, cache)
        assert (again.key, red(again, "p7")) == (key, 7)
    assert len(passes) == 5
    assert [one.name for one in (cache / "tars").iterdir()] == [index.name]


def test_an_index_of_another_archive_is_not_used(path, cache, tmp_path):
    other = write(tmp_path / "other.tar", [("b.png", photo(2)), ("a.png", photo(1))])
    TarImages(other, cache)
    (foreign,) = (cache / "tars").iterdir()
    content = foreign.read_bytes()
    TarImages(write(path, [("a.png", photo(3))]), cache)
    (own,) = set((cache / "tars").iterdir()) - {foreign}
    own.write_bytes(content)
    source = TarImages(path, cache)
    assert (list(source), red(source, "a")) == (["a"], 3)


def test_the_key_follows_content_and_not_the_place(path, cache, tmp_path):
    write(path, [("a.png", photo(1)), ("b.png", photo(2))])
    os.utime(path, ns=(0, 10**18))
    key = TarImages(path, cache).key
    copy = tmp_path / "elsewhere.tar"
    shutil.copy2(path, copy)
    assert TarImages(copy, cache).key == key
    os.utime(copy, ns=(0, 10**18 + 1))
    assert TarImages(copy, cache).key != key
    write(copy, [("a.png", photo(1)), ("c.png", photo(2))])
    os.utime(copy, ns=(0, 10**18))
    assert TarImages(copy, cache).key != key


def test_an_archive_that_changes_while_it_is_open(path, cache):
    write(path, [("a.png", photo(1))])
    source = TarImages(path, cache)
    write(path, [("b.txt", b"x" * 5000), ("a.png", photo(2))])
    os.utime(path, ns=(0, 5))
    with pytest.raises(DataError, match="was changed since it was opened"):
        source.load("a")
    assert red(TarImages(path, cache), "a") == 2
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        source.load("a")


def test_a_cache_that_cannot_be_written(path, tmp_path):
    write(path, [("a.png", photo(1))])
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cache folder"):
        TarImages(path, tmp_path / "file")


def test_pixels_are_those_of_the_file(path, cache):
    pixels = np.random.default_rng(3).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    write(path, [("a.png", out.getvalue())])
    np.testing.assert_array_equal(TarImages(path, cache).load("a"), pixels)
