"""Documents in clear straight to text: the same as by way of the wire's values."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sistemats.codes import Call, Channel, DocumentType, ExpenseType, Operation
from sistemats.crypto import Opener, Sealer
from sistemats.documents import BatchEntry, DocumentId, ExpenseDocument, Item, Sender
from sistemats.envelopes import (
    HttpRequest,
    InsertRequest,
    InvalidRequest,
    Sealing,
    WireRequest,
    WrittenRequest,
    build_request,
    parse_request,
)
from sistemats.envelopes.text import batch_document_text

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000)
_IDS = st.builds(DocumentId, _TEXTS, st.dates(), _TEXTS, st.integers(-1, 1000))
_ITEMS = st.builds(
    Item,
    st.sampled_from(ExpenseType),
    _AMOUNTS,
    st.none() | _TEXTS,
    st.none() | _AMOUNTS,
    st.none() | _TEXTS,
)
_DOCUMENTS = st.builds(
    ExpenseDocument,
    _IDS,
    st.dates(),
    st.lists(_ITEMS, max_size=3).map(tuple),
    st.none() | st.sampled_from(["", "RSSMRA80A01H501U", base64.b64encode(bytes(128)).decode()]),
    st.booleans(),
    st.sampled_from([None, True, False]),
    st.none() | st.sampled_from(DocumentType),
    st.sampled_from([None, True, False]),
)


def _put_right(document: ExpenseDocument) -> ExpenseDocument:
    """Return a document with what the schema wants, and flags and items as they are."""
    items = tuple(
        replace(item, amount=Decimal(90), flag=None, vat_rate=None, vat_nature="N&4")
        for item in document.items or (Item(ExpenseType.SP, Decimal(0)),)
    )
    day = date(2026, 3, 2)
    return replace(document, id=DocumentId("65498732105", day, "FT1"), paid_on=day, items=items)


def _built(request: WireRequest | WrittenRequest) -> HttpRequest | str:
    """Return what would be sent, or why nothing is."""
    try:
        return build_request(request)
    except InvalidRequest as problem:
        return str(problem)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entry=st.builds(BatchEntry, _DOCUMENTS, st.sampled_from(Operation), st.none() | _IDS))
def test_batch_text_is_the_text_of_the_batch_document(entry: BatchEntry, sender: Sender, constant: Sealer) -> None:
    sealing = Sealing(sender, constant)
    assert sealing.batch_text(entry) == batch_document_text(sealing.batch_document(entry))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=_DOCUMENTS, original=_IDS, right=st.booleans())
def test_written_comes_to_the_bytes_of_the_request(
    document: ExpenseDocument, original: DocumentId, right: bool, pharmacy: Sender, constant: Sealer
) -> None:
    sender = replace(pharmacy, channel=Channel.ENTRATE, pin="<&>", intermediary="07874631000-000")
    sealing = Sealing(sender, constant)
    if right:
        document = _put_right(document)
        original = document.id
    pairs = (
        (sealing.written(Call.INSERT, document), sealing.insert(document)),
        (sealing.written(Call.CHANGE, document), sealing.change(document)),
        (sealing.written(Call.REFUND, document, original), sealing.refund(original, document)),
    )
    for written, wire in pairs:
        built = _built(written)
        assert built == _built(wire)
        assert isinstance(built, HttpRequest) or not right


def test_written_seals_the_citizen_anew_and_the_rest_once_unless_told_otherwise(
    sender: Sender, sealer: Sealer, opener: Opener, document: ExpenseDocument
) -> None:
    for afresh in (False, True):
        sealing = Sealing(sender, sealer, afresh=afresh)
        first, second = (_sent(sealing, document) for _ in range(2))
        assert first.document.citizen != second.document.citizen
        assert opener.open(first.document.citizen or "") == document.citizen_code
        assert ((first.pin, first.owner) == (second.pin, second.owner)) is not afresh
        assert opener.open(second.pin) == sender.pin


def _sent(sealing: Sealing, document: ExpenseDocument) -> InsertRequest:
    request = build_request(sealing.written(Call.INSERT, document))
    wire = parse_request(request.content_type, request.body)
    assert isinstance(wire, InsertRequest)
    return wire
