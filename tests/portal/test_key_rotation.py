"""A new encryption key: everything is closed anew under it, whoever stops in between, and nothing changes by it."""

import logging
import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from portal.accounts.codes import FactorKind
from portal.accounts.models import Account, Factor
from portal.commands.command_line import main
from portal.commands.deployment import findings
from portal.commands.outcome import Exit
from portal.connections import pairing
from portal.connections.codes import ConnectionState
from portal.connections.models import Connection, reference_for
from portal.keeping import key_file, rotation
from portal.keeping.ring import KeyRing, KeyTrouble, ring
from portal.post.models import Mail
from portal.post.outbox import Letter, enqueue, opened
from tests.portal.conftest import account, paired
from tests.support.installation import PATHS

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXP"
LETTER = Letter("bruno.neri@example.org", "A link", "https://pazienti.example.org/i/x", "it")


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", os.environ.get("DJANGO_SETTINGS_MODULE", ""))


@pytest.fixture
def keys(tmp_path, settings) -> Path:
    """Give a key file of the test's own, with one key."""
    settings.PORTAL_KEY_FILE = str(tmp_path / "keys" / "keys.txt")
    key_file.make(Path(settings.PORTAL_KEY_FILE))
    return Path(settings.PORTAL_KEY_FILE)


@pytest.fixture
def store(keys, transactional_db, desk) -> dict[str, Any]:
    """Give a value in each closed column, and what they say."""
    bruno = account()
    factor = Factor(account=bruno, kind=FactorKind.TOTP.value, added_at=NOW)
    factor.close(SECRET)
    factor.save()
    claim = Connection(account=bruno, desk=paired(desk), state=ConnectionState.PENDING.value, made_at=NOW)
    claim.close_claim("a-link", "a-proof")
    claim.save()
    code = pairing.new_pair_code(timezone.now())
    enqueue(LETTER, NOW)
    return {"bruno": bruno, "code": code, **_opened()}


def _opened() -> dict[str, Any]:
    return {
        "address": Account.objects.get().address,
        "secret": Factor.objects.get().secret,
        "claim": Connection.objects.get().claim,
        "letter": opened(Mail.objects.get()),
    }


def _said(store) -> dict[str, Any]:
    return {name: store[name] for name in ("address", "secret", "claim", "letter")}


def test_columns_are_all_that_is_closed():
    found = rotation.columns()
    assert {f"{column.model.__name__}.{column.name}" for column in found} == {
        "Account.address_sealed",
        "Factor.secret_sealed",
        "PairCode.key_sealed",
        "Connection.claim_sealed",
        "Mail.content_sealed",
    }
    placed = {model for model in apps.get_models() if hasattr(model, "place")}
    assert {column.model for column in found} == placed, "a closed column is known by its name alone"


def test_rotate_key_closes_everything_anew_and_changes_nothing(store, keys, desk, client, capsys):
    reference = reference_for(store["bruno"], paired(desk))
    assert main(["rotate-key"]) == Exit.DONE
    said = capsys.readouterr().out
    assert f"Key k2 was added to {keys}" in said
    assert "Closed anew under key k2: 5 values." in said
    assert rotation.usage() == {"k2": 5}
    assert _opened() == _said(store)
    assert Account.objects.by_address(store["address"]) == store["bruno"]
    assert reference_for(store["bruno"], paired(desk)) == reference
    assert pairing.new_pair_code(timezone.now()) != store["code"]
    answer = client.post("/sign-in/", {"address": "bruno.neri@example.org", "password": "gatto nero sul sofà"})
    assert answer.status_code == 302


def test_rotate_key_tells_nothing_about_anybody(store, capsys, caplog):
    log = logging.getLogger("portal.keys")
    log.addHandler(caplog.handler)  # Django's set-up takes it off the root
    with caplog.at_level("INFO", logger=log.name):
        main(["rotate-key"])
        main(["keys"])
    log.removeHandler(caplog.handler)
    said = "".join(capsys.readouterr()) + caplog.text
    assert "the key k2 was added" in said
    assert "closed anew under the key k2: 5 values, 0 left" in said
    for word in ("bruno", "example.org", SECRET, "a-link", "a-proof", store["code"]):
        assert word not in said


def test_rotate_key_killed_half_way_goes_on_where_it_ended(store, keys, desk):
    for number in range(6):
        account(f"patient{number}@example.org")
    killed = subprocess.run(
        [sys.executable, "-c", DIES],
        env=_variables(keys),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    half = rotation.usage()
    assert half["k2"] == 4, "two steps of two rows were stored, the third was not"
    assert half["k1"] == 7
    assert Account.objects.by_address("patient5@example.org").address == "patient5@example.org", "both keys open"
    assert main(["rotate-key", "--resume"]) == Exit.DONE
    assert rotation.usage() == {"k2": 11}
    assert list(ring().keys) == ["k2", "k1"], "no third key"
    assert {each.address for each in Account.objects.all()} >= {f"patient{number}@example.org" for number in range(6)}


DIES = """
import os, signal, sys
from portal.keeping import rotation
rotation.BATCH = 2
close_row, calls = rotation._close_row, []
def close_and_die(column, row):
    done = close_row(column, row)
    calls.append(row)
    if len(calls) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
rotation._close_row = close_and_die
from portal.commands.command_line import main
sys.exit(main(["rotate-key"]))
"""
"""Rotates in steps of two rows, and is killed in the third step with one row of it written and not committed."""


def _variables(keys: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "SPORTELLO_"))}
    given = connection.settings_dict
    address = f"sqlite:///{given['NAME']}"
    if connection.vendor == "postgresql":
        host = quote(str(given["HOST"]), safe="")
        address = f"postgresql://{quote(str(given['USER']))}@/{given['NAME']}?host={host}"
    own = {"PORTAL_DATA": str(keys.parent), "PORTAL_KEY_FILE": str(keys), "PORTAL_DATABASE": address}
    return ours | own | {"PORTAL_HTTPS": "0", "PYTHONPATH": PATHS}


def test_close_anew_leaves_what_changed_meanwhile(store, keys):
    column = next(each for each in rotation.columns() if each.model is Account)
    key_file.add(keys, date(2026, 11, 22))
    read_before = column.closed().get()
    fresh = ring().seal("new@example.org", place=read_before.place)
    Account.objects.update(address_sealed=fresh)
    assert rotation._close_row(column, read_before) == 0
    assert Account.objects.get().address_sealed == fresh


def test_close_anew_finds_what_was_put_back_from_before(store, keys):
    before = Account.objects.get()
    key_file.add(keys, date(2026, 11, 22))
    steps = rotation.close_anew()
    for _ in rotation.columns():
        next(steps)
    before.save()  # a request that had read the row before
    assert rotation.usage()["k1"] == 1
    assert sum(steps) == 1
    assert rotation.usage() == {"k2": 5}


def test_close_anew_asks_for_a_key_that_is_gone(store, keys, capsys):
    keys.write_text(f"{key_file.new_line('k9')}\n")
    assert main(["rotate-key", "--resume"]) == Exit.REFUSED
    assert "has no key 'k1': add its line" in capsys.readouterr().err
    assert main(["keys"]) == Exit.FINDINGS
    assert "5 values are closed under 'k1'" in capsys.readouterr().err


def test_keys_tells_what_each_closes_and_is_for(store, keys, capsys):
    key_file.add(keys, date(2026, 11, 22))
    assert main(["keys"]) == Exit.DONE
    assert capsys.readouterr().out.splitlines() == [
        "k2: closes 0; closes what is new",
        "k1: closes 5; makes the hashes",
    ]


def test_retire_key_takes_out_only_what_nothing_needs(store, keys, capsys):
    main(["rotate-key"])
    key_file.add(keys, date(2026, 11, 22))
    assert main(["retire-key", "k2"]) == Exit.REFUSED
    assert "still closes 5 values: run `portal rotate-key --resume`" in capsys.readouterr().err
    main(["rotate-key", "--resume"])
    for key_id in ("k3", "k1", "k7"):
        assert main(["retire-key", key_id]) == Exit.REFUSED, "it closes what is new, makes the hashes, is not there"
    assert main(["retire-key", "k2"]) == Exit.DONE
    assert list(ring().keys) == ["k3", "k1"]
    assert "k2" not in keys.read_text()
    assert _opened() == _said(store)


def test_check_deploy_names_a_rotation_that_was_stopped(store, keys):
    remedies = {remedy for _, remedy in findings()}
    assert "Run `portal rotate-key --resume`." not in remedies
    key_file.add(keys, date(2026, 11, 22))
    assert ("5 values are still closed under an older key.", "Run `portal rotate-key --resume`.") in list(findings())
    keys.write_text(f"{key_file.new_line('k9')}\n")
    lost = "5 values are closed under keys that the key file does not hold."
    assert (lost, "Put their lines back.") in list(findings())


def test_add_puts_the_new_key_first_and_notes_the_day(keys):
    key_file.add(keys, date(2026, 11, 22))
    key_file.add(keys, date(2027, 1, 1))
    lines = keys.read_text().splitlines()
    assert lines[0] == key_file.HEAD
    assert lines[1] == "# k3: closes what is new since 2027-01-01"
    assert lines[3] == "# k2: closes what is new since 2026-11-22"
    assert [line[:3] for line in lines[2::2]] == ["k3:", "k2:"]
    assert lines[5].startswith("k1:")


def test_add_keeps_group_and_link_and_passes_over_what_a_kill_left(keys, tmp_path):
    keys.chmod(0o644)
    link = tmp_path / "linked.txt"
    link.symlink_to(keys)
    (keys.parent / ".keys.txt.part").write_text("half a line")
    key_file.add(link, date(2026, 11, 22))
    assert link.is_symlink()
    assert stat.S_IMODE(keys.stat().st_mode) == 0o640, "its group may read it still, everybody may not any more"
    assert list(KeyRing.parse(keys.read_text()).keys) == ["k2", "k1"]
    assert [path.name for path in keys.parent.iterdir()] == ["keys.txt"]


def test_add_twice_at_once_loses_no_key(keys):
    begin = threading.Barrier(8)
    given: list[str] = []

    def add() -> None:
        begin.wait(60)
        given.append(key_file.add(keys, date(2026, 11, 22)))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(120)
    assert sorted(given) == [f"k{number}" for number in range(2, 10)]
    assert set(KeyRing.parse(keys.read_text()).keys) == {"k1", *given}


def test_add_to_a_malformed_file_changes_nothing(keys):
    keys.write_text("k1:short\n")
    with pytest.raises(KeyTrouble):
        key_file.add(keys, date(2026, 11, 22))
    assert keys.read_text() == "k1:short\n"
