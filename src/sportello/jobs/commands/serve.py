"""`sportello serve`: prepare what is missing, then run web and worker until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import shutil
import threading
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Describe the command."""
    from sportello.jobs.commands.web import add_options

    parser: argparse.ArgumentParser = commands.add_parser(
        "serve", help="prepare what is missing, then run web and worker", description=__doc__
    )
    add_options(parser)
    parser.add_argument("--demo", action="store_true", help="demo data on an empty database, and no mail leaves")
    parser.add_argument("--no-worker", action="store_true", help="run the web process alone")
    parser.add_argument("--worker-threads", type=int, default=2, help="pieces of later work at a time (default: 2)")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Prepare, start, say where, and stay until told to stop."""
    from django.conf import settings

    from sportello.jobs import preparing, serving
    from sportello.jobs.outcome import say

    serving.check_port(asked.host, asked.port)
    preparing.ensure_keys()
    done = preparing.migrate()
    if done:
        say(f"Migrations applied: {done}.")
    preparing.collect_static()
    signs = _demo() if settings.DEMO else []
    _fresh_metrics(Path(settings.SPORTELLO_DATA) / "metrics")
    supervisor = serving.Supervisor(_children(asked))
    said = threading.Thread(target=_say_where, args=(asked, signs, supervisor), daemon=True)
    said.start()
    code = supervisor.run()
    say("Stopped.")
    return code


def _children(asked: argparse.Namespace) -> list[Any]:
    from sportello.jobs.serving import Child

    listen = ["--host", asked.host, "--port", str(asked.port)]
    size = ["--workers", str(asked.workers), "--threads", str(asked.threads)]
    children = [Child("web", ["web", *listen, *size], vital=True)]
    if not asked.no_worker:
        children.append(Child("worker", ["worker", "--threads", str(asked.worker_threads)], vital=False))
    return children


def _demo() -> list[Any]:
    from sportello.jobs.demo import load_when_empty

    return list(load_when_empty())


def _fresh_metrics(folder: Path) -> None:
    """The processes of one run add their figures up in a folder; those of the last run are over."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _say_where(asked: argparse.Namespace, signs: list[Any], supervisor: Any) -> None:
    from django.conf import settings

    from sportello.jobs import serving
    from sportello.jobs.outcome import complain, say

    if not serving.wait_until_up(asked.host, asked.port, supervisor.stopping):
        if not supervisor.stopping.is_set():
            complain("The web process did not answer within a minute: see its words above.")
            supervisor.stop()
        return
    host = serving.local(asked.host)
    say(f"Sportello answers at http://{f'[{host}]' if ':' in host else host}:{asked.port}/  (Ctrl-C stops it)")
    if settings.HTTPS:
        say("Sign-in works over https only: put a proxy with a certificate in front, as docs/operations.md shows,")
        say("or set SPORTELLO_HTTPS=0 on a machine of your own.")
    if signs:
        say("Invented people who can sign in; mail about signing in is shown at /mailbox/:")
    for sign in signs:
        say(f"  {sign.role:<22} {sign.email:<38} {sign.password}")
