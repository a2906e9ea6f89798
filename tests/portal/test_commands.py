"""The command `portal`: what it prepares, what it says, what it refuses."""

import io
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from portal.accounts import limits
from portal.accounts.limits import Tried
from portal.commands import preparing
from portal.commands.command_line import main
from portal.commands.outcome import Exit, Refused
from portal.connections.models import Desk, PairCode
from tests.portal.conftest import paired
from tests.support import processes
from tests.support.installation import PATHS, eventually, free_port

BRUNO = "bruno.neri@example.org"


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", os.environ.get("DJANGO_SETTINGS_MODULE", ""))


@pytest.mark.django_db
def test_pair_code_says_what_to_type_at_the_other_side(capsys, settings):
    settings.PORTAL_ADDRESS = "https://pazienti.example.org"
    assert main(["pair-code"]) == Exit.DONE
    said = capsys.readouterr().out
    assert "sportello portal pair --portal https://pazienti.example.org" in said
    assert "Fingerprint" in said
    assert main(["pair-code", "--quiet"]) == Exit.DONE
    assert len(capsys.readouterr().out.strip()) == 19
    assert PairCode.objects.count() == 2


@pytest.mark.django_db
def test_desks_lists_and_unpair_ends(capsys, desk):
    main(["desks"])
    assert "No practice's server is paired" in capsys.readouterr().out
    paired(desk)
    main(["desks"])
    assert f"{desk.signer.id}  Server A" in capsys.readouterr().out
    assert main(["unpair", desk.signer.id]) == Exit.DONE
    assert not Desk.objects.get().is_paired
    assert main(["unpair", "0" * 32]) == Exit.REFUSED
    assert "portal desks" in capsys.readouterr().err


@pytest.mark.django_db
def test_unlock_reads_the_address_from_standard_input(capsys, monkeypatch, bruno):
    now = timezone.now()
    for turn in range(20):
        limits.count(Tried.PASSWORD, bruno.address_hash, now + timedelta(hours=turn))
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{BRUNO}\n"))
    assert main(["unlock"]) == Exit.DONE
    assert limits.count(Tried.PASSWORD, bruno.address_hash, now).allowed
    monkeypatch.setattr(sys, "stdin", io.StringIO("nobody@example.org\n"))
    assert main(["unlock"]) == Exit.REFUSED
    assert BRUNO not in capsys.readouterr().out


@pytest.mark.django_db
def test_demo_accounts_are_refused_outside_of_a_demo(capsys):
    assert main(["demo-accounts"]) == Exit.REFUSED
    assert "This is no demo" in capsys.readouterr().err


@pytest.mark.django_db
def test_check_deploy_names_what_is_to_mend(capsys, settings):
    settings.HOSTS = []
    assert main(["check-deploy"]) == Exit.FINDINGS
    said = capsys.readouterr().out
    for word in ("https", "PORTAL_ADDRESS", "PORTAL_HOSTS", "PORTAL_MAIL", "PORTAL_KEY_FILE", "pair-code"):
        assert word in said, word


@pytest.mark.django_db
def test_check_deploy_of_a_good_one_finds_nothing(capsys, settings, desk, tmp_path):
    paired(desk)
    for name in ("keys.txt", "identity.pem"):
        (tmp_path / name).write_bytes((Path(settings.PORTAL_DATA) / name).read_bytes())
        (tmp_path / name).chmod(0o600)
    settings.PORTAL_KEY_FILE, settings.PORTAL_IDENTITY_FILE = str(tmp_path / "keys.txt"), str(tmp_path / "identity.pem")
    settings.HTTPS, settings.HOSTS = True, ["pazienti.example.org"]
    settings.PORTAL_ADDRESS, settings.PORTAL_MAIL = "https://pazienti.example.org", "smtps://mail.example.org"
    settings.DEFAULT_FROM_EMAIL = "posta@example.org"
    assert main(["check-deploy"]) == Exit.DONE, capsys.readouterr().out


@pytest.mark.django_db
def test_keys_are_not_made_anew_over_accounts(bruno, settings, tmp_path):
    settings.PORTAL_KEY_FILE = str(tmp_path / "gone.txt")
    with pytest.raises(Refused, match="Put the file back"):
        preparing.ensure_keys()
    assert not (tmp_path / "gone.txt").exists()


@pytest.mark.django_db
def test_keys_that_are_missing_are_a_calm_page(client, bruno, settings, tmp_path):
    settings.PORTAL_KEY_FILE = str(tmp_path / "gone.txt")
    answer = client.post("/sign-in/", {"address": BRUNO, "password": "x" * 12})
    assert answer.status_code == 503
    assert "being looked after" in answer.content.decode()
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert "PORTAL_KEY_FILE" in ready.json()["checks"]["keys"]


def test_command_with_a_setting_that_cannot_be_meant_names_it(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "portal.commands", "migrate"],
        env=_variables(tmp_path) | {"PORTAL_DEMO": "perhaps"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == Exit.USAGE
    assert "PORTAL_DEMO" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_prepares_answers_and_leaves_nobody_behind(tmp_path):
    port = free_port()
    log = (tmp_path / "serve.log").open("w+")
    serve = subprocess.Popen(
        [sys.executable, "-m", "portal.commands", "serve", "--port", str(port), "--workers", "1"],
        env=_variables(tmp_path),
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=tmp_path,
    )
    try:
        eventually(lambda: _status(port, "/readyz") == 200)
        assert _status(port, "/sign-in/") == 200
        everyone = processes.offspring(serve.pid)
        assert len(everyone) >= 2
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(120) == 0
        eventually(lambda: not everyone & set(processes.table()))
    finally:
        if serve.poll() is None:
            serve.kill()
        serve.wait(120)
        log.close()
    assert "Keep a copy of both" in (tmp_path / "serve.log").read_text()
    assert {path.name for path in (tmp_path / "portal").iterdir()} >= {"keys.txt", "identity.pem", "portal.sqlite3"}


def _variables(folder):
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "SPORTELLO_"))}
    return ours | {"PORTAL_DATA": str(folder / "portal"), "PORTAL_HTTPS": "0", "PYTHONPATH": PATHS}


def _status(port, path):
    import http.client

    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", path)
        return line.getresponse().status
    except OSError:
        return 0
    finally:
        line.close()
