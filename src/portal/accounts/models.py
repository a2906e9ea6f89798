"""What the portal keeps of people: closed addresses, password hashes, sessions, and what happened to them.

No column holds anything readable about a person. An address is closed (`keeping.ring`) and found again by a keyed
hash; devices are a coarse code such as `firefox android`; network addresses are kept as keyed hashes for limits alone.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from portal.accounts.addresses import hashed
from portal.accounts.codes import Deed, FactorKind
from portal.keeping.ring import ring


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts by their address."""

    def by_address(self, address: str) -> Account | None:
        """Return the account of an e-mail address, None when there is none."""
        return self.filter(address_hash=hashed(address)).first()

    def new(self, *, address: str, language: str) -> Account:
        """Return an account that is not saved and has no password yet; the database refuses an address twice."""
        account = self.model(uid=uuid.uuid4(), address_hash=hashed(address), language=language)
        account.address_sealed = ring().seal(address.strip(), place=account.place)
        return account


class Account(AbstractBaseUser):
    """Somebody who signs in here. Which practices that opens is in `connections`."""

    uid = models.UUIDField(unique=True, editable=False)
    address_hash = models.CharField(max_length=64, unique=True)
    address_sealed = models.TextField()
    language = models.CharField(max_length=10, default="it")
    is_active = models.BooleanField(default=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    password_set_at = models.DateTimeField(auto_now_add=True)

    objects = AccountManager()

    USERNAME_FIELD = "address_hash"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return f"account {self.pk}"

    @property
    def place(self) -> str:
        """Where the address is stored: authenticated with the closed value."""
        return f"accounts.account.address:{self.uid}"

    @property
    def address(self) -> str:
        """
        The e-mail address, opened.

        :raises KeyTrouble: the key file is not the one it was closed with
        """
        return ring().open(self.address_sealed, place=self.place)


class Factor(models.Model):
    """A second factor: the secret of an app, or a passkey. Its secret is closed."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in FactorKind])
    secret_sealed = models.TextField()
    last_step = models.BigIntegerField(default=0)  # the newest code or signature counter used: none serves twice
    added_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account", "kind"], name="factor_of_account")]

    def __str__(self) -> str:
        return f"factor {self.pk}"

    @property
    def place(self) -> str:
        """Where the secret is stored: authenticated with the closed value."""
        return f"accounts.factor.secret:{self.uid}"

    @property
    def secret(self) -> str:
        """The secret, opened."""
        return ring().open(self.secret_sealed, place=self.place)

    def close(self, secret: str) -> None:
        """Keep a secret, closed; the row is not saved."""
        self.secret_sealed = ring().seal(secret, place=self.place)


class RecoveryCode(models.Model):
    """One of the codes for a lost second factor, as a keyed hash; used once."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "code_hash"], name="recovery_code_unique"),
        ]

    def __str__(self) -> str:
        return f"recovery code {self.pk}"


class Session(AbstractBaseSession):
    """A browser that is signed in. The key is kept as a hash: a stolen table opens no session."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="sessions")
    device = models.CharField(max_length=40, blank=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(auto_now_add=True)

    session_key = models.CharField(max_length=64, primary_key=True)

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> type:
        """Return the store that reads and writes these rows."""
        from portal.accounts.sessions import SessionStore

        return SessionStore


class Device(models.Model):
    """A browser that this account signed in with before, known by a random cookie kept as a hash."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="devices")
    token_hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=40, blank=True)
    first_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["account", "token_hash"], name="device_unique")]

    def __str__(self) -> str:
        return f"device {self.pk}"


class Event(models.Model):
    """Something that happened to an account; never changed, shown to its owner."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="events")
    deed = models.CharField(max_length=30, choices=[(deed.value, deed.value) for deed in Deed])
    device = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account", "-at"], name="event_of_account")]

    def __str__(self) -> str:
        return f"event {self.pk}"


class Limit(models.Model):
    """How often something was tried for one subject; the subject is a keyed hash of an address or a network."""

    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=64)
    tries = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)  # no further try before this instant

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "subject"], name="limit_unique")]

    def __str__(self) -> str:
        return f"limit {self.pk}"
