"""The sentences of patients and customers: why something is refused, what to look at, what codes are called."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sportello.web.sentences import add

add(
    {
        "text_missing": _("Fill this in."),
        "text_too_long": _("This is too long: %(length)s characters, at most %(longest)s are possible."),
        "choice_unknown": _("Choose one of the list."),
        "codice_fiscale_length": _("A codice fiscale has 16 characters (11 digits for a body); these are %(length)s."),
        "codice_fiscale_form": _("Letters and digits do not stand where a codice fiscale has them."),
        "codice_fiscale_date": _("No such birth date can be in a codice fiscale."),
        "codice_fiscale_check_character": _("The last character of the codice fiscale does not fit the others."),
        "codice_fiscale_check_digit": _("The last digit does not fit the others."),
        "codice_fiscale_placeholder": _("This is a placeholder. Leave the code empty and say why there is none."),
        "codice_fiscale_not_given": _("Without the code no invoice can be issued, unless you say why there is none."),
        "code_and_reason": _("There is a code and a reason for having none: keep one of the two."),
        "code_says_otherwise": _("The codice fiscale says otherwise. You can save all the same."),
        "place_unknown": _("No place of birth is known by the code %(place)s."),
        "patient_code_taken": _("Another patient has this codice fiscale."),
        "birth_place_unknown": _("No place of this name is known. You can save all the same."),
        "birth_place_ambiguous": _("Several places have this name: choose one of the list, with its province."),
        "born_in_future": _("The birth date lies in the future."),
        "born_too_long_ago": _("Nobody is older than %(years)s years."),
        "foreign_id_placeholder": _("This is a placeholder. Leave it empty, or write the number of a document."),
        "foreign_id_with_code": _("Only who has no Italian code has a foreign document here."),
        "email_at_missing": _("The at sign is missing, as in name@posta.example."),
        "email_name_missing": _("The part before the at sign is missing."),
        "email_domain_missing": _("The part after the at sign is missing, for instance posta.example."),
        "email_form": _("This is no e-mail address."),
        "phone_form": _("A telephone number has digits only, and at least three."),
        "country_unknown": _("Choose a country of the list."),
        "postal_code_form": _("In Italy the CAP has five digits."),
        "province_form": _("The province has two letters, for instance BO."),
        "period_backwards": _("The last day lies before the first."),
        "no_power_given": _("Give at least one power."),
        "partita_iva_missing": _("Write the partita IVA."),
        "partita_iva_form": _("A partita IVA has 11 digits; these are %(length)s characters."),
        "partita_iva_placeholder": _("Eleven zeros are no partita IVA."),
        "partita_iva_check_digit": _("The last digit does not fit the others."),
        "office_not_assigned": _("No tax office has the number %(office)s: look at the digits again."),
        "recipient_code_form": _("The SdI code has %(length)s letters and digits for this kind of customer."),
        "cig_form": _("A CIG has 10 letters and digits."),
        "cup_form": _("A CUP has 15 letters and digits."),
        "person_withholds_nothing": _("A private person never withholds tax."),
        "customer_without_number": _("An invoice to a business needs a partita IVA or a codice fiscale."),
        "customer_without_delivery": _("An electronic invoice needs the SdI code or a PEC."),
    }
)

SEXES: dict[str, Promise] = {"F": pgettext_lazy("sex", "Female"), "M": pgettext_lazy("sex", "Male")}

NO_CODE: dict[str, Promise] = {
    "foreign_resident": _("Lives abroad"),
    "not_yet_assigned": _("Not yet assigned"),
    "stp_eni": _("Has an STP or ENI code"),
    "refused": _("Does not want to give it"),
}

STAMP_POLICIES: dict[str, Promise] = {
    "": _("As the billing entity"),
    "charge": _("Charged to the patient"),
    "absorb": _("Borne by the practice"),
}

TITLES: dict[str, Promise] = {
    "parent": pgettext_lazy("representative", "Parent"),
    "sole_parent": pgettext_lazy("representative", "Sole parent"),
    "guardian": pgettext_lazy("representative", "Guardian"),
    "administrator": pgettext_lazy("representative", "Support administrator"),
}

KINDS: dict[str, Promise] = {
    "company": pgettext_lazy("customer", "Company"),
    "professional": pgettext_lazy("customer", "Professional"),
    "public_body": pgettext_lazy("customer", "Public body"),
    "condominium": pgettext_lazy("customer", "Condominium"),
    "person": pgettext_lazy("customer", "Private person"),
}

DEEDS: dict[str, Promise] = {
    "patient.create": _("Record opened"),
    "patient.edit": _("Data changed"),
    "patient.read": _("Record looked at"),
    "patient.archive": _("Archived"),
    "patient.restore": _("Taken back from the archive"),
    "representative.add": _("Representative added"),
    "representative.end": _("Representative ended"),
    "representative.evidence": _("Proof of a representative's title kept"),
    "representative.evidence_read": _("Proof of a representative's title opened"),
    "invoice.draft": _("Draft of an invoice written"),
    "invoice.issue": _("Invoice issued"),
    "invoice.download": _("PDF downloaded"),
    "credit_note.issue": _("Credit note issued"),
    "payment.record": _("Payment recorded"),
    "customer.create": _("Record opened"),
    "customer.edit": _("Data changed"),
    "customer.read": _("Record looked at"),
    "customer.archive": _("Archived"),
    "customer.restore": _("Taken back from the archive"),
}
TURNING: dict[str, str] = {"patient.create": "ok", "customer.create": "ok", "invoice.issue": "ok"}
