"""The picture in the head: what is accepted, and how a large one is made small before it goes into every paper.

PNG and JPEG only: a picture that can carry scripts, links or fonts (SVG) has no place in an archive file.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, field

from PIL import Image, ImageOps

MEDIA_TYPES = {"image/png": "PNG", "image/jpeg": "JPEG"}
LARGEST_BYTES = 2_000_000
LARGEST_PIXELS = 40_000_000
_WIDEST, _HIGHEST = 60.0, 16.0
"""Millimetres of the place in the head."""
_PRINTED = (1200, 480)
"""Pixels that fill the place of the logo at about 500 dots an inch."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A logo ready for the paper.

    :ivar data: PNG, upright, no larger than print needs
    :ivar width: on paper, millimetres: as wide as fits 60 by 16 mm
    """

    data: bytes = field(repr=False)
    width: float


class LogoUnreadable(ValueError):
    """These bytes are no picture this paper can print."""


def prepare(data: bytes, media_type: str) -> Prepared:
    """
    Return the picture as the paper takes it.

    :param media_type: what the file is said to be; the bytes must agree
    :raises LogoUnreadable: another type, too large, damaged, or not what it is said to be
    """
    expected = MEDIA_TYPES.get(media_type)
    if expected is None:
        raise LogoUnreadable("a logo is a PNG or a JPEG")
    if len(data) > LARGEST_BYTES:
        raise LogoUnreadable(f"a logo has at most {LARGEST_BYTES} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _shrink(data, expected)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise LogoUnreadable(f"the logo cannot be read as {expected}") from error


def _shrink(data: bytes, expected: str) -> Prepared:
    with Image.open(io.BytesIO(data), formats=[expected]) as opened:
        if opened.width * opened.height > LARGEST_PIXELS:
            raise LogoUnreadable(f"a logo has at most {LARGEST_PIXELS} pixels")
        picture = ImageOps.exif_transpose(opened)
        transparent = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
        picture = picture.convert("RGBA" if transparent else "RGB")
    picture.thumbnail(_PRINTED, Image.Resampling.LANCZOS)
    picture.info.clear()
    out = io.BytesIO()
    picture.save(out, "PNG")
    return Prepared(out.getvalue(), round(min(_WIDEST, _HIGHEST * picture.width / picture.height), 2))
