"""Both sites on one machine for the bench of the portal: a practice with papers, patients who are signed in."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil

ROOT = Path(__file__).resolve().parents[1]
FIRST_DAY = date(2025, 1, 7)
PASSWORD = "una frase lunga che nessuno indovina 7"  # noqa: S105 - of invented people
_TOKEN = re.compile(r"(http://127\.0\.0\.1:\d+/i/[\w-]+/[\w-]{43})")


@dataclass
class Browser:
    """One patient, signed in to the portal: knows cookies and forms, and nothing else."""

    port: int
    place: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> tuple[int, bytes]:
        """Return status and body of a page."""
        with self.opened("GET", path) as answer:
            return answer.status, answer.read()

    def post(self, path: str, fields: Sequence[tuple[str, str]]) -> tuple[int, bytes]:
        """Return status and body of what a form leads to."""
        with self.opened("POST", path, fields) as answer:
            return answer.status, answer.read()

    @contextmanager
    def opened(
        self, method: str, path: str, fields: Sequence[tuple[str, str]] = ()
    ) -> Iterator[http.client.HTTPResponse]:
        """Give an answer whose body is still to be read."""
        token = self.cookies.get("portal-csrf", "")
        body = urlencode([("csrfmiddlewaretoken", token), *fields]) if method == "POST" else None
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{self.port}"}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie", []):
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            yield answer
        finally:
            line.close()

    def sign_in(self, address: str) -> None:
        """
        Sign in and find the own place.

        :raises RuntimeError: the door stays shut
        """
        self.get("/sign-in/")
        status, _ = self.post("/sign-in/", [("address", address), ("password", PASSWORD)])
        with self.opened("GET", "/") as answer:
            self.place = (answer.getheader("Location") or "").removesuffix("invoices/")
        if status != 302 or not self.place.startswith("/c/"):
            raise RuntimeError("a patient of the bench could not sign in")


class Place:
    """A practice and a portal, paired, each in processes of its own; `close` ends them."""

    workers = 1
    """Web processes of each site."""

    def __init__(self, *, papers: int, ready: int, patients: int) -> None:
        """
        Make everything.

        :param papers: issued to each patient
        :param ready: of the first patient's, how many have their PDF
        :param patients: connected and signed in
        """
        self._closing = ExitStack()
        self.data = Path(self._closing.enter_context(tempfile.TemporaryDirectory(prefix="sportello-bench-")))
        self.practice_port, self.portal_port = _free_port(), _free_port()
        self._prepare_practice()
        self.portal_environment = self._portal_environment()
        self._run("portal.commands", "migrate")
        self.world = _papers(papers, ready, patients)
        self.practice = self._start("sportello.jobs", "web", self.practice_port)
        self.portal = self._start("portal.commands", "serve", self.portal_port)
        self._pair()
        self.browsers = [self._browser(patient) for patient in self.world.patients]

    def close(self) -> None:
        """End both sites and remove what they wrote."""
        self._closing.close()

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    def memory(self, site: subprocess.Popen[bytes]) -> float:
        """Return the memory of the processes of a site, in MiB."""
        whole = psutil.Process(site.pid)
        found = [whole, *whole.children(recursive=True)]
        return float(sum(each.memory_full_info().uss for each in found)) / 1024 / 1024

    def _prepare_practice(self) -> None:
        from tests.support import environment

        environment.prepare()
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "sportello.config.settings",
            "SPORTELLO_DESK_ADDRESS": f"http://127.0.0.1:{self.practice_port}/",
            "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("src", "packages/sistemats/src", ".")),
        }
        from bench import issuing

        issuing.set_up()

    def _portal_environment(self) -> dict[str, str]:
        data = self.data / "portal"
        data.mkdir(mode=0o700)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        return kept | {
            "PORTAL_DATA": str(data),
            "PORTAL_DEMO": "1",
            "PORTAL_LOG": "WARNING",
            "PORTAL_ADDRESS": f"http://127.0.0.1:{self.portal_port}/",
            "DJANGO_SETTINGS_MODULE": "portal.config.settings",
        }

    def _environment(self, module: str) -> dict[str, str]:
        return self.portal_environment if module.startswith("portal") else dict(os.environ)

    def _run(self, module: str, *words: str, given: str = "") -> str:
        done = subprocess.run(  # noqa: S603 - our own modules
            [sys.executable, "-m", module, *words],
            env=self._environment(module),
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{module} {words[0]} failed: {done.stderr[-500:]}")
        return done.stdout

    def _start(self, module: str, command: str, port: int) -> subprocess.Popen[bytes]:
        log = self._closing.enter_context((self.data / f"{module}.log").open("wb"))
        process = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, "-m", module, command, "--port", str(port), "--workers", str(self.workers)],
            env=self._environment(module),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        self._closing.callback(_end, process)
        _wait_for(port, process)
        return process

    def _pair(self) -> None:
        code = self._run("portal.commands", "pair-code", "--quiet").strip()
        from sportello.jobs import portals

        address = f"http://127.0.0.1:{self.portal_port}/"
        card = portals.fetch_card(address)
        portals.offer(card, code, portal=address, address=os.environ["SPORTELLO_DESK_ADDRESS"])

    def _browser(self, patient: Any) -> Browser:
        link = _invited(self.world.owner, patient)
        self._run("portal.commands", "demo-accounts", given=f"{link} {PASSWORD}\n")
        browser = Browser(self.portal_port)
        browser.sign_in(patient.email)
        return browser


@dataclass(frozen=True, slots=True)
class Papers:
    """Who owns the practice, and who has papers there."""

    owner: Any
    patients: list[Any]


def _papers(papers: int, ready: int, patients: int) -> Papers:
    from django.core.management import call_command

    from sportello.billing.terms import seed
    from tests.world import build_world

    call_command("migrate", interactive=False, verbosity=0)
    seed()
    world = build_world()
    originals = _issued(world, papers)
    _rendered(originals[:ready])
    others = [_another(world.bruno, number) for number in range(1, patients)]
    for number, patient in enumerate(others, 1):
        _cloned(originals, patient, number)
    return Papers(world.ada, [world.bruno, *others])


def _issued(world: Any, count: int) -> list[Any]:
    from sportello.billing.operations.drafts import save_draft
    from sportello.billing.operations.issue import issue_invoice
    from sportello.billing.resolve import values_of
    from sportello.core.actors import acting

    with acting(world.ada):
        values = values_of(world.draft)
    drafts = [save_draft(actor=world.ada, values=values).pk for _ in range(count)]
    days = [FIRST_DAY + timedelta(days=number * 600 // count) for number in range(count)]
    return [
        issue_invoice(actor=world.ada, invoice_id=draft, on=day, today=day)
        for draft, day in zip(drafts, days, strict=True)
    ]


def _rendered(invoices: Sequence[Any]) -> None:
    """Make the PDFs as the worker does."""
    from sportello.billing.models import Invoice
    from sportello.billing.paper.content import Content
    from sportello.billing.paper.render import shared_renderer
    from sportello.core.actors import System, acting
    from tests.billing.papers_kept import keep_paper

    with acting(System("bench")):
        for invoice in invoices:
            snapshot = Invoice.objects.get(pk=invoice.pk).snapshot
            keep_paper(invoice, shared_renderer().render(Content.from_json(snapshot)))


def _another(patient: Any, number: int) -> Any:
    from sportello.core.actors import System, acting
    from sportello.patients.models import Patient

    with acting(System("bench")):
        clone = Patient.objects.get(pk=patient.pk)
        clone.pk, clone.uid, clone.email = None, uuid.uuid4(), f"paziente{number}@posta.example"
        clone.codice_fiscale, clone.codice_fiscale_hash = "", ""
        clone.save(force_insert=True)
        return clone


def _cloned(originals: Sequence[Any], patient: Any, turn: int) -> None:
    """Write the same papers for another patient, under other numbers."""
    from bench.issuing import without_guards
    from sportello.billing.models import Invoice
    from sportello.core.actors import System, acting

    with acting(System("bench")), without_guards():
        rows = list(Invoice.objects.filter(pk__in=[each.pk for each in originals]))
        for row in rows:
            row.pk, row.uid, row.patient_id = None, uuid.uuid4(), patient.pk
            row.number = (row.number or 0) + turn * 100_000
            row.save(force_insert=True)


def _invited(owner: Any, patient: Any) -> str:
    from sportello.core.actors import System, acting
    from sportello.core.models import OutgoingMail
    from sportello.patients.connecting.people import Asked
    from sportello.patients.operations.portal.inviting import invite

    invite(actor=owner, patient_id=patient.pk, representative_id=None, asked=Asked(), now=datetime.now(UTC))
    with acting(System("bench")):
        mail = OutgoingMail.objects.filter(purpose="patient_invitation").order_by("-pk")[0]
    found = _TOKEN.search(mail.text)
    if found is None:
        raise RuntimeError("no link in the invitation")
    return found[1]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("a site did not start")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
