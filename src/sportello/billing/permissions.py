"""Who may do what with papers and money (SPEC practice 9; `permissions.csv`).

`check_may_x` raises with the right that is missing; `may_x` asks the same for a template. What the state of a paper
allows is another question (`billing.states`).
"""

from __future__ import annotations

from sportello.core.actors import Actor, MayNot, Power, Role, Switch


def _check(actor: Actor, switch: Switch) -> None:
    if not actor.has(switch):
        raise MayNot(switch.value)


def may_draft(actor: Actor) -> bool:
    """Whether the actor may write drafts."""
    return actor.has(Switch.INVOICES)


def check_may_draft(actor: Actor) -> None:
    """
    Ask for the switch `invoices`.

    :raises MayNot: it is off
    """
    _check(actor, Switch.INVOICES)


def may_issue(actor: Actor) -> bool:
    """Whether the actor may issue invoices and credit notes."""
    return actor.has(Switch.ISSUE) and actor.has(Switch.INVOICES)


def check_may_issue(actor: Actor) -> None:
    """
    Ask for the switches `invoices` and `issue`, which is given apart.

    :raises MayNot: one is off
    """
    _check(actor, Switch.INVOICES)
    _check(actor, Switch.ISSUE)


def may_record_payment(actor: Actor) -> bool:
    """Whether the actor may record payments and refunds."""
    return actor.has(Switch.PAYMENTS)


def check_may_record_payment(actor: Actor) -> None:
    """
    Ask for the switch `payments`.

    :raises MayNot: it is off
    """
    _check(actor, Switch.PAYMENTS)


def may_void_payment(actor: Actor) -> bool:
    """Whether the actor may void a payment: the owner alone."""
    return actor.role is Role.OWNER


def check_may_void_payment(actor: Actor) -> None:
    """
    Ask for the owner.

    :raises MayNot: somebody else is acting
    """
    if not may_void_payment(actor):
        raise MayNot("owner")


def may_download(actor: Actor) -> bool:
    """Whether the actor may open the PDF of a paper it sees: an accountant too, and the patient's side."""
    return actor.role is Role.ACCOUNTANT or actor.has(Switch.INVOICES) or actor.may(Power.INVOICES)


def check_may_download(actor: Actor) -> None:
    """
    Ask for the switch `invoices`, or for an accountant.

    :raises MayNot: neither
    """
    if not may_download(actor):
        raise MayNot(Switch.INVOICES.value)


def may_change_visibility(actor: Actor) -> bool:
    """Whether the actor may show or hide a paper in the patient's portal."""
    return actor.has(Switch.INVOICES)


def may_edit_catalogue(actor: Actor) -> bool:
    """Whether the actor may change the price list."""
    return actor.has(Switch.CATALOGUE)


def check_may_edit_catalogue(actor: Actor) -> None:
    """
    Ask for the switch `catalogue`.

    :raises MayNot: it is off
    """
    _check(actor, Switch.CATALOGUE)


def check_may_change_visibility(actor: Actor) -> None:
    """
    Ask for the switch `invoices`.

    :raises MayNot: it is off
    """
    _check(actor, Switch.INVOICES)
