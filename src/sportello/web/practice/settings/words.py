"""The sentences of the settings: refusals, and what stored codes are called."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sportello.web.sentences import add

add(
    {
        "advance_bears_no_fund": _("An expense advanced for the customer bears no contribution to the fund."),
        "authorisation_day_missing": _("Write the day of the authorisation."),
        "authorisation_number_missing": _("Write the number of the authorisation."),
        "authorised_after_start": _("The authorisation must be there on the first day of these terms."),
        "email_missing": _("Write the e-mail address: the person signs in with it."),
        "entity_exists": _("The practice has a billing entity of this name and partita IVA."),
        "exempt_is_health": _("Only care of the person is exempt: choose “health” as its nature, or another VAT."),
        "fund_unknown": _("No record of this fund holds on %(on)s."),
        "iban_check_digits": _("The check digits do not fit: look at the number again."),
        "iban_country": _("No bank of %(country)s has an IBAN of this length and form."),
        "iban_form": _("An IBAN begins with two letters and two digits."),
        "iban_missing": _("Write the IBAN."),
        "iban_twice": _("The entity has this IBAN already."),
        "issuer_code_missing": _("A person who issues has a codice fiscale: write it."),
        "last_owner": _("Nobody else owns the practice: make somebody else an owner first."),
        "member_exists": _("This person is in the practice already; look at the list, also at the disabled."),
        "member_signed_in": _("This person has a password: on the sign-in page they can ask for a new one."),
        "no_entity_granted": _("Choose at least one billing entity, or all of them."),
        "partita_iva_in_use": _("Papers were issued under the old partita IVA: add a new billing entity instead."),
        "price_negative": _("A price is not less than nothing."),
        "rate_range": _("A rate lies between 0 and 100."),
        "rate_too_precise": _("A rate has at most two decimals."),
        "rate_without_fund": _("Choose the fund, or write 0."),
        "retention_too_short": _("Fiscal papers are kept for at least %(least)s years."),
        "series_code_form": _("A series has one to eight letters and digits."),
        "series_code_taken": _("The entity has a series of this name already."),
        "series_needed": _("This series is always needed: it stays open."),
        "series_not_empty": _("Number %(last)s was already given this year: the series goes on from there."),
        "series_purpose_taken": _("Another open series has this purpose: close that one first."),
        "service_code_form": _("A code begins with a letter or digit and has at most 20 of them, or . _ -"),
        "service_code_taken": _("Another service has this code."),
        "stamp_nature_of_another_regime": _("Under %(regime)s the stamp bears another nature."),
        "start_number_range": _("Write a number from 2 to %(largest)s; without one the series begins at 1."),
        "start_number_set": _("The first number was set to %(start)s already: that is possible once."),
        "taxed_is_not_health": _("Care of the person is exempt from VAT: choose another VAT or another nature."),
        "terms_before_issued": _("Papers were issued until %(latest)s: new terms begin on a later day."),
        "treatment_of_no_entity": _("No billing entity's scheme allows this VAT treatment."),
        "wording_before_issued": _("Papers were issued until %(latest)s: a new text begins on a later day."),
        "wording_fields": _("Braces do not fit. Possible here: %(allowed)s"),
        "wording_unknown": _("There is no legal wording of this kind on that day."),
        "year_range": _("Write years between %(first)s and %(last)s."),
    }
)

REGIMES: dict[str, Promise] = {"RF01": _("Ordinary scheme (RF01)"), "RF19": _("Flat-rate scheme (RF19)")}

STAMP_POLICIES: dict[str, Promise] = {
    "charge": _("Charged to who is invoiced"),
    "absorb": _("Borne by the issuer"),
}

STAMP_NATURES: dict[str, Promise] = {
    "": _("The usual one of the scheme"),
    "N1": _("N1: outside the fee, no withholding on it"),
    "N4": _("N4: part of the fee"),
    "N2.2": _("N2.2: part of the fee, flat-rate scheme"),
}

STAMP_MODES: dict[str, Promise] = {
    "paper": _("Paper stamp on the original"),
    "virtual_authorisation": _("Virtual, with an authorisation"),
    "virtual_einvoice": _("Virtual, on the electronic invoice"),
}

TAX_KINDS: dict[str, Promise] = {
    "person": pgettext_lazy("issuer", "A person"),
    "company": pgettext_lazy("issuer", "A company or body"),
}

PURPOSES: dict[str, Promise] = {
    "main": pgettext_lazy("series", "Invoices"),
    "electronic": pgettext_lazy("series", "Electronic invoices"),
    "credit": pgettext_lazy("series", "Credit notes"),
    "late": pgettext_lazy("series", "Late papers of the past year"),
    "other": pgettext_lazy("series", "Other"),
}

NATURES: dict[str, Promise] = {
    "HEALTH": _("Health: care, diagnosis, rehabilitation"),
    "TAXED_HEALTH": _("Health with VAT: aesthetic medicine, veterinary care"),
    "OTHER": _("Not health: teaching, consulting, reports"),
}

TREATMENTS: dict[str, tuple[Promise, Promise]] = {
    "EXEMPT_HEALTH": (
        _("Exempt (N4)"),
        _("Diagnosis, care and rehabilitation by a health profession, in the ordinary scheme."),
    ),
    "FLAT_RATE": (_("Flat-rate scheme (N2.2)"), _("Everything that a flat-rate issuer does.")),
    "TAXABLE_22": (
        _("VAT 22%"),
        _("What is not care: teaching, selection, consulting for companies, court work, aesthetic treatment."),
    ),
    "EXCLUDED_15": (
        _("Advanced expense (N1)"),
        _("An expense paid in the customer's name and on their behalf; no fund, no VAT."),
    ),
    "OUTSIDE_TERRITORY": (_("Outside Italy (N2.1)"), _("Services that do not take place in Italy for VAT.")),
}

SWITCHES: dict[str, tuple[Promise, Promise]] = {
    "patients": (_("Patients"), _("List, search, add and change patients.")),
    "clinical": (_("Clinical notes"), _("Read and write notes on care.")),
    "catalogue": (_("Price list"), _("Change services and prices.")),
    "invoices": (_("Invoices"), _("See invoices and write drafts.")),
    "issue": (_("Issue"), _("Issue invoices and credit notes: that cannot be undone.")),
    "payments": (_("Payments"), _("Record payments and refunds.")),
    "sts": (_("Sistema TS"), _("Send expenses, see outcomes, note objections.")),
    "portal": (_("Portal"), _("Invite patients and disconnect them.")),
    "documents": (_("Documents"), _("Send documents to be read and signed.")),
}

KINDS_OF_LAW: dict[str, Promise] = {
    "wording": _("Wordings on papers"),
    "vat_treatment": _("VAT treatments"),
    "fund": _("Professional funds"),
    "stamp": _("Stamp duty"),
    "withholding": _("Withholding tax"),
    "limit": _("Limits"),
    "payment_method": _("Methods of payment"),
    "regime": _("Schemes"),
}

WORDINGS: dict[str, Promise] = {
    "vat.EXEMPT_HEALTH": _("Exempt care (N4)"),
    "vat.FLAT_RATE": _("Flat-rate scheme (N2.2)"),
    "vat.EXCLUDED_15": _("Advanced expense (N1)"),
    "vat.OUTSIDE_TERRITORY": _("Outside Italy (N2.1)"),
    "withholding.flat_rate": _("No withholding in the flat-rate scheme"),
    "stamp.paper": _("Paper stamp with its number"),
    "stamp.paper_without_id": _("Paper stamp whose number comes later"),
    "stamp.virtual_authorisation": _("Virtual stamp with authorisation"),
    "stamp.virtual_einvoice": _("Virtual stamp on the electronic invoice"),
    "fund.ENPAP": _("Contribution ENPAP"),
    "fund.ENPAV": _("Contribution ENPAV"),
    "fund.ENPAB": _("Contribution ENPAB"),
    "fund.ENPAPI": _("Contribution ENPAPI"),
    "fund.INPS_RIVALSA": _("INPS recharge"),
    "sts.opposition": _("Objection of the patient"),
    "proforma": _("Proforma"),
    "credit_note.full": _("Credit note for the whole invoice"),
    "credit_note.part": _("Credit note for part of an invoice"),
    "copy_mark": _("Copy"),
    "bonus.psychotherapy": _("Psychotherapy allowance"),
}

DEEDS: dict[str, Promise] = {
    "entity.create": _("Billing entity added"),
    "entity.edit": _("Data changed"),
    "entity.logo": _("Logo changed"),
    "entity.logo_remove": _("Logo removed"),
    "terms.set": _("Fiscal terms set"),
    "terms.withdraw": _("Fiscal terms withdrawn"),
    "series.add": _("Series added"),
    "series.close": _("Series closed"),
    "series.reopen": _("Series opened again"),
    "series.start": _("First number set"),
    "account.add": _("Bank account added"),
    "account.prefer": _("Usual bank account changed"),
    "account.close": _("Bank account closed"),
    "wording.set": _("Own wording set"),
    "wording.withdraw": _("Own wording withdrawn"),
}
