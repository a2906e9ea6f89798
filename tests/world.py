"""The cast that tests are about. Every person, code and number is invented.

Ada owns the practice Rossi, Elena works there with two switches, Carla keeps its books; Olga owns the practice
Bianchi, whose patient Bruno is the twin of Rossi's in every datum; Zeno signs in and belongs to nobody.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from sportello.accounts.models import Person
from sportello.billing.models import Invoice, InvoiceLine, Service
from sportello.billing.rules.treatments import ServiceNature, Treatment
from sportello.core.actors import Actor, Role, Switch, System, acting
from sportello.parties.models import BankAccount, BillingEntity, FiscalTerms, Membership, Party, Series, Site
from sportello.parties.queries import actor_for
from sportello.patients.codes import code_hash
from sportello.patients.folding import folded_name
from sportello.patients.models import Customer, Patient, Representative

DAY = date(2026, 3, 12)
PASSWORD = "una frase di prova lunga"
TERMS_FROM = date(2024, 1, 1)
BRUNO_CODE = "VRDBRN80E12A944U"
MIA_CODE = "VRDMIA18P45A944X"
IBAN = "IT60X0542811101000000123456"
SERIES = (("A", "main"), ("E", "electronic"), ("NC", "credit"), ("BIS", "late"))


def only(actor: Actor, *switches: Switch) -> Actor:
    """Return a collaborator with these switches and no other."""
    return dataclasses.replace(actor, role=Role.COLLABORATOR, switches=frozenset(switches))


@dataclass
class House:
    """A practice with what it needs to issue."""

    party: Party
    studio: BillingEntity
    series: dict[str, Series]
    account: BankAccount
    services: dict[str, Service]


@dataclass
class World:
    """Who and what the tests speak of; `ada`, `elena`, `carla`, `olga` are actors, `people` the persons behind them."""

    people: dict[str, Person]
    ada: Actor
    elena: Actor
    carla: Actor
    olga: Actor
    rossi: House
    bianchi: House
    forfait: BillingEntity
    forfait_series: dict[str, Series]
    bruno: Patient
    mia: Patient
    youssef: Patient
    archived: Patient
    gina: Representative
    twin: Patient
    company: Customer
    school: Customer
    clinic: Customer
    twin_company: Customer
    draft: Invoice
    twin_draft: Invoice

    @property
    def studio(self) -> BillingEntity:
        """Return Ada's own entity: RF01, ENPAP 2%."""
        return self.rossi.studio

    @property
    def therapy(self) -> Service:
        """Return the service Ada gives most: exempt, 70.00."""
        return self.rossi.services["therapy"]


def build_world() -> World:
    """Write the cast and return it."""
    people = {name: _person(name) for name in ("ada", "elena", "carla", "olga", "zeno")}
    with acting(System("tests")):
        rossi, bianchi = _house("Studio Rossi", "01234560371"), _house("Studio Bianchi", "07654320378")
        forfait = _entity(rossi.party, "Elena Neri", "09876540379", regime="RF19", stamp_nature="N2.2")
        _membership(people["ada"], rossi.party, Role.OWNER)
        _membership(people["elena"], rossi.party, Role.COLLABORATOR, [Switch.PATIENTS, Switch.INVOICES])
        carla = _membership(people["carla"], rossi.party, Role.ACCOUNTANT, years=[2026], sees_names=False)
        carla.all_entities = False
        carla.save()
        carla.entities.add(rossi.studio)
        _membership(people["olga"], bianchi.party, Role.OWNER)
        bruno, twin = _bruno(rossi.party), _bruno(bianchi.party)
        mia = _mia(rossi.party)
        cast = {
            "rossi": rossi,
            "bianchi": bianchi,
            "forfait": forfait,
            "forfait_series": _series(forfait),
            "bruno": bruno,
            "twin": twin,
            "mia": mia,
            "gina": _gina(mia),
            "youssef": _youssef(rossi.party),
            "archived": _archived(rossi.party),
            "company": _company(rossi.party),
            "twin_company": _company(bianchi.party),
            "school": _customer(
                rossi.party, "public_body", "Istituto Comprensivo Prova", "80000010373", sdi_code="UFABCD"
            ),
            "clinic": _customer(rossi.party, "company", "Clinica Prova S.r.l.", "04444440376", sdi_code="M5UXCR1"),
            "draft": _draft(rossi, bruno, people["ada"]),
            "twin_draft": _draft(bianchi, twin, people["olga"]),
        }
    actors = {
        name: actor_for(people[name].pk, (bianchi if name == "olga" else rossi).party.pk)
        for name in ("ada", "elena", "carla", "olga")
    }
    return World(people=people, **actors, **cast)  # type: ignore[arg-type]  # one name for each field, checked at start


@pytest.fixture
def world(db: None) -> World:
    """Give the cast, written anew for this test."""
    return build_world()


def _person(name: str) -> Person:
    families = {"ada": "Rossi", "elena": "Neri", "carla": "Conti", "olga": "Bianchi", "zeno": "Nessuno"}
    return Person.objects.create_user(
        f"{name}@posta.example", PASSWORD, given_name=name.title(), family_name=families[name]
    )


def _membership(person: Person, party: Party, role: Role, switches: list[Switch] | None = None, **more) -> Membership:
    return Membership.objects.create(
        person=person, party=party, role=role.value, switches=[each.value for each in switches or []], **more
    )


def _house(name: str, partita_iva: str) -> House:
    party = Party.objects.create(name=name, email="studio@posta.example", phone="+390510000001")
    Site.objects.create(
        practice=party, name="Sede", street="Via della Prova 1", postal_code="40100", city="Bologna", province="BO"
    )
    studio = _entity(party, "Ada Rossi" if "Rossi" in name else "Olga Bianchi", partita_iva)
    account = BankAccount(practice=party, entity=studio, label="Conto", iban=IBAN, is_default=True)
    account.save()
    return House(party=party, studio=studio, series=_series(studio), account=account, services=_services(party))


def _entity(party: Party, name: str, partita_iva: str, **terms) -> BillingEntity:
    entity = BillingEntity.objects.create(
        practice=party,
        name=name,
        title="Dott.ssa",
        partita_iva=partita_iva,
        codice_fiscale="RSSDAA79H51A944U",
        street="Via della Prova 1",
        postal_code="40100",
        city="Bologna",
        province="BO",
        profession="Psicologa",
        register="Ordine degli Psicologi dell'Emilia-Romagna",
        register_number="00000",
    )
    given = {"regime": "RF01", "fund": "ENPAP", "fund_rate": Decimal("2.00")} | terms
    FiscalTerms.objects.create(entity=entity, valid_from=TERMS_FROM, **given)
    return entity


def _series(entity: BillingEntity) -> dict[str, Series]:
    return {code: Series.objects.create(entity=entity, code=code, purpose=purpose) for code, purpose in SERIES}


def _services(party: Party) -> dict[str, Service]:
    health, other = ServiceNature.HEALTH, ServiceNature.OTHER
    rows = (
        ("therapy", "Colloquio psicologico", "70.00", Treatment.EXEMPT_HEALTH, health),
        ("flat", "Colloquio di sostegno", "100.00", Treatment.FLAT_RATE, health),
        ("consulting", "Consulenza aziendale", "1000.00", Treatment.TAXABLE_22, other),
        ("advance", "Spese anticipate", "16.00", Treatment.EXCLUDED_15, other),
    )
    return {
        code: Service.objects.create(
            practice=party,
            code=code.upper(),
            name=name,
            price=Decimal(price),
            treatment=treatment.value,
            nature=nature.value,
            bears_fund=treatment is not Treatment.EXCLUDED_15,
        )
        for code, name, price, treatment, nature in rows
    }


def _patient(party: Party, family: str, given: str, code: str = "", **more) -> Patient:
    return Patient.objects.create(
        practice=party,
        family_name=family,
        given_name=given,
        folded_name=folded_name(family, given),
        codice_fiscale=code,
        codice_fiscale_hash=code_hash(party.pk, code),
        **{"street": "Via Inventata 7", "postal_code": "40100", "city": "Bologna", "province": "BO"} | more,
    )


def _bruno(party: Party) -> Patient:
    return _patient(
        party,
        "Verdi",
        "Bruno",
        BRUNO_CODE,
        sex="M",
        born_on=date(1980, 5, 12),
        birth_place="Bologna",
        birth_place_code="A944",
        email="bruno.verdi@posta.example",
        phone="+393330000001",
    )


def _mia(party: Party) -> Patient:
    return _patient(
        party,
        "Verdi",
        "Mia",
        MIA_CODE,
        sex="F",
        born_on=date(2018, 9, 5),
        birth_place="Bologna",
        birth_place_code="A944",
    )


def _youssef(party: Party) -> Patient:
    return _patient(
        party,
        "Amrani",
        "Youssef",
        sex="M",
        born_on=date(1991, 1, 14),
        no_italian_code=True,
        no_code_reason="foreign_resident",
        foreign_id="PASS-000001",
        country="FR",
        postal_code="00000",
        city="Lyon",
        province="",
        language="ar",
    )


def _archived(party: Party) -> Patient:
    moved = _patient(party, "Zanetti", "Lino", sex="M", born_on=date(1955, 3, 11))
    Patient.objects.filter(pk=moved.pk).update(archived_at="2026-01-01T09:00:00+00:00")
    moved.refresh_from_db()
    return moved


def _gina(mia: Patient) -> Representative:
    return Representative.objects.create(
        practice=mia.practice,
        patient=mia,
        role="parent",
        family_name="Verdi",
        given_name="Gina",
        codice_fiscale="VRDGNI84R50A944J",
        street="Via Inventata 7",
        postal_code="40100",
        city="Bologna",
        province="BO",
        email="gina.verdi@posta.example",
        since_on=date(2018, 9, 5),
    )


def _customer(party: Party, kind: str, name: str, partita_iva: str, **more) -> Customer:
    return Customer.objects.create(
        practice=party,
        kind=kind,
        name=name,
        folded_name=folded_name(name),
        partita_iva=partita_iva,
        **{"street": "Via Aziendale 3", "postal_code": "40100", "city": "Bologna", "province": "BO"}
        | {"withholding_agent": True}
        | more,
    )


def _company(party: Party) -> Customer:
    return _customer(party, "company", "Alfa Prova S.p.A.", "03333330375", pec="alfa@pec.example")


def _draft(house: House, patient: Patient, author: Person) -> Invoice:
    invoice = Invoice.objects.create(
        practice=house.party,
        entity=house.studio,
        series=house.series["A"],
        patient=patient,
        services=Decimal("70.00"),
        fund=Decimal("1.40"),
        stamp_base=Decimal("71.40"),
        total=Decimal("71.40"),
        payable=Decimal("71.40"),
        created_by=author,
    )
    InvoiceLine.objects.create(
        invoice=invoice,
        position=1,
        service=house.services["therapy"],
        description="Colloquio psicologico",
        unit_price=Decimal("70.00"),
        treatment=Treatment.EXEMPT_HEALTH.value,
        nature=ServiceNature.HEALTH.value,
        vat_label="N4",
        net=Decimal("70.00"),
    )
    return invoice
