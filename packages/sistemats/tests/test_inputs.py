"""Input files: JSON with its published schema, JSON lines, CSV, existing 730 files; errors name place and remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sistemats.codes import Channel, DocumentType, ExpenseType, Operation, SenderCategory
from sistemats.crypto import Sealer, looks_sealed
from sistemats.documents import BatchEntry, DocumentId, ExpenseDocument, Item, Sender
from sistemats.envelopes import Sealing, write_batch
from sistemats.errors import InputError
from sistemats.inputs import document_to_json, json_schema, open_input, read_entry, read_sender

GOOD: dict[str, Any] = {
    "id": {"vat_number": "00265910661", "issued_on": "2026-03-02", "number": "FT1"},
    "paid_on": "2026-03-02",
    "citizen_code": "BNCBRN75C15F205A",
    "traceable": True,
    "document_type": "F",
    "items": [{"expense_type": "SP", "amount": "90.00", "vat_nature": "N4"}],
}


def changed(*path: str | int, value: Any) -> dict[str, Any]:
    """A copy of GOOD with one member changed, or removed when the value is ... (Ellipsis)."""
    copy: dict[str, Any] = json.loads(json.dumps(GOOD))
    place: Any = copy
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return copy


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.fixture(scope="session")
def schema() -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(json.loads(json_schema()))
    return jsonschema.Draft202012Validator(json.loads(json_schema()))


def test_open_input_reads_json(tmp_path: Path, schema: Any) -> None:
    value = {
        "sender": {"category": "doctor", "channel": "direct"},
        "documents": [GOOD, changed("operation", value="C")],
    }
    schema.validate(value)
    opened = open_input(write(tmp_path, "a.json", json.dumps(value)))
    first, second = opened.documents
    assert opened.sender == value["sender"]
    assert first == BatchEntry(
        ExpenseDocument(
            DocumentId("00265910661", date(2026, 3, 2), "FT1"),
            date(2026, 3, 2),
            (Item(ExpenseType.SP, Decimal("90.00"), vat_nature="N4"),),
            "BNCBRN75C15F205A",
            traceable=True,
        )
    )
    assert second.operation is Operation.CANCEL
    (forced, _) = open_input(tmp_path / "a.json", Operation.CHANGE).documents
    assert forced.operation is Operation.CHANGE


def test_open_input_keeps_amounts_exact(tmp_path: Path) -> None:
    text = json.dumps({"documents": [GOOD]}).replace('"90.00"', "1234567.89")
    (entry,) = open_input(write(tmp_path, "a.json", text)).documents
    assert entry.document.items[0].amount == Decimal("1234567.89")


def test_open_input_reads_json_lines(tmp_path: Path) -> None:
    text = "\n".join([json.dumps(GOOD), "", json.dumps(changed("id", "number", value="FT2"))])
    numbers = [entry.document.id.number for entry in open_input(write(tmp_path, "a.jsonl", text)).documents]
    assert numbers == ["FT1", "FT2"]


WRONG: list[tuple[dict[str, Any], str]] = [
    (changed("id", value=...), "'id' is missing"),
    (changed("id", "vat_number", value=...), ".id: the member 'vat_number' is missing"),
    (changed("id", "vat_number", value=265910661), ".id.vat_number: text"),
    (changed("id", "issued_on", value="02/03/2026"), ".id.issued_on: a day as yyyy-mm-dd"),
    (changed("id", "device", value="1"), ".id.device: a whole number"),
    (changed("id", "device", value=True), ".id.device: a whole number"),
    (changed("items", value={}), ".items: a list"),
    (changed("items", 0, value=7), ".items[0]: an object"),
    (changed("items", 0, "amount", value="90,00"), ".items[0].amount: a number with a dot"),
    (changed("items", 0, "amount", value=True), ".items[0].amount: a number"),
    (changed("items", 0, "amount", value=...), "'amount' is missing"),
    (changed("items", 0, "expense_type", value="ZZ"), ".items[0].expense_type: one of"),
    (changed("traceable", value="SI"), ".traceable: true or false"),
    (changed("document_type", value="X"), ".document_type: one of F, D"),
    (changed("operation", value="insert"), ".operation: one of"),
    (changed("cittadino", value="x"), "unknown member 'cittadino'"),
    (changed("original", value={}), ".original: the member"),
]


@pytest.mark.parametrize(("value", "message"), WRONG, ids=[message for _, message in WRONG])
def test_read_entry_names_place_and_remedy_and_the_schema_agrees(
    value: dict[str, Any], message: str, schema: Any
) -> None:
    with pytest.raises(InputError) as refused:
        read_entry(value, "a.json.documents[3]")
    assert str(refused.value).startswith("a.json.documents[3]")
    assert message in str(refused.value)
    assert "BNCBRN" not in str(refused.value)
    assert not schema.is_valid({"documents": [value]})


ids = st.builds(
    DocumentId,
    st.from_regex(r"[0-9]{11}", fullmatch=True),
    st.dates(),
    st.from_regex(r"[A-Za-z0-9_./]{1,20}", fullmatch=True),
    st.integers(1, 999),
)
items = st.builds(
    Item,
    st.sampled_from(ExpenseType),
    st.decimals(0, 100000, places=2),
    st.sampled_from([None, "1", "2"]),
    st.none() | st.decimals(0, 100, places=2),
    st.sampled_from([None, "N4"]),
)
documents = st.builds(
    ExpenseDocument,
    ids,
    st.dates(),
    st.lists(items, max_size=3).map(tuple),
    st.sampled_from([None, "BNCBRN75C15F205A"]),
    st.booleans(),
    st.none() | st.booleans(),
    st.none() | st.sampled_from(DocumentType),
    st.booleans(),
)
entries = st.builds(BatchEntry, documents, st.sampled_from(Operation), st.none() | ids)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entry=entries)
def test_document_to_json_reads_back_and_fits_the_schema(entry: BatchEntry, schema: Any) -> None:
    value = document_to_json(entry)
    schema.validate({"documents": [value]})
    assert read_entry(json.loads(json.dumps(value))) == entry


CSV = (
    "operation;vat_number;issued_on;device;number;paid_on;citizen_code;traceable;document_type;opposed;expense_type;"
    "amount;vat_nature;vat_rate\n"
    ";00265910661;2026-03-02;;FT1;2026-03-02;BNCBRN75C15F205A;SI;F;;SP;90,00;N4;\n"
    ";00265910661;2026-03-02;;FT1;2026-03-02;BNCBRN75C15F205A;SI;F;;SP;2.00;;22\n"
    "V;00265910661;2026-03-02;3;FT2;2026-03-02;;NO;F;1;SP;1234.5;N4;\n"
)


def test_open_input_reads_csv_one_line_an_item(tmp_path: Path) -> None:
    first, second = open_input(write(tmp_path, "a.csv", "\ufeff" + CSV)).documents
    assert [str(item.amount) for item in first.document.items] == ["90.00", "2.00"]
    assert first.document.items[1].vat_rate == Decimal(22)
    assert (first.operation, first.document.id.device, first.document.traceable) == (Operation.INSERT, 1, True)
    assert (second.operation, second.document.id.device, second.document.opposed) == (Operation.CHANGE, 3, True)
    assert second.document.citizen_code is None


def test_open_input_reads_csv_with_commas_and_refunds(tmp_path: Path) -> None:
    text = (
        "operation,vat_number,issued_on,number,paid_on,expense_type,amount,original_vat_number,original_issued_on,"
        "original_number,original_device\nR,00265910661,2026-03-02,NC1,2026-03-02,SP,9.00,00265910661,2026-03-01,FT1,7\n"
    )
    (entry,) = open_input(write(tmp_path, "a.csv", text)).documents
    assert entry.original == DocumentId("00265910661", date(2026, 3, 1), "FT1", 7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CSV.replace("paid_on", "pagato"), "the column 'paid_on' is missing"),
        (CSV.replace(";opposed", ";opposizione"), "unknown column 'opposizione'"),
        (CSV.replace(";90,00;", ";novanta;"), "line 2.items[0].amount"),
        (CSV.replace(";3;FT2", ";tre;FT2"), "line 4.device: a whole number"),
        (CSV.replace(";NO;F", ";boh;F"), "line 4.traceable: SI or NO"),
        (CSV + "1;" * 20 + "\n", "line 5: more cells than columns"),
    ],
)
def test_open_input_names_line_and_column_of_a_wrong_csv(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        list(open_input(write(tmp_path, "a.csv", text)).documents)
    assert message in str(refused.value)
    assert "BNCBRN" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "files end in"),
        ("a.json", b"{", "not JSON"),
        ("a.json", b"[" * 100_000, "not JSON"),
        ("a.json", b"[]", "an object"),
        ("a.json", b'{"documents": 1}', "a list"),
        ("a.json", b"\xff", "not UTF-8"),
        ("a.jsonl", b'{"id"\n', "line 1"),
        ("a.jsonl", b"\xff\n", "not UTF-8"),
        ("a.csv", b"\xff\n", "not UTF-8"),
        ("a.xml", b"<a/>", "precompilata"),
        ("a.zip", b"no", "not a valid zip"),
    ],
)
def test_open_input_refuses_what_it_cannot_read(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(open_input(write(tmp_path, name, content)).documents)


def test_open_input_without_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_input(tmp_path / "a.json")


def test_open_input_reads_a_730_file_and_keeps_its_ciphertexts(
    tmp_path: Path, sender: Sender, sealer: Sealer, make_document: Callable[[int], ExpenseDocument]
) -> None:
    sealing = Sealing(sender, sealer)
    made = [sealing.batch_document(BatchEntry(make_document(number), Operation.CHANGE)) for number in range(3)]
    (file,) = write_batch(sealing.owner(), made, "prova")
    opened = open_input(write(tmp_path, "a.zip", file.archive))
    entries = list(opened.documents)
    assert opened.owner is not None
    assert looks_sealed(opened.owner.code or "")
    for number, entry in enumerate(entries):
        assert looks_sealed(entry.document.citizen_code or "")
        clear = replace(entry.document, citizen_code=make_document(0).citizen_code)
        assert clear == make_document(number)
        assert sealing.batch_document(entry) == made[number]


def test_open_input_reads_every_official_730_file(official: Path) -> None:
    for path in official.glob("kit*/TracciatiWS/EsempiFileXmlInvioAsincrono/*.xml"):
        assert all(entry.document.total > 0 for entry in open_input(path).documents)


def test_read_sender_takes_secrets_from_elsewhere() -> None:
    block = {"category": "pharmacy", "owner": {"region": "130", "asl": "204", "ssa": "78909"}, "channel": "entrate"}
    sender = read_sender(block, "1234567890", owner_code="RSSMRA80A01H501U")
    assert (sender.category, sender.channel) == (SenderCategory.PHARMACY, Channel.ENTRATE)
    assert sender.owner.fiscal_code == "RSSMRA80A01H501U"
    with pytest.raises(InputError, match="unknown member 'pin'"):
        read_sender({"category": "doctor", "pin": "1"}, "1")
