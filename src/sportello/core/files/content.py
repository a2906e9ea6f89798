"""What a file really is, told by its bytes and never by its name, and whether it may be what it is meant for.

Source: SPEC practice 11, T10; limits are our own. Sizes in bytes.

>>> media_type(b"%PDF-1.7 and so on"), media_type(b"hello")
('application/pdf', 'application/octet-stream')
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from enum import StrEnum

import filetype
from PIL import Image

MEGABYTE = 1024 * 1024
LOOK_AT = 8192
MAX_PIXELS = 16_000_000
MAX_SIDE = 6000
UNKNOWN = "application/octet-stream"
PICTURES = frozenset({"image/png", "image/jpeg"})
_PDF_HEAD = b"%PDF-"


class Purpose(StrEnum):
    """What a file is kept for."""

    LOGO = "logo"
    PAPER = "paper"
    ATTACHMENT = "attachment"
    EXPORT = "export"
    RECEIPT = "receipt"
    """What the State gave as it came: a PDF, or an archive of tables."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file of a purpose may be, in bytes, and which types are taken (empty: any)."""

    size: int
    types: frozenset[str]


LIMITS: dict[Purpose, Limits] = {
    Purpose.LOGO: Limits(MEGABYTE, PICTURES),
    Purpose.PAPER: Limits(25 * MEGABYTE, frozenset({"application/pdf"})),
    Purpose.ATTACHMENT: Limits(10 * MEGABYTE, PICTURES | {"application/pdf"}),
    Purpose.RECEIPT: Limits(64 * MEGABYTE, frozenset({"application/pdf", "application/zip"})),
    Purpose.EXPORT: Limits(1024 * MEGABYTE, frozenset()),
}


class FileRefused(ValueError):
    """A file cannot be taken. `code` says why, for the page that asked for it."""

    code = "refused"


class EmptyFile(FileRefused):
    """There is nothing in it."""

    code = "empty"


class FileTooLarge(FileRefused):
    """It is larger than its purpose allows: `limit` is in bytes."""

    code = "too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"larger than {limit} bytes")
        self.limit = limit


class WrongType(FileRefused):
    """Its bytes are of another type than its purpose takes."""

    code = "wrong_type"

    def __init__(self, found: str, taken: frozenset[str]) -> None:
        super().__init__(f"{found}, not {', '.join(sorted(taken))}")
        self.found, self.taken = found, taken


class BadPicture(FileRefused):
    """It begins like a picture and is none, is cut off, or has more pixels than a logo needs."""

    code = "bad_picture"


class TooManyPixels(BadPicture):
    """It would need too much memory to open: at most 6000 a side and 16 million in all."""

    code = "too_many_pixels"


def media_type(start: bytes) -> str:
    """Return the media type that the first bytes of a file tell."""
    if _PDF_HEAD in start[:1024]:
        return "application/pdf"
    kind = filetype.guess(start)
    return str(kind.mime) if kind else UNKNOWN


def check(start: bytes, size: int, purpose: Purpose) -> str:
    """
    Return the media type of a file that may be kept for this purpose, from its first bytes and its size.

    :raises EmptyFile: it has no bytes
    :raises WrongType: its type is not taken
    :raises FileTooLarge: it has too many bytes
    """
    limits = LIMITS[purpose]
    if not size:
        raise EmptyFile("empty")
    found = media_type(start)
    if limits.types and found not in limits.types:
        raise WrongType(found, limits.types)
    if size > limits.size:
        raise FileTooLarge(limits.size)
    return found


def clean_picture(data: bytes) -> bytes:
    """
    Return a PNG or JPEG drawn anew: the same pixels without what else rode along (place, camera, hidden bytes).

    :raises TooManyPixels: opening it would need too much memory
    :raises BadPicture: it is damaged or no picture at all
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
                _check_pixels(*picture.size)
                picture.load()
                return _drawn_anew(picture)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise TooManyPixels("too many pixels") from None
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, BadPicture):
            raise
        raise BadPicture("damaged, or no picture") from None


def _check_pixels(width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise TooManyPixels(f"{width} by {height}")


def _drawn_anew(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    if picture.format == "JPEG":
        colours = picture if picture.mode in {"RGB", "L"} else picture.convert("RGB")
        _bare(colours).save(out, "JPEG", quality=92)
    else:
        plain = picture if picture.mode in {"RGB", "RGBA", "L", "LA", "1"} else picture.convert("RGBA")
        _bare(plain).save(out, "PNG", optimize=True)
    return out.getvalue()


def _bare(picture: Image.Image) -> Image.Image:
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    return bare
