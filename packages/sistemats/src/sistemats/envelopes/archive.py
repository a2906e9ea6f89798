"""The zip: one deflated entry made by hand while documents stream in, and read back with limits.

Source: all archives of the kit hold one deflated, unencrypted entry with the archive's own base name. The limit of
5 MByte is not defined further, so files stay under 5 000 000 bytes.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from sistemats.errors import BadArchive, EmptyArchive

MAX_ARCHIVE = 5_000_000
MAX_UNPACKED = 200_000_000
_DOS_DATE = (1 << 5) | 1  # 1 January 1980: archives of the same content are the same bytes
_VERSION, _FLAGS, _DEFLATE = 20, 0x0800, 8


class Packer:
    """Deflates a stream and knows, without holding the text, how large the finished archive would be."""

    __slots__ = ("_chunks", "_crc", "_deflate", "_emitted", "_name", "_pending", "_total")

    def __init__(self, entry_name: str, level: int = 6) -> None:
        """Start an archive whose only entry is `entry_name` (ASCII)."""
        self._name = entry_name.encode("ascii")
        self._deflate = zlib.compressobj(level, zlib.DEFLATED, -15)
        self._chunks: list[bytes] = []
        self._crc = self._total = self._emitted = self._pending = 0

    def write(self, data: bytes) -> None:
        """Add bytes to the entry."""
        self._crc = zlib.crc32(data, self._crc)
        self._total += len(data)
        self._pending += len(data)
        self._keep(self._deflate.compress(data))

    def _keep(self, chunk: bytes) -> None:
        if chunk:
            self._chunks.append(chunk)
            self._emitted += len(chunk)

    @property
    def upper_bound(self) -> int:
        """Return a size in bytes that the finished archive cannot exceed."""
        slack = self._pending + (self._pending >> 10) + 64
        return self._emitted + slack + 76 + 2 * len(self._name) + 22

    def settle(self) -> None:
        """Push out what the compressor holds back, so that the bound comes close to the truth."""
        self._keep(self._deflate.flush(zlib.Z_SYNC_FLUSH))
        self._pending = 0

    def finish(self) -> bytes:
        """Return the archive."""
        self._keep(self._deflate.flush())
        fields = (_DEFLATE, 0, _DOS_DATE, self._crc, self._emitted, self._total, len(self._name), 0)
        local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", _VERSION, _FLAGS, *fields) + self._name
        central = struct.pack("<4sHHHHHHIIIHH", b"PK\1\2", _VERSION, _VERSION, _FLAGS, *fields)
        central += struct.pack("<HHHII", 0, 0, 0, 0, 0) + self._name
        start = len(local) + self._emitted
        end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(central), start, 0)
        return b"".join((local, *self._chunks, central, end))


def pack_one(entry_name: str, content: bytes) -> bytes:
    """Return an archive with one entry."""
    packer = Packer(entry_name)
    packer.write(content)
    return packer.finish()


def read_archive(data: bytes, max_unpacked: int = MAX_UNPACKED) -> dict[str, bytes]:
    """Unpack every file of an archive, folders left out.

    :raises EmptyArchive: no bytes, or no entry
    :raises BadArchive: not a zip, damaged, encrypted, or unpacking to more than `max_unpacked` bytes
    """
    if not data:
        raise EmptyArchive("The archive is empty.")
    files: dict[str, bytes] = {}
    left = max_unpacked
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                if info.is_dir():
                    continue
                files[info.filename] = _read_entry(archive, info, left)
                left -= len(files[info.filename])
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, OverflowError):
        raise BadArchive("The archive is not a valid zip.") from None
    if not files:
        raise EmptyArchive("The archive holds no file.")
    return files


def _read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    if info.flag_bits & 0x1:
        raise BadArchive("The archive is encrypted.")
    if info.file_size > limit:
        raise BadArchive("The archive unpacks to more than is accepted.")
    with archive.open(info) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise BadArchive("The archive unpacks to more than is accepted.")
    return content


def unpack_one(data: bytes, max_unpacked: int = MAX_UNPACKED) -> bytes:
    """Return the only file of an archive.

    :raises EmptyArchive: no bytes, or no entry
    :raises BadArchive: as `read_archive`, or more than one file
    """
    files = read_archive(data, max_unpacked)
    if len(files) != 1:
        raise BadArchive(f"The archive holds {len(files)} files: one is expected.")
    return next(iter(files.values()))
