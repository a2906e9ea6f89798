"""Starting the server: what is said when it cannot start."""

import socket
import sys
from contextlib import closing

import pytest
from script.lib import environment, server


def _start(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["script/server", *arguments])
    monkeypatch.setattr(environment, "ensure", lambda kind: pytest.fail("it went on to install"))
    server.main()


def test_main_says_plainly_that_the_port_is_taken(monkeypatch, capsys):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with pytest.raises(SystemExit):
            _start(monkeypatch, "--port", str(port))
    assert f"Port {port} is taken by another program" in capsys.readouterr().err


def test_main_says_plainly_that_the_port_of_the_portal_is_taken(monkeypatch, capsys):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with pytest.raises(SystemExit):
            _start(monkeypatch, "--port", str(port - 1), "--portal-port", str(port))
    said = capsys.readouterr().err
    assert f"Port {port} is taken by another program" in said or f"Port {port - 1} is taken" in said


def test_main_wants_two_ports(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        _start(monkeypatch, "--port", "8444", "--portal-port", "8444")
    assert "a port of its own" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "70000", "eight"])
def test_main_refuses_what_is_no_port(monkeypatch, capsys, port):
    with pytest.raises(SystemExit):
        _start(monkeypatch, "--port", port)
    assert "--port" in capsys.readouterr().err
