"""Every account of the kit, through settings, client and simulator: professionals, structures, delegates, a region."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sistemats.codes import ALLOWED_TYPES, CATEGORIES, Channel, ExpenseType, SenderCategory
from sistemats.connection import connect
from sistemats.crypto import Sealer
from sistemats.dated import Calendar, known_certificates
from sistemats.documents import BatchEntry, DocumentId, ExpenseDocument, Item
from sistemats.envelopes import Sealing, write_batch
from sistemats.errors import InputError
from sistemats.exchange import Accepted, AcceptedWithWarnings
from sistemats.exchange.resolve import ITALY
from sistemats.replies import OutcomeReply
from sistemats.rules import blocking, check, check_sender
from sistemats.settings import Secrets, Settings, simulator_settings
from sistemats.simulator import Options, Simulator

NOBODY = Secrets({}, interactive=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ministry")


@pytest.fixture
def simulator(folder: Path, socket_enabled: None) -> Iterator[Simulator]:
    with Simulator(Options(folder=folder)) as running:
        yield running


def accounts(folder: Path) -> list[dict[str, Any]]:
    users: list[dict[str, Any]] = json.loads((folder / "users.json").read_text())["users"]
    return users


def one_of_each(folder: Path) -> list[str]:
    """One label for each combination of role and category."""
    found = {(user["role"], user["category"]): user["label"] for user in accounts(folder)}
    return list(found.values())


def document_for(settings: Settings, vat: str, number: str) -> ExpenseDocument:
    sender = settings.make_sender(NOBODY)
    kind = sorted(ALLOWED_TYPES[sender.category] - {ExpenseType.TK})[0]
    today = datetime.now(tz=ITALY).date()
    item = Item(kind, Decimal("12.30"), vat_rate=Decimal("22.00"))
    facts = CATEGORIES[sender.category]
    return ExpenseDocument(
        DocumentId(vat, today, number), today, (item,), "BNCBRN75C15F205A", False, True, facts.document_type
    )


def test_every_account_is_a_sender_without_errors(simulator: Simulator, folder: Path) -> None:
    for user in accounts(folder):
        sender = simulator_settings(folder, user["label"]).make_sender(NOBODY)
        assert not blocking(check_sender(sender, test_mode=True)), user["label"]
        assert sender.channel == Channel(user["channel"])


def test_every_kind_of_account_uploads_and_learns_the_outcome(simulator: Simulator, folder: Path) -> None:
    uploaded = {}
    labels = one_of_each(folder)
    for serial, label in enumerate(labels):
        settings = simulator_settings(folder, label)
        user = next(user for user in accounts(folder) if user["label"] == label)
        holder = (user["delegations"] or [user])[0]
        vat = (holder["vat_numbers"] or ["00265910661"])[0]
        document = document_for(settings, vat, f"A{serial}")
        sender = settings.make_sender(NOBODY)
        assert not blocking(check(document, sender, document.paid_on, test_mode=True)), label
        with connect(settings, NOBODY) as client:
            (certificate,) = settings.load_certificates()
            sealing = Sealing(sender, Sealer(certificate))
            wires = [sealing.batch_document(BatchEntry(document))]
            (file,) = write_batch(sealing.owner(), wires, f"account{serial}")
            outcome = client.upload(file)
            assert isinstance(outcome, Accepted), (label, outcome)
            uploaded[label] = outcome.protocol or ""
    assert len(uploaded) >= 8
    for label, protocol in uploaded.items():
        with connect(simulator_settings(folder, label), NOBODY) as client:
            answer = client.wait_for_outcome(protocol, [0.3] * 400, time.sleep)
            assert isinstance(answer, OutcomeReply)
            assert [(s.state, s.accepted, s.errors) for s in answer.sendings] == [(2, 1, 0)], label


def test_direct_accounts_send_documents_one_by_one(simulator: Simulator, folder: Path) -> None:
    labels = [u["label"] for u in accounts(folder) if u["category"] in {"doctor", "pharmacy", "optician"}][:6]
    for label in labels:
        settings = simulator_settings(folder, label)
        user = next(user for user in accounts(folder) if user["label"] == label)
        document = document_for(settings, (user["vat_numbers"] or ["00265910661"])[0], f"B{labels.index(label)}")
        with connect(settings, NOBODY) as client:
            outcome = client.insert(document)
            assert isinstance(outcome, (Accepted, AcceptedWithWarnings)), (label, outcome)


def test_settings_decide_whether_the_sender_is_sealed_anew_each_time(simulator: Simulator, folder: Path) -> None:
    settings = simulator_settings(folder, one_of_each(folder)[0])
    for afresh in (True, False):
        with connect(replace(settings, seal_afresh=afresh), NOBODY) as client:
            assert client._sealing.afresh is afresh


def test_simulator_settings_name_what_is_wrong(folder: Path, simulator: Simulator, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such account"):
        simulator_settings(folder, "Nessuno")
    with pytest.raises(InputError, match="no simulator has filled this directory"):
        simulator_settings(tmp_path)
    (tmp_path / "endpoints.json").write_text("{}")
    (tmp_path / "users.json").write_text("{}")
    with pytest.raises(InputError, match="not the directory of a simulator"):
        simulator_settings(tmp_path)
    assert simulator_settings(folder).account is None


def test_connect_without_certificate_or_secret_says_so(folder: Path, simulator: Simulator) -> None:
    settings = simulator_settings(folder, "Infermiere")
    for broken, message in (
        (replace(settings, account=None), "PIN is missing"),
        (replace(settings, base="http://example.org"), "cannot be set up"),
        (replace(settings, certificates=(folder / "nowhere.pem",)), "cannot be read"),
    ):
        with pytest.raises(InputError, match=message), connect(broken, NOBODY):
            pass


def test_calendar_and_certificates_are_replaceable_data(tmp_path: Path) -> None:
    row = {
        "paid_from": "2030-01-01",
        "paid_to": "2030-12-31",
        "send_by": "2031-01-31",
        "categories": ["doctor"],
        "evidence": "official",
        "source": "a decree to come",
    }
    path = tmp_path / "deadlines.json"
    path.write_text(json.dumps({"rows": [row]}))
    calendar = Calendar.load(path)
    found = calendar.deadline(date(2030, 6, 1), SenderCategory.DOCTOR)
    assert found is not None
    assert (found.send_by, found.change_by) == (date(2031, 1, 31), None)
    assert calendar.deadline(date(2030, 6, 1), SenderCategory.OPTICIAN) is None
    for wrong in ("[]", '{"rows": [{}]}', "{"):
        path.write_text(wrong)
        with pytest.raises(InputError, match=r"deadlines\.json"):
            Calendar.load(path)
        with pytest.raises(InputError):
            known_certificates(path)


def test_calendar_covers_every_payment_of_its_years_once() -> None:
    calendar = Calendar.load()
    general = [row for row in calendar.rows if not row.categories]
    for before, after in pairwise(general):
        assert (after.paid_from - before.paid_to).days == 1
    assert all(row.send_by > row.paid_to for row in calendar.rows)
    assert all(row.change_by is None or row.change_by > row.send_by for row in calendar.rows)


def test_connect_warns_of_a_certificate_that_ends_soon(
    folder: Path, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    settings = simulator_settings(folder, "Infermiere")
    (certificate,) = settings.load_certificates()
    with connect(settings, NOBODY, now=lambda: certificate.valid_to):
        assert "ends on" in caplog.text
