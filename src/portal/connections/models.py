"""The practice servers this portal is paired with, and which connection of which server an account holds.

A connection is two opaque ids and a state. Whose papers it opens is known to the practice's server alone.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from deskwire.cards import Card
from portal.accounts.models import Account
from portal.connections.codes import ConnectionState
from portal.keeping.ring import ring


class Desk(models.Model):
    """A practice's server: its card, as it was paired."""

    side = models.CharField(max_length=32, unique=True)  # what its key hashes to; it stands in links
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=200)
    key = models.CharField(max_length=64)
    paired_at = models.DateTimeField()
    is_paired = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"desk {self.side}"

    @property
    def card(self) -> Card:
        """Its card."""
        return Card(name=self.name, address=self.address, key=self.key)


class PairCode(models.Model):
    """A one-time code that lets a practice's server pair itself; closed, for an hour."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    key_sealed = models.TextField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"pair code {self.pk}"

    @property
    def place(self) -> str:
        """Where the code's key is stored."""
        return f"connections.paircode.key:{self.uid}"


class SeenOffer(models.Model):
    """The id of an offer to pair that was taken: none is taken twice."""

    issuer = models.CharField(max_length=32)
    request = models.CharField(max_length=64)
    until = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["issuer", "request"], name="seen_offer_unique")]

    def __str__(self) -> str:
        return f"offer {self.pk}"


class Connection(models.Model):
    """What an account may ask of a desk. `uid` is ours and stands in addresses, `reference` is the desk's."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="connections")
    desk = models.ForeignKey(Desk, on_delete=models.PROTECT, related_name="connections")
    reference = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in ConnectionState])
    claim_sealed = models.TextField(blank=True)  # link and proof of a pending one, closed, until the desk answers
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["desk", "reference"], condition=~models.Q(reference=""), name="connection_of_desk_unique"
            ),
            models.CheckConstraint(
                name="connection_claims_while_pending",
                condition=models.Q(state=ConnectionState.PENDING.value, reference="")
                | ~models.Q(state=ConnectionState.PENDING.value) & ~models.Q(reference="") & models.Q(claim_sealed=""),
            ),
        ]

    def __str__(self) -> str:
        return f"connection {self.pk}"

    @property
    def place(self) -> str:
        """Where the claim is stored."""
        return f"connections.connection.claim:{self.uid}"

    def close_claim(self, token: str, proof: str) -> None:
        """Keep link and proof, closed; the row is not saved."""
        self.claim_sealed = ring().seal(f"{token}\n{proof}", place=self.place)

    @property
    def claim(self) -> tuple[str, str]:
        """Link and proof, opened."""
        token, _, proof = ring().open(self.claim_sealed, place=self.place).partition("\n")
        return token, proof


def reference_for(account: Account, desk: Desk) -> str:
    """Return the name under which a desk knows an account: the same each time, another at every desk."""
    return ring().lookup(f"{account.uid}|{desk.side}", purpose="account-reference")
