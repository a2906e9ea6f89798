"""Writing, reading and dropping kept files.

A file is written first, outside of any transaction, and its row is kept in the transaction of the deed; when that
fails, the bytes are found later by `drop_orphans`. A file is dropped by its row; the bytes follow the commit.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, BinaryIO, cast

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from sportello.core import streams
from sportello.core.files.content import LOOK_AT, PICTURES, Purpose, check, clean_picture
from sportello.core.keys import ring
from sportello.core.models import StoredFile
from sportello.core.storage import whole_or_full

SPOOL = 1024 * 1024


class FileDamaged(RuntimeError):
    """The bytes of a kept file are not those that were kept: restore the file from a backup."""


class FileMissing(FileDamaged):
    """The bytes of a kept file are gone: restore the file from a backup."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file whose bytes are in the storage and whose row is still to be kept."""

    uid: uuid.UUID
    party_id: int
    purpose: Purpose
    name: str = field(repr=False)
    media_type: str
    size: int
    sha256: str
    place: str
    key_id: str


def write(source: BinaryIO | bytes, *, party_id: int, purpose: Purpose, name: str = "") -> Written:
    """
    Check a file, close it and write it to the storage; a logo is drawn anew first.

    :param name: what its owner calls it, kept encrypted
    :raises FileRefused: empty, too large, of a wrong type, a picture that does not open
    :raises StorageFull: no room; nothing is left behind
    """
    plain = io.BytesIO(source) if isinstance(source, bytes) else source
    size = _size(plain)
    start = plain.read(LOOK_AT)
    kind = check(start, size, purpose)
    plain.seek(0)
    if kind in PICTURES and purpose is Purpose.LOGO:
        plain = io.BytesIO(clean_picture(plain.read()))
    return _seal(plain, party_id, purpose, name, kind)


def keep(written: Written) -> StoredFile:
    """
    Keep the row of a written file, inside the caller's transaction.

    :raises RuntimeError: no transaction is open
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a file is kept in the transaction of the deed it belongs to")
    return StoredFile.objects.create(
        uid=written.uid,
        party_id=written.party_id,
        purpose=written.purpose.value,
        name=written.name,
        media_type=written.media_type,
        size=written.size,
        sha256=written.sha256,
        place=written.place,
        key_id=written.key_id,
        created_at=datetime.now(UTC),
    )


def read(stored: StoredFile) -> bytes:
    """
    Return the whole file, checked against the hash it was kept with.

    :raises FileMissing: the bytes are gone
    :raises FileDamaged: they are not those that were kept
    :raises KeyMissing: they were closed under a key that the ring does not hold
    """
    return b"".join(stream(stored))


def stream(stored: StoredFile) -> Iterator[bytes]:
    """
    Yield the file piece by piece; the last piece comes only if size and hash are right.

    :raises FileMissing: the bytes are gone
    :raises FileDamaged: they are not those that were kept
    :raises KeyMissing: they were closed under a key that the ring does not hold
    """
    digest, size, held = hashlib.sha256(), 0, b""
    try:
        with default_storage.open(stored.place, "rb") as closed:
            for piece in streams.opened(cast(BinaryIO, closed), lambda header: _master(stored, header)):
                digest.update(piece)
                size += len(piece)
                if held:
                    yield held
                held = piece
    except FileNotFoundError:
        raise FileMissing(f"the bytes of file {stored.pk} are gone") from None
    except streams.Damaged:
        raise FileDamaged(f"the bytes of file {stored.pk} were altered") from None
    if digest.hexdigest() != stored.sha256 or size != stored.size:
        raise FileDamaged(f"the bytes of file {stored.pk} are not those that were kept")
    yield held


def discard(stored: StoredFile) -> None:
    """Drop a kept file, inside the caller's transaction: its row at once, its bytes when that commits."""
    place = stored.place
    StoredFile.objects.filter(pk=stored.pk).delete()
    transaction.on_commit(lambda: default_storage.delete(place))


def close_anew(stored: StoredFile) -> bool:
    """Close a kept file under the writing key, in a new place; the row moves in one update. False: nothing to do."""
    if stored.key_id == ring().active:
        return False
    with tempfile.SpooledTemporaryFile(max_size=SPOOL) as closed:
        key_id = _close(cast(BinaryIO, closed), stream(stored), stored.party_id, stored.uid)
        place = default_storage.save(_place(stored.uid), File(cast(IO[bytes], closed)))
    old = stored.place
    with transaction.atomic():
        mine = StoredFile.objects.filter(pk=stored.pk, place=old)
        moved = bool(mine.update(place=place, key_id=key_id))
        transaction.on_commit(lambda: default_storage.delete(old if moved else place))
    return moved


def drop_orphans(before: datetime) -> int:
    """Delete bytes written before this instant that no row points to. Return how many files went."""
    dropped = 0
    for place in list(_places()):
        if StoredFile.objects.filter(place=place).exists():
            continue
        if default_storage.get_modified_time(place) < before:
            default_storage.delete(place)
            dropped += 1
    return dropped


def _places() -> Iterator[str]:
    if not default_storage.exists("kept"):
        return
    folders, _ = default_storage.listdir("kept")
    for folder in sorted(folders):
        yield from (f"kept/{folder}/{name}" for name in sorted(default_storage.listdir(f"kept/{folder}")[1]))


def _size(plain: BinaryIO) -> int:
    """Return the size in bytes and go back to the start; what is uploaded can always be read twice."""
    size = plain.seek(0, io.SEEK_END)
    plain.seek(0)
    return size


def _seal(plain: BinaryIO, party_id: int, purpose: Purpose, name: str, kind: str) -> Written:
    uid, digest, size = uuid.uuid4(), hashlib.sha256(), 0

    def pieces() -> Iterator[bytes]:
        nonlocal size
        while piece := plain.read(streams.CHUNK):
            digest.update(piece)
            size += len(piece)
            yield piece

    with whole_or_full(), tempfile.SpooledTemporaryFile(max_size=SPOOL) as closed:
        key_id = _close(cast(BinaryIO, closed), pieces(), party_id, uid)
        place = default_storage.save(_place(uid), File(cast(IO[bytes], closed)))
    return Written(uid, party_id, purpose, name[:200], kind, size, digest.hexdigest(), place, key_id)


def _close(out: BinaryIO, pieces: Iterator[bytes], party_id: int, uid: uuid.UUID) -> str:
    key_id = ring().active
    sealer = streams.Sealer(out, ring().derived(key_id, _purpose(party_id, uid)), {"key": key_id})
    for piece in pieces:
        sealer.write(piece)
    sealer.close()
    out.seek(0)
    return key_id


def _master(stored: StoredFile, header: streams.Header) -> bytes:
    return ring().derived(str(header["key"]), _purpose(stored.party_id, stored.uid))


def _purpose(party_id: int, uid: uuid.UUID) -> str:
    return f"file|party:{party_id}|{uid}"


def _place(uid: uuid.UUID) -> str:
    return f"kept/{uid.hex[:2]}/{uid.hex}{uuid.uuid4().hex[:6]}"
