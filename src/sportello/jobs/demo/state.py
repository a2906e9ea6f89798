"""The demo's account at Sistema TS: a simulator of its own beside the server, and documents in every state.

Everything goes through the operations that the pages use, against a simulator that runs in this process while the demo
is loaded; `serve` then runs the same one, with the same books, as a process of its own.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from django.conf import settings

from sistemats.codes import SenderCategory
from sistemats.documents import Owner
from sistemats.simulator import Fault, Options, Rule, Simulator
from sistemats.simulator.users import Role, User
from sportello.accounts.models import Person
from sportello.core.actors import Actor, System, acting
from sportello.expenses import taking_in
from sportello.expenses.exchange.run import run
from sportello.expenses.models import Environment, Expense
from sportello.expenses.operations.credentials import try_credentials
from sportello.expenses.operations.environment import move_environment
from sportello.expenses.operations.manual import send_now
from sportello.expenses.operations.many import send_many
from sportello.expenses.operations.mapping import map_services
from sportello.expenses.operations.settings import activate, save_identity
from sportello.expenses.operations.sides import exclude
from sportello.expenses.queries.mapping import mapping_view
from sportello.expenses.queries.settings import account
from sportello.expenses.states import Visible
from sportello.expenses.values import IdentityValues, MappingValues
from sportello.jobs.demo.cast import MARTA
from sportello.parties.models import BillingEntity
from sportello.parties.queries import actor_for

BOOKS = "books.sqlite3"
PASSWORD, PIN = "Ginestra2026", "4711471147"
LEFT = 7
"""So many of the newest documents wait to be sent."""


def tell(today: date) -> None:
    """Set the demo's owner up at the simulator and send most of the year; nothing where no simulator may run."""
    folder = settings.SPORTELLO_STS_SIMULATOR
    if folder is None:
        return
    owner = actor_for(Person.objects.get(email=MARTA.email).pk, None)
    if owner is None:
        return
    with acting(owner):
        entity = BillingEntity.objects.order_by("pk")[0]
    Path(folder).mkdir(parents=True, exist_ok=True)
    options = Options(folder=Path(folder), state=Path(folder) / BOOKS)
    with Simulator(options, users=[_known_there(entity)]) as simulator:
        _set_up(owner, entity, today)
        _send(owner, entity, simulator)


def _known_there(entity: BillingEntity) -> User:
    return User(
        entity.codice_fiscale,
        Role.PROFESSIONAL,
        PASSWORD,
        PIN,
        label="Demo",
        category=SenderCategory.HEALTH_PROFESSIONAL,
        owner=Owner(entity.codice_fiscale),
        vat_numbers=(entity.partita_iva,),
    )


def _set_up(owner: Actor, entity: BillingEntity, today: date) -> None:
    suggested = account(owner, entity.pk, today=today).values
    values = IdentityValues(
        category=suggested.category,
        username=suggested.username,
        owner_code=suggested.owner_code,
        password=PASSWORD,
        pin=PIN,
    )
    save_identity(actor=owner, entity_id=entity.pk, values=values, today=today)
    move_environment(actor=owner, entity_id=entity.pk, environment=Environment.SIMULATOR)
    rows = mapping_view(owner, entity.pk, today=today).rows
    mapped = [MappingValues(row.service_id, row.expense_type, row.flag) for row in rows]
    map_services(actor=owner, entity_id=entity.pk, values=mapped, since=None)
    now = datetime.now(UTC)
    try_credentials(actor=owner, entity_id=entity.pk, now=now)
    since = today.replace(month=1, day=1)
    activate(actor=owner, entity_id=entity.pk, since=since, accepted=True, now=now)


def _send(owner: Actor, entity: BillingEntity, simulator: Simulator) -> None:
    """Send all but the newest: one is refused for a mistyped code, one left out, some alone, the rest in a file."""
    with acting(System("demo", entity.practice_id)):
        taking_in.take_in_entity(entity.pk, entity.practice_id)
        waiting = Expense.objects.filter(entity=entity, state=Visible.READY, problem="", kind="document")
        rows = list(waiting.order_by("-paid_on", "-pk").select_related("invoice__patient"))
    if len(rows) < LEFT + 6:
        return
    exclude(actor=owner, expense_id=rows[LEFT].pk, reason="Pagata due volte per errore")
    _refuse(owner, rows[LEFT + 1])
    simulator.ministry.faults.replace([Rule(Fault.UNKNOWN_CITIZEN)])
    for row in rows[LEFT + 2 : LEFT + 4]:
        send_now(actor=owner, expense_id=row.pk)
    simulator.ministry.faults.replace([])
    send_now(actor=owner, expense_id=rows[LEFT + 4].pk)
    ids = [row.pk for row in rows[LEFT + 5 :]]
    send_many(actor=owner, entity_id=entity.pk, expense_ids=ids)
    with acting(System("demo", entity.practice_id)):
        run(entity.pk)


def _refuse(owner: Actor, row: Expense) -> None:
    """Let the State refuse a document for a codice fiscale whose last letter was mistyped."""
    patient = row.invoice.patient
    if patient is None or len(patient.codice_fiscale) != 16:
        return
    code = patient.codice_fiscale
    wrong = code[:-1] + ("L" if code[-1] != "L" else "Q")
    with acting(System("demo", row.practice_id)):
        patient.codice_fiscale = wrong
        patient.save()
        taking_in.take_in_entity(row.entity_id, row.practice_id)
    send_now(actor=owner, expense_id=row.pk)
