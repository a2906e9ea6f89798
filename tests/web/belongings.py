"""One of everything that an address can name, in a practice of the cast: for tests that try addresses of others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from sportello.billing.models import EntityWording, Invoice, Payment, PerformedService
from sportello.billing.operations.issue import issue_invoice
from sportello.billing.operations.payments import record_payment
from sportello.billing.operations.sessions import SessionValues, save_session
from sportello.billing.rules.payments import Method
from sportello.core import outbox
from sportello.core.actors import Actor, System, acting
from sportello.core.mail.queueing import queue
from sportello.core.models import Job, OutgoingMail
from sportello.expenses.models import CitizenRemark, Difference, MonthlyReport, StsCertificate, Transmission
from sportello.parties.models import FiscalTerms, Membership, Site
from sportello.patients.models import (
    BulkInvitation,
    BulkItem,
    Connection,
    Customer,
    Invitation,
    Patient,
    Representative,
)
from tests.billing.desk import draft, line
from tests.world import DAY, House, World

OF_DRAFTS = {
    "practice:invoice_edit",
    "practice:invoice_issue",
    "practice:invoice_discard",
    "practice:invoice_split",
}
NOW = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Belongings:
    """A practice's things: the papers apart, and the ids by the name that addresses give them."""

    draft: Invoice
    issued: Invoice
    payment: Payment
    session: PerformedService
    ids: dict[str, int]

    def of(self, route: str) -> dict[str, int]:
        """Return the ids for a page's address; pages of drafts get the draft, others an issued paper."""
        return self.ids | {"invoice_id": self.draft.pk if route in OF_DRAFTS else self.issued.pk}


def belongings(world: World, house: House, actor: Actor, patient: Patient, customer: Customer) -> Belongings:
    """Write one of everything and return it."""
    waiting = draft(world, actor=actor, entity=house.studio, patient=patient)
    paper = draft(world, line("90.00"), actor=actor, entity=house.studio, patient=patient)
    paper = issue_invoice(actor=actor, invoice_id=paper.pk, on=DAY, today=DAY)
    payment = record_payment(
        actor=actor, invoice_id=paper.pk, on=DAY, amount=Decimal("10.00"), method=Method.CARD, today=DAY
    )
    session = save_session(
        actor=actor,
        values=SessionValues(
            entity_id=house.studio.pk,
            patient_id=patient.pk,
            service_id=house.services["therapy"].pk,
            performed_on=DAY,
            quantity=Decimal(1),
            unit_price=Decimal("70.00"),
            paid_on=DAY,
            payment_method=Method.CARD.value,
        ),
    )
    ids = _settings(house) | _people(house, patient) | _later(house, paper) | _access(house, actor, patient)
    ids |= _state(house)
    ids |= {
        "patient_id": patient.pk,
        "customer_id": customer.pk,
        "payment_id": payment.pk,
        "session_id": session.pk,
    }
    return Belongings(draft=waiting, issued=paper, payment=payment, session=session, ids=ids)


def _settings(house: House) -> dict[str, int]:
    with acting(System("tests")):
        wording = EntityWording.objects.create(
            entity=house.studio, key="vat.EXEMPT_HEALTH", valid_from=date(2030, 1, 1), text_it="Esente"
        )
        terms = FiscalTerms.objects.create(
            entity=house.studio, regime="RF01", fund="ENPAP", fund_rate=Decimal("4.00"), valid_from=date(2030, 1, 1)
        )
        return {
            "site_id": Site.objects.get(practice=house.party).pk,
            "entity_id": house.studio.pk,
            "terms_id": terms.pk,
            "series_id": house.series["BIS"].pk,
            "account_id": house.account.pk,
            "wording_id": wording.pk,
            "service_id": house.services["therapy"].pk,
        }


def _state(house: House) -> dict[str, int]:
    """What stands between the practice and the State: a call that ended, and a certificate."""
    at = datetime(DAY.year, DAY.month, DAY.day, 9, tzinfo=UTC)
    with acting(System("tests")):
        sending = Transmission.objects.create(
            practice=house.party,
            entity=house.studio,
            kind="single",
            operation="I",
            state="done",
            content_sha256="0" * 64,
            attempted_at=at,
            lease_until=at,
            settled_at=at,
        )
        certificate = StsCertificate.objects.create(
            practice=house.party,
            purpose="ca",
            pem="",
            serial="1",
            subject="CN=Prova",
            key_sha256="0" * 64,
            valid_from=at,
            valid_to=at,
            loaded_at=at,
        )
        report = MonthlyReport.objects.create(
            practice=house.party, entity=house.studio, month=DAY.replace(day=1), asked_at=at, fetched_at=at
        )
        difference = Difference.objects.create(
            practice=house.party,
            entity=house.studio,
            report=report,
            kind="unknown_here",
            vat_number=house.studio.partita_iva,
            number="1",
        )
        remark = CitizenRemark(
            practice=house.party, entity=house.studio, reference="1", words="Prova", words_hash="0", fetched_at=at
        )
        remark.save()
        return {
            "sending_id": sending.pk,
            "certificate_id": certificate.pk,
            "report_id": report.pk,
            "difference_id": difference.pk,
            "remark_id": remark.pk,
        }


def _people(house: House, patient: Patient) -> dict[str, int]:
    with acting(System("tests")):
        parent = Representative.objects.create(
            practice=house.party,
            patient=patient,
            role="administrator",
            family_name="Verdi",
            given_name="Pia",
            since_on=DAY,
        )
        member = Membership.objects.filter(party=house.party).order_by("pk").last()
        assert member is not None
        return {"representative_id": parent.pk, "membership_id": member.pk}


def _access(house: House, actor: Actor, patient: Patient) -> dict[str, int]:
    with acting(System("tests")):
        row = Connection.objects.create(
            practice=house.party,
            patient=patient,
            email="bruno.verdi@posta.example",
            email_key="bruno.verdi@posta.example",
            state="CONNECTED",
            account="account",
            since_at=NOW,
        )
        Invitation.objects.create(
            practice=house.party, connection=row, state="ACCEPTED", since_at=NOW, expires_at=NOW + timedelta(days=14)
        )
        bulk = BulkInvitation.objects.create(
            practice=house.party, made_by_id=actor.person_id, total=1, created_at=NOW, finished_at=NOW
        )
        BulkItem.objects.create(bulk=bulk, patient=patient, outcome="already_connected")
        return {"connection_id": row.pk, "bulk_id": bulk.pk}


def _later(house: House, paper: Invoice) -> dict[str, int]:
    with acting(System("tests")), transaction.atomic():
        mail: OutgoingMail = queue(
            party_id=house.party.pk,
            purpose="test",
            key="belongings",
            to="qualcuno@posta.example",
            subject="Prova",
            text="Prova",
        )
        outbox.enqueue("billing.render_paper", paper.pk, party_id=house.party.pk, key="belongings")
        job = Job.objects.get(party_id=house.party.pk, key="belongings", handler="billing.render_paper")
        return {"mail_id": mail.pk, "job_id": job.pk}
