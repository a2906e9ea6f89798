"""Files are kept whole, closed and only when they are what they should be."""

from __future__ import annotations

import errno
import io
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image

from sportello.core import streams
from sportello.core.actors import Actor, NoActor, Role, System, acting
from sportello.core.files import content, keeping
from sportello.core.files.content import Purpose
from sportello.core.models import StoredFile
from sportello.core.storage import StorageFull

PDF = b"%PDF-1.7\n" + b"a paper of Bruno Verdi\n" * 9000 + b"%%EOF"


@pytest.fixture
def as_software(db: None) -> Iterator[None]:
    with acting(System("test")):
        yield


def kept(data: bytes = PDF, purpose: Purpose = Purpose.PAPER, party_id: int = 1) -> StoredFile:
    written = keeping.write(data, party_id=party_id, purpose=purpose, name="fattura di Bruno.pdf")
    with transaction.atomic():
        return keeping.keep(written)


def picture(size: tuple[int, int] = (40, 30), kind: str = "PNG", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **more)
    return out.getvalue()


def bytes_on_disk(stored: StoredFile) -> Path:
    return Path(default_storage.path(stored.place))


@pytest.mark.usefixtures("as_software")
def test_read_gives_back_what_was_kept():
    stored = kept()
    stored = StoredFile.objects.get(pk=stored.pk)
    assert keeping.read(stored) == PDF
    assert (stored.media_type, stored.size, stored.name) == ("application/pdf", len(PDF), "fattura di Bruno.pdf")


@pytest.mark.usefixtures("as_software")
def test_keep_leaves_nothing_readable_on_the_disk():
    path = bytes_on_disk(kept())
    assert b"Bruno" not in path.read_bytes()
    assert "runo" not in str(path)
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("as_software")
@pytest.mark.parametrize("where", [0, 40, 70_000, -1])
def test_read_of_an_altered_file_says_so(where):
    stored = kept()
    data = bytearray(bytes_on_disk(stored).read_bytes())
    data[where] ^= 1
    bytes_on_disk(stored).write_bytes(data)
    with pytest.raises(keeping.FileDamaged):
        keeping.read(stored)


@pytest.mark.usefixtures("as_software")
@pytest.mark.parametrize(
    ("pattern", "altered"),
    [(rb'("salt": ?")[0-9a-f]', rb"\1z"), (rb'"salt"', rb'"salz"'), (rb'"key"', rb'"kez"')],
    ids=["salt", "name of the salt", "name of the key"],
)
def test_read_of_a_file_with_an_altered_head_says_so(pattern: bytes, altered: bytes):
    stored = kept()
    data, times = re.subn(pattern, altered, bytes_on_disk(stored).read_bytes(), count=1)
    assert times == 1
    bytes_on_disk(stored).write_bytes(data)
    with pytest.raises(keeping.FileDamaged):
        keeping.read(stored)


@pytest.mark.usefixtures("as_software")
@pytest.mark.parametrize("length", [3, 90, 64 * 1024, 100_000])
def test_read_of_a_file_cut_off_says_so(length):
    stored = kept()
    bytes_on_disk(stored).write_bytes(bytes_on_disk(stored).read_bytes()[:length])
    with pytest.raises(keeping.FileDamaged):
        keeping.read(stored)


@pytest.mark.usefixtures("as_software")
def test_read_of_another_file_in_its_place_says_so():
    one, other = kept(PDF), kept(PDF + b"\n")
    bytes_on_disk(one).write_bytes(bytes_on_disk(other).read_bytes())
    with pytest.raises(keeping.FileDamaged):
        keeping.read(one)


@pytest.mark.usefixtures("as_software")
def test_read_of_a_file_whose_row_says_another_hash_gives_no_last_byte():
    stored = kept()
    stored.sha256 = "0" * 64
    given: list[bytes] = []
    with pytest.raises(keeping.FileDamaged):
        given.extend(keeping.stream(stored))
    assert sum(map(len, given)) < len(PDF)


@pytest.mark.usefixtures("as_software")
def test_read_of_a_file_that_is_gone_says_so():
    stored = kept()
    bytes_on_disk(stored).unlink()
    with pytest.raises(keeping.FileMissing):
        keeping.read(stored)


def test_write_ten_megabyte_logo_that_is_a_zip_is_refused_for_its_type():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("big", os.urandom(10 * content.MEGABYTE))
    with pytest.raises(content.WrongType) as refusal:
        keeping.write(archive.getvalue(), party_id=1, purpose=Purpose.LOGO, name="logo.png")
    assert refusal.value.found == "application/zip"
    assert refusal.value.taken == {"image/png", "image/jpeg"}


def test_write_logo_over_a_megabyte_is_refused_with_the_limit():
    with pytest.raises(content.FileTooLarge) as refusal:
        keeping.write(picture() + b"\0" * content.MEGABYTE, party_id=1, purpose=Purpose.LOGO)
    assert refusal.value.limit == content.MEGABYTE


def test_write_empty_file_is_refused():
    with pytest.raises(content.EmptyFile):
        keeping.write(b"", party_id=1, purpose=Purpose.ATTACHMENT)


def bomb(width: int, height: int) -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * ((width // 8 + 1) * 400), 9)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", rows) + part(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (6_001, 10), (5_000, 5_000)])
def test_write_logo_that_would_fill_the_memory_is_refused(size):
    with pytest.raises(content.TooManyPixels):
        keeping.write(bomb(*size), party_id=1, purpose=Purpose.LOGO)


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: data[:30] + b"\0" * 60])
def test_write_damaged_logo_is_refused(damage):
    with pytest.raises(content.BadPicture):
        keeping.write(damage(picture((300, 300), "JPEG")), party_id=1, purpose=Purpose.LOGO)


@pytest.mark.usefixtures("as_software")
def test_write_logo_leaves_out_what_rode_along():
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    data = picture((40, 30), "JPEG", exif=exif)
    assert b"secret place" in data
    clean = keeping.read(kept(data + b"PK\x03\x04tail", Purpose.LOGO))
    assert b"secret place" not in clean
    assert b"tail" not in clean
    assert Image.open(io.BytesIO(clean)).size == (40, 30)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_clean_picture_keeps_every_kind_of_colour(mode):
    out = io.BytesIO()
    Image.new(mode, (5, 4)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert Image.open(io.BytesIO(content.clean_picture(out.getvalue()))).size == (5, 4)


@pytest.mark.parametrize("moment", ["write", "fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_write_on_a_full_disk_says_so_and_leaves_nothing(monkeypatch, moment, code):
    def full(*args, **kwargs):
        raise OSError(code, "full")

    if moment == "write":
        monkeypatch.setattr(ContentFile, "chunks", full)
        monkeypatch.setattr("django.core.files.base.File.chunks", full)
    else:
        monkeypatch.setattr(*((os, "fsync", full) if moment == "fsync" else (Path, "replace", full)))
    with pytest.raises(StorageFull):
        keeping.write(PDF, party_id=1, purpose=Purpose.PAPER)
    assert list(Path(default_storage.path("")).rglob("*.part")) == []


@pytest.mark.django_db(transaction=True)
def test_keep_without_a_transaction_is_refused():
    written = keeping.write(PDF, party_id=1, purpose=Purpose.PAPER)
    with acting(System("test")), pytest.raises(RuntimeError, match="transaction"):
        keeping.keep(written)


@pytest.mark.usefixtures("as_software")
def test_drop_orphans_leaves_kept_files_and_fresh_ones():
    stored = kept()
    orphan = keeping.write(PDF, party_id=1, purpose=Purpose.PAPER)
    assert keeping.drop_orphans(datetime.now(UTC) - timedelta(hours=1)) == 0
    keeping.drop_orphans(datetime.now(UTC) + timedelta(minutes=1))
    assert not default_storage.exists(orphan.place)
    assert keeping.read(stored) == PDF


@pytest.mark.usefixtures("as_software")
def test_discard_drops_row_and_bytes(django_capture_on_commit_callbacks):
    stored = kept()
    with django_capture_on_commit_callbacks(execute=True):
        keeping.discard(stored)
    assert not StoredFile.objects.filter(pk=stored.pk).exists()
    assert not default_storage.exists(stored.place)


def test_files_of_another_party_are_not_found(db):
    with acting(System("test")):
        stored = kept(party_id=1)
    for party, found in ((1, True), (2, False)):
        with acting(Actor(person_id=1, party_id=party, role=Role.OWNER)):
            assert StoredFile.objects.filter(pk=stored.pk).exists() is found
    with pytest.raises(NoActor):
        StoredFile.objects.get(pk=stored.pk)


@pytest.mark.parametrize("size", [0, 1, streams.CHUNK - 1, streams.CHUNK, streams.CHUNK + 1, 3 * streams.CHUNK])
def test_stream_of_any_length_opens_again(size):
    plain, out = os.urandom(size), io.BytesIO()
    sealer = streams.Sealer(out, b"k" * 32, {"key": "a"})
    for at in range(0, size, 5000):
        sealer.write(plain[at : at + 5000])
    sealer.close()
    sealer.close()
    out.seek(0)
    assert b"".join(streams.opened(out, lambda header: b"k" * 32)) == plain


def test_stream_with_two_chunks_swapped_is_refused():
    out = io.BytesIO()
    sealer = streams.Sealer(out, b"k" * 32, {"key": "a"})
    sealer.write(b"x" * streams.CHUNK * 3)
    sealer.close()
    data, block = out.getvalue(), streams.CHUNK + streams.TAG
    head = len(data) - 3 * block
    swapped = data[:head] + data[head + block : head + 2 * block] + data[head : head + block] + data[head + 2 * block :]
    with pytest.raises(streams.Damaged):
        list(streams.opened(io.BytesIO(swapped), lambda header: b"k" * 32))
