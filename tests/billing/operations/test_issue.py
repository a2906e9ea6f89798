"""Issuing: one transaction that numbers, freezes, records and queues, or refuses and leaves no trace."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from decimal import Decimal

import pytest

from sportello.billing.models import Invoice, InvoiceGroup, InvoiceLine, PerformedService, StampRecord
from sportello.billing.operations import issue
from sportello.billing.operations.drafts import StaleDraft, discard_draft, save_draft, split_draft
from sportello.billing.operations.issue import IssueRefused, issue_invoice
from sportello.billing.paper.content import Content
from sportello.billing.rules.treatments import Treatment
from sportello.billing.states import ForbiddenMove
from sportello.core.actors import MayNot, Switch, System, acting
from sportello.core.models import AuditEntry, Job
from sportello.core.violations import RuleViolation
from sportello.parties.models import Counter, FiscalTerms
from sportello.patients.models import Customer, Patient
from tests.billing.desk import draft, issued, line, stored, values
from tests.world import DAY, World, only


def codes(refused: pytest.ExceptionInfo[IssueRefused]) -> set[str]:
    return {each.code for each in refused.value.refusals}


def test_issue_invoice_numbers_freezes_and_queues(world: World) -> None:
    invoice = issued(world, line("90.00"))
    assert (invoice.printed_number, invoice.state, invoice.issued_on) == ("1/2026", "ISSUED", DAY)
    assert (invoice.fund, invoice.stamp, invoice.total, invoice.open) == tuple(
        map(Decimal, ("1.80", "2.00", "93.80", "93.80"))
    )
    content = Content.from_json(stored(invoice).snapshot)
    assert content.addressee.name == "Bruno Verdi"
    assert content.totals.payable == Decimal("93.80")
    with acting(System("tests")):
        assert InvoiceGroup.objects.get(invoice=invoice).taxable == Decimal("91.80")
        assert StampRecord.objects.get(invoice=invoice).charged
        assert Job.objects.filter(handler="billing.render_paper", object_id=invoice.pk).count() == 1
        assert AuditEntry.objects.filter(action="invoice.issue", object_id=invoice.pk).count() == 1


def test_issue_invoice_counts_up_in_each_series_and_year(world: World) -> None:
    last_year = date(2025, 12, 30)
    numbers = [issued(world, on=day).printed_number for day in (last_year, DAY, DAY)]
    other = issued(world, series_id=world.rossi.series["E"].pk)
    assert numbers == ["1/2025", "1/2026", "2/2026"]
    assert other.printed_number == "1/E/2026"


def test_issue_invoice_of_endless_series_leaves_the_year_out(world: World) -> None:
    series = world.rossi.series["E"]
    series.yearly = False
    with acting(System("tests")):
        series.save()
    first = issued(world, on=date(2025, 12, 30), series_id=series.pk)
    second = issued(world, series_id=series.pk)
    assert (first.printed_number, second.printed_number) == ("1/E", "2/E")
    assert (second.year, second.counter_year) == (2026, 0)


def test_issue_invoice_backwards_in_time_is_refused(world: World) -> None:
    issued(world)
    earlier = draft(world, on=DAY - timedelta(days=1))
    with pytest.raises(IssueRefused) as refused:
        issue_invoice(actor=world.ada, invoice_id=earlier.pk, today=DAY)
    assert codes(refused) == {"issue_date_backwards"}
    with acting(System("tests")):
        assert Counter.objects.get(series=world.rossi.series["A"], year=2026).last_number == 1


def test_issue_invoice_of_a_past_year_goes_into_the_series_for_late_papers(world: World) -> None:
    issued(world)
    late = issued(world, on=date(2025, 12, 31), series_id=world.rossi.series["BIS"].pk)
    assert late.printed_number == "1/BIS/2025"


def test_issue_invoice_in_the_future_is_refused(world: World) -> None:
    row = draft(world)
    with pytest.raises(IssueRefused) as refused:
        issue_invoice(actor=world.ada, invoice_id=row.pk, on=DAY + timedelta(days=1), today=DAY)
    assert codes(refused) == {"issue_date_in_the_future"}


def test_issue_invoice_over_nothing_consumes_no_number(world: World) -> None:
    empty = draft(world, line("0.00"))
    with pytest.raises(IssueRefused) as refused:
        issue_invoice(actor=world.ada, invoice_id=empty.pk, today=DAY)
    assert codes(refused) == {"total_must_be_positive"}
    assert issued(world).printed_number == "1/2026"


def test_issue_invoice_says_everything_that_is_wrong_at_once(world: World) -> None:
    with acting(System("tests")):
        Patient.objects.filter(pk=world.bruno.pk).update(street="", city="")
    bad = draft(world, line("70.00", text=" "))
    with pytest.raises(IssueRefused) as refused:
        issue_invoice(actor=world.ada, invoice_id=bad.pk, today=DAY)
    assert codes(refused) >= {"description_missing", "street_missing", "city_missing"}


def test_issue_invoice_of_flat_rate_issuer_with_vat_is_refused(world: World) -> None:
    taxed = line(treatment=Treatment.TAXABLE_22, treatment_reason="prova")
    bad = draft(world, taxed, entity=world.forfait)
    with pytest.raises(IssueRefused) as refused:
        issue_invoice(actor=world.ada, invoice_id=bad.pk, today=DAY)
    assert "treatment_not_allowed_in_regime" in codes(refused)


def test_issue_invoice_with_vat_on_care_wants_a_reason(world: World) -> None:
    taxed = line(treatment=Treatment.TAXABLE_22, service_id=world.therapy.pk)
    bad = draft(world, taxed)
    with pytest.raises(IssueRefused) as refused:
        issue_invoice(actor=world.ada, invoice_id=bad.pk, today=DAY)
    assert codes(refused) == {"treatment_reason_missing"}


def test_issue_invoice_for_a_business_names_no_patient(world: World) -> None:
    named = line("500.00", text="Psicoterapia di Verdi Bruno")
    bad = draft(world, named, customer=world.company)
    with pytest.raises(IssueRefused) as refused:
        issue_invoice(actor=world.ada, invoice_id=bad.pk, today=DAY)
    assert codes(refused) == {"patient_named"}


def test_issue_invoice_for_a_business_withholds_and_goes_electronic(world: World) -> None:
    invoice = issued(world, line("500.00", text="Terapia presso la clinica"), customer=world.clinic)
    assert (invoice.channel, invoice.printed_number) == ("sdi", "1/E/2026")
    assert (invoice.withheld, invoice.payable) == (Decimal("100.00"), Decimal("412.00"))


def test_issue_invoice_for_a_public_body_charges_no_stamp(world: World) -> None:
    invoice = issued(world, line("500.00", text="Sportello d'ascolto"), customer=world.school)
    assert (invoice.channel, invoice.stamp_due, invoice.stamp, invoice.total) == (
        "sdi_pa_signed",
        True,
        Decimal("0.00"),
        Decimal("510.00"),
    )


def test_issue_invoice_for_a_business_without_address_of_delivery_is_refused(world: World) -> None:
    with acting(System("tests")):
        Customer.objects.filter(pk=world.company.pk).update(pec="", sdi_code="")
    bad = draft(world, line("500.00", text="Consulenza"), customer=world.company)
    with pytest.raises(IssueRefused) as refused:
        issue_invoice(actor=world.ada, invoice_id=bad.pk, today=DAY)
    assert codes(refused) == {"sdi_address_missing"}


def test_issue_invoice_before_the_first_fiscal_terms_is_refused(world: World) -> None:
    early = draft(world, on=date(2023, 6, 1))
    with pytest.raises(IssueRefused) as refused:
        issue_invoice(actor=world.ada, invoice_id=early.pk, today=DAY)
    assert codes(refused) == {"no_fiscal_terms"}


def test_issue_invoice_takes_the_terms_of_its_own_day(world: World) -> None:
    with acting(System("tests")):
        FiscalTerms.objects.create(
            entity=world.studio, valid_from=date(2026, 3, 1), regime="RF01", fund="ENPAP", fund_rate=Decimal("4.00")
        )
    before, after = issued(world, on=date(2026, 2, 28)), issued(world)
    assert (before.fund, after.fund) == (Decimal("1.40"), Decimal("2.80"))


def test_issue_invoice_records_the_payment_it_names(world: World) -> None:
    invoice = issued(world, payment_method="MP08", paid_on=DAY)
    assert (invoice.payment_state, invoice.paid_on, invoice.traceable) == ("PAID", DAY, True)


def test_issue_invoice_of_round_price_comes_to_what_the_patient_pays(world: World) -> None:
    rounded = [line(gross_price=Decimal("80.00")) for _ in range(4)]
    invoice = issued(world, *rounded)
    assert invoice.total - invoice.stamp == Decimal("320.00")


def test_issue_invoice_twice_is_forbidden(world: World) -> None:
    invoice = issued(world)
    with pytest.raises(ForbiddenMove):
        issue_invoice(actor=world.ada, invoice_id=invoice.pk, today=DAY)


def test_issue_invoice_changed_after_the_summary_is_stale(world: World) -> None:
    row = draft(world)
    save_draft(actor=world.ada, values=values(world, line("80.00")), invoice_id=row.pk, version=row.version)
    with pytest.raises(StaleDraft):
        issue_invoice(actor=world.ada, invoice_id=row.pk, today=DAY, version=row.version)


def test_issue_invoice_of_another_practice_is_not_found(world: World) -> None:
    with pytest.raises(Invoice.DoesNotExist):
        issue_invoice(actor=world.olga, invoice_id=world.draft.pk, today=DAY)


def test_issue_invoice_without_the_switch_is_forbidden(world: World) -> None:
    with pytest.raises(MayNot):
        issue_invoice(actor=only(world.ada, Switch.INVOICES), invoice_id=world.draft.pk, today=DAY)


def test_issue_invoice_of_an_entity_not_granted_is_not_found(world: World) -> None:
    narrowed = dataclasses.replace(world.ada, entities=frozenset({world.forfait.pk}))
    with pytest.raises(Invoice.DoesNotExist):
        issue_invoice(actor=narrowed, invoice_id=world.draft.pk, today=DAY)


def test_issue_invoice_of_another_practice_is_never_prepared(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[int] = []
    monkeypatch.setattr(issue, "prepare", lambda invoice, **more: prepared.append(invoice.pk))
    for stranger in (world.olga, world.carla, dataclasses.replace(world.ada, own_patients_only=True)):
        with pytest.raises((Invoice.DoesNotExist, MayNot)):
            issue_invoice(actor=stranger, invoice_id=world.draft.pk, on=DAY, today=DAY)
    assert prepared == []


@pytest.mark.parametrize("moment", ["_DRAFT", "_STAND"])
def test_issue_invoice_that_leaves_the_actor_s_sight_meanwhile_is_not_found(
    world: World, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    invoice = draft(world)
    granted = dataclasses.replace(world.ada, entities=frozenset({world.studio.pk}))
    query = getattr(issue, moment)

    class Elsewhere:
        """Moves the draft to another entity just before the software reads it."""

        def one(self, key: int) -> Invoice:
            Invoice.objects.filter(pk=key).update(entity=world.forfait, version=invoice.version + 1)
            return query.one(key)

    monkeypatch.setattr(issue, moment, Elsewhere())
    with pytest.raises(Invoice.DoesNotExist):
        issue_invoice(actor=granted, invoice_id=invoice.pk, on=DAY, today=DAY)
    assert stored(invoice).state == "DRAFT"


def test_issue_invoice_changed_meanwhile_is_issued_as_it_is_now(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    invoice = draft(world, line("70.00"))
    query = issue._STAND

    class Saved:
        """Saves other lines just before the draft is locked."""

        def one(self, key: int) -> Invoice:
            InvoiceLine.objects.filter(invoice_id=key).update(unit_price=Decimal("90.00"))
            Invoice.objects.filter(pk=key).update(version=invoice.version + 1)
            return query.one(key)

    monkeypatch.setattr(issue, "_STAND", Saved())
    done = issue_invoice(actor=world.ada, invoice_id=invoice.pk, on=DAY, today=DAY)
    assert (done.services, done.total) == (Decimal("90.00"), Decimal("93.80"))
    assert stored(invoice).version == invoice.version + 2


def test_save_draft_of_somebody_else_s_patient_is_not_found(world: World) -> None:
    with pytest.raises(Patient.DoesNotExist):
        save_draft(actor=world.ada, values=values(world, patient=world.twin))


def test_save_draft_that_somebody_saved_meanwhile_is_stale(world: World) -> None:
    row = draft(world)
    save_draft(actor=world.ada, values=values(world), invoice_id=row.pk, version=1)
    with pytest.raises(StaleDraft):
        save_draft(actor=world.ada, values=values(world), invoice_id=row.pk, version=1)


def test_discard_draft_lets_its_sessions_wait_again(world: World) -> None:
    with acting(System("tests")):
        session = PerformedService.objects.create(
            practice=world.rossi.party,
            entity=world.studio,
            patient=world.bruno,
            service=world.therapy,
            performed_on=DAY,
            unit_price=Decimal("70.00"),
            amount=Decimal("70.00"),
        )
    row = draft(world, line(performed_id=session.pk))
    discard_draft(actor=world.ada, invoice_id=row.pk)
    with acting(System("tests")):
        session.refresh_from_db()
        assert session.line_id is None
        assert not Invoice.objects.filter(pk=row.pk).exists()


def test_save_draft_with_a_session_on_another_paper_is_refused(world: World) -> None:
    with acting(System("tests")):
        session = PerformedService.objects.create(
            practice=world.rossi.party,
            entity=world.studio,
            patient=world.bruno,
            service=world.therapy,
            performed_on=DAY,
            unit_price=Decimal("70.00"),
            amount=Decimal("70.00"),
        )
    draft(world, line(performed_id=session.pk))
    with pytest.raises(RuleViolation, match="session_already_invoiced"):
        draft(world, line(performed_id=session.pk))


def test_discard_draft_of_an_issued_paper_is_forbidden(world: World) -> None:
    with pytest.raises(ForbiddenMove):
        discard_draft(actor=world.ada, invoice_id=issued(world).pk)


def test_split_draft_makes_one_draft_a_line(world: World) -> None:
    row = draft(world, line("70.00"), line("71.00"))
    drafts = split_draft(actor=world.ada, invoice_id=row.pk)
    assert drafts[0].pk == row.pk
    papers = [issue_invoice(actor=world.ada, invoice_id=each.pk, on=DAY, today=DAY) for each in drafts]
    assert [paper.services for paper in papers] == [Decimal("70.00"), Decimal("71.00")]
    assert not any(paper.stamp for paper in papers)


def test_split_draft_of_a_single_line_is_refused(world: World) -> None:
    with pytest.raises(RuleViolation, match="nothing_to_split"):
        split_draft(actor=world.ada, invoice_id=draft(world).pk)
