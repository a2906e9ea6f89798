"""From an assessed draft to everything its paper prints: the snapshot that is kept and never computed again.

Source: practice specification 2.16 (what is printed), 2.17 (each legal text as it is on the document's day).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils import translation
from django_countries import countries

from sportello.billing import terms
from sportello.billing.assess import Assessment, Context
from sportello.billing.checks import addressee_of, stamp_mode
from sportello.billing.models import Invoice
from sportello.billing.paper import content as paper
from sportello.billing.paper import courtesy
from sportello.billing.paper.content import Words
from sportello.billing.paper.spelling import day, money, plain
from sportello.billing.reference import Kind
from sportello.billing.rules.stamp import StampMode
from sportello.billing.rules.totals import CustomerKind, GroupTotals, Regime, Totals
from sportello.billing.values import DraftValues
from sportello.core.ready import Ready
from sportello.core.violations import RuleViolation
from sportello.parties.models import BankAccount, BillingEntity

Field = str | Decimal | date
_ACCOUNT = Ready(
    BankAccount, lambda entity: BankAccount.objects.filter(entity_id=entity, is_active=True, is_default=True)
)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says legal texts in Italian and in the paper's second language, the entity's own ones before the shipped."""

    law: terms.Law
    own: Mapping[str, Mapping[str, str]]
    language: str

    def say(self, key: str, **fields: Field) -> Words:
        """
        Return a wording with its fields written as each language writes them.

        :raises RuleViolation: ``reference_missing``
        """
        return Words(self._in("it", key, fields), self._in(self.language, key, fields) if self.language else "")

    def name(self, kind: Kind, key: str) -> Words:
        """Return the name that a record carries (a regime's, a payment method's)."""
        names: Mapping[str, str] = self.law.reference.record(kind, key, self.law.on).values["name"]
        return Words(names["it"], names.get(self.language) or courtesy.text(f"{kind.value}.{key}", self.language))

    def _in(self, language: str, key: str, fields: Mapping[str, Field]) -> str:
        written = {name: _written(value) for name, value in fields.items()}
        own = self.own.get(key)
        if own is not None:
            return own.get(language, "").format(**written)
        text = self.law.reference.wording(key, self.law.on, language, **written)
        return text or courtesy.text(key, language, **written)


def speaker(context: Context, language: str) -> Speaker:
    """Return who says the legal texts of an entity on the document's day."""
    return Speaker(context.law, terms.own_wordings(context.entity.pk, context.on), language)


def invoice_content(invoice: Invoice, values: DraftValues, assessment: Assessment) -> paper.Content:
    """
    Return everything that an invoice prints.

    :raises RuleViolation: ``reference_missing``: a legal text is not known on this day
    """
    context, totals = assessment.context, assessment.totals
    says = speaker(context, values.second_language)
    unpaid = values.paid_on is None
    method = says.name(Kind.PAYMENT_METHOD, values.payment_method) if values.payment_method else None
    return paper.Content(
        kind=paper.Kind.INVOICE,
        number=invoice.printed_number,
        issued_on=context.on,
        issuer=issuer_of(context.entity, context.terms.regime, says),
        addressee=addressee_on(context),
        lines=_lines(assessment),
        groups=groups_on(totals.groups, says),
        totals=_totals(totals),
        logo=logo_of(context.entity),
        patient=_patient_beside(context),
        fund=fund_on(context, totals.fund_total, says),
        stamp=_stamp(values, assessment, says),
        withholding=_withholding(totals),
        payments=() if unpaid else _payments(values, totals, says),
        paid_on=values.paid_on,
        payment_method=method if unpaid else None,
        bank=_bank(context.entity, invoice.account) if unpaid else None,
        opposition=says.say("sts.opposition") if values.opposed else None,
        bonus=_bonus(values, totals, says),
        remarks=(*_remarks(context, says), *((Words(values.remarks),) if values.remarks else ())),
        courtesy=Words(context.entity.footer) if context.entity.footer else None,
        language=values.second_language,
    )


def issuer_of(entity: BillingEntity, regime: Regime, says: Speaker) -> paper.Issuer:
    """Return the issuer as it stands in the head."""
    name = says.name(Kind.REGIME, regime.value)
    marked = [f"{text} ({regime.value})" if text else "" for text in (name.it, name.second)]
    place = f"{entity.postal_code} {entity.city}".strip()
    return paper.Issuer(
        name=f"{entity.title} {entity.name}".strip(),
        address=_envelope(entity.street, place, entity.province),
        vat_number=entity.partita_iva,
        fiscal_code=entity.codice_fiscale or entity.partita_iva,
        regime=Words(*marked),
        profession=entity.profession,
        register=entity.register,
        register_number=entity.register_number,
        insurer=entity.insurer,
        policy=entity.policy_number,
        contacts=tuple(text for text in (entity.phone, entity.email, entity.pec) if text),
    )


def addressee_on(context: Context) -> paper.Addressee:
    """Return the addressee as on an envelope."""
    seen = addressee_of(context)
    holder = context.customer or context.representative or context.patient
    province = holder.province if holder else ""
    place = f"{seen.postcode} {seen.city}".strip()
    abroad = seen.country != "IT"
    return paper.Addressee(
        name=seen.name,
        address=_envelope(seen.street, place, province),
        country=_country(seen.country) if abroad else "",
        fiscal_code=seen.codice_fiscale,
        vat_number="" if abroad else seen.partita_iva,
        foreign_id=seen.foreign_id,
        delivery=seen.sdi_code or seen.pec if seen.kind is not CustomerKind.PRIVATE else "",
    )


def groups_on(groups: tuple[GroupTotals, ...], says: Speaker) -> tuple[paper.Group, ...]:
    """Return the VAT groups with the wording of each."""
    return tuple(
        paper.Group(
            treatment=_mark(group),
            services=group.services,
            fund=group.fund,
            taxable=group.taxable,
            vat=group.vat_amount,
            wording=_group_words(group, says),
        )
        for group in groups
    )


def fund_on(context: Context, amount: Decimal, says: Speaker) -> paper.Fund | None:
    """Return the line of the professional fund, None when nothing is due to one."""
    fund = context.terms.fund
    if fund is None or not amount:
        return None
    return paper.Fund(says.say(f"fund.{fund.code}", rate=plain(fund.rate)), amount)


def logo_of(entity: BillingEntity) -> paper.Logo | None:
    """Return which picture stands in the head."""
    return paper.Logo(entity.logo.sha256, entity.logo.media_type) if entity.logo else None


def stamp_words(mode: StampMode, *, amount: Decimal, sticker: str, found: terms.EntityTerms, says: Speaker) -> Words:
    """Return how a stamp was paid, in words."""
    if mode is StampMode.PAPER:
        if not sticker:
            return says.say("stamp.paper_without_id", amount=amount)
        return says.say("stamp.paper", amount=amount, stamp_id=sticker)
    if mode is StampMode.VIRTUAL_AUTHORISATION and found.stamp_authorised_on is not None:
        return says.say(
            "stamp.virtual_authorisation", auth_number=found.stamp_authorisation, auth_date=found.stamp_authorised_on
        )
    return says.say("stamp.virtual_einvoice")


def _envelope(street: str, place: str, province: str) -> tuple[str, ...]:
    return tuple(line for line in (street, f"{place} ({province})" if province else place) if line)


def _written(value: Field) -> str:
    """Return an amount or a day as the paper spells them, Italian in every language."""
    if isinstance(value, Decimal):
        return money(value).removeprefix("€\N{NO-BREAK SPACE}")
    return day(value) if isinstance(value, date) else value


def _mark(group: GroupTotals) -> str:
    return f"{group.vat.label}%" if group.vat.natura is None else group.vat.label


def _group_words(group: GroupTotals, says: Speaker) -> Words:
    if group.vat.natura is None:
        return Words(f"IVA {group.vat.label}%", courtesy.text("vat.TAXABLE_22", says.language, rate=group.vat.label))
    return says.say(f"vat.{group.vat.treatment.value}")


def _lines(assessment: Assessment) -> tuple[paper.Line, ...]:
    totals = assessment.totals
    rows = zip(assessment.context.lines, totals.document.lines, totals.lines_net, strict=True)
    return tuple(
        paper.Line(
            description=line.values.description.strip(),
            quantity=given.quantity,
            unit_price=given.unit_price,
            treatment=f"{given.vat.label}%" if given.vat.natura is None else given.vat.label,
            net=net,
            second_description=line.values.second_description.strip(),
            discount=given.discount,
            performed_on=line.values.performed_on,
        )
        for line, given, net in rows
    )


def _totals(totals: Totals) -> paper.Totals:
    return paper.Totals(
        net=totals.services_total,
        fund=totals.fund_total,
        vat=totals.vat_total,
        stamp=totals.stamp,
        total=totals.total,
        withheld=totals.withheld,
        payable=totals.payable,
    )


def _stamp(values: DraftValues, assessment: Assessment, says: Speaker) -> paper.Stamp | None:
    totals, found = assessment.totals, assessment.context.terms
    if not totals.stamp_due:
        return None
    mode, sticker = stamp_mode(assessment), values.stamp_identifier.strip()
    return paper.Stamp(
        wording=stamp_words(mode, amount=found.stamp.amount, sticker=sticker, found=found, says=says),
        charged=totals.stamp,
        natura=totals.stamp_nature.value if totals.stamp_nature else "",
        paper=mode is StampMode.PAPER,
        identifier=sticker,
    )


def _withholding(totals: Totals) -> paper.Withholding | None:
    if not totals.withheld:
        return None
    return paper.Withholding(totals.document.withholding_rate, totals.withholding_base, totals.withheld)


def _payments(values: DraftValues, totals: Totals, says: Speaker) -> tuple[paper.Payment, ...]:
    if values.paid_on is None:
        return ()
    method = says.name(Kind.PAYMENT_METHOD, values.payment_method)
    traceable = bool(
        says.law.reference.record(Kind.PAYMENT_METHOD, values.payment_method, says.law.on).values["traceable"]
    )
    amount = totals.payable - (values.bonus_share if values.bonus_code else 0)
    return (paper.Payment(values.paid_on, method, amount, traceable),)


def _patient_beside(context: Context) -> paper.Person | None:
    """Return the treated person where the paper is made out to another private person; never to a business."""
    patient = context.patient
    if patient is None or context.customer_kind is not CustomerKind.PRIVATE:
        return None
    if context.representative is None and context.customer is None:
        return None
    return paper.Person(f"{patient.given_name} {patient.family_name}", patient.codice_fiscale)


def _bank(entity: BillingEntity, account: BankAccount | None) -> paper.BankAccount | None:
    chosen = account or _ACCOUNT.first(entity.pk)
    return paper.BankAccount(iban=chosen.iban, holder=entity.name, bank=chosen.label) if chosen else None


def _bonus(values: DraftValues, totals: Totals, says: Speaker) -> Words | None:
    if not values.bonus_code:
        return None
    if not 0 < values.bonus_share <= totals.payable:
        raise RuleViolation("bonus_share_out_of_range", field="bonus_share", payable=totals.payable)
    rest = totals.payable - values.bonus_share
    return says.say("bonus.psychotherapy", code=values.bonus_code, inps=values.bonus_share, patient=rest)


def _remarks(context: Context, says: Speaker) -> tuple[Words, ...]:
    agent = bool(context.customer and context.customer.withholding_agent)
    return (says.say("withholding.flat_rate"),) if agent and context.terms.regime is Regime.FLAT_RATE else ()


def _country(code: str) -> str:
    with translation.override("it"):
        return str(countries.name(code))


__all__ = ["Speaker", "addressee_on", "fund_on", "groups_on", "invoice_content", "issuer_of", "logo_of", "speaker"]
