"""Batch files: split under the limit, streaming, whole; archives read with limits."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sistemats.crypto import Opener, Sealer
from sistemats.documents import BatchEntry, ExpenseDocument, Sender
from sistemats.envelopes import (
    BatchFile,
    Sealing,
    WireBatchDocument,
    WireOwner,
    pack_one,
    read_archive,
    read_batch,
    read_batch_archive,
    seal_batch,
    unpack_one,
    write_batch,
)
from sistemats.envelopes.archive import Packer
from sistemats.envelopes.batch import InvalidBatch
from sistemats.errors import BadArchive, EmptyArchive, ForbiddenXml, UnreadableMessage

MakeDocument = Callable[[int], ExpenseDocument]


def wire_documents(sealing: Sealing, make: MakeDocument, count: int) -> Iterator[WireBatchDocument]:
    for number in range(count):
        yield sealing.batch_document(BatchEntry(make(number)))


@pytest.fixture
def sealing(sender: Sender, sealer: Sealer) -> Sealing:
    return Sealing(sender, sealer)


@pytest.mark.parametrize("limit", [1_000, 2_000, 5_000, 12_000])
def test_write_batch_keeps_every_file_under_the_limit_and_loses_nothing(
    sealing: Sealing, make_document: MakeDocument, limit: int
) -> None:
    owner = sealing.owner()
    documents = list(wire_documents(sealing, make_document, 120))
    files = list(write_batch(owner, documents, "prova", limit))
    assert len(files) > 1
    read_back: list[WireBatchDocument] = []
    for number, file in enumerate(files, 1):
        assert len(file.archive) < limit
        assert file.name == f"prova-{number:04d}.zip"
        assert file.first == len(read_back)
        found_owner, found = read_batch_archive(file.archive)
        entries = list(found)
        assert found_owner == owner
        assert len(entries) == file.count
        read_back += entries
    assert read_back == documents


def test_write_batch_fills_files_well(sealing: Sealing, make_document: MakeDocument) -> None:
    limit = 60_000
    files = list(write_batch(sealing.owner(), wire_documents(sealing, make_document, 1000), "prova", limit))
    assert len(files) > 2
    assert all(len(file.archive) > limit * 0.93 for file in files[:-1])


def test_write_batch_yields_before_the_input_ends(sealing: Sealing, make_document: MakeDocument) -> None:
    taken = []

    def endless() -> Iterator[WireBatchDocument]:
        number = 0
        while True:
            taken.append(number)
            yield sealing.batch_document(BatchEntry(make_document(number)))
            number += 1

    assert isinstance(next(write_batch(sealing.owner(), endless(), "prova", 3_000)), BatchFile)
    assert len(taken) < 20


def test_write_batch_makes_archives_like_the_official_ones(sealing: Sealing, make_document: MakeDocument) -> None:
    (file,) = write_batch(sealing.owner(), wire_documents(sealing, make_document, 3), "prova")
    with zipfile.ZipFile(io.BytesIO(file.archive)) as archive:
        assert archive.testzip() is None
        (info,) = archive.infolist()
        assert info.filename == "prova-0001.xml"
        assert archive.read(info).startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert "archive" not in repr(file)


def test_write_batch_of_nothing_yields_nothing(sealing: Sealing) -> None:
    assert list(write_batch(sealing.owner(), [], "prova")) == []


def test_write_batch_names_the_document_that_breaks_the_schema(
    sealing: Sealing, make_document: MakeDocument, document: ExpenseDocument
) -> None:
    good = sealing.batch_document(BatchEntry(make_document(0)))
    bad = WireBatchDocument(good.document, "X")
    with pytest.raises(InvalidBatch) as refused:
        list(write_batch(sealing.owner(), [good, good, bad], "prova"))
    assert refused.value.index == 2
    assert "Document 3" in str(refused.value)
    with pytest.raises(InvalidBatch) as owner_refused:
        list(write_batch(WireOwner(region="1"), [good], "prova"))
    assert owner_refused.value.index is None


@pytest.mark.parametrize("stem", ["x" * 60, "città", "a/b", "a\\b", "a\nb"])
def test_write_batch_refuses_names_the_service_refuses(
    sealing: Sealing, make_document: MakeDocument, stem: str
) -> None:
    with pytest.raises(ValueError, match="6 to 60"):
        list(write_batch(sealing.owner(), wire_documents(sealing, make_document, 1), stem))


@pytest.mark.parametrize("limit", [2_000, 5_000_000])
def test_seal_batch_writes_what_write_batch_writes(
    limit: int, sender: Sender, constant: Sealer, make_document: MakeDocument
) -> None:
    sealing = Sealing(sender, constant)
    entries = [BatchEntry(make_document(number)) for number in range(30)]
    wires = map(sealing.batch_document, entries)
    files = list(seal_batch(sealing, entries, "prova", limit))
    assert files == list(write_batch(sealing.owner(), wires, "prova", limit))
    assert sum(file.count for file in files) == 30


def test_seal_batch_seals_a_code_anew_in_every_document(
    sealing: Sealing, opener: Opener, document: ExpenseDocument
) -> None:
    (file,) = seal_batch(sealing, [BatchEntry(document), BatchEntry(document)], "prova")
    first, second = (entry.document.citizen or "" for entry in read_batch_archive(file.archive)[1])
    assert first != second
    assert opener.open(first) == opener.open(second) == document.citizen_code


def test_seal_batch_names_the_document_that_breaks_the_schema(sealing: Sealing, make_document: MakeDocument) -> None:
    bad = replace(make_document(1), id=replace(make_document(1).id, number="con spazio"))
    with pytest.raises(InvalidBatch) as refused:
        list(seal_batch(sealing, map(BatchEntry, [make_document(0), bad]), "prova"))
    assert refused.value.index == 1


@pytest.mark.parametrize("text", ["\x00", "\ufffe", "\ud800"])
def test_write_batch_refuses_characters_that_xml_cannot_hold(
    text: str, sealing: Sealing, make_document: MakeDocument
) -> None:
    good = sealing.batch_document(BatchEntry(make_document(0)))
    bad = replace(good, document=replace(good.document, citizen=text))
    with pytest.raises(InvalidBatch, match="characters that XML cannot hold") as refused:
        list(write_batch(sealing.owner(), [good, bad], "prova"))
    assert refused.value.index == 1
    with pytest.raises(InvalidBatch, match="characters that XML cannot hold") as owner_refused:
        list(write_batch(WireOwner(code=text), [good], "prova"))
    assert owner_refused.value.index is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.binary(max_size=3000), max_size=30), settle=st.booleans())
def test_packer_never_exceeds_its_bound(chunks: list[bytes], settle: bool) -> None:
    packer = Packer("a.xml")
    for chunk in chunks:
        packer.write(chunk)
        if settle:
            packer.settle()
    bound = packer.upper_bound
    archive = packer.finish()
    assert len(archive) <= bound
    assert unpack_one(archive) == b"".join(chunks)


def _zip(*files: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_read_archive_refuses_bombs_without_unpacking_them() -> None:
    bomb = _zip(("a.xml", b"\0" * 3_000_000))
    with pytest.raises(BadArchive, match="more than is accepted"):
        read_archive(bomb, max_unpacked=1_000_000)
    lying = bomb.replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(BadArchive):
        read_archive(lying, max_unpacked=1_000_000)
    many = _zip(*((f"{n}.xml", b"\0" * 400_000) for n in range(3)))
    with pytest.raises(BadArchive, match="more than is accepted"):
        read_archive(many, max_unpacked=1_000_000)


def test_unpack_one_wants_exactly_one_file() -> None:
    assert unpack_one(_zip(("folder/", b""), ("folder/a.xml", b"x"))) == b"x"
    with pytest.raises(BadArchive, match="2 files"):
        unpack_one(_zip(("a", b""), ("b", b"")))
    for nothing in (b"", _zip()):
        with pytest.raises(EmptyArchive):
            unpack_one(nothing)


def test_read_archive_refuses_encrypted_and_damaged_ones() -> None:
    good = bytearray(pack_one("a.xml", b"content" * 50))
    encrypted = bytearray(good)
    encrypted[6] |= 1
    start = encrypted.index(b"PK\1\2")
    encrypted[start + 8] |= 1
    for bad in (bytes(encrypted), bytes(good[:-30]), bytes(good[:40]) + b"\xff" * 20 + bytes(good[60:]), b"PK\3\4"):
        with pytest.raises(BadArchive):
            read_archive(bad)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b"", UnreadableMessage),
        (b"<precompilata>", UnreadableMessage),
        (b"<altro/>", UnreadableMessage),
        (b'<precompilata xmlns="urn:x"/>', UnreadableMessage),
        (b"<precompilata><documentoSpesa/></precompilata>", UnreadableMessage),
        (b"<!DOCTYPE precompilata [<!ENTITY a 'b'>]><precompilata/>", ForbiddenXml),
        (b"<precompilata><proprietario><codiceAsl/></proprietario></precompilata>", InvalidBatch),
        (b"<precompilata><proprietario/></precompilata>", InvalidBatch),
        (b"<precompilata><proprietario/><documentoSpesa/></precompilata>", InvalidBatch),
        (b"<precompilata><proprietario/><estraneo/></precompilata>", InvalidBatch),
        (b"<precompilata><proprietario/><documentoSpesa>", UnreadableMessage),
    ],
)
def test_read_batch_refuses_what_is_no_batch_file(text: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        list(read_batch(io.BytesIO(text))[1])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(citizen=st.text(max_size=256))
def test_write_batch_escapes_whatever_it_is_given(citizen: str, sealing: Sealing, make_document: MakeDocument) -> None:
    good = sealing.batch_document(BatchEntry(make_document(0)))
    nasty = replace(good, document=replace(good.document, citizen=citizen))
    try:
        (file,) = write_batch(WireOwner(), [good, nasty, good], "prova")
    except InvalidBatch as problem:
        refused: InvalidBatch | None = problem
        file = None
    else:
        refused = None
    if file is None:
        assert refused is not None
        assert refused.index == 1
        return
    first, second, third = read_batch_archive(file.archive)[1]
    assert (first, third) == (good, good)
    assert second.document.citizen == citizen
