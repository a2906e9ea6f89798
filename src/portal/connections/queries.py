"""Which connections an account holds."""

from __future__ import annotations

from uuid import UUID

from portal.accounts.models import Account
from portal.connections.codes import ConnectionState
from portal.connections.models import Connection


def of(account: Account) -> list[Connection]:
    """Return the connections of an account, the oldest first, each with its desk."""
    rows = Connection.objects.filter(account=account, desk__is_paired=True).select_related("desk")
    return list(rows.order_by("made_at", "pk"))


def one(account: Account, uid: UUID) -> Connection:
    """
    Return a connection of this account by the id that stands in addresses.

    :raises Connection.DoesNotExist: there is none, it is somebody else's, or the desk has not accepted it yet
    """
    rows = Connection.objects.select_related("desk").exclude(state=ConnectionState.PENDING.value)
    return rows.get(account=account, uid=uid, desk__is_paired=True)
