"""A process that starts workers and people's requests by forking, kills them at random instants, and starts anew.

Forking a process that has everything loaded takes milliseconds, so hundreds of kills fit into minutes. The children
are the real worker with its threads, and the site with a person who presses its buttons: whole requests, from the
address to the answer. Written for `test_kill.py`; what it prints last is a line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import traceback
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import django

django.setup()

from allauth.account.internal.flows.login import (  # noqa: E402  - no public names say whose proof it is
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from django.conf import settings  # noqa: E402  - Django had to be ready first
from django.db import DatabaseError, connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from sportello.accounts.models import Person  # noqa: E402
from sportello.billing.models import Invoice, Payment, PaymentDirection  # noqa: E402
from sportello.billing.operations.credit import NoteValues, issue_credit_note  # noqa: E402
from sportello.billing.operations.drafts import save_draft  # noqa: E402
from sportello.billing.values import DraftValues, LineValues  # noqa: E402
from sportello.core import outbox, schedule  # noqa: E402
from sportello.core.actors import Actor, MayNot, System, acting  # noqa: E402
from sportello.core.violations import RuleViolation  # noqa: E402
from sportello.expenses.exchange import files, settling  # noqa: E402
from sportello.expenses.models import Expense  # noqa: E402
from sportello.jobs.worker import Pace, Worker, set_lease  # noqa: E402
from sportello.parties.queries import actor_for  # noqa: E402
from sportello.patients.models import Patient  # noqa: E402

UNEXPECTED = "a child ended by itself"
REFUSALS = (RuleViolation, MayNot, Invoice.DoesNotExist, Expense.DoesNotExist, Payment.DoesNotExist)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to go on: so many kills and so many documents, from a seed; who acts for whom."""

    kills: int
    documents: int
    seed: int
    entity_id: int
    person_id: int
    party_id: int
    admin: str


def hurry() -> None:
    """Make everybody as impatient as a test: pauses of moments, periodic work every second, no PDFs."""
    set_lease(1.0)
    settling.FIRST_PAUSE, settling.LONGEST_PAUSE = timedelta(seconds=0.3), timedelta(seconds=2)
    settling.DOUBT_PAUSE = timedelta(seconds=2)
    files.FIRST_LOOK, files.LONGEST_WAIT = 0.3, 2.0
    for name in ("expenses.sweep", "expenses.automatic"):
        schedule.periodic(name, every=timedelta(seconds=2))(lambda work: None)
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    outbox._HANDLERS["billing.render_paper"] = replace(outbox.find("billing.render_paper"), act=lambda work: None)


def forked(act: Callable[[random.Random], None], seed: int) -> int:
    """Start a child that acts until it is killed; return its id."""
    child = os.fork()
    if child:
        return child
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        act(random.Random(seed))
    except BaseException:  # noqa: BLE001 - whatever it was, the test must hear of it
        traceback.print_exc()
        print(UNEXPECTED, file=sys.stderr, flush=True)
    finally:
        os._exit(0)


def work(dice: random.Random) -> None:
    """Be a worker."""
    Worker(2, Pace(beat=0.3, sweep=0.5, tick=0.5)).run()


class People:
    """What Ada does all day, at random."""

    def __init__(self, plan: Plan, dice: random.Random) -> None:
        self.plan, self.dice = plan, dice
        with acting(System("test")):
            found = actor_for(plan.person_id, plan.party_id)
            assert found is not None, "Ada is nobody's"
            self.actor: Actor = found
            self.patients = list(
                Patient.objects.filter(practice_id=plan.party_id)
                .exclude(codice_fiscale_hash="")
                .values_list("pk", flat=True)
            )
        self.today = date.today()
        self.browser = Client(SERVER_NAME="localhost")
        self.browser.force_login(Person.objects.get(pk=plan.person_id))
        session = self.browser.session
        session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(plan.person_id)
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time()}]
        session.save()

    def go_on(self) -> None:
        while True:
            deed = self.dice.choices(DEEDS, weights=[weight for _, weight in WEIGHTS])[0]
            with suppress(*REFUSALS, DatabaseError):
                deed(self)

    def press(self, page: str, key: int | None = None, way: str = "", **typed: str) -> None:
        """Send a page's form; it may find that it came too late, and nothing else may go wrong."""
        place = [part for part in (key, way) if part]
        answer = self.browser.post(reverse(f"practice:{page}", args=place), typed)
        too_late = "reason" in typed and b'role="alert"' in answer.content  # the page comes back with what was typed
        if answer.status_code not in {302, 404, 409, 422} and not (answer.status_code == 200 and too_late):
            raise AssertionError(f"{page} {way} answered {answer.status_code}")

    def create(self) -> None:
        with acting(System("test")):
            if Invoice.objects.exclude(state="DRAFT").filter(kind="invoice").count() >= self.plan.documents:
                time.sleep(0.02)
                return
        price = Decimal(self.dice.randint(2000, 15000)) / 100
        values = DraftValues(
            entity_id=self.plan.entity_id,
            patient_id=self.dice.choice(self.patients),
            lines=(LineValues(None, "Colloquio psicologico", unit_price=price),),
            paid_on=self.today if self.dice.random() < 0.9 else None,
            payment_method=self.dice.choice(["MP08", "MP01", "MP05"]),
            opposed=self.dice.random() < 0.1,
        )
        draft = save_draft(actor=self.actor, values=values)
        self.press("invoice_issue", draft.pk, version=str(draft.version))

    def void(self) -> None:
        payment = self._any(lambda: Payment.objects.filter(voided_at=None, direction=PaymentDirection.IN))
        self.press("payment_void", payment, reason="Registrato per errore")

    def pay(self) -> None:
        invoice_id = self._any(lambda: Invoice.objects.filter(kind="invoice", open__gt=0).exclude(state="DRAFT"))
        with acting(System("test")):
            amount = Invoice.objects.values_list("open", flat=True).get(pk=invoice_id)
        typed = {"paid_on": f"{self.today:%d/%m/%Y}", "amount": f"{amount:.2f}".replace(".", ",")}
        self.press("invoice_payment", invoice_id, method="MP05", payer="patient", **typed)

    def credit(self) -> None:
        invoice_id = self._any(
            lambda: Invoice.objects.filter(kind="invoice", state__in=["ISSUED", "PARTIALLY_CREDITED"])
        )
        values = NoteValues()
        if self.dice.random() < 0.5:
            with acting(System("test")):
                line = Invoice.objects.get(pk=invoice_id).lines.get()
            values = NoteValues(price_parts={line.pk: Decimal("5.00")}, give_back_stamp=False)
        issue_credit_note(actor=self.actor, invoice_id=invoice_id, values=values, on=self.today, today=self.today)

    def oppose(self) -> None:
        self._deed(self.dice.choice(["oppose", "unoppose"]))

    def exclude(self) -> None:
        self._deed("exclude", reason="Non va inviata")

    def include(self) -> None:
        self._deed("include", excluded=True)

    def cancel(self) -> None:
        self._deed("cancel", reason="Chiesto dal paziente", held="held")

    def send(self) -> None:
        self._deed("send", state="READY")

    def send_again(self) -> None:
        self._deed("send_again", state="REJECTED")

    def resync(self) -> None:
        self._deed("resync")

    def send_all(self) -> None:
        self.press("sts_send", everything="1")

    def _deed(self, way: str, reason: str = "", **which: Any) -> None:
        invoice = self._any(lambda: Expense.objects.filter(kind="document", **which), key="invoice_id")
        self.press("sts_deed", invoice, way, **({"reason": reason} if reason else {}))

    def _any(self, chosen: Callable[[], Any], key: str = "pk") -> int:
        with acting(System("test")):
            rows = chosen()
            first, last = rows.order_by(key).values_list(key, flat=True).first(), 0
            if first is None:
                raise Expense.DoesNotExist
            last = rows.order_by(f"-{key}").values_list(key, flat=True).first() or first
            wanted = {f"{key}__gte": self.dice.randint(first, last)}
            return rows.filter(**wanted).order_by(key).values_list(key, flat=True).first() or first


WEIGHTS = (
    (People.create, 60),
    (People.void, 6),
    (People.pay, 8),
    (People.credit, 6),
    (People.oppose, 3),
    (People.exclude, 3),
    (People.include, 5),
    (People.cancel, 2),
    (People.send_again, 1),
    (People.send, 5),
    (People.resync, 3),
    (People.send_all, 2),
)
DEEDS = [deed for deed, _ in WEIGHTS]


def killing(plan: Plan) -> dict[str, float]:
    """Start children, kill them at random, start others in their place; return how often and how long."""
    dice = random.Random(plan.seed)
    kinds: dict[str, Callable[[random.Random], None]] = {
        "worker-1": work,
        "worker-2": work,
        "web-1": lambda own: People(plan, own).go_on(),
        "web-2": lambda own: People(plan, own).go_on(),
    }
    began, kills, looked, made, stretch = time.monotonic(), 0, 0.0, 0, 1.0
    living: dict[str, tuple[int, float]] = {}
    while kills < plan.kills or made < plan.documents:
        now = time.monotonic()
        for name, act in kinds.items():
            pid, until = living.get(name, (0, 0.0))
            if pid and now < until:
                continue
            if pid:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                kills += 1
            life = stretch * dice.choice([0.05, 0.3, 1.0, 2.0, 4.0]) * 2 * dice.random()
            living[name] = (forked(act, dice.getrandbits(32)), now + life)
        time.sleep(0.005)
        if now > looked + 2:  # lives are as long as it takes for documents to keep up with the kills
            made, looked = documents_made(), now
            behind = made / plan.documents < kills / plan.kills
            stretch = min(stretch * 1.4, 12.0) if behind else max(stretch * 0.7, 0.5)
            print(f"{now - began:.0f} s: {kills} kills, {made} documents, {stretch:.1f}", file=sys.stderr, flush=True)
    for pid, _ in living.values():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return {"kills": kills + len(living), "seconds": round(time.monotonic() - began, 1)}


def documents_made() -> int:
    """Return how many documents there are. The connection is closed: a fork must not share one."""
    with acting(System("test")):
        made = Invoice.objects.filter(kind="invoice").exclude(state="DRAFT").count()
    connections.close_all()
    return made


def come_to_rest(seconds: float) -> bool:
    """Let two workers go on undisturbed until nothing waits any more; tell whether that came about."""
    pids = [forked(work, 0), forked(work, 1)]
    quiet, deadline = 0, time.monotonic() + seconds
    while quiet < 4 and time.monotonic() < deadline:
        time.sleep(1.0)
        quiet = quiet + 1 if at_rest() else 0
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return quiet >= 4


def at_rest() -> bool:
    """Tell whether no mark, no call and no document waits for the machine."""
    from sportello.core.models import ChangeMark

    with acting(System("test")):
        waits = Expense.objects.filter(
            state__in=["READY", "QUEUED", "TAKEN_IN_CHARGE", "TO_UPDATE", "TO_DELETE", "UNCERTAIN"]
        )
        busy = ChangeMark.objects.exists() or waits.filter(problem="").exists()
    connections.close_all()
    return not busy


def calm(plan: Plan) -> None:
    """Have the State fail no more."""
    request = urllib.request.Request(f"{plan.admin}/faults", method="DELETE")
    urllib.request.urlopen(request, timeout=60).close()


def main() -> None:
    """Kill, calm down, come to rest, say how it went."""
    plan = Plan(**json.loads(sys.argv[1]))
    hurry()
    People(plan, random.Random(plan.seed)).create()  # whatever is loaded at first use is loaded once, before any fork
    connections.close_all()
    told = killing(plan)
    calm(plan)
    told["rested"] = come_to_rest(float(os.environ.get("STS_KILL_REST", "240")))
    with acting(System("test")):
        told["documents"] = Invoice.objects.filter(kind="invoice").exclude(state="DRAFT").count()
        told["notes"] = Invoice.objects.filter(kind="credit_note").count()
        assert Person.objects.exists()
    print(json.dumps(told))


if __name__ == "__main__":
    main()
