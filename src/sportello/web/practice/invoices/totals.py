"""The box of totals beside the editor: each figure with its reason in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from django.utils.translation import gettext as _

from sportello.billing.assess import Assessment
from sportello.billing.rules.issue_checks import Findings
from sportello.billing.rules.reasons import Reason
from sportello.billing.rules.treatments import Regime
from sportello.core.money import ZERO, total_of
from sportello.web import formats
from sportello.web.practice.invoices.words import CHANNELS, TREATMENTS
from sportello.web.sentences import sentence


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the box: what, why, how much (EUR)."""

    label: str
    why: str
    amount: Decimal
    is_stamp: bool = False


@dataclass(frozen=True, slots=True)
class TotalsBox:
    """Everything that the box shows while a person types."""

    figures: tuple[Figure, ...]
    total: Decimal
    payable: Decimal
    withheld: Decimal
    stamp_base: Decimal
    stamp_threshold: Decimal
    saving: Decimal
    channel: str
    refusals: tuple[str, ...]
    notices: tuple[str, ...]

    @classmethod
    def refused(cls, why: str) -> Self:
        """Return the box of a draft that has no figures, with the reason."""
        return cls((), ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, "", (why,), ())


def totals_box(assessment: Assessment, findings: Findings | None = None) -> TotalsBox:
    """Return the box of a draft; `findings` adds what stands against issuing it."""
    totals = assessment.totals
    return TotalsBox(
        figures=tuple(_figures(assessment)),
        total=totals.total,
        payable=totals.payable,
        withheld=totals.withheld,
        stamp_base=totals.stamp_base,
        stamp_threshold=totals.document.stamp_terms.threshold,
        saving=assessment.saving,
        channel=str(CHANNELS[assessment.channel.value]),
        refusals=tuple(sentence(refusal) for refusal in findings.refusals) if findings else (),
        notices=tuple(sentence(notice) for notice in findings.notices) if findings else (),
    )


def _figures(assessment: Assessment) -> Iterator[Figure]:
    totals = assessment.totals
    reasons: dict[str, list[Reason]] = {}
    for reason in totals.reasons:
        reasons.setdefault(reason.line, []).append(reason)
    yield Figure(_("Fee"), _services(assessment), totals.services_total)
    for reason in reasons.get("fund", []):
        yield Figure(_fund_label(reason), _fund_reason(reason), _money(reason, "amount"))
    yield Figure(_("VAT"), _vat_reason(assessment, reasons.get("vat", [])), totals.vat_total)
    for reason in reasons.get("stamp", []):
        yield Figure(_("Stamp duty"), stamp_reason(reason), _money(reason, "amount"), is_stamp=True)
    for reason in reasons.get("withholding", []):
        yield Figure(_("Withholding tax"), _withholding_reason(reason), -_money(reason, "amount") or ZERO)


def _services(assessment: Assessment) -> str:
    lines = assessment.totals.document.lines
    if not lines:
        return _("No service yet.")
    if len(lines) == 1:
        figures = {"quantity": formats.number(lines[0].quantity), "price": formats.money(lines[0].unit_price)}
        return _("%(quantity)s × %(price)s") % figures
    return _("%(count)s services") % {"count": len(lines)}


def _fund_label(reason: Reason) -> str:
    figures = {"fund": str(reason.figures["fund"]).replace("_", " "), "rate": formats.percent(_money(reason, "rate"))}
    return _("Contribution %(fund)s %(rate)s") % figures


def _fund_reason(reason: Reason) -> str:
    figures = {"rate": formats.percent(_money(reason, "rate")), "base": formats.money(_money(reason, "base"))}
    return _("%(rate)s of %(base)s. The customer pays it, you pass it on to the fund.") % figures


def _vat_reason(assessment: Assessment, taxed: list[Reason]) -> str:
    said = [
        _("%(rate)s of %(base)s.")
        % {"rate": formats.percent(_money(reason, "rate")), "base": formats.money(_money(reason, "base"))}
        for reason in taxed
    ]
    for group in assessment.totals.groups:
        if group.vat.natura is not None:
            said.append(f"{TREATMENTS[group.vat.treatment.value]}.")
    return " ".join(said) or _("Nothing to tax yet.")


def stamp_reason(reason: Reason) -> str:
    """Return why the stamp is due or not, and who bears it."""
    figures = {"base": formats.money(_money(reason, "base")), "threshold": formats.money(_money(reason, "threshold"))}
    sentences = {
        "stamp_not_due": _("Not due: the amounts without VAT are %(base)s, not over %(threshold)s."),
        "stamp_charged": _("Due: the amounts without VAT are %(base)s, over %(threshold)s."),
        "stamp_absorbed": _("Due, since %(base)s is over %(threshold)s; you bear it, the customer does not pay it."),
        "stamp_public_body": _("Due, since %(base)s is over %(threshold)s; a public body is never charged with it."),
    }
    return sentences[reason.code] % figures


def _withholding_reason(reason: Reason) -> str:
    figures = {"rate": formats.percent(_money(reason, "rate")), "base": formats.money(_money(reason, "base"))}
    if reason.code == "withholding":
        return _("%(rate)s of %(base)s, which the customer pays to the State for you.") % figures
    if reason.figures["regime"] == Regime.FLAT_RATE:
        return _("None: the flat-rate scheme is not subject to it.")
    return _("None: the customer is no withholding agent.")


def _money(reason: Reason, name: str) -> Decimal:
    value = reason.figures[name]
    return value if isinstance(value, Decimal) else total_of(())
