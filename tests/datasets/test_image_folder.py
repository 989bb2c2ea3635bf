from __future__ import annotations

import contextlib
import io
import os
import zlib

import numpy as np
import pytest
from PIL import Image

from showcase_bench.datasets import FolderImages
from showcase_bench.datasets.images import decode as image_decode
from showcase_bench.datasets.images import folder as image_folder
from showcase_bench.datasets.images.decode import DecodeError, decode_rgb
from showcase_bench.errors import ImageError
from showcase_bench.types import ImageSource

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encoded(image, kind="PNG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def put(path, color=RED):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(Image.new("RGB", (3, 2), color)))
    return path


def color_of(pixels):
    return tuple(int(value) for value in pixels[0, 0])


def reason(source, image_id):
    with pytest.raises(ImageError) as caught:
        source.load(image_id)
    assert caught.value.image_id == image_id
    return caught.value.reason


# --- where a photo is looked for --------------------------------------------------------------


def test_it_is_an_image_source(tmp_path):
    assert isinstance(FolderImages(tmp_path, {}), ImageSource)


def test_order_of_the_places(tmp_path):
    google = "AF1QipOV0Kg4xyz"
    places = [
        "some/where/a.png",
        f"images/{google}.jpg",
        f"images/{google}.webp",
        f"{google}.jpeg",
        f"{google}.png",
        f"AF1Qip/{google}.jpg",
        f"AF1Qip/OV/{google}.png",
        f"AF1Qip/OV/0K/g4/{google}.jpg",
        f"images/AF1Qip/OV/0K/{google}.jpg",
    ]
    source = FolderImages(tmp_path, {google: "some/where/a.png"})
    for i, place in enumerate(places):
        put(tmp_path / place, (i, 0, 0))
    for i, place in enumerate(places):
        assert color_of(source.load(google)) == (i, 0, 0), place
        (tmp_path / place).unlink()
    assert reason(source, google) == "no file"


def test_web_addresses_are_looked_for_by_id(tmp_path):
    put(tmp_path / "images" / "p.jpg", BLUE)
    source = FolderImages(tmp_path, {"p": "https://x.org/images/q.jpg"})
    put(tmp_path / "https:" / "x.org" / "images" / "q.jpg", RED)
    assert color_of(source.load("p")) == BLUE


def test_an_id_that_is_not_listed_is_looked_for_by_id(tmp_path):
    put(tmp_path / "p.png", GREEN)
    assert color_of(FolderImages(tmp_path, {}).load("p")) == GREEN


@pytest.mark.parametrize("name", ["ünïcode 😀", "a.b", "..", "-x", "con", "a b", "%2e%2e"])
def test_odd_names_are_names(tmp_path, name):
    put(tmp_path / "root" / f"{name}.jpg", GREEN)
    assert color_of(FolderImages(tmp_path / "root", {}).load(name)) == GREEN


@pytest.mark.parametrize(
    "image_id",
    ["../secret", "/etc/passwd", "a/../../secret", "..\\secret", "", "a\0b", "x" * 5000, "\ud800"],
)
def test_ids_never_lead_out_of_the_root(tmp_path, image_id):
    put(tmp_path / "secret.jpg")
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    assert reason(FolderImages(root, {}), image_id) == "no file"


def test_nested_folders_never_lead_out_of_the_root(tmp_path):
    name = "AF1Qip......x"
    put(tmp_path / f"{name}.jpg")
    (tmp_path / "root" / "AF1Qip").mkdir(parents=True)
    assert reason(FolderImages(tmp_path / "root", {}), name) == "no file"


@pytest.mark.parametrize(
    "location", ["../secret.jpg", "a/../../secret.jpg", "{root}/../secret.jpg", "..\\secret.jpg"]
)
def test_locations_never_lead_out_of_the_root(tmp_path, location):
    put(tmp_path / "secret.jpg")
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    source = FolderImages(root, {"p": location.format(root=root)})
    assert reason(source, "p") == "no file"


def test_links_are_followed_inside_of_the_root_only(tmp_path):
    secret = put(tmp_path / "secret.jpg")
    root = tmp_path / "root"
    put(root / "real.jpg", GREEN)
    (root / "inside.jpg").symlink_to("real.jpg")
    (root / "outside.jpg").symlink_to(secret)
    (root / "loop.jpg").symlink_to("loop.jpg")
    (root / "broken.jpg").symlink_to("nowhere.jpg")
    (root / "images").symlink_to(tmp_path)
    source = FolderImages(root, {})
    assert color_of(source.load("inside")) == GREEN
    assert "out of the folder" in reason(source, "outside")
    assert "out of the folder" in reason(source, "secret")
    assert reason(source, "loop") == reason(source, "broken") == "no file"


def test_the_root_may_be_a_link(tmp_path):
    put(tmp_path / "real" / "p.jpg", GREEN)
    (tmp_path / "root").symlink_to("real")
    assert color_of(FolderImages(tmp_path / "root", {}).load("p")) == GREEN


def test_folders_and_pipes_are_not_photos(tmp_path):
    (tmp_path / "p.jpg").mkdir()
    os.mkfifo(tmp_path / "q.jpg")
    source = FolderImages(tmp_path, {})
    assert reason(source, "p") == reason(source, "q") == "no file"


# --- what a photo looks like ------------------------------------------------------------------


def test_pixels_are_rgb_of_the_file():
    expected = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    found = decode_rgb(encoded(Image.fromarray(expected)))
    assert (found.dtype, found.shape) == (np.uint8, (4, 5, 3))
    assert found.flags.writeable
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (1, lambda a: a),
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (4, lambda a: a[::-1]),
        (5, lambda a: a.transpose(1, 0, 2)),
        (6, lambda a: np.rot90(a, -1)),
        (7, lambda a: a[::-1, ::-1].transpose(1, 0, 2)),
        (8, lambda a: np.rot90(a, 1)),
        (99, lambda a: a),
    ],
)
def test_orientation(orientation, turn):
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3) * 9
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = decode_rgb(encoded(Image.fromarray(pixels), exif=exif))
    np.testing.assert_array_equal(found, turn(pixels))


def test_broken_exif_is_ignored():
    data = encoded(Image.new("RGB", (2, 2), RED), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert decode_rgb(data).shape == (2, 2, 3)


def test_transparency_is_laid_over_white():
    image = Image.new("RGBA", (2, 1))
    image.putpixel((0, 0), (255, 0, 0, 0))
    image.putpixel((1, 0), (255, 0, 0, 128))
    found = decode_rgb(encoded(image))
    assert color_of(found) == WHITE
    np.testing.assert_allclose(found[0, 1], (255, 127, 127), atol=1)
    grey = Image.new("LA", (1, 1), (0, 0))
    assert color_of(decode_rgb(encoded(grey))) == WHITE


@pytest.mark.parametrize("kind", ["GIF", "PNG"])
def test_palettes_with_and_without_transparency(kind):
    image = Image.new("P", (2, 1))
    image.putpalette([*RED, *BLUE] + [0] * 750)
    image.putpixel((1, 0), 1)
    found = decode_rgb(encoded(image, kind))
    assert [tuple(map(int, one)) for one in found[0]] == [RED, BLUE]
    found = decode_rgb(encoded(image, kind, transparency=0))
    assert [tuple(map(int, one)) for one in found[0]] == [WHITE, BLUE]


def test_transparent_color_without_alpha():
    found = decode_rgb(encoded(Image.new("RGB", (1, 1), RED), transparency=RED))
    assert color_of(found) == WHITE
    found = decode_rgb(encoded(Image.new("L", (1, 1), 7), transparency=7))
    assert color_of(found) == WHITE


def test_grey_of_8_16_and_1_bit():
    ramp = np.array([[0, 255, 256, 32768, 65535]], dtype=np.uint16)
    found = decode_rgb(encoded(Image.fromarray(ramp)))
    np.testing.assert_array_equal(found[0, :, 0], [0, 0, 1, 128, 255])
    np.testing.assert_array_equal(found[..., 0], found[..., 2])
    assert color_of(decode_rgb(encoded(Image.new("L", (1, 1), 77)))) == (77, 77, 77)
    assert color_of(decode_rgb(encoded(Image.new("1", (1, 1), 1)))) == WHITE


def test_cmyk():
    found = decode_rgb(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95))
    np.testing.assert_allclose(found[4, 4], RED, atol=12)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_first_frame_of_an_animation(kind):
    frames = [Image.new("RGB", (4, 4), color) for color in (RED, BLUE)]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert color_of(decode_rgb(data)) == RED


@pytest.mark.parametrize("mode", ["F", "I", "LAB"])
def test_pixels_without_a_plain_meaning_are_refused(mode):
    with pytest.raises(DecodeError, match=f"unsupported kind {mode}"):
        decode_rgb(encoded(Image.new(mode, (1, 1)), "TIFF"))


# --- hostile and broken files -----------------------------------------------------------------


@pytest.fixture(scope="module")
def jpeg():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    return encoded(Image.fromarray(noise), "JPEG")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the file is empty"),
        (b"<html>not found</html>", "not an image"),
        (b"\xff\xd8\xff", "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "not an image"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "not an image"),
    ],
)
def test_not_an_image(tmp_path, content, expected):
    (tmp_path / "p.jpg").write_bytes(content)
    assert reason(FolderImages(tmp_path, {}), "p") == expected


def test_truncated(jpeg):
    for data in (jpeg[: len(jpeg) // 2], jpeg[:-40]):
        with pytest.raises(DecodeError, match="truncated"):
            decode_rgb(data)


def test_every_prefix_and_flip_of_a_png_is_decoded_or_refused():
    data = encoded(Image.new("RGB", (9, 7), BLUE))
    for end in range(len(data)):
        with contextlib.suppress(DecodeError):
            assert decode_rgb(data[:end]).shape == (7, 9, 3)
    for i in range(len(data)):
        flipped = bytes([*data[:i], data[i] ^ 0x55, *data[i + 1 :]])
        with contextlib.suppress(DecodeError):
            assert decode_rgb(flipped).ndim == 3


@pytest.mark.parametrize("size", [(7072, 7072), (60_000, 60_000), (1_000_000, 1000)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_before_it_is_decoded(size):
    header = encoded(Image.new("1", (1, 1)))
    start = header.index(b"IHDR")
    body = (
        b"IHDR" + size[0].to_bytes(4, "big") + size[1].to_bytes(4, "big") + header[start + 12 :][:5]
    )
    crc = zlib.crc32(body).to_bytes(4, "big")
    data = header[:start] + body + crc + header[start + len(body) + 4 :]
    with pytest.raises(DecodeError, match="larger than 50 megapixels"):
        decode_rgb(data)


def test_the_bound_on_pixels_is_inclusive(monkeypatch):
    monkeypatch.setattr(image_decode, "MAX_PIXELS", 6)
    assert decode_rgb(encoded(Image.new("RGB", (3, 2)))).shape == (2, 3, 3)
    with pytest.raises(DecodeError, match="megapixels"):
        decode_rgb(encoded(Image.new("RGB", (7, 1))))


def test_a_file_beyond_the_bound_is_not_read(tmp_path):
    with (tmp_path / "p.jpg").open("wb") as stream:
        stream.truncate(image_folder.MAX_BYTES + 1)
    assert reason(FolderImages(tmp_path, {}), "p") == "larger than 64 MiB"


# --- identity ---------------------------------------------------------------------------------


def test_the_key_follows_content_and_not_the_place(tmp_path):
    def make(name, color=RED, ids=("p", "q")):
        put(tmp_path / name / "p.jpg", color)
        os.utime(tmp_path / name / "p.jpg", ns=(0, 1_000_000_007))
        return FolderImages(tmp_path / name, dict.fromkeys(ids)).key

    key = make("one")
    assert key == make("two")
    assert key == make("one", ids=("q", "p"))
    assert key != make("one", ids=("p",))
    os.utime(tmp_path / "one" / "p.jpg", ns=(0, 1_000_000_008))
    assert key != FolderImages(tmp_path / "one", dict.fromkeys("pq")).key
    put(tmp_path / "two" / "q.jpg")
    assert key != FolderImages(tmp_path / "two", dict.fromkeys("pq")).key


def test_making_one_looks_at_nothing(tmp_path):
    source = FolderImages(tmp_path / "none", {"p": None})
    assert str(tmp_path / "none") in repr(source)
    assert reason(source, "p") == "no file"
    assert source.key.startswith("folder:")
