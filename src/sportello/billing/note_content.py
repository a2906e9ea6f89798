"""What a credit note prints: the issuer as on the note's day, the addressee as the invoice had them."""

from __future__ import annotations

from sportello.billing.compose import Speaker, groups_on, issuer_of, logo_of, stamp_words
from sportello.billing.credited import Credited
from sportello.billing.models import Invoice
from sportello.billing.paper import content as paper
from sportello.billing.paper.content import Content, Words
from sportello.billing.paper.spelling import plain
from sportello.billing.rules.channel import Channel
from sportello.billing.rules.credit import CreditTotals, NoteInput
from sportello.billing.rules.stamp import StampMode, mode_for
from sportello.billing.terms import Law, entity_terms, own_wordings
from sportello.parties.models import BillingEntity


def note_content(note: Invoice, found: Credited, asked: NoteInput, figures: CreditTotals, law: Law) -> Content:
    """
    Return everything that a credit note prints.

    :raises RuleViolation: ``reference_missing``, ``no_fiscal_terms`` on the note's day
    """
    before = Content.from_json(found.invoice.snapshot)
    entity = BillingEntity.objects.select_related("logo").get(pk=note.entity_id)
    says = Speaker(law, own_wordings(entity.pk, law.on), note.second_language)
    terms = entity_terms(entity.pk, law)
    return Content(
        kind=paper.Kind.CREDIT_NOTE,
        number=note.printed_number,
        issued_on=law.on,
        issuer=issuer_of(entity, terms.regime, says),
        addressee=before.addressee,
        lines=_lines(before, asked, figures),
        groups=groups_on(figures.groups, says),
        totals=_totals(note),
        logo=logo_of(entity),
        patient=before.patient,
        correction=_correction(note, found, figures, says),
        fund=_fund(found, figures, says),
        stamp=_stamp(note, figures, law, says),
        withholding=_withholding(found, figures),
        opposition=before.opposition,
        language=note.second_language,
    )


def _correction(note: Invoice, found: Credited, figures: CreditTotals, says: Speaker) -> paper.Correction:
    invoice = found.invoice
    assert invoice.issued_on is not None
    alone = figures.completes and not found.notes
    key = "credit_note.full" if alone else "credit_note.part"
    return paper.Correction(
        number=invoice.printed_number,
        issued_on=invoice.issued_on,
        wording=says.say(key, number=invoice.printed_number, date=invoice.issued_on),
        reason=Words(note.credit_reason) if note.credit_reason else None,
    )


def _lines(before: Content, asked: NoteInput, figures: CreditTotals) -> tuple[paper.Line, ...]:
    found: list[paper.Line] = []
    for part, net in zip(asked.parts, figures.lines_net, strict=True):
        line = before.lines[part.line]
        found.append(
            paper.Line(
                description=line.description,
                quantity=part.quantity,
                unit_price=line.unit_price if part.price_part is None else part.price_part,
                treatment=line.treatment,
                net=net,
                second_description=line.second_description,
                discount=line.discount if part.price_part is None else type(line.discount)(0),
                performed_on=line.performed_on,
            )
        )
    return tuple(found)


def _totals(note: Invoice) -> paper.Totals:
    return paper.Totals(
        net=note.services,
        fund=note.fund,
        vat=note.vat,
        stamp=note.stamp,
        total=note.total,
        withheld=note.withheld,
        payable=note.payable,
    )


def _fund(found: Credited, figures: CreditTotals, says: Speaker) -> paper.Fund | None:
    fund = found.totals.document.fund
    if fund is None or not figures.fund_total:
        return None
    return paper.Fund(says.say(f"fund.{fund.code}", rate=plain(fund.rate)), figures.fund_total)


def _stamp(note: Invoice, figures: CreditTotals, law: Law, says: Speaker) -> paper.Stamp | None:
    """Return the note's own stamp, and the stamp given back in the same place when the invoice's comes back."""
    if not figures.own_stamp_due and not figures.stamp_given_back:
        return None
    terms = entity_terms(note.entity_id, law)
    mode = mode_for(Channel(note.channel), StampMode(terms.stamp_mode.value))
    words = (
        stamp_words(mode, amount=law.stamp.amount, sticker="", found=terms, says=says)
        if figures.own_stamp_due
        else Words("")
    )
    return paper.Stamp(
        wording=words,
        charged=figures.stamp_given_back,
        natura=figures.stamp_nature.value if figures.stamp_nature else "",
        paper=figures.own_stamp_due and mode is StampMode.PAPER,
    )


def _withholding(found: Credited, figures: CreditTotals) -> paper.Withholding | None:
    if not figures.withheld:
        return None
    return paper.Withholding(found.totals.document.withholding_rate, figures.withholding_base, figures.withheld)
