"""The commands of an installation, in plain words and with the exit codes that scripts rely on."""

from __future__ import annotations

import base64
import json
import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from sportello.accounts.models import Person
from sportello.billing.models import Invoice
from sportello.billing.operations.issue import issue_invoice
from sportello.billing.verification import verify_papers
from sportello.core import audit, beats, guards, keys, rotation
from sportello.core.actors import Role, System, acting
from sportello.core.crypto import KeyRing, new_key_line
from sportello.core.files import keeping
from sportello.core.files.content import Purpose
from sportello.core.mail import queueing
from sportello.core.models import AuditEntry, OutgoingMail, StoredFile
from sportello.jobs import deployment
from sportello.jobs.command_line import COMMANDS, main, parser
from sportello.jobs.founding import Owner
from sportello.jobs.outcome import Exit
from sportello.parties.models import Membership, Party
from sportello.patients.codes import code_hash
from sportello.patients.models import Patient
from tests.world import BRUNO_CODE, DAY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def real(transactional_db, world):
    """Give the cast in a database with real transactions."""
    return world


@pytest.fixture
def key_file(tmp_path, settings):
    """Give a key file of the test's own with one key."""
    path = tmp_path / "keys.txt"
    path.write_text(f"{new_key_line('old')}\n")
    path.chmod(0o600)
    settings.SPORTELLO_KEY_FILE = str(path)
    return path


@pytest.fixture
def closed(key_file, transactional_db, world):
    """Give the key file of a world with closed columns, an issued paper and a file."""
    issue_invoice(actor=world.ada, invoice_id=world.draft.pk, today=DAY)
    with acting(System("test")), transaction.atomic():
        queueing.queue(
            party_id=world.ada.party_id, purpose="paper", key="k", to="b@x.example", subject="s", text="Ciao"
        )
        keeping.keep(keeping.write(b"%PDF-1.7 x", party_id=world.ada.party_id, purpose=Purpose.PAPER, name="n"))
    return key_file


def test_parser_describes_every_command(capsys):
    assert len(COMMANDS) >= 12
    for words in (["--help"], ["backup", "--help"], ["keys", "rotate", "--help"]):
        with pytest.raises(SystemExit) as end:
            parser().parse_args(words)
        assert end.value.code == 0
    assert "passphrase" in capsys.readouterr().out


def test_main_with_an_unknown_command_is_a_usage_error():
    with pytest.raises(SystemExit) as end:
        main(["dance"])
    assert end.value.code == Exit.USAGE


def test_main_with_a_database_that_does_not_answer_says_so(monkeypatch, capsys):
    monkeypatch.setattr(
        "sportello.core.audit.verify", lambda party: connection.cursor().execute("SELECT * FROM nowhere")
    )
    assert main(["audit", "verify"]) == Exit.REFUSED
    assert "sportello migrate" in capsys.readouterr().err


def founded(*more: str) -> int:
    names = ["--given-name", "Rita", "--family-name", "Neri"]
    return main(["create-practice", "--name", "Studio Prova", "--email", "rita@posta.example", *names, *more])


def test_create_practice_makes_an_owner_who_can_sign_in(monkeypatch, rf):
    monkeypatch.setenv("SPORTELLO_OWNER_PASSWORD", "una frase abbastanza lunga")
    assert founded() == Exit.DONE
    person = Person.objects.get(email="rita@posta.example")
    assert person.check_password("una frase abbastanza lunga")
    with acting(System("test")):
        assert Membership.objects.get(person=person).role == Role.OWNER
        assert set(AuditEntry.objects.values_list("action", flat=True)) == {"practice.create", "member.invite"}


def test_create_practice_for_somebody_known_keeps_the_password(monkeypatch):
    monkeypatch.delenv("SPORTELLO_OWNER_PASSWORD", raising=False)
    Person.objects.create_user("rita@posta.example", "la frase di prima")
    assert founded() == Exit.DONE
    assert Person.objects.get().check_password("la frase di prima")


@pytest.mark.parametrize("password", ["", "corta", "password1234567"[:8]])
def test_create_practice_with_a_weak_password_makes_nothing(monkeypatch, capsys, password):
    monkeypatch.setenv("SPORTELLO_OWNER_PASSWORD", password)
    assert founded() == Exit.USAGE
    assert not Person.objects.exists()
    with acting(System("test")):
        assert not Party.objects.exists()


def test_create_practice_without_a_terminal_names_what_is_missing(monkeypatch, capsys):
    assert main(["create-practice", "--name", "Studio"]) == Exit.USAGE
    assert "E-mail of the owner" in capsys.readouterr().err


def test_owner_never_keeps_a_password_where_it_shows():
    assert "geheim" not in repr(Owner("a@b.example", "A", "B", "geheim geheim"))


def test_audit_verify_of_whole_chains(real, capsys):
    issue_invoice(actor=real.ada, invoice_id=real.draft.pk, today=DAY)
    assert main(["audit", "verify"]) == Exit.DONE
    assert "holds" in capsys.readouterr().out


def test_audit_verify_names_the_entry_that_was_changed(real, capsys):
    issue_invoice(actor=real.ada, invoice_id=real.draft.pk, today=DAY)
    with acting(System("test")), transaction.atomic(), guards.lifted(["core_auditentry"]):
        AuditEntry.objects.filter(chain=real.ada.party_id, sequence=1).update(reason="nothing happened")
    assert main(["audit", "verify"]) == Exit.FINDINGS
    said = capsys.readouterr().err
    assert f"Chain {real.ada.party_id} does not hold from entry 1" in said


def test_audit_anchor_is_what_verify_compares_with(real, capsys, settings, tmp_path):
    settings.SPORTELLO_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    audit.record_alone(real.ada, "test.deed")
    assert main(["audit", "anchor"]) == Exit.DONE
    audit.record_alone(real.ada, "test.later")
    assert main(["audit", "verify", "--anchors", settings.SPORTELLO_ANCHOR_FILE]) == Exit.DONE
    lines = [json.loads(line) for line in Path(settings.SPORTELLO_ANCHOR_FILE).read_text().splitlines()]
    lines[-1]["hash"] = "0" * 64
    Path(settings.SPORTELLO_ANCHOR_FILE).write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert main(["audit", "verify", "--anchors", settings.SPORTELLO_ANCHOR_FILE]) == Exit.FINDINGS
    assert "differs from its anchor" in capsys.readouterr().err


def test_audit_anchor_hands_the_lines_to_the_operators_command(real, settings, tmp_path):
    settings.SPORTELLO_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    settings.SPORTELLO_ANCHOR_COMMAND = f"cp /dev/stdin {tmp_path / 'carried'}"
    audit.record_alone(real.ada, "test.deed")
    assert main(["audit", "anchor"]) == Exit.DONE
    assert (tmp_path / "carried").read_text() == Path(settings.SPORTELLO_ANCHOR_FILE).read_text()
    settings.SPORTELLO_ANCHOR_COMMAND = "false"
    assert main(["audit", "anchor"]) == Exit.REFUSED


def test_audit_verify_with_a_file_that_holds_no_anchors(tmp_path, capsys):
    (tmp_path / "x").write_text("hello\n")
    assert main(["audit", "verify", "--anchors", str(tmp_path / "x")]) == Exit.USAGE


def opened(world) -> tuple[str, str, str, bytes]:
    with acting(System("test")):
        patient = Patient.objects.get(pk=world.bruno.pk)
        assert patient.codice_fiscale_hash == code_hash(patient.practice_id, BRUNO_CODE), "look-up hashes stay valid"
        return (
            patient.codice_fiscale,
            OutgoingMail.objects.get(purpose="paper").text,
            Invoice.objects.get(pk=world.draft.pk).snapshot[:1],
            keeping.read(StoredFile.objects.latest("pk")),
        )


def test_keys_rotate_closes_everything_anew_and_changes_nothing(closed, world, capsys):
    before = opened(world)
    assert main(["keys", "rotate"]) == Exit.DONE
    assert closed.read_text().splitlines()[0].startswith("k2:")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o600
    assert opened(world) == before
    with acting(System("test")):
        assert set(rotation.usage()) == {"k2"}
        assert AuditEntry.objects.filter(action="keys.rotate").count() == 1
        with pytest.raises(DatabaseError), transaction.atomic():
            Invoice.objects.filter(pk=world.draft.pk).update(total=1)
        assert {fault.code for fault in verify_papers(with_files=False)} == {"pdf_missing"}, "no worker ran here"


def test_keys_rotate_that_was_stopped_goes_on_where_it_ended(closed, world, monkeypatch):
    keys.add_to_file(closed)
    with acting(System("test")):
        next(iter(rotation.close_anew()))
        used = rotation.usage()
        assert used["old"]
        assert used["k2"]
    assert opened(world)[0] == BRUNO_CODE, "half-way, both keys open"
    assert main(["keys", "rotate", "--resume"]) == Exit.DONE
    with acting(System("test")):
        assert set(rotation.usage()) == {"k2"}
    assert len(closed.read_text().splitlines()) == 2


def test_keys_rotate_lets_the_group_of_the_key_file_read_it_still(closed):
    closed.chmod(0o644)
    assert main(["keys", "rotate"]) == Exit.DONE
    assert stat.S_IMODE(closed.stat().st_mode) == 0o640, "and everybody no longer"
    assert [path.name for path in closed.parent.iterdir() if "keys" in path.name] == ["keys.txt"]


def test_add_to_file_twice_at_once_loses_no_key(key_file):
    begin = threading.Barrier(8)
    given: list[str] = []

    def add() -> None:
        begin.wait(60)
        given.append(keys.add_to_file(key_file))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(120)
    assert sorted(given) == [f"k{number}" for number in range(2, 10)]
    assert set(KeyRing.parse(key_file.read_text()).keys) == {"old", *given}


def test_keys_retire_takes_out_only_what_nothing_needs(closed, world, capsys):
    main(["keys", "rotate"])
    main(["keys", "rotate"])
    assert main(["keys", "retire", "k2"]) == Exit.DONE
    assert "k2" not in closed.read_text()
    assert main(["keys", "retire", "old"]) == Exit.REFUSED, "it makes the look-up hashes"
    assert main(["keys", "retire", "k3"]) == Exit.REFUSED, "it writes"
    assert opened(world)[0] == BRUNO_CODE


def test_keys_list_tells_what_is_closed_under_a_key_that_is_gone(closed, capsys):
    assert main(["keys", "list"]) == Exit.DONE
    assert "old: closes" in capsys.readouterr().out
    closed.write_text(f"{new_key_line('other')}\n")
    assert main(["keys", "list"]) == Exit.FINDINGS


def test_wrong_key_is_told_in_plain_words(closed, capsys):
    closed.write_text(f"old:{base64.b64encode(os.urandom(32)).decode()}\n")
    assert main(["keys", "rotate"]) == Exit.REFUSED
    assert "does not open with key 'old'" in capsys.readouterr().err


def test_keys_rotate_with_keys_from_the_settings_says_how(closed, settings, capsys):
    settings.SPORTELLO_KEYS = closed.read_text()
    assert main(["keys", "rotate"]) == Exit.USAGE
    assert "--resume" in capsys.readouterr().err


def test_invoices_verify_and_gaps(real, capsys):
    issue_invoice(actor=real.ada, invoice_id=real.draft.pk, today=DAY)
    assert main(["invoices", "gaps"]) == Exit.DONE
    assert "no gap" in capsys.readouterr().out
    with acting(System("test")), transaction.atomic(), guards.lifted(["billing_invoice"]):
        Invoice.objects.filter(pk=real.draft.pk).update(number=7)
    assert main(["invoices", "gaps"]) == Exit.FINDINGS
    assert "missing: 1-6" in capsys.readouterr().err
    assert main(["invoices", "verify", "--without-files"]) == Exit.FINDINGS
    assert "missing: 1-6" in capsys.readouterr().err


def test_demo_is_loaded_into_an_empty_database_only(real, capsys):
    assert main(["demo"]) == Exit.REFUSED
    assert "empty" in capsys.readouterr().err


def whats() -> str:
    return " ".join(finding.what for finding in deployment.findings())


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DEBUG", True, "details"),
        ("DEMO", True, "demo"),
        ("HTTPS", False, "http"),
        ("ALLOWED_HOSTS", ["*"], "any host"),
        ("ALLOWED_HOSTS", ["localhost"], "this machine alone"),
        ("SECRET_KEY", "short", "short"),
        ("SPORTELLO_MAIL", "", "No mail server"),
        ("SPORTELLO_MAIL", "http://x", "SPORTELLO_MAIL"),
        ("SPORTELLO_ANCHOR_COMMAND", "", "anchors"),
        ("TIME_ZONE", "Europe/Nowhere", "time zones"),
        ("SPORTELLO_KEY_FILE", "/nowhere/keys.txt", "no key file"),
    ],
)
def test_check_deploy_finds_what_is_wrong(settings, tmp_path, name, value, told):
    good = {
        "DEBUG": False,
        "DEMO": False,
        "HTTPS": True,
        "ALLOWED_HOSTS": ["studio.example.org"],
        "SECRET_KEY": "abcdefghijklmnopqrstuvwxyz" * 2,
        "SPORTELLO_MAIL": "smtps://me:pw@mail.example.org",
        "DEFAULT_FROM_EMAIL": "post@example.org",
        "SPORTELLO_ANCHOR_COMMAND": "true",
    }
    Path(settings.SPORTELLO_DATA).chmod(0o700)
    safe = tmp_path / "keys.txt"
    safe.write_text(f"{new_key_line('a')}\n")
    safe.chmod(0o600)
    good["SPORTELLO_KEY_FILE"] = str(safe)
    for each, kept in good.items():
        setattr(settings, each, kept)
    beats.beat("w", 1, datetime.now(UTC))
    assert whats() == ""
    setattr(settings, name, value)
    assert told in whats()


def test_check_deploy_looks_at_keys_folder_worker_and_tables(settings, tmp_path, monkeypatch, capsys):
    loose = Path(settings.SPORTELLO_DATA) / "loose.txt"
    loose.write_text(f"{new_key_line('a')}\n")
    loose.chmod(0o644)
    settings.SPORTELLO_KEY_FILE = str(loose)
    found = whats()
    loose.unlink()
    for told in ("may read", "beside what it opens", "No worker"):
        assert told in found
    settings.SPORTELLO_KEY_FILE = str(tmp_path / "k")
    (tmp_path / "k").write_text(f"{new_key_line('a')}\n")
    monkeypatch.setattr("sportello.jobs.preparing.migrations_waiting", lambda: 3)
    assert "3 migrations wait" in whats()
    assert main(["check-deploy"]) == Exit.FINDINGS
    assert "Must: " in capsys.readouterr().out
