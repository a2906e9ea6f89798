"""Reconciliation: every way in which the State's books and ours can differ, and the way out of each."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sportello.billing.operations.credit import NoteValues, issue_credit_note
from sportello.core.actors import System, acting
from sportello.core.violations import RuleViolation
from sportello.expenses import ministry, patience
from sportello.expenses.documents import document_of, id_of, reference_of
from sportello.expenses.exchange import reports
from sportello.expenses.models import CitizenRemark, Difference, Expense, MonthlyReport
from sportello.expenses.operations.reconciling import Remedy, ask_report, remedy
from sportello.expenses.operations.remarks import open_remark
from sportello.expenses.rules.content import Content
from tests.billing.desk import paid
from tests.expenses.counter import Counter
from tests.expenses.test_edges import manual_cancel, sent, someone_else_inserted
from tests.world import DAY, World


def compared(counter: Counter, world: World) -> MonthlyReport:
    """Ask for the report of the tests' month and let it be compared."""
    report = ask_report(actor=world.ada, entity_id=counter.entity, month=DAY)
    with acting(System("tests", counter.account.practice_id)):
        assert reports.reconcile(report.pk)
        return MonthlyReport.objects.get(pk=report.pk)


def found(report: MonthlyReport) -> dict[str, str]:
    with acting(System("tests")):
        rows = Difference.objects.filter(report=report, resolved_at=None)
        return {row.number: row.kind for row in rows}


def test_report_of_books_that_agree_has_no_difference(counter: Counter, world: World):
    invoice = sent(counter, world)
    issue_credit_note(actor=world.ada, invoice_id=invoice.pk, values=NoteValues(), on=DAY, today=DAY)
    counter.settle()
    report = compared(counter, world)
    assert found(report) == {}
    assert (report.documents, report.ours) == (1, 1)
    assert report.amount == report.our_amount == report.refunded == report.our_refunded == Decimal("71.40")


def test_report_of_an_empty_month_is_no_trouble(counter: Counter, world: World):
    report = compared(counter, world)
    assert (report.documents, report.trouble) == (0, "")


def test_document_cancelled_behind_our_back_is_missed_and_sent_again(counter: Counter, world: World):
    invoice = sent(counter, world)
    manual_cancel(counter, invoice)
    report = compared(counter, world)
    assert found(report) == {counter.expense(invoice).number: "missing_there"}
    remedy(actor=world.ada, difference_id=_only(report).pk, choice=Remedy.RESYNC)
    counter.settle()
    counter.assert_books_agree()
    assert found(compared(counter, world)) == {}


def test_document_that_we_do_not_know_can_be_cancelled_there(counter: Counter, world: World):
    other = paid(world)
    counter.take_in()
    someone_else_inserted(counter, other, Decimal("20.00"))
    with acting(System("tests")):
        Expense.objects.filter(invoice=other).delete()
    report = compared(counter, world)
    assert list(found(report).values()) == ["unknown_here"]
    with pytest.raises(RuleViolation, match="sts_remedy_not_offered"):
        remedy(actor=world.ada, difference_id=_only(report).pk, choice=Remedy.RESYNC)
    remedy(actor=world.ada, difference_id=_only(report).pk, choice=Remedy.CANCEL_THERE)
    assert counter.held() == {}


def test_amount_changed_behind_our_back_is_put_right(counter: Counter, world: World):
    invoice = sent(counter, world)
    change_there(counter, invoice, Decimal("10.00"))
    report = compared(counter, world)
    assert found(report) == {counter.expense(invoice).number: "amount"}
    remedy(actor=world.ada, difference_id=_only(report).pk, choice=Remedy.RESYNC)
    counter.settle()
    counter.assert_books_agree()


def test_document_sent_with_other_means_is_recognised(counter: Counter, world: World):
    invoice = paid(world)
    counter.take_in()
    someone_else_inserted(counter, invoice, counter.expense(invoice).amount)
    report = compared(counter, world)
    assert list(found(report).values()) == ["not_sent_by_us"]
    result = remedy(actor=world.ada, difference_id=_only(report).pk, choice=Remedy.RESYNC)
    assert result is not None
    assert result.state == "ACCEPTED"


def test_remedy_of_another_practice_is_not_found(counter: Counter, world: World):
    invoice = sent(counter, world)
    manual_cancel(counter, invoice)
    report = compared(counter, world)
    with pytest.raises(Difference.DoesNotExist):
        remedy(actor=world.olga, difference_id=_only(report).pk, choice=Remedy.IGNORE)


def test_report_that_cannot_be_had_says_why(counter: Counter, world: World):
    from sistemats.codes import Call
    from tests.expenses.counter import Fault, Rule

    counter.faults(Rule(Fault.HTTP_503, operations=frozenset({Call.REPORT})))
    report = ask_report(actor=world.ada, entity_id=counter.entity, month=DAY)
    with acting(System("tests", counter.account.practice_id)):
        assert not reports.reconcile(report.pk)
        assert MonthlyReport.objects.get(pk=report.pk).trouble == "busy"


def test_remarks_of_citizens_are_kept_once_and_closed(counter: Counter, world: World):
    invoice = sent(counter, world)
    remark_there(counter, counter.expense(invoice))
    account = counter.account
    for expected in (1, 0):
        with acting(System("tests")), ministry.speaking(account, now=patience.now) as client:
            assert reports.fetch_remarks(client, account, until=DAY) == expected
    with acting(System("tests")):
        row = CitizenRemark.objects.get()
    assert row.expense_id == counter.expense(invoice).pk
    assert "non mi risulta" in open_remark(actor=world.ada, remark_id=row.pk).lower()


def change_there(counter: Counter, invoice, amount: Decimal) -> None:
    """Change a document at the State with another program."""
    with acting(System("tests")), ministry.speaking(counter.account, now=patience.now) as client:
        content = Content.read(Expense.objects.get(invoice=invoice).should)
        client.change(document_of(content._replace(pieces=(content.pieces[0].of(amount),))))


def remark_there(counter: Counter, row: Expense) -> None:
    """Have the citizen remark on a document."""
    import json
    import urllib.request

    reference = id_of(reference_of(row))
    values = {
        "owner": "RSSDAA79H51A944U",
        "vat_number": reference.vat_number,
        "issued_on": reference.issued_on.isoformat(),
        "device": reference.device,
        "number": reference.number,
        "on": DAY.isoformat(),
        "document": ["La spesa non mi risulta"],
        "items": [],
    }
    address = f"{counter.simulator.admin_base}/remarks"
    request = urllib.request.Request(address, json.dumps(values).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=60).close()


def _only(report: MonthlyReport) -> Difference:
    with acting(System("tests")):
        return Difference.objects.get(report=report, resolved_at=None)
