"""Who may do what with Sistema TS (`permissions.csv`, resource sts).

The owner configures, anew identified (the web asks: `practice_view(fresh=True)`). Sending and seeing what became of it
hangs on the switch `sts`, which a collaborator or an accountant is given.
"""

from __future__ import annotations

from sportello.core.actors import Actor, MayNot, Role, Switch


def may_configure(actor: Actor) -> bool:
    """Whether the actor may set credentials, mappings and activation: the owner alone."""
    return actor.role is Role.OWNER


def check_may_configure(actor: Actor) -> None:
    """
    Ask for the owner.

    :raises MayNot: somebody else is acting
    """
    if not may_configure(actor):
        raise MayNot("owner")


def may_send(actor: Actor) -> bool:
    """Whether the actor may send to Sistema TS and see outcomes: the owner, or who has the switch `sts`."""
    return actor.role is Role.OWNER or Switch.STS in actor.switches


def check_may_send(actor: Actor) -> None:
    """
    Ask for the switch `sts`.

    :raises MayNot: it is off
    """
    if not may_send(actor):
        raise MayNot(Switch.STS.value)
