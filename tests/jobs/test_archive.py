"""A backup is rehearsed: made on SQLite, put back on the database under test, and everything is as it was."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator

import pytest

from sportello.core import streams
from sportello.jobs.archive import container, rows
from sportello.jobs.outcome import Exit
from tests.support.installation import Installation, made

PASSPHRASE = {"SPORTELLO_BACKUP_PASSPHRASE": "quattro parole messe in fila"}

FILL = """
from datetime import UTC, datetime
from django.db import transaction
from sportello.core import audit
from sportello.core.files import keeping
from sportello.core.files.content import Purpose
from sportello.core.mail.queueing import queue
from sportello.jobs.founding import Owner, found_practice
ada = found_practice("Studio Prova", Owner("ada@posta.example", "Ada", "Rossi", "una frase abbastanza lunga"))
for size in (10, 200_000):
    written = keeping.write(b"%PDF-1.7" + b"x" * size, party_id=ada.party_id, purpose=Purpose.PAPER, name="carta")
    with transaction.atomic():
        keeping.keep(written)
with transaction.atomic():
    words = "Gr\\u00fc\\u00dfe \\u5f20"
    who = {"to": "b@posta.example", "subject": "s"}
    queue(party_id=ada.party_id, purpose="paper", key="1", text=words, **who)
"""
TOLD = """
from sportello.accounts.models import Person
from sportello.core import audit
from sportello.core.files import keeping
from sportello.core.models import AuditEntry, OutgoingMail, StoredFile
from sportello.parties.models import Party
mail = OutgoingMail.objects.get()
print(json.dumps({
    "sign_in": Person.objects.get().check_password("una frase abbastanza lunga"),
    "joined": Person.objects.get().joined_at.isoformat(),
    "party": Party.objects.get().created_at.isoformat(),
    "mail": [mail.recipient, mail.text],
    "files": [len(keeping.read(each)) for each in StoredFile.objects.order_by("pk")],
    "audit": [list(audit.verify()) == [], AuditEntry.objects.filter(chain=1).count()],
}))
"""
AFTERWARDS = """
from django.db import DatabaseError, transaction
from sportello.core.models import AuditEntry, OutgoingMail
from sportello.parties.models import Party
refused = False
try:
    with transaction.atomic():
        AuditEntry.objects.update(reason="x")
except DatabaseError:
    refused = True
print(json.dumps([OutgoingMail.objects.get().state, Party.objects.create(name="Another").pk > 1, refused]))
"""


@pytest.fixture(scope="module")
def source(django_db_setup, tmp_path_factory) -> Iterator[Installation]:
    """Give an installation on SQLite with a practice in it, and a backup of it."""
    data = tmp_path_factory.mktemp("source")
    with made(data, SPORTELLO_DATABASE=f"sqlite:///{data / 'source.sqlite3'}") as installation:
        installation.python(FILL)
        done = installation.sportello("backup", "all.spb", **PASSPHRASE)
        assert done.returncode == 0, done.stderr
        yield installation


@pytest.fixture
def target(source, db, tmp_path) -> Iterator[Installation]:
    """Give a new installation on the database under test, with a copy of the key file."""
    with made(tmp_path) as installation:
        (tmp_path / "keys.txt").write_bytes((source.data / "keys.txt").read_bytes())
        (tmp_path / "all.spb").write_bytes((source.data / "all.spb").read_bytes())
        yield installation


def test_backup_tells_nothing(source):
    closed = (source.data / "all.spb").read_bytes()
    assert (source.data / "all.spb").stat().st_mode & 0o077 == 0
    for told in (b"Studio", b"ada@", b"core_", b"manifest"):
        assert told not in closed


def test_restore_gives_back_everything(source, target):
    done = target.sportello("restore", "all.spb", **PASSPHRASE)
    assert done.returncode == Exit.DONE, done.stderr
    assert target.python(TOLD) == source.python(TOLD)
    assert target.python(TOLD)["files"] == [18, 200_008]
    assert target.python(AFTERWARDS) == ["uncertain", True, True]
    again = target.sportello("restore", "all.spb", **PASSPHRASE)
    assert again.returncode == Exit.REFUSED
    assert "people in this database" in again.stderr


def test_restore_of_a_damaged_backup_leaves_nothing_behind(target):
    data = bytearray((target.data / "all.spb").read_bytes())
    data[-100] ^= 1
    (target.data / "bad.spb").write_bytes(data)
    (target.data / "short.spb").write_bytes(data[: len(data) // 2])
    for name in ("bad.spb", "short.spb"):
        done = target.sportello("restore", name, **PASSPHRASE)
        assert done.returncode == Exit.REFUSED, done.stderr
        assert "altered or cut off" in done.stderr
    wrong = target.sportello("restore", "all.spb", SPORTELLO_BACKUP_PASSPHRASE="quattro parole sbagliate")
    assert wrong.returncode == Exit.REFUSED
    left = target.python("""
        from sportello.accounts.models import Person
        print(Person.objects.count())
    """)
    assert left == 0
    assert not list((target.data / "files").rglob("*.*")) if (target.data / "files").exists() else True


def test_backup_with_the_ring_needs_no_passphrase_and_refuses_to_overwrite(source, tmp_path):
    assert source.sportello("backup", "ring.spb", "--with-ring").returncode == Exit.DONE
    assert source.sportello("backup", "ring.spb", "--with-ring").returncode == Exit.REFUSED
    nobody = source.sportello("backup", "none.spb")
    assert nobody.returncode == Exit.USAGE
    assert "SPORTELLO_BACKUP_PASSPHRASE" in nobody.stderr
    short = source.sportello("backup", "none.spb", SPORTELLO_BACKUP_PASSPHRASE="short")
    assert short.returncode == Exit.USAGE
    assert not (source.data / "none.spb").exists()


def sealed(passphrase: str = "") -> bytes:
    out = io.BytesIO()
    writer = container.Writer(out, passphrase)
    for number in range(3):
        writer.add(f"m{number}", os.urandom(50_000) + bytes([number]))
    writer.close()
    return out.getvalue()


def members(data: bytes, passphrase: str = "") -> list[str]:
    with container.reader(io.BytesIO(data), passphrase) as found:
        return [f"{name}:{content.read()[-1]}" for name, content in found]


@pytest.mark.parametrize("passphrase", ["", "quattro parole messe in fila"])
def test_reader_gives_back_the_members(passphrase):
    assert members(sealed(passphrase), passphrase) == ["m0:0", "m1:1", "m2:2"]


def test_reader_without_the_passphrase_asks_for_it():
    with pytest.raises(container.NeedsPassphrase):
        members(sealed("quattro parole messe in fila"))


def test_reader_notices_a_cut_at_the_very_end():
    with pytest.raises(streams.Damaged):
        members(sealed()[:-1])


def test_reader_of_something_else_says_so():
    with pytest.raises(streams.Damaged):
        members(b"PK\x03\x04 not ours at all")


def test_rows_leave_out_sessions_and_alarms_and_nothing_else(db):
    from django.apps import apps

    held = {model._meta.label_lower for model in rows.tables(apps)}
    everything = {model._meta.label_lower for model in apps.get_models(include_auto_created=True)}
    assert everything - held <= rows.LEFT_OUT
    assert {"billing.invoice", "core.auditentry", "parties.membership_entities", "mfa.authenticator"} <= held


def test_rows_of_lines_are_plain_json():
    lines = [[1, "Grüße\n", None, {"a": [1]}]]
    assert rows.load(rows.dump(lines)) == lines
    assert json.loads(rows.dump(lines).splitlines()[0])[1] == "Grüße\n"
