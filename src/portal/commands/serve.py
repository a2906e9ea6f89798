"""`portal serve`: prepare what is missing, then run web and mail until Ctrl-C."""

from __future__ import annotations

import argparse
import threading
from typing import Any


def add(commands: Any) -> None:
    """Describe the command."""
    from portal.commands.web import add_options, add_supervisor

    parser: argparse.ArgumentParser = commands.add_parser(
        "serve", help="prepare what is missing, then run web and mail", description=__doc__
    )
    add_options(parser)
    add_supervisor(parser)
    parser.add_argument("--demo", action="store_true", help="no mail leaves: it is shown at /mailbox/")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Prepare, start, and stay until told to stop."""
    from django.conf import settings

    from portal.commands import preparing, serving
    from portal.commands.outcome import say

    serving.check_port(asked.host, asked.port)
    serving.end_with(asked.supervisor)
    preparing.ensure_keys()
    done = preparing.migrate()
    if done:
        say(f"Migrations of the portal applied: {done}.")
    preparing.collect_static()
    if settings.HTTPS and not asked.supervisor:
        say("Sign-in works over https only: put a proxy with a certificate in front, as docs/operations.md shows.")
    listen = ["--host", asked.host, "--port", str(asked.port)]
    size = ["--workers", str(asked.workers), "--threads", str(asked.threads)]
    children = [serving.Child(["web", *listen, *size], vital=True), serving.Child(["mail"], vital=False)]
    if not asked.supervisor:
        say(f"The patients' portal starts at http://{asked.host}:{asked.port}/  (Ctrl-C stops it)")
    return serving.supervise(children, threading.Event())
