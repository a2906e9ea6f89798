"""The batch file: documents stream into zips under the limit, one owner a file; and back, streaming too.

Neither way holds more than one document and one archive (under 5 000 000 bytes) in memory.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from lxml import etree

from sistemats.documents import BatchEntry
from sistemats.envelopes.archive import MAX_ARCHIVE, MAX_UNPACKED, Packer, unpack_one
from sistemats.envelopes.elements import read_batch_document, read_owner
from sistemats.envelopes.sealing import Sealing
from sistemats.envelopes.text import batch_document_text, owner_text
from sistemats.envelopes.wire import WireBatchDocument, WireOwner
from sistemats.errors import ForbiddenXml, SistemaTSError, UnreadableMessage
from sistemats.schemas import SchemaProblem, validate_batch, validate_batch_document, validate_batch_owner
from sistemats.xml import read_back

_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<precompilata>'
_TAIL = b"</precompilata>\n"
_GROUP_HEAD, _GROUP_TAIL = b"<precompilata><proprietario/>", b"</precompilata>"
_NO_CHARACTERS = "characters that XML cannot hold"
_LEVEL = 3  # most of a document is ciphertext: 6 takes three quarters longer and saves a twentieth of the bytes
_GROUP, _BYTES_PER_GROUPED = 64, 50_000  # documents handled at once; fewer when files are small


class InvalidBatch(SistemaTSError):
    """A batch document or owner block that breaks the schema. `index` counts documents from 0, None for the owner."""

    def __init__(self, index: int | None, problems: list[SchemaProblem]) -> None:
        """Keep the problems and read as the first of them."""
        self.index = index
        self.problems = tuple(problems)
        where = "The owner block" if index is None else f"Document {index + 1}"
        super().__init__(f"{where} breaks the schema: {'; '.join(map(str, problems[:3]))}")


@dataclass(frozen=True, slots=True)
class BatchFile:
    """One finished archive: its name, the bytes, and which documents of the input it holds (`first` from 0)."""

    name: str
    archive: bytes = field(repr=False)
    first: int
    count: int


def write_batch(
    owner: WireOwner,
    documents: Iterable[WireBatchDocument],
    stem: str,
    max_bytes: int = MAX_ARCHIVE,
) -> Iterator[BatchFile]:
    """Yield the archives that hold `documents`, in order, each smaller than `max_bytes`.

    Files are named `<stem>-0001.zip` and so on. Every document is checked against the schema on its way.

    :raises InvalidBatch: the owner block or a document breaks the schema
    :raises ValueError: a stem that makes a name of fewer than 6 or more than 60 characters, or not ASCII
    """
    return _fill(owner, map(batch_document_text, documents), stem, max_bytes)


def seal_batch(
    sealing: Sealing,
    entries: Iterable[BatchEntry],
    stem: str,
    max_bytes: int = MAX_ARCHIVE,
) -> Iterator[BatchFile]:
    """Yield the archives of `write_batch` for documents in clear, sealed for the sender of `sealing`.

    This is the short way for many: no value of the wire is made for each of them.

    :raises InvalidBatch: the owner block or a document breaks the schema
    :raises NotSealable: a code that cannot be encrypted
    :raises ValueError: a stem that makes a name of fewer than 6 or more than 60 characters, or not ASCII
    """
    return _fill(sealing.owner(), map(sealing.batch_text, entries), stem, max_bytes)


def _fill(owner: WireOwner, texts: Iterable[str], stem: str, max_bytes: int) -> Iterator[BatchFile]:
    writer = _Writer(stem, _HEAD + _owner_bytes(owner), max_bytes)
    size = max(1, min(_GROUP, max_bytes // _BYTES_PER_GROUPED))
    waiting = iter(texts)
    while group := list(islice(waiting, size)):
        yield from writer.add(group)
    yield from writer.finish()


class _Writer:
    """Writes documents as text in groups, validates the very bytes that will leave, and fills files."""

    __slots__ = ("_file", "_head", "_limit", "_serial", "_stem", "_taken")

    def __init__(self, stem: str, head: bytes, limit: int) -> None:
        self._stem, self._head, self._limit = stem, head, limit
        self._serial, self._taken = 1, 0
        self._file = _OpenFile(_name(stem, 1), head, 0, limit)

    def add(self, texts: list[str]) -> Iterator[BatchFile]:
        """Add documents; yield the files that are full."""
        whole = _encoded("".join(texts))
        if not _is_valid(whole):
            self._blame(texts)
        if self._file.fits(len(whole)):
            self._file.add(whole, len(texts))
            self._taken += len(texts)
            return
        for text in texts:
            data = _encoded(text)
            if self._file.count and not self._file.fits(len(data)):
                yield self._file.close()
                self._serial += 1
                self._file = _OpenFile(_name(self._stem, self._serial), self._head, self._taken, self._limit)
            self._file.add(data, 1)
            self._taken += 1

    def finish(self) -> Iterator[BatchFile]:
        """Yield the last file, if anything is in it."""
        if self._file.count:
            yield self._file.close()

    def _blame(self, texts: list[str]) -> None:
        """Find the document that breaks the schema.

        :raises InvalidBatch: for the first one
        """
        for index, text in enumerate(texts, self._taken):
            try:
                problems = validate_batch_document(read_back(_encoded(text)))
            except UnreadableMessage:
                problems = [SchemaProblem("/documentoSpesa", "CHARACTERS", _NO_CHARACTERS)]
            if problems:
                raise InvalidBatch(index, problems)
        raise InvalidBatch(
            self._taken, [SchemaProblem("/documentoSpesa", "ELEMENT_CONTENT", "expected documentoSpesa")]
        )


def _encoded(text: str) -> bytes:
    """Return a text as bytes; half a character becomes a reference that no parser takes."""
    return text.encode("utf-8", "xmlcharrefreplace")


def _is_valid(documents: bytes) -> bool:
    try:
        return not validate_batch(read_back(_GROUP_HEAD + documents + _GROUP_TAIL))
    except UnreadableMessage:
        return False


def _name(stem: str, serial: int) -> str:
    name = f"{stem}-{serial:04d}.zip"
    if not (6 <= len(name) <= 60 and name.isascii() and name.isprintable() and "/" not in name and "\\" not in name):
        raise ValueError("A file name needs 6 to 60 plain characters, without a path; choose another stem.")
    return name


def _owner_bytes(owner: WireOwner) -> bytes:
    written = _encoded(owner_text("", "proprietario", owner))
    try:
        problems = validate_batch_owner(read_back(written))
    except UnreadableMessage:
        problems = [SchemaProblem("/proprietario", "CHARACTERS", _NO_CHARACTERS)]
    if problems:
        raise InvalidBatch(None, problems)
    return written


class _OpenFile:
    """An archive that documents still go into."""

    __slots__ = ("_limit", "_packer", "count", "first", "name")

    def __init__(self, name: str, head: bytes, first: int, limit: int) -> None:
        self.name, self.first, self.count, self._limit = name, first, 0, limit
        self._packer = Packer(name.removesuffix(".zip") + ".xml", _LEVEL)
        self._packer.write(head)

    def fits(self, size: int) -> bool:
        """Tell whether `size` more bytes keep the archive under the limit, settling the compressor if in doubt."""
        room = size + (size >> 10) + 64 + len(_TAIL)
        if self._packer.upper_bound + room < self._limit:
            return True
        self._packer.settle()
        return self._packer.upper_bound + room < self._limit

    def add(self, data: bytes, count: int) -> None:
        self._packer.write(data)
        self.count += count

    def close(self) -> BatchFile:
        self._packer.write(_TAIL)
        return BatchFile(self.name, self._packer.finish(), self.first, self.count)


def read_batch_archive(
    archive: bytes, max_unpacked: int = MAX_UNPACKED
) -> tuple[WireOwner, Iterator[WireBatchDocument]]:
    """Open an archive and read its only file as `read_batch` does.

    :raises BadArchive: not a zip with one file (`EmptyArchive` when there is nothing)
    """
    return read_batch(io.BytesIO(unpack_one(archive, max_unpacked)))


def read_batch(stream: io.BufferedIOBase) -> tuple[WireOwner, Iterator[WireBatchDocument]]:
    """Read a batch file: the owner at once, the documents one by one, each checked against the schema.

    :raises UnreadableMessage: not XML, another root, or no owner before the documents
    :raises InvalidBatch: the owner breaks the schema; while iterating, a document does
    """
    events = _events(stream)
    for kind, element in events:
        if kind == "start":
            _check_start(element)
        elif element.tag == "proprietario":
            problems = validate_batch_owner(element)
            if problems:
                raise InvalidBatch(None, problems)
            owner = read_owner(element) or WireOwner()
            return owner, _documents(events)
        elif element.tag == "documentoSpesa":
            break
    raise UnreadableMessage("The batch file has no proprietario before its documents.")


def _check_start(element: etree._Element) -> None:
    if element.getparent() is None:
        if element.tag != "precompilata":
            raise UnreadableMessage("The root of a batch file must be precompilata, in no namespace.")
        if element.getroottree().docinfo.internalDTD is not None:
            raise ForbiddenXml("The XML declares a document type or an entity.")


def _events(stream: io.BufferedIOBase) -> Iterator[tuple[str, etree._Element]]:
    parser = etree.iterparse(
        stream,
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        yield from parser
    except etree.XMLSyntaxError:
        raise UnreadableMessage("The batch file is not well-formed XML.") from None


def _documents(events: Iterator[tuple[str, etree._Element]]) -> Iterator[WireBatchDocument]:
    index = 0
    for kind, element in events:
        parent = element.getparent()
        if kind != "end" or parent is None or parent.getparent() is not None:
            continue
        problems = validate_batch_document(element)
        if problems:
            raise InvalidBatch(index, problems)
        yield read_batch_document(element)
        index += 1
        element.clear()
        while element.getprevious() is not None:
            del parent[0]
    if not index:
        raise InvalidBatch(None, [SchemaProblem("/precompilata", "ELEMENT_CONTENT", "expected documentoSpesa")])
