"""The sentences of Sistema TS: refusals, what codes are called, what a test of the credentials found and what to do."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sportello.web.sentences import add

add(
    {
        "certificate_missing": _("Choose the certificate's file."),
        "certificate_no_authority": _(
            "This certificate vouches for nobody else: choose the file of the authority (CA) that vouches for the host."
        ),
        "certificate_of_a_server": _(
            "This is the certificate of a web server. The one that encrypts is called SanitelCF and comes with the "
            "official kit."
        ),
        "certificate_too_large": _("The file is too large for a certificate: at most %(largest)s bytes are possible."),
        "certificate_unreadable": _("The file is no certificate in PEM or DER form, whatever its name says."),
        "certificate_without_rsa": _("This certificate has no RSA key; SanitelCF has one."),
        "sts_client_ended": _("The certificate to sign in with ended on %(until)s: the ministry will refuse it."),
        "sts_client_locked": _(
            "The key in this file asks for a passphrase: save it without one. It is kept encrypted here."
        ),
        "sts_client_missing": _("A region or body signs in with a certificate: choose the file with it and its key."),
        "sts_client_other_key": _("The key in this file belongs to another certificate."),
        "sts_client_unreadable": _(
            "No certificate is in this file. A PEM file with certificate and key is needed; a .p12 or .pfx has to be "
            "converted first."
        ),
        "sts_client_without_key": _("This file has the certificate without its key: put both into one PEM file."),
        "sts_flag_not_of_type": _("Only TK (emergency room) and SR (intramoenia) may bear this mark."),
        "sts_intermediary_form": _(
            "The intermediary is its codice fiscale, a hyphen and the three digits of its site: 07874631000-000."
        ),
        "sts_intermediary_missing": _("This channel needs the code of who sends on behalf of the owner."),
        "sts_intermediary_useless": _("Who sends directly names no intermediary: leave it empty."),
        "sts_not_active": _("Activate the Sistema TS for this entity first."),
        "sts_not_tested": _("Test the credentials first: automatic sending begins only with an account that works."),
        "sts_notice_not_accepted": _("Read the notice and accept it: without that nothing is read and nothing sent."),
        "sts_owner_form": _("The owner's codice fiscale cannot exist: look at it again."),
        "sts_owner_missing": _("Write the codice fiscale of the owner."),
        "sts_password_days": _("Write between 1 and 3650 days."),
        "sts_password_future": _("The password cannot have been changed in the future."),
        "sts_password_letters": _(
            "The service cannot take this password: only Latin letters, digits and signs travel."
        ),
        "sts_password_missing": _("Write the password of the Sistema TS portal."),
        "sts_password_unusual": _(
            "Accented letters in the password are known to fail at the service: letters, digits and dots are safe."
        ),
        "sts_pin_form": _("The PIN has ten digits; that of an Entratel intermediary has eight characters."),
        "sts_region_unusual": _("Senders of this category usually have another region code: look at the letter again."),
        "sts_since_future": _("Choose today or an earlier day."),
        "sts_since_too_early": _("The Sistema TS knows no payment before 2015."),
        "sts_ssa_length": _("The SSA code usually has another length for this category: look at the letter again."),
        "month_in_the_future": _("That month has not begun yet: choose an earlier one."),
        "sts_not_cancelled": _("The Sistema TS did not cancel it (%(codes)s). Nothing was changed here."),
        "sts_cancel_later": _("The Sistema TS could not be asked now. Nothing was cancelled: try again later."),
        "sts_cancel_unknown": _(
            "The answer of the Sistema TS was lost. It is asked what became of the cancellation, and the difference "
            "settles by itself once it is known."
        ),
        "sts_remedy_not_offered": _("This difference was settled already, or cannot be settled this way."),
        "sts_calls_open": _("A sending is under way or its outcome is unknown: wait until it is settled."),
        "sts_no_simulator": _("No simulator runs beside this server."),
        "sts_real_books": _(
            "Documents of this entity were sent to the Sistema TS itself from here. Moving away would forget them: "
            "add a billing entity of its own to try things out."
        ),
        "sts_tries_left": _(
            "The ministry refused %(tries)s sign-ins; after eight it disables the user. Sign in on the portal with "
            "this password first, then tick the box and test."
        ),
        "sts_call_under_way": _("A sending of this document is under way: its answer comes first."),
        "sts_none_chosen": _("Choose at least one document."),
        "sts_opposition_needless": _("Nothing of this document goes to the State: there is nothing to object to."),
        "sts_too_many_chosen": _("At most %(most)s documents can be changed at once: narrow the list down first."),
        "sts_nothing_to_ask": _("The Sistema TS has nothing more to say of this sending."),
        "sts_not_configured": _("The account is not complete: look at the list of what is missing."),
        "sts_not_sendable": _("This is not possible now: the document has changed in the meantime."),
        "sts_refund_follows": _("A refund follows its invoice: do it there."),
        "sts_stopped": _("Sending is stopped: see to the reason first."),
        "sts_structure_form": _(
            "Region and ASL have three capital letters or digits, SSA five or six: as in the letter that assigned them."
        ),
        "sts_structure_missing": _("A structure has three codes: region, ASL and SSA. All are in the letter."),
        "sts_structure_useless": _("A professional has no region, ASL and SSA code: leave them empty."),
        "sts_test_first": _("The ministry refused this account: only a good test of the credentials lets it go on."),
        "sts_type_not_allowed": _("Senders of this category may not use this expense type."),
        "sts_type_of_no_health": _("The price list says that this service is not health: it does not go to the State."),
        "sts_username_missing": _("Write the user (codice identificativo) of the Sistema TS portal."),
    }
)

CATEGORIES: dict[str, Promise] = {
    "health_professional": _("Health profession: psychologist, nurse, midwife, physiotherapist and others"),
    "doctor": _("Doctor or dentist"),
    "veterinarian": _("Veterinarian"),
    "authorised_structure": _("Authorised structure, not accredited"),
    "accredited_structure": _("Accredited structure"),
    "pharmacy": _("Pharmacy"),
    "anmig_pharmacy": _("ANMIG pharmacy"),
    "parapharmacy": _("Parapharmacy"),
    "optician": _("Optician"),
    "veterinary_retail": _("Retail of veterinary medicines (art. 70)"),
}
STRUCTURES = frozenset(CATEGORIES) - {"health_professional", "doctor", "veterinarian"}

CHANNELS: dict[str, Promise] = {
    "direct": _("Own credentials of Sistema TS"),
    "entrate": _("Entratel: the accountant's credentials, by delegation"),
    "enti": _("Region or body, with a certificate of its own"),
}

STAMPS: dict[str, Promise] = {
    "included": _("Together with the fee, as one amount"),
    "separate": _("As an item of its own"),
    "omitted": _("Not at all"),
}

SPENT: dict[str, Promise] = {
    "again": _("Goes again under its own number"),
    "person": _("Waits until somebody sends it under the next device number"),
}
"""What becomes of a cancelled expense that is due again."""

ENVIRONMENTS: dict[str, tuple[Promise, Promise]] = {
    "simulator": (
        _("Simulator"),
        _("A ministry of our own beside this server: nothing leaves the machine."),
    ),
    "test": (
        _("Test of the ministry"),
        _("The ministry's test host, with its public test users. Never with data of real patients."),
    ),
    "production": (
        _("Real"),
        _("The Sistema TS itself: what is sent stands in the patients' tax returns."),
    ),
}

EXPENSE_TYPES: dict[str, Promise] = {
    "TK": _("Co-payment (ticket), also of the emergency room"),
    "FC": _("Medicines for people, also homeopathic"),
    "FV": _("Veterinary medicines"),
    "AD": _("Purchase or hire of CE-marked medical devices"),
    "AS": _("Services given by pharmacies: ECG, spirometry, Holter, blood pressure"),
    "SR": _("Specialist outpatient care, visits, diagnostics, surgery, certificates; no aesthetic surgery"),
    "CT": _("Thermal cures"),
    "PI": _("Prosthetic and supplementary care"),
    "IC": _("Aesthetic surgery and aesthetic medicine"),
    "SP": _("Care of the health professions: psychologist, nurse, midwife, physiotherapist"),
    "SV": _("Veterinary expenses of natural persons"),
    "AA": _("Other expenses"),
}

TESTS: dict[str, tuple[str, Promise, Promise]] = {
    "good": ("ok", _("The account works"), _("User, password, PIN and owner were admitted by the Sistema TS.")),
    "authentication": (
        "bad",
        _("User or password refused"),
        _(
            "The service does not say whether the password is wrong, has expired or the user was disabled. Sign in to "
            "the Sistema TS portal: if it asks for a new password, set one there and write it here. After eight "
            "refused tries the user is disabled, and only who issued it can enable it again."
        ),
    ),
    "expired": (
        "bad",
        _("Refused: the password has most likely expired"),
        _(
            "It was changed longer ago than a password lasts. Sign in to the Sistema TS portal, which asks for a new "
            "one; write the new one here and test again. No service can change it from here."
        ),
    ),
    "pin": (
        "bad",
        _("User and password are right, the PIN is not"),
        _("The ten digits are in the PDF that the portal gives after the first sign-in: write them anew."),
    ),
    "owner": (
        "bad",
        _("The owner does not belong to this user"),
        _(
            "For a professional the owner's codice fiscale is the user itself; for a structure it is its person of "
            "reference, with region, ASL and SSA as in the letter."
        ),
    ),
    "delegation": (
        "bad",
        _("The delegation does not fit"),
        _(
            "Who sends for others needs an active delegation on the portal (Gestione deleghe), and while one is "
            "active the owner does not send directly."
        ),
    ),
    "certificate": (
        "bad",
        _("The certificate that encrypts is missing or not the State's"),
        _("Load the file SanitelCF of the official kit below. Password and PIN may well be right."),
    ),
    "trust": (
        "bad",
        _("The server could not prove who it is"),
        _("Nothing was sent. The ministry's test host needs its own authority (CA): load its file below."),
    ),
    "network": (
        "wait",
        _("The Sistema TS cannot be reached"),
        _("Nothing is known about the account. Look at the connection of this server and try again later."),
    ),
    "silent": (
        "wait",
        _("The Sistema TS was reached but gave no answer"),
        _(
            "It is known to stay silent when it is overloaded, and at times also when user or password are wrong. Try "
            "again in a quarter of an hour; if it stays silent, sign in to the portal to see whether the password is "
            "still good."
        ),
    ),
    "unready": (
        "bad",
        _("Nothing could be asked: the account cannot be used as it is"),
        _("Write user, password and PIN anew, or choose the certificate to sign in with again; then test."),
    ),
    "busy": (
        "wait",
        _("The Sistema TS is busy or failing"),
        _("Nothing is known about the account: its own trouble. Try again later."),
    ),
    "unclear": (
        "wait",
        _("The answer says nothing about the account"),
        _("The words of the service stand below. Try again; if it stays, ask the help desk of Sistema TS."),
    ),
}
"""What a test found: tone, title, and what to do."""
SIMULATOR_AWAY = (
    "wait",
    _("The simulator cannot be reached"),
    _("It runs beside this server and has ended: start the server anew."),
)
"""What it is instead, where the account speaks to the simulator and nobody is there."""
TESTED: dict[str, Promise] = {
    "good": pgettext_lazy("credentials tested", "good"),
    "authentication": pgettext_lazy("credentials tested", "user or password refused"),
    "expired": pgettext_lazy("credentials tested", "password most likely expired"),
    "pin": pgettext_lazy("credentials tested", "PIN refused"),
    "owner": pgettext_lazy("credentials tested", "owner refused"),
    "delegation": pgettext_lazy("credentials tested", "delegation refused"),
    "certificate": pgettext_lazy("credentials tested", "certificate missing or refused"),
    "trust": pgettext_lazy("credentials tested", "server without proof"),
    "network": pgettext_lazy("credentials tested", "not reached"),
    "silent": pgettext_lazy("credentials tested", "no answer"),
    "busy": pgettext_lazy("credentials tested", "busy"),
    "unclear": pgettext_lazy("credentials tested", "unclear answer"),
    "unready": pgettext_lazy("credentials tested", "nothing asked"),
}
"""What a test found, as few words as a timeline has room for."""

STOPS: dict[str, tuple[Promise, Promise]] = {
    "authentication": (
        _("Sending is stopped: user or password were refused"),
        _(
            "Nothing more is tried, because eight refusals disable the user. Put the password right and test the "
            "credentials: a good test lets everything go on."
        ),
    ),
    "pin": (
        _("Sending is stopped: the PIN was refused"),
        _("Write the PIN anew and test the credentials: a good test lets everything go on."),
    ),
    "owner": (
        _("Sending is stopped: the owner was refused"),
        _("Look at the owner's data and test the credentials: a good test lets everything go on."),
    ),
    "delegation": (
        _("Sending is stopped: the delegation was refused"),
        _("See to the delegation on the portal and test the credentials: a good test lets everything go on."),
    ),
    "certificate": (
        _("Sending is stopped: the certificate that encrypts is missing or refused"),
        _("Load the file SanitelCF and test the credentials: a good test lets everything go on."),
    ),
    "by_hand": (
        _("Sending is stopped by hand"),
        _("Nothing leaves until somebody lets it go on."),
    ),
}

DEEDS: dict[str, Promise] = {
    "sts.activate": _("Sistema TS activated, notice accepted"),
    "sts.automatic": _("Automatic sending switched"),
    "sts.certificate": _("Certificate loaded"),
    "sts.certificate_remove": _("Certificate removed"),
    "sts.configure": _("Account of Sistema TS changed"),
    "sts.deactivate": _("Sistema TS deactivated"),
    "sts.environment": _("Sistema TS moved to another host"),
    "sts.map": _("Expense types set"),
    "sts.resume": _("Sending goes on"),
    "sts.stop": _("Sending stopped"),
    "sts.test": _("Credentials tested"),
}

DOCUMENT_DEEDS: dict[str, Promise] = {
    "sts.accepted": _("Accepted by the Sistema TS"),
    "sts.adopt": _("Taken over what the Sistema TS holds"),
    "sts.ask": _("Sistema TS asked what it holds"),
    "sts.look": _("Sistema TS asked what became of a sending"),
    "sts.deleted": _("Cancelled on the Sistema TS"),
    "sts.exclude": _("Left out of the Sistema TS"),
    "sts.export": _("List of the Sistema TS taken as a file"),
    "sts.include": _("Taken in again for the Sistema TS"),
    "sts.left_out": _("Not for the Sistema TS any more"),
    "sts.not_sent": _("Not carried out by the Sistema TS"),
    "sts.oppose": _("Objection for a document changed"),
    "sts.ready": _("To be sent to the Sistema TS"),
    "sts.outcome": _("Outcome of a sending received"),
    "sts.receipts": _("Receipts of the Sistema TS downloaded"),
    "sts.refunded": _("Refunded on the Sistema TS"),
    "sts.remark": _("Citizen's remark read"),
    "sts.remarks": _("Citizens' remarks asked for"),
    "sts.remedy": _("Difference with the Sistema TS settled"),
    "sts.report": _("Monthly report of the Sistema TS asked for"),
    "sts.rejected": _("Rejected by the Sistema TS"),
    "sts.renew": _("Sent under a new device number"),
    "sts.send": _("Sent to the Sistema TS"),
    "sts.send_many": _("Documents sent to the Sistema TS"),
    "sts.taken": _("Taken in charge by the Sistema TS"),
    "sts.to_delete": _("To be cancelled on the Sistema TS"),
    "sts.to_update": _("To be updated on the Sistema TS"),
    "sts.uncertain": _("Outcome at the Sistema TS unknown"),
}
"""Deeds about documents; those about the account are `DEEDS`."""

ACCOUNT_STATES: dict[str, tuple[str, str, Promise]] = {
    "MISSING": ("off", "circle-dashed", pgettext_lazy("sts account", "Not set up")),
    "READY_TO_TEST": ("wait", "key", pgettext_lazy("sts account", "To be tested")),
    "READY": ("wait", "circle-half-2", pgettext_lazy("sts account", "To be activated")),
    "ACTIVE": ("ok", "circle-check", pgettext_lazy("sts account", "Active")),
    "STOPPED": ("bad", "hand-stop", pgettext_lazy("sts account", "Stopped")),
}

PORTAL = "https://www.sistemats.it/"
"""The ministry's portal, where passwords are changed."""

WHY_NOT: dict[str, Promise] = {
    "not_a_person": _("Made out to a business: not for the State"),
    "not_health": _("No health service on it: not for the State"),
    "no_amount": _("Nothing is charged for health on it: not for the State"),
    "not_paid": _("Not paid in full: the State takes paid documents alone"),
    "no_code": _("The patient has no codice fiscale: listed apart, cannot be sent with a code"),
    "excluded": _("Left out by somebody"),
    "before_activation": _("Paid before the day from which documents are sent"),
    "original_not_due": _("The invoice that it takes back from is not for the State"),
}

PROBLEMS: dict[str, tuple[Promise, Promise]] = {
    "unmapped": (
        _("A service without an expense type"),
        _("Say what the service is under Expense types: the document can then be sent."),
    ),
    "number_not_allowed": (
        _("The number has signs that the State does not take"),
        _("Letters, digits and _ . / \\ - are possible, twenty at most. Such a paper is sent with other means."),
    ),
    "amount_too_large": (
        _("An amount that the State does not take"),
        _("Each item lies between 0.01 and 99,999.99 euro."),
    ),
    "date_not_allowed": (_("A day that the State does not take"), _("It knows no payment before 2015.")),
    "code_malformed": (
        _("A codice fiscale that cannot exist"),
        _("Put it right in the patient's record: the document can then be sent."),
    ),
}

OPERATIONS: dict[str, Promise] = {
    "I": pgettext_lazy("sts operation", "Insertion"),
    "V": pgettext_lazy("sts operation", "Change"),
    "R": pgettext_lazy("sts operation", "Refund"),
    "C": pgettext_lazy("sts operation", "Cancellation"),
}

TROUBLES: dict[str, Promise] = {
    "authentication": _("User or password were refused: nothing was carried out"),
    "pin": _("The PIN was refused: nothing was carried out"),
    "owner": _("The owner was refused: nothing was carried out"),
    "delegation": _("The delegation was refused: nothing was carried out"),
    "certificate": _("The certificate that encrypts was missing or refused: nothing was carried out"),
    "busy": _("The Sistema TS was busy: it is tried again by itself"),
    "unavailable": _("The Sistema TS did not take the request: it is tried again by itself"),
    "no_connection": _("No connection: it is tried again by itself"),
    "no_answer": _("No answer came: the Sistema TS is asked what it holds; nothing is sent twice"),
    "not_done": _("It turned out not to have arrived: it is sent again"),
    "conflict": _("The Sistema TS holds something else than we know"),
    "stray_not_done": _("It was not carried out: cancel it again in the reconciliation"),
    "stopped": _("Sending is stopped: the report is asked for by itself once it goes on"),
    "too_large": _("The file was too large: it goes again in smaller ones by itself"),
    "refused_at_acceptance": _("The Sistema TS did not accept the file: nothing of it is registered"),
    "refused_whole": _("The Sistema TS refused the file as a whole: the receipt says why"),
    "no_outcome": _("The Sistema TS never said what became of this file: it is asked about each document"),
    "no_error_file": _("The Sistema TS never handed out its list of errors: it is asked about each document"),
    "not_named": _(
        "The list of errors does not name what the Sistema TS counts: it is asked about each document in doubt"
    ),
}
"""What went wrong with a call, in words."""

OUTCOMES: dict[str, tuple[str, str, Promise]] = {
    "open": ("move", "progress", pgettext_lazy("sts outcome", "Not known yet")),
    "accepted": ("ok", "circle-check", pgettext_lazy("sts outcome", "Accepted")),
    "warned": ("wait", "alert-triangle", pgettext_lazy("sts outcome", "Accepted with anomalies")),
    "refused": ("bad", "circle-x", pgettext_lazy("sts outcome", "Rejected")),
    "not_sent": ("off", "wifi-off", pgettext_lazy("sts outcome", "Not carried out")),
    "conflict": ("wait", "help-circle", pgettext_lazy("sts outcome", "Asked what it holds")),
}

HELD: dict[str, Promise] = {
    "none": _("nothing, as far as is known"),
    "held": _("the document"),
    "cancelled": _("the document, cancelled"),
    "other": _("something else than we know"),
}

REPORT_STATES: dict[str, tuple[str, str, Promise]] = {
    "NEVER": ("off", "circle-dashed", pgettext_lazy("sts report", "Never compared")),
    "ASKED": ("move", "progress", pgettext_lazy("sts report", "Being compared")),
    "TROUBLE": ("bad", "wifi-off", pgettext_lazy("sts report", "Not received")),
    "SAME": ("ok", "circle-check", pgettext_lazy("sts report", "The same")),
    "SETTLED": ("ok", "circle-check", pgettext_lazy("sts report", "Differences settled")),
    "DIFFERENT": ("wait", "scale", pgettext_lazy("sts report", "Different")),
}

DIFFERENCES: dict[str, tuple[Promise, Promise]] = {
    "missing_there": (
        _("The State does not have it"),
        _("Our books say that it was accepted, the report does not name it. Ask about it: what is missing is sent."),
    ),
    "unknown_here": (
        _("Our books do not have it"),
        _("Another program or a person on the portal sent it. Cancel it there if it is wrong, else leave it."),
    ),
    "not_sent_by_us": (
        _("The State has it, though we never sent it"),
        _("Perhaps another program did. Take over what the State holds: it is then not sent a second time."),
    ),
    "should_not_be_there": (
        _("The State has it and should not"),
        _("It was left out or is no expense. Ask about it, or cancel it there."),
    ),
    "amount": (_("Another amount"), _("Ask about it: what differs is then put right at the State.")),
    "refunded": (_("Another amount taken back"), _("A credit note is missing there, or one too many is there.")),
    "paid_on": (_("Another day of payment"), _("The day decides the tax year. Ask about it: it is then put right.")),
}

REMEDIES: dict[str, Promise] = {
    "resync": _("Resynchronise"),
    "cancel_there": _("Cancel it there"),
    "ignore": _("Leave it"),
}
