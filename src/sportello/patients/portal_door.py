"""Where the paired portal is: the beginning of every link that a patient gets."""

from __future__ import annotations

from sportello.core import pairing
from sportello.core.violations import RuleViolation


class NoPortal(RuleViolation):
    """No portal is paired with this server: ``no_portal``."""


def is_paired() -> bool:
    """Tell whether a portal is paired with this server."""
    return bool(portal_address())


def portal_address() -> str:
    """Return the address of the paired portal without a slash at its end, "" when none is paired."""
    return str(pairing.portal_address()).rstrip("/")


def invitation_link(token: str) -> str:
    """
    Return the address that a mailed link opens: portal, this server's id there, token.

    :raises NoPortal: no portal is paired
    """
    if not is_paired():
        raise NoPortal("no_portal")
    return f"{portal_address()}/i/{pairing.desk_id()}/{token}"
