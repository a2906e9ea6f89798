"""Who may do what with a practice, its entities and its people (SPEC practice 9; `permissions.csv`).

`check_may_x` raises with the right that is missing; `may_x` asks the same for a template. Which entities an actor sees
at all is decided by the rows (`EntityQuerySet.visible_to`). Settings of money and people also ask who is there anew:
the web does (`practice_view(fresh=True)`).
"""

from __future__ import annotations

from sportello.core.actors import Actor, MayNot, Role


def _check_owner(actor: Actor) -> None:
    if actor.role is not Role.OWNER:
        raise MayNot("owner")


def may_edit_practice(actor: Actor) -> bool:
    """Whether the actor may change the practice's data and sites: the owner alone."""
    return actor.role is Role.OWNER


def check_may_edit_practice(actor: Actor) -> None:
    """
    Ask for the owner.

    :raises MayNot: somebody else is acting
    """
    _check_owner(actor)


def may_edit_fiscal_settings(actor: Actor) -> bool:
    """Whether the actor may add and change entities, terms, accounts, logo and wordings: the owner alone."""
    return actor.role is Role.OWNER


def check_may_edit_fiscal_settings(actor: Actor) -> None:
    """
    Ask for the owner.

    :raises MayNot: somebody else is acting
    """
    _check_owner(actor)


def may_edit_numbering(actor: Actor) -> bool:
    """Whether the actor may add series and set a first number: the owner alone."""
    return actor.role is Role.OWNER


def check_may_edit_numbering(actor: Actor) -> None:
    """
    Ask for the owner.

    :raises MayNot: somebody else is acting
    """
    _check_owner(actor)


def may_manage_members(actor: Actor) -> bool:
    """Whether the actor may invite members and set their switches: the owner alone."""
    return actor.role is Role.OWNER


def check_may_manage_members(actor: Actor) -> None:
    """
    Ask for the owner.

    :raises MayNot: somebody else is acting
    """
    _check_owner(actor)
