"""Who may look after the installation's work and mail: the owner of the party, for the party."""

from __future__ import annotations

from sportello.core.actors import Actor, MayNot, Role


def may_manage_mail(actor: Actor) -> bool:
    """Tell whether the actor may set up the party's mail server and look after its mail."""
    return actor.role is Role.OWNER


def check_may_manage_mail(actor: Actor) -> None:
    """
    Let the owner pass.

    :raises MayNot: anybody else
    """
    if not may_manage_mail(actor):
        raise MayNot("owner")


def may_manage_jobs(actor: Actor) -> bool:
    """Tell whether the actor may see the party's queue and run failed work again."""
    return actor.role is Role.OWNER


def check_may_manage_jobs(actor: Actor) -> None:
    """
    Let the owner pass.

    :raises MayNot: anybody else
    """
    if not may_manage_jobs(actor):
        raise MayNot("owner")
