"""Mail about the practice itself: to owners when an account changes, to members when they are invited.

Subjects name the product's deed and nobody; texts carry no IBAN and no patient.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import override

from sportello.accounts.models import Person
from sportello.core.actors import Actor, Role
from sportello.core.mail.queueing import queue
from sportello.parties.models import BillingEntity, Membership, Party


def tell_owners(actor: Actor, deed: str, entity: BillingEntity, *, key: str) -> None:
    """Tell every active owner, inside the caller's transaction, that an account of an entity was added or changed."""
    practice = Party.objects.get(pk=actor.party_id)
    who = Person.objects.get(pk=actor.person_id).get_full_name()
    owners = Membership.objects.filter(role=Role.OWNER, is_active=True).select_related("person").order_by("pk")
    for membership in owners:
        person = membership.person
        with override(person.language):
            queue(
                party_id=actor.party_id,
                purpose="account_change",
                key=f"{key}:{person.pk}",
                to=person.email,
                subject=_("A bank account was changed in the settings"),
                text=_account_text(deed, practice.name, entity.name, who),
                language=person.language,
            )


def _account_text(deed: str, practice: str, entity: str, who: str) -> str:
    facts = {"practice": practice, "entity": entity, "who": who}
    told = {
        "account.add": _("%(who)s added a bank account to the billing entity %(entity)s of %(practice)s."),
        "account.prefer": _("%(who)s changed the usual bank account of the billing entity %(entity)s of %(practice)s."),
        "account.close": _("%(who)s closed a bank account of the billing entity %(entity)s of %(practice)s."),
    }[deed]
    wrong = _(
        "If nobody of you did this, sign in, look at the settings of the entity and change your password at once."
    )
    return f"{told % facts}\n\n{wrong}\n"


def invite(actor: Actor, person: Person, *, key: str, link: Callable[[Person], str] | None) -> None:
    """
    Write to somebody that they may work in the practice, inside the caller's transaction.

    :param link: makes the address where the first password is set; None for who has one already
    """
    practice = Party.objects.get(pk=actor.party_id)
    with override(person.language):
        queue(
            party_id=actor.party_id,
            purpose="member_invitation",
            key=key,
            to=person.email,
            subject=_("You are invited to work in a practice"),
            text=_invitation_text(practice.name, link(person) if link else ""),
            language=person.language,
            from_name=practice.name,
            reply_to=practice.email,
            drop_body=bool(link),
        )


def _invitation_text(practice: str, address: str) -> str:
    first = _("%(practice)s gives you access to its work.") % {"practice": practice}
    if not address:
        known = _("Sign in with the password you have.")
        return f"{first}\n\n{known}\n"
    how = _("Choose your password here. The link works once:")
    unknown = _("If you do not know this practice, do nothing: without your password nobody gets in.")
    return f"{first}\n\n{how}\n{address}\n\n{unknown}\n"
