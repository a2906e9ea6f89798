"""The command as a process: the ready line, the folder, arguments, signals, and what a kill leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

import sistemats
from sistemats.codes import Call, Channel, SenderCategory, endpoint_path
from sistemats.crypto import Certificate, Sealer
from sistemats.documents import BatchEntry, DocumentId, Owner, Sender
from sistemats.envelopes import Sealing, build_request, write_batch
from sistemats.exchange import Accepted, AcceptedWithWarnings, AuthenticationFailed, Client, Uncertain
from sistemats.http import Credentials, Endpoints, RequestsTransport, Timeouts

from .cast import FIVE, PSYCHOLOGIST, TODAY, Admin, World, eventually
from .conftest import Start

Spawn = Callable[..., "Running"]


class Running:
    """A simulator in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.process, self.ready = process, ready
        self.admin = Admin(ready["admin"])

    def client(self, timeouts: Timeouts | None = None) -> Client:
        folder = Path(self.ready["dir"])
        sender = Sender(SenderCategory.HEALTH_PROFESSIONAL, Owner(PSYCHOLOGIST), "3489543096", Channel.DIRECT)
        transport = RequestsTransport(
            Endpoints(self.ready["service"]), Credentials(PSYCHOLOGIST, "Salve123"), None, timeouts
        )
        return Client(transport, sender, Sealer(Certificate.load((folder / "SanitelCF.cer").read_bytes())))

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Spawn]:
    """Run the command in a process; it is killed after the test."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, program: tuple[str, ...] = ("-m", "sistemats.simulator.command")) -> Running:
        command = [sys.executable, *program, "--dir", str(tmp_path / "dir"), *arguments]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        )
        started.append(process)
        assert process.stdout is not None
        return Running(process, json.loads(process.stdout.readline()))

    yield run
    for process in started:
        process.kill()
        process.communicate(timeout=60)


def environment() -> dict[str, str]:
    source = Path(sistemats.__file__).parents[1]
    return {**os.environ, "PYTHONPATH": str(source)}


def test_ready_line_says_where_everything_is(spawn: Spawn, tmp_path: Path) -> None:
    running = spawn("--clock", TODAY.isoformat())
    assert running.ready["ready"] is True
    assert running.ready["tls"] is False
    assert running.ready["state"] == "memory"
    assert running.ready["clock"].startswith("2026-03-10T09:00")
    assert requests.get(running.ready["service"] + "/healthz", timeout=60).status_code == 200
    assert requests.get(running.ready["admin"] + "/healthz", timeout=60).status_code == 200
    assert {path.name for path in (tmp_path / "dir").iterdir()} == FIVE
    endpoints = json.loads((tmp_path / "dir" / "endpoints.json").read_text())
    expected = running.ready["service"] + endpoint_path(Call.QUERY, Channel.ENTRATE)
    assert endpoints["channels"]["entrate"]["query"] == expected
    assert {channel: len(calls) for channel, calls in endpoints["channels"].items()} == {
        "direct": 12,
        "enti": 12,
        "entrate": 12,
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_well(spawn: Spawn, number: signal.Signals) -> None:
    running = spawn()
    running.process.send_signal(number)
    _, problems = running.process.communicate(timeout=60)
    assert (running.process.returncode, problems) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [["--clock", "tomorrow"], ["--faults", "nowhere.json"], ["--port", "-1"], ["--state", "/nowhere/at/all.db"]],
)
def test_wrong_arguments_end_with_2_and_name_themselves(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "sistemats.simulator.command", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment(), check=False)
    assert done.returncode == 2
    assert arguments[0] in done.stderr
    assert "Traceback" not in done.stderr


def test_taken_port_is_said(spawn: Spawn) -> None:
    port = spawn().ready["service"].rsplit(":", 1)[1]
    command = [sys.executable, "-m", "sistemats.simulator.command", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment(), check=False)
    assert done.returncode == 2
    assert "--port" in done.stderr


def test_kill_loses_nothing_that_was_answered(spawn: Spawn, tmp_path: Path, world: World) -> None:
    desk = world.desk()
    state = str(tmp_path / "state.db")
    running = spawn("--state", state, "--clock", TODAY.isoformat())
    client = running.client()
    protocols = {}
    for number in range(20):
        outcome = client.insert(desk.document(f"K{number}"))
        assert isinstance(outcome, Accepted | AcceptedWithWarnings)
        protocols[f"K{number}"] = outcome.protocol
    certificate = (tmp_path / "dir" / "SanitelCF.cer").read_bytes()
    running.kill()
    again = spawn("--state", state)
    assert {row["number"]: row["protocol"] for row in again.admin.documents()} == protocols
    assert (tmp_path / "dir" / "SanitelCF.cer").read_bytes() == certificate
    assert len(again.admin.get("/journal")["entries"]) == 20
    taken = again.client().insert(desk.document("K20"))
    assert isinstance(taken, Accepted | AcceptedWithWarnings)
    assert taken.protocol not in protocols.values()


def test_kill_in_the_middle_of_a_call_leaves_all_or_nothing(spawn: Spawn, tmp_path: Path, world: World) -> None:
    desk = world.desk()
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps([{"kind": "slow_answer", "seconds": 300, "operation": "insert"}]))
    state = str(tmp_path / "state.db")
    running = spawn("--state", state, "--clock", TODAY.isoformat(), "--faults", str(faults))
    outcome = running.client(Timeouts(60, 0.3, 0.3)).insert(desk.document("K1"))
    assert isinstance(outcome, Uncertain)
    eventually(running.admin.documents)
    running.kill()
    again = spawn("--state", state, "--clock", TODAY.isoformat())
    settled = again.client().resolve_uncertain(outcome)
    assert isinstance(settled, Accepted)
    assert settled.protocol == again.admin.documents()[0]["protocol"]


def test_kill_while_a_file_is_worked_on_neither_loses_nor_repeats(spawn: Spawn, tmp_path: Path, world: World) -> None:
    desk = world.desk()
    count, state, held = 1_000, tmp_path / "state.db", tmp_path / "held"
    program = ("-c", HELD, str(held))
    running = spawn("--state", str(state), "--clock", TODAY.isoformat(), program=program)
    sealing = Sealing(desk.sender, Sealer(Certificate.load((tmp_path / "dir" / "SanitelCF.cer").read_bytes())))
    body = build_request(sealing.upload("prova.zip", batch_of(sealing, desk, count)))
    answer = requests.post(
        running.ready["service"] + endpoint_path(Call.UPLOAD),
        data=body.body,
        headers={"Content-Type": body.content_type},
        auth=(PSYCHOLOGIST, "Salve123"),
        timeout=120,
    )
    assert b">000<" in answer.content
    hurry = threading.Thread(target=advance, args=(running.admin.base, 5))
    hurry.start()
    eventually(held.exists)
    running.kill()
    hurry.join()
    with contextlib.closing(sqlite3.connect(state)) as books:
        assert books.execute("SELECT COUNT(*) FROM documents").fetchone() == (500,)
    again = spawn("--state", str(state))
    sending = eventually(lambda: ended(again.admin))
    assert (sending["state"], sending["sent"], sending["accepted"], sending["errors"]) == (2, count, count, 0)
    assert again.admin.get("/books?limit=1")["held"] == count


HELD = """
import sys, time
from pathlib import Path
from sistemats.simulator import command, ledger

held, apply, calls = Path(sys.argv.pop(1)), ledger.Ledger.apply, []

def hold(*given):
    calls.append(1)
    if len(calls) == 600:
        held.touch()
        time.sleep(3_600)
    return apply(*given)

ledger.Ledger.apply = hold
sys.exit(command.main())
"""  # a simulator that stands still in the middle of the third lot of a file, inside its transaction


def ended(admin: Admin) -> dict[str, Any] | None:
    """The only sending, once it has ended; the clock is moved on for that."""
    advance(admin.base, 1)
    [sending] = admin.get("/books?limit=1")["sendings"]
    return dict(sending) if sending["state"] > 1 else None


def advance(base: str, seconds: float) -> None:
    """Move the clock on, which waits for the files that ripen; the simulator may die meanwhile."""
    with contextlib.suppress(requests.RequestException):
        requests.post(base + "/clock", json={"advance_seconds": seconds}, timeout=120)


def batch_of(sealing: Sealing, desk: Any, count: int) -> bytes:
    """A file of documents of as many days, so that none is another's double."""
    base = desk.document()
    entries = (
        BatchEntry(
            replace(
                base,
                id=DocumentId(base.id.vat_number, TODAY - timedelta(days=number % 60), f"B{number}"),
                citizen_code=None,
                opposed=True,
            )
        )
        for number in range(count)
    )
    [file] = write_batch(sealing.owner(), (sealing.batch_document(entry) for entry in entries), "prova")
    return file.archive


def test_state_of_users_and_clock_survive_a_restart(start: Start, tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    first = start(state=state)
    first.admin.post("/users", {"user": PSYCHOLOGIST, "password": "nuova"})
    first.admin.post("/clock", {"now": "2026-06-01"})
    first.admin.post("/settings", {"lock_after": 3})
    first.simulator.stop()
    second = start(state=state, clock=None)
    assert second.admin.get("/clock")["today"] == "2026-06-01"
    assert second.admin.get("/settings")["lock_after"] == 3
    assert second.desk().values["password"] == "nuova"


def test_state_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    file.write_bytes(b"this is no database, whatever it says")
    command = [sys.executable, "-m", "sistemats.simulator.command", "--state", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment(), check=False)
    assert done.returncode == 2
    assert "--state" in done.stderr


def test_wrong_password_stops_the_client(spawn: Spawn, world: World) -> None:
    running = spawn()
    running.admin.post("/users", {"user": PSYCHOLOGIST, "enabled": False})
    client = running.client()
    assert isinstance(client.insert(world.desk().document()), AuthenticationFailed)
    assert client.locked
