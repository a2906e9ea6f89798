"""Who appears in the simulator's tests: kit users at their desks, the admin port, and the day it is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import requests

from sistemats.codes import Channel, DocumentType, ExpenseType, SenderCategory
from sistemats.crypto import Certificate, Sealer
from sistemats.documents import BatchEntry, DocumentId, ExpenseDocument, Item, Owner, Sender
from sistemats.envelopes import BatchFile, HttpReply, Sealing, WireRequest, build_request, write_batch
from sistemats.exchange import Client
from sistemats.http import Credentials, Endpoints, RequestsTransport, Timeouts, TlsSettings
from sistemats.replies import Fault, Reply, parse_reply
from sistemats.simulator import Simulator

TODAY = date(2026, 3, 10)
PSYCHOLOGIST = "MTOMRA66A41G224M"
Found = TypeVar("Found")
CITIZEN = "RSSMRA80A01H501U"
OTHER_CITIZEN = "BNCLRA75D41F205P"
FIVE = {"ca.pem", "SanitelCF.cer", "SanitelCF.pem", "users.json", "endpoints.json"}
HOLDER = "PROVAX00X00X000Y"


@dataclass
class Desk:
    """One kit user with everything needed to call, taken from the simulator's folder."""

    simulator: Simulator
    values: dict[str, Any] = field(repr=False)
    timeout: float = 120.0

    @property
    def sender(self) -> Sender:
        """The sender this user is, for its first owner."""
        delegated = self.values["delegations"][0] if self.values["delegations"] else None
        category = self.values["category"] or (delegated or {}).get("category") or "pharmacy"
        owner = Owner(**(delegated["owner"] if delegated else self.values["owner"]))
        channel = Channel(self.values["channel"])
        return Sender(SenderCategory(category), owner, self.values["pin"], channel, self.values["intermediary"] or None)

    @property
    def folder(self) -> Path:
        """The folder of the simulator."""
        return self.simulator.directory.folder

    @property
    def sealing(self) -> Sealing:
        """What makes requests for this user."""
        certificate = Certificate.load((self.folder / "SanitelCF.cer").read_bytes())
        return Sealing(self.sender, Sealer(certificate))

    def transport(self, timeouts: Timeouts | None = None) -> RequestsTransport:
        """What carries them."""
        tls = None
        if self.simulator.options.tls:
            pair = None
            if "client_key" in self.values:
                pair = (
                    self.folder / self.values["client_certificate_file"],
                    self.folder / self.values["client_key_file"],
                )
            tls = TlsSettings(self.folder / "ca.pem", pair)
        return RequestsTransport(
            Endpoints(self.simulator.base, self.sender.channel),
            Credentials(self.values["user"], self.values["password"]),
            tls,
            timeouts or Timeouts(60, self.timeout, self.timeout),
        )

    def client(self, timeouts: Timeouts | None = None) -> Client:
        """The library's client."""
        return Client(self.transport(timeouts), self.sender, self.sealing._sealer, self.simulator.clock.now)

    def raw(self, request: WireRequest) -> HttpReply:
        """Send a request and return the answer as it came."""
        with self.transport() as transport:
            return transport.send(build_request(request))

    def send(self, request: WireRequest) -> Reply | Fault:
        """Send a request and return the answer, read."""
        answer = self.raw(request)
        return parse_reply(request.call, answer.status, answer.content_type, answer.body)

    def post(self, path: str, body: bytes, content_type: str = "text/xml", **more: Any) -> requests.Response:
        """Post bytes as they are."""
        return requests.post(
            self.simulator.base + path,
            data=body,
            headers={"Content-Type": content_type, **more.pop("headers", {})},
            auth=more.pop("auth", (self.values["user"], self.values["password"])),
            timeout=self.timeout,
            **more,
        )

    def document(self, number: str = "FT1", **changes: Any) -> ExpenseDocument:
        """A document this user may send: paid today, 50 euro."""
        kinds = {"doctor": ExpenseType.SR, "health_professional": ExpenseType.SP, "veterinarian": ExpenseType.SV}
        kind = kinds.get(self.sender.category.value, ExpenseType.AA)
        vat_numbers = self.values["vat_numbers"] or ["01201200121"]
        document = ExpenseDocument(
            id=DocumentId(vat_numbers[0], TODAY, number),
            paid_on=TODAY,
            items=(Item(kind, Decimal("50.00"), vat_nature="N4"),),
            citizen_code=CITIZEN,
            traceable=True,
            document_type=DocumentType.INVOICE,
        )
        return replace(document, **changes)

    def batch(self, *entries: BatchEntry | ExpenseDocument, stem: str = "prova") -> BatchFile:
        """A batch file of documents; a bare document is inserted."""
        whole = [entry if isinstance(entry, BatchEntry) else BatchEntry(entry) for entry in entries]
        sealing = self.sealing
        return next(write_batch(sealing.owner(), (sealing.batch_document(entry) for entry in whole), stem))


def eventually(holds: Callable[[], Found | None], seconds: float = 120.0) -> Found:
    """Wait until something is there and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


class Admin:
    """The admin port, as a program sees it."""

    def __init__(self, base: str) -> None:
        self.base = base

    def get(self, path: str) -> Any:
        """Return what a page says."""
        answer = requests.get(self.base + path, timeout=120)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, values: object) -> Any:
        """Tell something, and return the answer."""
        answer = requests.post(self.base + path, json=values, timeout=120)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fail(self, kind: str, **more: Any) -> None:
        """Put one failure in place of all others."""
        self.post("/faults", {"faults": [{"kind": kind, **more}]})

    def calls(self, count: int) -> list[dict[str, Any]]:
        """The lines of the journal, once there are so many."""
        return eventually(lambda: found if len(found := self.get("/journal")["entries"]) >= count else None)

    def documents(self) -> list[dict[str, Any]]:
        """What the State holds."""
        return list(self.get("/books")["documents"])

    def last_call(self) -> dict[str, Any]:
        """The latest line of the journal."""
        return dict(self.get("/journal?newest=1&limit=1")["entries"][-1])


class World:
    """A running simulator, its admin port, and whoever wants to call."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.admin = Admin(simulator.admin_base)

    def desk(self, user: str = PSYCHOLOGIST) -> Desk:
        """The user with this name, as the folder describes it."""
        users = json.loads((self.simulator.directory.folder / "users.json").read_text())["users"]
        return Desk(self.simulator, next(row for row in users if row["user"] == user))
