"""What happened in the demo: the practices are set up, patients come, papers are issued, paid, credited, forgotten.

Everything goes through the operations that the pages use, day by day, so that numbers, audit and registers are real.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from django.db import transaction

from sportello.accounts.models import Person
from sportello.billing.models import Invoice, InvoiceLine
from sportello.billing.models.invoices import AddresseeKind
from sportello.billing.operations.catalogue import ServiceValues, create_service
from sportello.billing.operations.credit import NoteValues, correct_and_reissue, issue_credit_note
from sportello.billing.operations.drafts import save_draft
from sportello.billing.operations.fiscal_terms import set_terms
from sportello.billing.operations.issue import issue_invoice
from sportello.billing.operations.payments import record_payment
from sportello.billing.rules.payments import Method
from sportello.billing.rules.treatments import ServiceNature, Treatment
from sportello.billing.values import DraftValues, LineValues
from sportello.core import audit
from sportello.core.actors import Actor, Role, Switch, System, acting
from sportello.jobs.demo.cast import ELENA, MARTA, OLGA, PAOLO, SignIn, Treated, patients
from sportello.jobs.founding import Owner, found_practice
from sportello.parties.contacts import Address
from sportello.parties.models import BillingEntity, Membership
from sportello.parties.operations.accounts import add_account
from sportello.parties.operations.entities import create_entity
from sportello.parties.operations.practice import add_site, edit_practice
from sportello.parties.values import EntityValues, PracticeValues, SiteValues, TermsValues
from sportello.patients.models import Customer, Patient
from sportello.patients.operations.customers import create_customer
from sportello.patients.operations.patients import archive_patient, create_patient
from sportello.patients.operations.representatives import add_representative
from sportello.patients.rules import Person as Described
from sportello.patients.rules import expected_code
from sportello.patients.values import CustomerValues, PatientValues, RepresentativeValues

BOLOGNA = Address("Via della Ginestra 12", "40121", "Bologna", "BO")
METHODS = (Method.CARD, Method.TRANSFER, Method.CARD, Method.CASH, Method.PAGO_PA)
SERVICES = (
    ("COLLOQUIO", "Colloquio psicologico", "70.00", Treatment.EXEMPT_HEALTH, ServiceNature.HEALTH),
    ("COPPIA", "Colloquio di coppia", "95.00", Treatment.EXEMPT_HEALTH, ServiceNature.HEALTH),
    ("MINORI", "Colloquio con minore", "60.00", Treatment.EXEMPT_HEALTH, ServiceNature.HEALTH),
    ("VALUTAZIONE", "Valutazione psicodiagnostica", "180.00", Treatment.EXEMPT_HEALTH, ServiceNature.HEALTH),
    ("FORMAZIONE", "Formazione aziendale", "1000.00", Treatment.TAXABLE_22, ServiceNature.OTHER),
)


@dataclass(frozen=True, slots=True)
class Desk:
    """A practice ready to work: its owner, its entity, its services by code."""

    owner: Actor
    entity: BillingEntity
    services: dict[str, int]


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of one patient on one day."""

    on: date
    patient: Patient
    treated: Treated


def tell(today: date) -> None:
    """Make both practices; their papers begin on the first of January of last year and end today."""
    begins = date(today.year - 1, 1, 1)
    chance = Random(20260101)  # noqa: S311 - the same story every time
    ginestra = _desk("Studio Ginestra", MARTA, "01234560371", begins)
    _colleagues(ginestra)
    known = [(each, _patient(ginestra, each, begins)) for each in patients()]
    _care(ginestra, known, begins, today, chance)
    _business(ginestra, begins, today)
    _corrections(ginestra, today)
    with acting(ginestra.owner):
        left = known[3][1].pk
    archive_patient(actor=ginestra.owner, patient_id=left)
    twin = _desk("Studio Lavanda", OLGA, "07654320378", begins)
    same = [(each, _patient(twin, each, begins)) for each in patients()[:6]]
    _care(twin, same, date(today.year, 1, 1), today, chance)


def _desk(name: str, who: SignIn, partita_iva: str, begins: date) -> Desk:
    owner = found_practice(name, Owner(who.email, who.given_name, who.family_name, who.password))
    edit_practice(actor=owner, values=PracticeValues(name=name, email=who.email, phone="+390510000001"))
    add_site(actor=owner, values=SiteValues("Sede", BOLOGNA, "+390510000001"))
    entity = create_entity(
        actor=owner,
        values=EntityValues(
            name=f"{who.given_name} {who.family_name}",
            partita_iva=partita_iva,
            codice_fiscale=_code(who.family_name, who.given_name, "F", date(1979, 6, 11), "A944"),
            title="Dott.ssa",
            address=BOLOGNA,
            email=who.email,
            profession="Psicologa psicoterapeuta",
            register="Ordine degli Psicologi dell'Emilia-Romagna",
            register_number="00000",
        ),
    )
    terms = TermsValues(valid_from=begins, regime="RF01", fund="ENPAP", fund_rate=Decimal(2))
    set_terms(actor=owner, entity_id=entity.pk, values=terms)
    add_account(actor=owner, entity_id=entity.pk, label="Conto dello studio", iban="IT60X0542811101000000123456")
    services = {
        code: create_service(
            actor=owner,
            values=ServiceValues(code, label, Decimal(price), treatment.value, nature.value),
            today=begins,
        ).pk
        for code, label, price, treatment, nature in SERVICES
    }
    return Desk(owner, entity, services)


def _colleagues(desk: Desk) -> None:
    """Seat the secretary and the accountant, who would set their passwords by mail in a real practice."""
    seats = (
        (ELENA, Role.COLLABORATOR, (Switch.PATIENTS, Switch.INVOICES, Switch.ISSUE, Switch.PAYMENTS, Switch.CATALOGUE)),
        (PAOLO, Role.ACCOUNTANT, ()),
    )
    party_id = desk.owner.party_id
    with acting(System("demo", party_id)), transaction.atomic(durable=True):
        for who, role, switches in seats:
            person = Person.objects.create_user(
                who.email, who.password, given_name=who.given_name, family_name=who.family_name
            )
            member = Membership.objects.create(
                person=person,
                party_id=party_id,
                role=role.value,
                switches=sorted(each.value for each in switches),
                sees_names=role is not Role.ACCOUNTANT,
            )
            audit.record(System("demo", party_id), "member.invite", member, role=role.value)


def _patient(desk: Desk, who: Treated, begins: date) -> Patient:
    patient = create_patient(
        actor=desk.owner,
        today=begins,
        values=PatientValues(
            family_name=who.family_name,
            given_name=who.given_name,
            sex=who.sex,
            born_on=who.born_on,
            birth_place=who.place,
            birth_place_code=who.place_code,
            codice_fiscale="" if who.no_code_reason else _code_of(who),
            no_code_reason=who.no_code_reason,
            foreign_id=who.foreign_id,
            address=Address(who.street, who.postal_code, who.city, who.province, who.country),
            email=f"{who.given_name}.{who.family_name}@posta.example".lower().replace(" ", "").replace("'", ""),
            language=who.language,
        ),
    )
    if who.parent:
        family, given = who.parent
        add_representative(
            actor=desk.owner,
            patient_id=patient.pk,
            values=RepresentativeValues(
                "parent", family, given, since_on=who.born_on, email=f"{given}.{family}@posta.example".lower()
            ),
        )
    return patient


def _visits(known: list[tuple[Treated, Patient]], begins: date, today: date, chance: Random) -> Iterator[Visit]:
    """Yield all visits in the order of their days; people fall ill, go on holiday, and end."""
    found = []
    for number, (treated, patient) in enumerate(known):
        first = begins + timedelta(days=3 + (number * 9) % 120)
        last = today - timedelta(days=chance.choice((0, 0, 0, 60, 200)))
        for step in itertools.count():
            on = first + timedelta(days=step * treated.every_days * 2)
            if on > last:
                break
            if on.month != 8 and on.weekday() < 6 and chance.random() > 0.08:
                found.append(Visit(on, patient, treated))
    yield from sorted(found, key=lambda visit: (visit.on, visit.patient.pk))


def _care(desk: Desk, known: list[tuple[Treated, Patient]], begins: date, today: date, chance: Random) -> None:
    for number, visit in enumerate(_visits(known, begins, today, chance)):
        service = "VALUTAZIONE" if number % 37 == 11 else visit.treated.service
        pays_at_once = chance.random() < 0.7
        method = chance.choice(METHODS)
        invoice = _issue(desk, visit.on, visit.patient.pk, service, paid=method if pays_at_once else None)
        if not pays_at_once:
            _pay_later(desk, invoice, visit.on, today, chance)
    _drafts(desk, known, today)


def _issue(desk: Desk, on: date, patient_id: int | None, service: str, *, paid: Method | None) -> Invoice:
    draft = save_draft(actor=desk.owner, values=_draft(desk, patient_id, service, on=on, paid=paid))
    return issue_invoice(actor=desk.owner, invoice_id=draft.pk, today=on)


def _draft(
    desk: Desk,
    patient_id: int | None,
    service: str,
    *,
    on: date | None = None,
    paid: Method | None = None,
    customer: Customer | None = None,
) -> DraftValues:
    label, price = next((label, Decimal(price)) for code, label, price, *_ in SERVICES if code == service)
    return DraftValues(
        entity_id=desk.entity.pk,
        patient_id=patient_id,
        lines=(LineValues(desk.services[service], label, unit_price=price, performed_on=on),),
        on=on,
        addressee_kind=AddresseeKind.CUSTOMER if customer else AddresseeKind.PATIENT,
        customer_id=customer.pk if customer else None,
        payment_method=paid.value if paid else "",
        paid_on=on if paid else None,
    )


def _pay_later(desk: Desk, invoice: Invoice, on: date, today: date, chance: Random) -> None:
    """Most pay within weeks, some in two parts, the newest and a few old ones not yet."""
    when = on + timedelta(days=chance.randint(3, 40))
    if when > today or chance.random() < 0.04:
        return
    whole = invoice.payable
    parts = [whole] if chance.random() < 0.85 else [Decimal("40.00"), whole - Decimal("40.00")]
    for number, part in enumerate(parts):
        day = when + timedelta(days=14 * number)
        if day <= today:
            method = Method.TRANSFER
            record_payment(actor=desk.owner, invoice_id=invoice.pk, on=day, amount=part, method=method, today=today)


def _drafts(desk: Desk, known: list[tuple[Treated, Patient]], today: date) -> None:
    for treated, patient in known[:3]:
        save_draft(actor=desk.owner, values=_draft(desk, patient.pk, treated.service))


def _business(desk: Desk, begins: date, today: date) -> None:
    """A company and a school send people and pay after an electronic invoice."""
    place = Address("Via dell'Industria 3", "40138", "Bologna", "BO")
    company = create_customer(
        actor=desk.owner,
        values=CustomerValues(
            "company",
            "Alfa Prova S.p.A.",
            partita_iva="03333330375",
            address=place,
            sdi_code="M5UXCR1",
            withholding_agent=True,
        ),
    )
    school = create_customer(
        actor=desk.owner,
        values=CustomerValues(
            "public_body",
            "Istituto Comprensivo Prova",
            codice_fiscale="80000010373",
            address=place,
            sdi_code="UFABCD",
            withholding_agent=True,
        ),
    )
    for month, customer in itertools.product(range(3, 25, 4), (company, school)):
        on = date(begins.year + (month - 1) // 12, 1 + (month - 1) % 12, 10)
        if on > today:
            break
        values = _draft(desk, None, "FORMAZIONE", on=on, customer=customer)
        draft = save_draft(actor=desk.owner, values=values)
        invoice = issue_invoice(actor=desk.owner, invoice_id=draft.pk, today=on)
        if (paid_on := on + timedelta(days=30)) <= today:
            record_payment(
                actor=desk.owner,
                invoice_id=invoice.pk,
                on=paid_on,
                amount=invoice.payable,
                method=Method.TRANSFER,
                today=today,
            )


def _corrections(desk: Desk, today: date) -> None:
    """Two papers were wrong: one is taken back, one is made anew."""
    with acting(desk.owner):
        lines = InvoiceLine.objects.filter(invoice__kind="invoice", invoice__state="ISSUED")
        ids = list(lines.order_by("-invoice_id").values_list("invoice_id", flat=True)[:40])
    note = NoteValues(reason="Importo errato")
    issue_credit_note(actor=desk.owner, invoice_id=ids[25], values=note, on=today, today=today)
    correct_and_reissue(actor=desk.owner, invoice_id=ids[30], values=note, on=today, today=today)


def _code_of(who: Treated) -> str:
    return _code(who.family_name, who.given_name, who.sex, who.born_on, who.place_code)


def _code(family: str, given: str, sex: str, born_on: date, place: str) -> str:
    return expected_code(Described(family, given, born_on, sex, place)) or ""
