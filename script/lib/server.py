"""Start Sportello here: make the environment, bring the assets, then serve with demo data until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import socket
from contextlib import closing

from script.lib import assets, environment, steps

PORT = 8000
LAST = 65_535


def _refuse_busy(port: int, option: str) -> None:
    """End with plain words when another program has the port; before anything is installed or started."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            environment.stop(f"This user may not open port {port}: choose one above 1023 with {option}.")
        except OSError:
            environment.stop(
                f"Port {port} is taken by another program, maybe by a Sportello that is running already. "
                f"Stop it, or choose another: script/server {option} {_another(port)}."
            )


def _another(port: int) -> int:
    """Return a port to try instead, past the one that the portal takes beside it."""
    return port + 2 if port + 2 < LAST else port - 2


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= LAST:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return port


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="script/server", description=__doc__)
    parser.add_argument("--port", type=_port, default=PORT, help=f"where to listen on this machine (default: {PORT})")
    parser.add_argument("--portal-port", type=_port, help="where the patients' portal listens (default: the next one)")
    asked = parser.parse_args()
    port = asked.port
    portal_port = asked.portal_port or (port + 1 if port < LAST else port - 1)
    if portal_port == port:
        environment.stop("The patients' portal needs a port of its own: choose another with --portal-port.")
    _refuse_busy(port, "--port")
    _refuse_busy(portal_port, "--portal-port")
    python = environment.ensure("product")
    assets.ensure()
    if not steps.command([str(python), "-m", "script.lib.catalogues", "--compile"]):
        raise SystemExit(1)
    command = environment.program("sportello")
    words = [command, "serve", "--demo", "--port", str(port), "--portal-port", str(portal_port)]
    os.execv(command, words)  # noqa: S606 - it becomes the server: Ctrl-C is its own


if __name__ == "__main__":
    main()
