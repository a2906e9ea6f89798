"""`sportello serve`: prepare what is missing, then run web, worker and the patients' portal until Ctrl-C."""

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
    from sportello.jobs.commands.web import port as web_port

    parser: argparse.ArgumentParser = commands.add_parser(
        "serve", help="prepare what is missing, then run web, worker and portal", description=__doc__
    )
    add_options(parser)
    parser.add_argument("--demo", action="store_true", help="demo data on an empty database, and no mail leaves")
    parser.add_argument(
        "--portal-port", type=web_port, default=0, help="port of the patients' portal (default: the next one)"
    )
    parser.add_argument("--no-portal", action="store_true", help="run without the patients' portal")
    parser.add_argument("--no-worker", action="store_true", help="run the web process alone")
    parser.add_argument("--worker-threads", type=int, default=2, help="pieces of later work at a time (default: 2)")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Prepare, start, say where, and stay until told to stop."""
    from django.conf import settings

    from sportello.jobs import preparing, serving
    from sportello.jobs.outcome import say

    serving.check_port(asked.host, asked.port)
    if not asked.no_portal:
        serving.check_port(asked.host, _place(asked).portal_port, option="--portal-port")
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
    from django.conf import settings

    from sportello.jobs.serving import Child

    listen = ["--host", asked.host, "--port", str(asked.port)]
    size = ["--workers", str(asked.workers), "--threads", str(asked.threads)]
    children = [Child("web", ["web", *listen, *size], vital=True)]
    if not asked.no_worker:
        children.append(Child("worker", ["worker", "--threads", str(asked.worker_threads)], vital=False))
    if settings.DEMO and settings.SPORTELLO_STS_SIMULATOR is not None:
        children.append(Child("simulator", ["simulator"], vital=False))
    if not asked.no_portal:
        children.append(_place(asked).child(workers=asked.workers, threads=asked.threads))
    return children


def _place(asked: argparse.Namespace) -> Any:
    from sportello.jobs.beside import Beside
    from sportello.jobs.outcome import Misused

    portal_port = asked.portal_port or asked.port + 1
    if portal_port in {asked.port, 65_536}:
        raise Misused("The patients' portal needs a port of its own: choose one with --portal-port.")
    return Beside(asked.host, asked.port, portal_port)


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
    patients = [] if asked.no_portal else _say_portal(asked, supervisor)
    if settings.HTTPS:
        say("Sign-in works over https only: put a proxy with a certificate in front, as docs/operations.md shows,")
        say("or set SPORTELLO_HTTPS=0 on a machine of your own.")
    if signs:
        say("Invented people who can sign in; mail about signing in is shown at /mailbox/:")
    for sign in [*signs, *patients]:
        say(f"  {sign.role:<22} {sign.email:<38} {sign.password}")


def _say_portal(asked: argparse.Namespace, supervisor: Any) -> list[Any]:
    """Wait for the portal, pair with it, say where it is; return the demo's patients who can sign in there."""
    from django.conf import settings

    from sportello.jobs import beside, serving
    from sportello.jobs.outcome import Misused, Refused, complain, say

    place = _place(asked)
    if not serving.wait_until_up(asked.host, place.portal_port, supervisor.stopping):
        if not supervisor.stopping.is_set():
            complain("The patients' portal did not answer within a minute: see its words above.")
        return []
    try:
        beside.pair(place)
        say(f"The patients' portal answers at {place.portal_url}")
        return beside.demo_patients() if settings.DEMO else []
    except (Refused, Misused) as trouble:
        complain(f"The patients' portal is not paired with this server: {trouble}")
        return []
