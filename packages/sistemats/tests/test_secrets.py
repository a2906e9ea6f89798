"""No fiscal code, PIN, password or body in a log, a repr or an exception."""

from __future__ import annotations

import inspect
import logging
import re
import traceback
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from sistemats.codes import Call, Channel
from sistemats.crypto import Sealer
from sistemats.documents import BatchEntry, ExpenseDocument, Owner, Sender
from sistemats.envelopes import HttpReply, HttpRequest, InvalidRequest, Sealing, build_request, parse_request, wire
from sistemats.errors import NotSealable, SistemaTSError
from sistemats.exchange import Client, Uncertain
from sistemats.http import AnswerLost, Credentials, Endpoints, RequestsTransport, Timeouts
from sistemats.replies import DocumentReply, Message, build_reply
from sistemats.settings import Account, Secrets, Settings

PATIENT, OWNER, PIN, PASSWORD, USER = (
    "BNCBRN75C15F205A",
    "RSSMRA80A01H501U",
    "3489543096",
    "Segreta.77",
    "USRNME80A01H501X",
)
SECRETS = (PATIENT, OWNER, PIN, PASSWORD, USER)
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def assert_clean(text: str, *more: str) -> None:
    for secret in (*SECRETS, *more):
        assert secret not in text


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def everything(document: ExpenseDocument, sender: Sender, sealer: Sealer) -> list[Any]:
    sealing = Sealing(sender, sealer)
    upload = sealing.upload("prova01.zip", b"RSSMRA80A01H501U")
    doubt = Uncertain(Call.INSERT, "?", NOW, document.id, document)
    credentials = Credentials(USER, PASSWORD)
    return [
        document,
        BatchEntry(document),
        sender,
        sender.owner,
        sealing.insert(document),
        sealing.written(Call.INSERT, document),
        upload,
        sealing.query(document.id),
        sealing.outcome("P"),
        build_request(upload),
        build_request(sealing.insert(document)),
        HttpReply(200, "text/xml", PATIENT.encode()),
        doubt,
        credentials,
        Account(credentials, PIN, OWNER),
        Settings(account=Account(credentials, PIN), sender={"owner": {"fiscal_code": OWNER}}),
    ]


@pytest.mark.parametrize("channel", list(Channel))
def test_no_repr_shows_a_secret_or_its_ciphertext(
    channel: Channel, document: ExpenseDocument, sender: Sender, sealer: Sealer
) -> None:
    sender = replace(sender, channel=channel, intermediary=f"{OWNER}-000")
    for value in everything(document, sender, sealer):
        text = repr(value) + str(value)
        assert_clean(text)
        assert not re.search(r"[A-Za-z0-9+/]{60}", text)  # no ciphertext, no archive


def test_wire_values_hide_every_field_that_may_hold_a_code() -> None:
    hidden = {"pin", "options", "code", "citizen", "archive", "inside"}
    for _, kind in inspect.getmembers(wire, is_dataclass):
        for field in fields(kind):
            assert field.repr is (field.name not in hidden), f"{kind}.{field.name}"


class Spy:
    """A transport that answers one thing and keeps nothing."""

    def __init__(self, step: HttpReply | Exception) -> None:
        self.step = step

    def send(self, request: HttpRequest) -> HttpReply:
        if isinstance(self.step, Exception):
            raise self.step
        return self.step


@pytest.mark.parametrize(
    "step",
    [
        AnswerLost("The service did not answer in time."),
        HttpReply(500, "text/html", f"<p>{PATIENT} {PIN}</p>".encode()),
        HttpReply(200, "text/xml", f"<{PATIENT}/>".encode()),
        HttpReply(200, "text/xml", build_reply(DocumentReply(Call.CHANGE, "0", (Message("0", "ok", ""),), PATIENT))),
    ],
)
def test_client_tells_outcomes_without_secrets(
    step: HttpReply | Exception,
    document: ExpenseDocument,
    sender: Sender,
    sealer: Sealer,
    told: pytest.LogCaptureFixture,
) -> None:
    outcome = Client(Spy(step), sender, sealer, now=lambda: NOW).insert(document)
    assert isinstance(outcome, Uncertain)
    assert_clean(repr(outcome) + str(outcome) + told.text)


def test_real_transport_logs_no_secret(
    document: ExpenseDocument, sender: Sender, sealer: Sealer, told: pytest.LogCaptureFixture
) -> None:
    with RequestsTransport(
        Endpoints("http://127.0.0.1:9"), Credentials(USER, PASSWORD), timeouts=Timeouts(0.2, 0.2, 0.2)
    ) as transport:
        Client(transport, sender, sealer, now=lambda: NOW).insert(document)
        try:
            transport.send(build_request(Sealing(sender, sealer).insert(document)))
        except SistemaTSError as problem:
            text = "".join(traceback.format_exception(problem))
        else:
            pytest.fail("nobody listens at port 9")
    assert_clean(text + told.text, "QlNDUk4", "VVNSTk1F")


def test_exceptions_quote_no_value(document: ExpenseDocument, sender: Sender, sealer: Sealer) -> None:
    broken = [
        replace(document, id=replace(document.id, vat_number=PATIENT)),
        replace(document, id=replace(document.id, number=PATIENT + " ")),
        replace(document, items=(replace(document.items[0], amount=Decimal(1), vat_nature=PATIENT),)),
    ]
    for wrong in broken:
        with pytest.raises(InvalidRequest) as refused:
            build_request(Sealing(sender, sealer).insert(wrong))
        assert_clean("".join(traceback.format_exception(refused.value)).split("Error")[-1] + str(refused.value))
    with pytest.raises(NotSealable) as not_sealed:
        sealer.seal(PATIENT * 20)
    assert_clean(str(not_sealed.value))
    body = build_request(Sealing(sender, sealer).insert(document)).body.replace(b"<ts:tipoSpesa>SP", PATIENT.encode())
    with pytest.raises(SistemaTSError) as unread:
        parse_request("text/xml", body)
    assert_clean(str(unread.value) + repr(unread.value))


def test_secrets_come_from_environment_file_or_prompt(tmp_path: Any) -> None:
    path = tmp_path / "pin"
    path.write_text(f"{PIN}\n")
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return PASSWORD

    secrets = Secrets({"SISTEMATS_USER": USER, "SISTEMATS_PIN_FILE": str(path)}, ask, interactive=True)
    assert (secrets.need("SISTEMATS_USER"), secrets.need("SISTEMATS_PIN")) == (USER, PIN)
    assert secrets.need("SISTEMATS_PASSWORD") == PASSWORD
    assert secrets.need("SISTEMATS_PASSWORD") == PASSWORD
    assert asked == ["Sistema TS password: "]
    silent = Secrets({"SISTEMATS_PIN_FILE": str(tmp_path / "nowhere")}, ask, interactive=False)
    with pytest.raises(SistemaTSError, match="SISTEMATS_USER"):
        silent.need("SISTEMATS_USER")
    with pytest.raises(SistemaTSError, match="cannot be read"):
        silent.need("SISTEMATS_PIN")


def test_owner_codes_do_not_show_in_what_sealing_holds(sender: Sender, sealer: Sealer) -> None:
    assert_clean(repr(Sealing(sender, sealer)) + repr(sealer) + repr(Owner(OWNER)))
    assert_clean(
        repr(Sealing(sender, sealer).report(2026, 3)) + repr(Sealing(sender, sealer).flag_report(date.min, date.max))
    )
