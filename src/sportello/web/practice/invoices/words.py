"""The sentences of billing: why a paper is refused, what to look at before it is issued, and why each figure is so."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sportello.web.sentences import add

add(
    {
        "addressee_is_not_patient": _(
            "The paper is made out to somebody else than the patient. Private care is normally invoiced to the "
            "patient, also a minor, whoever pays."
        ),
        "already_not_traceable": _(
            "Cash was received before, so the whole paper counts as not traceable in spite of this payment."
        ),
        "already_voided": _("This payment was voided already."),
        "bonus_share_out_of_range": _("The share that INPS pays is more than nothing and at most %(payable)s."),
        "business_code_missing": _("A business needs a partita IVA or a codice fiscale. Add it to the customer."),
        "cash_in_parts": _("The payments in cash come to %(together)s together; the limit is %(limit)s."),
        "cash_limit": _("Cash of %(limit)s or more may not be taken. Use a traceable method."),
        "cash_mixed": _("One payment in cash makes the whole paper not traceable for the tax return."),
        "city_missing": _("The addressee has no city. Add it to the record."),
        "code_and_no_code": _("The record has a codice fiscale and a reason why there is none. Keep one of the two."),
        "codice_fiscale_missing": _(
            "The addressee has no codice fiscale. Add it to the record, or say there why there is none."
        ),
        "country_missing": _("The addressee has no country. Add it to the record."),
        "credit_above_amount": _("Only %(remaining)s of this line is left to be credited."),
        "credit_above_quantity": _("Only %(remaining)s of this line is left to be credited."),
        "credit_note_before_invoice": _("A credit note may not be dated before its invoice, %(invoice_on)s."),
        "credited_line_unknown": _("This line is not on the invoice."),
        "description_missing": _("Write what was done."),
        "discount_out_of_range": _("A discount lies between 0 and 100."),
        "foreign_id_missing": _("Nothing identifies this person but the name. A foreign document number would help."),
        "issue_date_backwards": _(
            "The series already has a paper of %(earliest)s. Take that day or a later one; for a past year there is "
            "the series for late papers."
        ),
        "issue_date_in_the_future": _("The date lies in the future. Take %(today)s or an earlier day."),
        "issued_late": _(
            "The service was paid on %(paid_on)s and had to be invoiced by %(latest)s. It can still be issued, late."
        ),
        "lines_missing": _("Add at least one service."),
        "move_not_allowed": _("This is not possible any more: the paper has changed in the meantime."),
        "name_missing": _("The addressee has no name."),
        "natura_iff_no_vat": _("The VAT of this line does not hold together. Choose its treatment again."),
        "no_fiscal_terms": _("The billing entity has no fiscal terms for %(on)s. Add them in the settings."),
        "no_unit_price": _("No unit price gives exactly this amount. Change the quantity or the price."),
        "not_sent_with_code": _("Without a codice fiscale the expense is listed apart for the Sistema TS."),
        "not_traceable": _("Cash is not traceable: the patient cannot deduct this expense."),
        "nothing_left_to_credit": _("Everything on this invoice was credited already."),
        "nothing_to_split": _("There is only one line, so there is nothing to split."),
        "number_must_be_positive": _("A number starts at 1."),
        "number_not_plain": _("Use plain letters and digits only."),
        "number_too_long": _("The number would have %(length)s characters; %(longest)s are possible."),
        "number_without_digit": _("A number has at least one digit."),
        "overpayment": _("%(amount)s is more than what is open, %(open)s. Write at most that."),
        "patient_code_named": _("A paper for a business must not hold a patient's codice fiscale. Take it out."),
        "patient_missing": _("Choose the patient, or a customer to make the paper out to."),
        "patient_named": _("A paper for a business must not name a patient. Take the name out."),
        "payment_in_the_future": _("The payment lies in the future. Take %(today)s or an earlier day."),
        "payment_method_missing": _("Choose how it was paid."),
        "postcode_form": _("An Italian postal code has five digits. Correct it in the record."),
        "price_must_not_be_negative": _("A price is not negative. To give money back, issue a credit note."),
        "price_too_precise": _("A unit price has at most eight decimals."),
        "quantity_must_be_positive": _("The quantity is more than zero."),
        "quantity_too_large": _("The quantity is at most %(largest)s."),
        "rate_out_of_range": _("A rate lies between 0 and 100."),
        "reason_missing": _("Write the reason."),
        "reference_missing": _(
            "No legal text or rate “%(key)s” is known for %(on)s. Add a wording from that day in the settings."
        ),
        "refund_above_due": _("%(amount)s is more than what is due back, %(refund_due)s. Write at most that."),
        "refund_in_the_future": _("The refund lies in the future. Take %(today)s or an earlier day."),
        "refunds_must_be_voided_first": _("Money was given back on this invoice. Void the refunds first."),
        "round_price_not_reached": _(
            "With the fund's contribution no net price gives exactly %(wanted)s; the nearest is %(reached)s."
        ),
        "sdi_address_missing": _("The customer has neither an SdI code nor a PEC. Add one to the record."),
        "sdi_code_form": _("The SdI code has seven characters, a public body's six. Correct it in the record."),
        "series_missing": _("The billing entity has no active series for this. Add one in the settings."),
        "session_already_invoiced": _("One of these sessions is on another paper already."),
        "stamp_after_document": _("The stamp was bought after the day of the paper, %(issued_on)s."),
        "stamp_already_given_back": _("The stamp was given back already."),
        "stamp_authorisation_missing": _("The authorisation for virtual stamps is missing. Add it in the settings."),
        "stamp_authorised_later": _("The authorisation for virtual stamps is of %(on)s, after the day of the paper."),
        "stamp_id_missing": _("The number of the stamp is missing. You can add it later in the register of stamps."),
        "stamp_id_unusual": _("The number on a stamp normally has fourteen digits."),
        "stamp_not_charged": _("No stamp was charged on this invoice, so none can be given back."),
        "street_missing": _("The addressee has no street. Add it to the record."),
        "summary_empty": _("Choose at least one paid session."),
        "summary_issued_late": _(
            "Sessions paid until %(paid_on)s go on a monthly invoice by %(latest)s. It can still be issued, late."
        ),
        "summary_over_several_months": _("A monthly invoice holds the sessions paid in one calendar month."),
        "total_must_be_positive": _("The total is %(total)s: there is nothing to invoice, and no number is used."),
        "treatment_not_allowed_in_regime": _("The scheme %(regime)s does not allow this VAT treatment."),
        "treatment_reason_missing": _("Write why this line is treated differently from its service."),
        "withholding_from_private_person": _("A private person never withholds tax. Correct the customer's record."),
    }
)

TREATMENTS: dict[str, Promise] = {
    "EXEMPT_HEALTH": _("Exempt: care of the person (N4)"),
    "FLAT_RATE": _("Flat-rate scheme, no VAT (N2.2)"),
    "TAXABLE_22": _("VAT 22%"),
    "EXCLUDED_15": _("Advance in the customer's name (N1)"),
    "OUTSIDE_TERRITORY": _("Outside Italy (N2.1)"),
}

CHANNELS: dict[str, Promise] = {
    "analogue": _("On paper or PDF: a health service to a person never goes through the Sistema di Interscambio."),
    "sdi": _("Electronic invoice through the Sistema di Interscambio."),
    "sdi_pa_signed": _("Electronic invoice to a public body, with a qualified signature."),
    "pdf": _("PDF to an addressee abroad."),
}

STAMP_MODES: dict[str, Promise] = {
    "paper": _("Paper stamp"),
    "virtual_authorisation": _("Virtual, with authorisation"),
    "virtual_einvoice": _("Virtual, on the electronic invoice"),
}

DEEDS: dict[str, Promise] = {
    "invoice.draft": _("Draft written"),
    "invoice.draft_change": _("Draft changed"),
    "invoice.draft_split": _("Draft split"),
    "invoice.issue": _("Issued"),
    "invoice.paper": _("PDF made"),
    "invoice.credit_part": _("Credited in part"),
    "invoice.credit_all": _("Credited in full"),
    "invoice.visibility": _("Visibility in the portal changed"),
    "invoice.download": _("PDF downloaded"),
    "invoice.mail": _("Sent by mail"),
    "invoice.stamp": _("Number of the stamp noted"),
    "credit_note.issue": _("Credit note issued"),
    "payment.record": _("Payment recorded"),
    "payment.void": _("Payment voided"),
    "refund.record": _("Refund recorded"),
    "refund.void": _("Refund voided"),
}

TURNING_POINTS: dict[str, str] = {
    "invoice.issue": "ok",
    "credit_note.issue": "ok",
    "payment.record": "ok",
    "invoice.credit_all": "bad",
    "payment.void": "bad",
}
"""The deeds whose dot is filled in the timeline, and its family."""

METHODS: dict[str, Promise] = {
    "MP08": _("Card (traceable)"),
    "MP05": _("Bank transfer (traceable)"),
    "MP01": _("Cash (not traceable)"),
    "MP02": _("Cheque (traceable)"),
    "MP03": _("Bank cheque (traceable)"),
    "MP19": _("Direct debit (traceable)"),
    "MP23": _("PagoPA (traceable)"),
}
"""Methods of payment by FatturaPA code, the commonest first."""
