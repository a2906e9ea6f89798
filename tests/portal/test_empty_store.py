"""The store is empty: after a whole journey no byte on the portal's side tells anything about the patient."""

import io
import logging
import re
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from deskwire import messages as say
from deskwire.streams import StreamHead
from portal.accounts.models import Account
from portal.connections.models import Connection
from portal.post.models import Mail
from portal.post.outbox import opened
from tests.portal.conftest import paired
from tests.portal.desk import File, overview, shown

TOKEN = "s3cr3tLinkOfBruno-0123456789abcdefghijklmn"
PASSWORD = "quattro gatti sul tetto"
TOLD = [
    "bruno.neri",
    "example.org",
    "Bruno",
    "Neri",
    "Ginestra",
    "5550101",
    "Via Verde",
    "84/2026",
    "71.40",
    "71,40",
    "1980-05-03",
    TOKEN,
    PASSWORD,
    "nuovo cane nel bosco",
    "192.0.2.77",
]
ROW = say.InvoiceRow(
    id="00000000-0000-4000-8000-000000000084",
    number="A 84/2026",
    issued_on=date(2026, 11, 18),
    paid_on=None,
    state=say.PaperState.NOT_PAID,
    kind=say.PaperKind.INVOICE,
    amount=Decimal("71.40"),
    currency="EUR",
    ready=True,
)


def _store() -> bytes:
    """Return every byte of the database and of the portal's folder, keys left out."""
    if connection.vendor == "sqlite":
        connection.close()
    else:
        return _rows()
    files = [path for path in Path(settings.PORTAL_DATA).rglob("*") if path.is_file() and path.name != "keys.txt"]
    return b"".join(path.read_bytes() for path in files)


def _rows() -> bytes:
    text = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            text += [repr(row) for row in cursor.fetchall()]
    return "\n".join(text).encode()


def _leaks(content: bytes) -> list[str]:
    folded = content.lower()
    return [each for each in TOLD if each.lower().encode() in folded]


@pytest.fixture
def log():
    """Everything that any logger says, as it would reach the console."""
    from portal.web.discreet import NoAddresses

    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(NoAddresses())
    root = logging.getLogger()
    root.addHandler(handler)
    level, root.level = root.level, logging.DEBUG
    yield written
    root.level = level
    root.removeHandler(handler)


@pytest.fixture
def journey(client, desk, log, transactional_db):
    """Bruno opens the link, looks, downloads, forgets the password, makes mistakes, is sent away."""
    paired(desk)
    before = {path for path in Path(tempfile.gettempdir()).iterdir() if path.is_file()}
    desk.answers |= {
        "invitation.show": lambda asked: shown(proof=say.ProofKind.BIRTH_DATE),
        "invitation.accept": lambda asked: say.InvitationAccepted("c-84", "it"),
        "overview": lambda asked: overview(),
        "invoices.list": lambda asked: say.InvoiceRows((ROW,), Decimal("71.40"), 1, "", (2026,)),
        "invoices.paper": lambda asked: File(
            StreamHead("application/pdf", "2026-11-18_A-84.pdf", None), [b"%PDF Neri"]
        ),
    }
    link = f"/i/{desk.signer.id}/{TOKEN}"
    client.defaults["REMOTE_ADDR"] = "192.0.2.77"
    client.get(link)
    client.post(link, {"password": "corto", "proof": "03/05/1980"})
    answer = client.post(link, {"password": PASSWORD, "proof": "03/05/1980"})
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    assert "A 84/2026" in page.content.decode()
    uid = Connection.objects.get().uid
    assert b"%PDF" in b"".join(client.get(f"/c/{uid}/invoices/{ROW.id}/").streaming_content)
    client.post("/sign-out/")
    client.post("/sign-in/", {"address": "bruno.neri@example.org", "password": "wrong wrong wrong"})
    client.post("/forgot/", {"address": "bruno.neri@example.org"})
    letters = [opened(row) for row in Mail.objects.order_by("pk")]
    reset = re.search(r"(/reset/\S+)", letters[-1].text)[1]
    client.post(reset, {"password": "nuovo cane nel bosco"})
    client.post("/account/password/", {"present": "wrong wrong wrong", "password": "nuovo cane nel bosco"})
    desk.refuse("overview", say.RefusalCode.NOT_CONNECTED)
    assert client.get(f"/c/{uid}/invoices/").status_code == 403
    desk.away = True
    client.get(f"/c/{uid}/invoices/")
    client.get(link)
    return {path for path in Path(tempfile.gettempdir()).iterdir() if path.is_file()} - before


def test_store_holds_nothing_readable_of_the_patient(journey):
    content = _store()
    assert str(Account.objects.get().uid.hex).encode() in content or connection.vendor != "sqlite"
    assert len(content) > 5000
    assert _leaks(content) == []


def test_logs_tell_nothing_of_the_patient(journey, log):
    assert "desk" in log.getvalue()
    assert _leaks(log.getvalue().encode()) == []


def test_no_file_is_left_in_the_folder_for_temporary_files(journey):
    assert [path for path in journey if _leaks(path.read_bytes())] == []


def test_the_search_would_find_what_is_there(transactional_db, desk):
    """The proof of the proof: a name that is written down is found."""
    row = paired(desk)
    row.name = "Bruno Neri"
    row.save()
    assert {"Bruno", "Neri"} <= set(_leaks(_store()))
