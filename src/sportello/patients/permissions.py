"""Who may do what with patients and customers (SPEC practice 9; `permissions.csv`, resources patient and sts).

`check_may_x` raises with the right that is missing; `may_x` asks the same for a template. Which patients an actor
meets at all is decided by the rows (`PatientQuerySet.visible_to`).
"""

from __future__ import annotations

from sportello.core.actors import Actor, MayNot, Role, Switch


def may_see_patients(actor: Actor) -> bool:
    """Whether the actor may list, search and open patients."""
    return actor.has(Switch.PATIENTS)


def check_may_see_patients(actor: Actor) -> None:
    """
    Ask for the switch `patients`.

    :raises MayNot: it is off
    """
    if not may_see_patients(actor):
        raise MayNot(Switch.PATIENTS.value)


def may_see_contact(actor: Actor) -> bool:
    """Whether the actor may read the contact of a patient it sees: the patient's side its own."""
    return may_see_patients(actor) or actor.patient_id is not None


def may_edit_patients(actor: Actor) -> bool:
    """Whether the actor may add and change patients and their representatives."""
    return actor.has(Switch.PATIENTS)


def check_may_edit_patients(actor: Actor) -> None:
    """
    Ask for the switch `patients`.

    :raises MayNot: it is off
    """
    if not may_edit_patients(actor):
        raise MayNot(Switch.PATIENTS.value)


def may_archive_patients(actor: Actor) -> bool:
    """Whether the actor may archive patients and take them back: the owner alone."""
    return actor.role is Role.OWNER


def check_may_archive_patients(actor: Actor) -> None:
    """
    Ask for the owner.

    :raises MayNot: somebody else is acting
    """
    if not may_archive_patients(actor):
        raise MayNot("owner")


def may_set_opposition(actor: Actor) -> bool:
    """Whether the actor may note that a patient objects to the use of the expense data."""
    return actor.has(Switch.STS)


def check_may_set_opposition(actor: Actor) -> None:
    """
    Ask for the switch `sts`.

    :raises MayNot: it is off
    """
    if not may_set_opposition(actor):
        raise MayNot(Switch.STS.value)


def may_see_customers(actor: Actor) -> bool:
    """Whether the actor may list and open customers: who works with patients or writes invoices."""
    return actor.has(Switch.PATIENTS) or actor.has(Switch.INVOICES)


def check_may_see_customers(actor: Actor) -> None:
    """
    Ask for the switch `patients` or `invoices`.

    :raises MayNot: both are off
    """
    if not may_see_customers(actor):
        raise MayNot(Switch.INVOICES.value)


def may_edit_customers(actor: Actor) -> bool:
    """Whether the actor may add, change and archive customers."""
    return may_see_customers(actor)


def check_may_edit_customers(actor: Actor) -> None:
    """
    Ask for the switch `patients` or `invoices`.

    :raises MayNot: both are off
    """
    check_may_see_customers(actor)


def may_connect(actor: Actor) -> bool:
    """Whether the actor may invite to the portal, send again, cancel, suspend, resume and disconnect."""
    return actor.has(Switch.PORTAL)


def check_may_connect(actor: Actor) -> None:
    """
    Ask for the switch `portal`.

    :raises MayNot: it is off
    """
    if not may_connect(actor):
        raise MayNot(Switch.PORTAL.value)


def may_edit_portal_settings(actor: Actor) -> bool:
    """Whether the actor may say how the practice uses the portal: the owner alone."""
    return actor.role is Role.OWNER


def check_may_edit_portal_settings(actor: Actor) -> None:
    """
    Ask for the owner.

    :raises MayNot: somebody else is acting
    """
    if not may_edit_portal_settings(actor):
        raise MayNot("owner")
