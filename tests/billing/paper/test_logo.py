"""Logos: what is taken, what is refused."""

import io

import pytest
from PIL import Image

from sportello.billing.paper.logo import LogoUnreadable, prepare


def _picture(kind, size, mode="RGB", **options):
    out = io.BytesIO()
    Image.new(mode, size, "teal").save(out, kind, **options)
    return out.getvalue()


def _prepared(data, media_type):
    return prepare(data, media_type).data


def _open(data):
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def test_prepare_gives_png_of_the_same_size_when_it_is_small():
    picture = _open(_prepared(_picture("JPEG", (300, 100)), "image/jpeg"))
    assert (picture.format, picture.size, picture.mode) == ("PNG", (300, 100), "RGB")


def test_prepare_shrinks_and_keeps_the_proportions():
    assert _open(_prepared(_picture("PNG", (4800, 1200)), "image/png")).size == (1200, 300)


def test_prepare_keeps_transparency():
    assert _open(_prepared(_picture("PNG", (30, 10), "RGBA"), "image/png")).mode == "RGBA"


def test_prepare_turns_a_photo_upright_and_drops_its_camera_data():
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Inventata"
    picture = _open(_prepared(_picture("JPEG", (300, 100), exif=exif), "image/jpeg"))
    assert picture.size == (100, 300)
    assert not picture.getexif()


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
def test_prepare_refuses_other_pictures_under_a_false_name(kind):
    with pytest.raises(LogoUnreadable, match="cannot be read as PNG"):
        prepare(_picture(kind, (10, 10)), "image/png")


def test_prepare_refuses_more_pixels_than_memory_should_hold():
    with pytest.raises(LogoUnreadable):
        prepare(_picture("PNG", (10_000, 5_000), "1"), "image/png")


def test_prepare_refuses_a_file_that_is_too_large():
    with pytest.raises(LogoUnreadable, match="at most"):
        prepare(b"\0" * 2_000_001, "image/png")


def test_prepare_refuses_a_type_that_can_carry_more_than_a_picture():
    with pytest.raises(LogoUnreadable, match="PNG or a JPEG"):
        prepare(b"<svg/>", "image/svg+xml")


@pytest.mark.parametrize(("size", "width"), [((300, 100), 48), ((1000, 100), 60), ((100, 100), 16), ((10, 400), 0.4)])
def test_prepare_fits_the_picture_into_its_place(size, width):
    assert prepare(_picture("PNG", size), "image/png").width == width
