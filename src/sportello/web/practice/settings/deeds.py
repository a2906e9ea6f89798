"""What each deed of the audit is called, whichever room it happened in."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sportello.web.practice.invoices.words import DEEDS as OF_INVOICES
from sportello.web.practice.patients.access_words import DEEDS as OF_ACCESS
from sportello.web.practice.patients.access_words import OBJECTS as OBJECTS_OF_ACCESS
from sportello.web.practice.patients.words import DEEDS as OF_PATIENTS
from sportello.web.practice.settings.words import DEEDS as OF_SETTINGS
from sportello.web.practice.sts.words import DEEDS as OF_ACCOUNTS
from sportello.web.practice.sts.words import DOCUMENT_DEEDS as OF_EXPENSES

_OTHERS: dict[str, Promise] = {
    "access.denied": _("Refused"),
    "account.factor_added": _("Second step added"),
    "account.factor_removed": _("Second step removed"),
    "account.factor_renewed": _("Recovery codes renewed"),
    "account.password_changed": _("Password changed"),
    "account.password_reset": _("Password set anew"),
    "account.sign_in": _("Sign-in"),
    "account.sign_out": _("Sign-out"),
    "audit.export": _("Audit taken as a file"),
    "audit.read": _("Audit read"),
    "customer.export": _("Customers taken as a file"),
    "installation.restore": _("Installation restored from a backup"),
    "invoice.discard": _("Draft deleted"),
    "invoice.export": _("Invoices taken as a file"),
    "invoice.read": _("Paper read"),
    "job.run_again": _("Queued work started again"),
    "keys.retire": _("Key retired"),
    "keys.rotate": _("Keys changed"),
    "mail.cancel": _("Mail cancelled"),
    "mail.mark_arrived": _("Mail noted as arrived"),
    "mail.read": _("Mail read"),
    "mail.send_again": _("Mail sent again"),
    "mail_server.remove": _("Mail server removed"),
    "mail_server.save": _("Mail server set"),
    "mail_server.test": _("Mail server tried"),
    "member.disable": _("Person disabled"),
    "member.edit": _("Rights changed"),
    "member.enable": _("Person enabled again"),
    "member.invite": _("Person invited"),
    "member.invite_again": _("Person invited again"),
    "patient.export": _("Patients taken as a file"),
    "portal.accesses": _("Access log read in the portal"),
    "portal.csv": _("Table of papers taken from the portal"),
    "portal.cut": _("Download from the portal cut off"),
    "portal.export": _("All data taken from the portal"),
    "portal.list": _("List of papers seen in the portal"),
    "portal.pair": _("Portal paired"),
    "portal.paper": _("Paper taken from the portal"),
    "portal.pdf": _("Papers taken from the portal as one PDF"),
    "portal.refused": _("Request of a portal refused"),
    "portal.statement": _("Yearly statement taken from the portal"),
    "portal.unpair": _("Portal unpaired"),
    "portal.zip": _("Papers taken from the portal as a ZIP"),
    "practice.create": _("Practice created"),
    "practice.edit": _("Practice changed"),
    "register.export": _("Register taken as a file"),
    "service.create": _("Service added"),
    "service.edit": _("Service changed"),
    "service.restore": _("Service offered again"),
    "service.retire": _("Service retired"),
    "session.change": _("Session changed"),
    "session.delete": _("Session deleted"),
    "session.note": _("Session noted"),
    "site.add": _("Site added"),
    "site.edit": _("Site changed"),
}

WORDS: Mapping[str, Promise] = {
    **OF_PATIENTS,
    **OF_ACCESS,
    **OF_SETTINGS,
    **OF_INVOICES,
    **OF_ACCOUNTS,
    **OF_EXPENSES,
    **_OTHERS,
}
"""Every action that an operation or a page writes; a test holds it complete."""

# What a deed was done to, by the kind that the audit stores.
OBJECTS: Mapping[str, Promise] = {
    **OBJECTS_OF_ACCESS,
    "bankaccount": pgettext_lazy("object", "bank account"),
    "billingentity": pgettext_lazy("object", "billing entity"),
    "citizenremark": pgettext_lazy("object", "citizen's remark"),
    "customer": pgettext_lazy("object", "customer"),
    "entitywording": pgettext_lazy("object", "wording"),
    "expense": pgettext_lazy("object", "expense"),
    "fiscalterms": pgettext_lazy("object", "fiscal terms"),
    "invoice": pgettext_lazy("object", "paper"),
    "job": pgettext_lazy("object", "queued work"),
    "mailserver": pgettext_lazy("object", "mail server"),
    "membership": pgettext_lazy("object", "access"),
    "outgoingmail": pgettext_lazy("object", "mail"),
    "pairing": pgettext_lazy("object", "portal"),
    "party": pgettext_lazy("object", "practice"),
    "patient": pgettext_lazy("object", "patient"),
    "performedservice": pgettext_lazy("object", "session"),
    "person": pgettext_lazy("object", "person"),
    "register": pgettext_lazy("object", "register"),
    "representative": pgettext_lazy("object", "representative"),
    "series": pgettext_lazy("object", "series"),
    "service": pgettext_lazy("object", "service"),
    "site": pgettext_lazy("object", "site"),
    "stscertificate": pgettext_lazy("object", "certificate"),
    "transmission": pgettext_lazy("object", "sending"),
}
