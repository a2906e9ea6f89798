"""The sentences of patients' access to the portal: refusals, states, deeds, outcomes of a bulk invitation."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sportello.web.sentences import add

INVITING: dict[str, Promise] = {
    "invite_archived": _("The patient is in the archive: take the record back first."),
    "invite_not_wanted": _("The record says that this patient does not want the portal."),
    "invite_minor": _("A minor has no access of their own: invite the parents or the guardian on the record."),
    "invite_powers_over": _("The powers of this person have ended, or the patient is of age."),
    "invite_powers_not_begun": _("The powers of this person begin on %(since)s."),
    "invite_sees_nothing": _("This person may see neither invoices nor documents: change the powers first."),
    "invite_email_missing": _("There is no e-mail: write it on the record, then invite."),
    "invite_email_twice": _("Somebody else already sees this patient's papers by this e-mail. Each needs their own."),
    "invite_email_of_another_patient": _(
        "This e-mail already opens another patient's papers. Two patients share one only through a representative."
    ),
    "invite_birth_date_missing": _("The birth date is not on the record, so it cannot be asked as a proof."),
    "access_move_not_allowed": _("This is no longer possible: the access has changed meanwhile. Look at it again."),
    "no_portal": _("No portal is paired with this server: who looks after it runs “sportello portal pair”."),
}

add(
    INVITING
    | {
        "portal_not_paired": INVITING["no_portal"],
        "proof_not_locked": _("The second proof is not locked."),
        "dead": _("This link no longer works."),
        "wrong_proof": _("This is not right. Tries left: %(left)s."),
        "locked": _("Too many wrong answers: the practice can unlock it."),
        "not_connected": _("This access is not connected."),
        "suspended": _("This access is suspended."),
        "expired": _("The powers of this person have ended."),
        "valid_days_range": _("Between %(least)s and %(most)s days."),
        "bulk_nobody": _("Choose at least one patient."),
        "bulk_too_many": _("At most %(most)s patients at once: narrow the list down."),
    }
)

OUTCOMES: dict[str, Promise] = INVITING | {
    "sent": _("Invited"),
    "resent": _("Invitation sent again"),
    "already_connected": _("Has access already"),
    "already_waiting": _("Was invited already, the link still works"),
    "is_suspended": _("Access is suspended: resume it"),
    "has_bounced": _("The e-mail was refused: correct it"),
    "no_right": _("Your rights changed meanwhile"),
}

PROOFS: dict[str, Promise] = {
    "none": pgettext_lazy("second proof", "Nothing else"),
    "birth_date": pgettext_lazy("second proof", "The patient's birth date"),
    "spoken_code": pgettext_lazy("second proof", "A code that you tell by voice"),
}

DEEDS: dict[str, Promise] = {
    "invitation.send": _("Invited to the portal"),
    "invitation.resend": _("Invitation sent again"),
    "invitation.correct": _("E-mail corrected and invited again"),
    "invitation.cancel": _("Invitation cancelled"),
    "invitation.expire": _("Invitation expired"),
    "invitation.bounce": _("Invitation came back"),
    "invitation.accept": _("Invitation accepted, access open"),
    "invitation.proof_failed": _("Wrong second proof at first access"),
    "invitation.unlock": _("Second proof unlocked"),
    "invitation.ask": _("Asked for a new link"),
    "invitation.ask_dismiss": _("Request for a new link put aside"),
    "connection.suspend": _("Access suspended"),
    "connection.resume": _("Access resumed"),
    "connection.disconnect": _("Access ended"),
    "connection.second_factor": _("Second factor for the portal changed"),
    "bulk_invitation.start": _("Many patients invited"),
    "bulk_invitation.finish": _("Invitation of many patients done"),
    "portal_settings.edit": _("Settings of the portal changed"),
    "representative.edit": _("Data of a representative changed"),
}

OBJECTS: dict[str, Promise] = {
    "connection": pgettext_lazy("object", "access to the portal"),
    "bulkinvitation": pgettext_lazy("object", "invitation of many"),
    "portalsettings": pgettext_lazy("object", "settings of the portal"),
}
TURNING: dict[str, str] = {"invitation.accept": "ok", "connection.disconnect": "bad"}
