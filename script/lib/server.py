"""Start Sportello here: make the environment, bring the assets, then serve with demo data until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import socket
from contextlib import closing

from script.lib import assets, environment, steps

PORT = 8000


def _refuse_busy(port: int) -> None:
    """End with plain words when another program has the port; before anything is installed or started."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            environment.stop(f"This user may not open port {port}: choose one above 1023, script/server --port 8001.")
        except OSError:
            environment.stop(
                f"Port {port} is taken by another program, maybe by a Sportello that is running already. "
                f"Stop it, or choose another: script/server --port {port + 1}."
            )


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return port


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="script/server", description=__doc__)
    parser.add_argument("--port", type=_port, default=PORT, help=f"where to listen on this machine (default: {PORT})")
    port = parser.parse_args().port
    _refuse_busy(port)
    python = environment.ensure("product")
    assets.ensure()
    if not steps.command([str(python), "-m", "script.lib.catalogues", "--compile"]):
        raise SystemExit(1)
    command = environment.program("sportello")
    os.execv(command, [command, "serve", "--demo", "--port", str(port)])  # noqa: S606 - it becomes the server: Ctrl-C is its own


if __name__ == "__main__":
    main()
