"""`sportello serve` starts everything, keeps it running, and stops it all."""

from __future__ import annotations

import http.client
import os
import signal
import socket
from collections.abc import Iterator

import pytest

from sportello.jobs import serving
from sportello.jobs.outcome import Exit, Refused
from tests.support import processes
from tests.support.installation import Installation, eventually, free_port, kill, made, nothing_yet


@pytest.fixture
def house(db: None, tmp_path) -> Iterator[Installation]:
    with made(tmp_path) as installation:
        yield installation


def answers(port: int, path: str = "/healthz") -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        line.request("GET", path)
        return line.getresponse().status
    except OSError:
        return 0
    finally:
        line.close()


def worker_of(supervisor: int) -> int:
    """Return the worker process of a supervisor, 0 while there is none."""
    workers = [
        pid
        for pid, (parent, command) in processes.table().items()
        if parent == supervisor and "sportello.jobs worker" in command
    ]
    return workers[0] if workers else 0


def test_serve_starts_restarts_and_stops_everything(house):
    port, portal_port = free_port(), free_port()
    words = ("serve", "--port", str(port), "--portal-port", str(portal_port), "--workers", "1")
    with house.running(*words) as serve:
        eventually(lambda: f"http://127.0.0.1:{port}/" in house.log("serve"))
        eventually(lambda: answers(port, "/readyz") == 200)
        assert answers(port, "/") in {200, 302}
        eventually(lambda: f"portal answers at http://127.0.0.1:{portal_port}/" in house.log("serve"))
        assert answers(portal_port, "/readyz") == 200
        assert f"http://127.0.0.1:{portal_port}" in house.sportello("portal", "list").stdout

        second = house.sportello("serve", "--port", str(port))
        assert second.returncode == Exit.REFUSED
        assert f"Port {port} is in use" in second.stderr

        first = worker_of(serve.pid)
        os.kill(first, signal.SIGKILL)
        eventually(lambda: worker_of(serve.pid) not in {0, first})
        everyone = processes.offspring(serve.pid)

        serve.send_signal(signal.SIGINT)
        assert serve.wait(120) == 0
        eventually(lambda: not everyone & set(processes.table()))
    assert answers(port) == 0
    assert house.log("serve").rstrip().endswith("Stopped.")


def test_serve_killed_outright_leaves_nobody_behind(house):
    port, portal_port = free_port(), free_port()
    words = ("serve", "--port", str(port), "--portal-port", str(portal_port), "--workers", "1")
    with house.running(*words) as serve:
        eventually(lambda: answers(port) == 200)
        eventually(lambda: answers(portal_port) == 200)
        everyone = processes.offspring(serve.pid)
        assert len(everyone) >= 2
        kill(serve)
        eventually(lambda: not everyone & set(processes.table()))


def test_serve_says_that_the_port_of_the_portal_is_taken(house):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", busy := free_port()))
        taken.listen(1)
        done = house.sportello("serve", "--port", str(free_port()), "--portal-port", str(busy))
    assert done.returncode == Exit.REFUSED
    assert f"Port {busy} is in use" in done.stderr
    assert "--portal-port" in done.stderr


def test_serve_wants_two_ports(house):
    port = str(free_port())
    done = house.sportello("serve", "--port", port, "--portal-port", port)
    assert done.returncode == Exit.USAGE
    assert "--portal-port" in done.stderr


def test_migrate_makes_everything_from_nothing_and_then_changes_nothing(db, tmp_path):
    with nothing_yet(tmp_path) as place:
        done = place.sportello("migrate")
        assert done.returncode == 0, done.stderr
        assert "A key file was made" in done.stdout
        assert "Migrations applied: " in done.stdout
        again = place.sportello("migrate")
        assert again.stdout.splitlines() == ["The tables are up to date."]
        assert place.python("from sportello.billing.models import ReferenceRecord as R; print(R.objects.count())")


def test_migrate_with_the_key_file_gone_refuses(house):
    house.python("""
        from sportello.jobs.founding import Owner, found_practice
        found_practice("Studio Prova", Owner("ada@posta.example", "Ada", "Rossi", "una frase abbastanza lunga"))
    """)
    (house.data / "keys.txt").unlink()
    done = house.sportello("migrate")
    assert done.returncode == Exit.REFUSED
    assert "Put the file back" in done.stderr
    assert not (house.data / "keys.txt").exists()


def test_sportello_with_a_setting_that_cannot_be_meant_names_it(house):
    done = house.sportello("migrate", SPORTELLO_DATABASE="mysql://x")
    assert done.returncode == Exit.USAGE
    assert "SPORTELLO_DATABASE" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_port_that_is_taken_names_another():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port := free_port()))
        taken.listen(1)
        with pytest.raises(Refused, match=f"--port {port + 1}"):
            serving.check_port("127.0.0.1", port)
    serving.check_port("127.0.0.1", port)


def test_supervisor_ends_when_the_web_process_falls(monkeypatch):
    supervisor = serving.Supervisor([serving.Child("web", ["no-such-command"], vital=True)])
    assert supervisor.run() == Exit.FINDINGS
