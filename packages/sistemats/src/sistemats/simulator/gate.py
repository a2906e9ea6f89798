"""Who is calling: HTTP Basic, or the client certificate of a region, and the count of wrong passwords.

Source: PROTOCOL of the service: no challenge, one fault for every failure, disabled after eight wrong passwords until
the issuing body enables the user again.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import threading
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from sistemats.codes import Channel
from sistemats.errors import InputError
from sistemats.simulator.clock import SimulatorClock
from sistemats.simulator.settings import Settings
from sistemats.simulator.store import Store
from sistemats.simulator.users import Role, User, read_user


class NotAuthenticated(Exception):
    """The caller may not come in. `why` is for the journal only: the answer never tells."""

    def __init__(self, why: str, name: str | None = None) -> None:
        """Keep the reason and the name that was given."""
        super().__init__(why)
        self.why = why
        self.name = name


@lru_cache(maxsize=64)
def read_basic(header: str | None) -> tuple[str, bytes] | None:
    """Return user name and password bytes of a Basic header, None when it is not one."""
    scheme, _, coded = (header or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(coded.strip(), validate=True).partition(b":")
    except binascii.Error:
        return None
    return (name.decode("latin-1"), password) if colon else None


class Gate:
    """The users and the door. Users are kept in the store; every change is written before it counts."""

    def __init__(self, store: Store, clock: SimulatorClock, users: Iterable[User]) -> None:
        """Know the users of the store, and add those given that it does not have yet."""
        self._store, self._clock, self._lock = store, clock, threading.Lock()
        self._users: dict[str, User] = {}
        self._codes: frozenset[str] = frozenset()
        for row in store.read("SELECT value FROM users"):
            user = read_user(json.loads(row["value"]))
            self._users[user.name] = user
        self._codes = frozenset(u.owner.fiscal_code for u in self._users.values() if u.owner.fiscal_code)
        self.add(user for user in users if user.name not in self._users)

    def add(self, users: Iterable[User]) -> None:
        """Add users, or put them in place of those with their names."""
        with self._lock, self._store.transaction():
            for user in users:
                self._keep(user)

    def _keep(self, user: User) -> None:
        self._store.write("INSERT OR REPLACE INTO users VALUES (?, ?)", (user.name, json.dumps(user.as_json())))
        self._users[user.name] = user
        self._codes |= {user.owner.fiscal_code} if user.owner.fiscal_code else frozenset()

    def get(self, name: str) -> User | None:
        """Return a user by name."""
        return self._users.get(name)

    def enable(self, name: str, enabled: bool, password: str | None = None) -> User:
        """Enable or disable a user, with a new password or the old; enabling forgets wrong attempts.

        :raises InputError: no such user
        """
        with self._lock:
            user = self._users.get(name)
            if user is None:
                raise InputError(f"user: no user {name!r} here.")
            user = replace(user, enabled=enabled, failed_attempts=0 if enabled else user.failed_attempts)
            if password is not None:
                user = replace(user, password=password, password_expires_on=None)
            self._keep(user)
        return user

    def users(self) -> list[User]:
        """Return all users by name."""
        with self._lock:
            return sorted(self._users.values(), key=lambda user: user.name)

    def known_codes(self) -> frozenset[str]:
        """Return the fiscal codes of all users, which count as well formed."""
        return self._codes

    def has_active_delegate(self, user: User) -> bool:
        """Tell whether somebody else sends for this owner."""
        others = (other for other in self.users() if other.role.delegate and other.enabled)
        return any(other.delegation_for(user.owner) is not None for other in others)

    def admit(
        self, channel: Channel, basic: str | None, certificate: str | None, *, tls: bool, rules: Settings
    ) -> User:
        """Return who is calling on a channel; `certificate` is the name in a verified client certificate.

        :raises NotAuthenticated: nobody we know, or not on this channel; wrong passwords are counted
        """
        if channel is Channel.ENTI and tls:
            return self._by_certificate(certificate)
        given = read_basic(basic)
        if given is None:
            raise NotAuthenticated("no Basic credentials")
        name, password = given
        with self._lock:
            user = self._users.get(name)
            if user is None:
                raise NotAuthenticated("unknown user", name)
            self._check_password(user, password, rules)
            user = self._users[name]
        if user.role.channel is not channel:
            raise NotAuthenticated(f"user of another channel than {channel.value}", name)
        return user

    def _check_password(self, user: User, password: bytes, rules: Settings) -> None:
        if not user.enabled:
            raise NotAuthenticated("user disabled", user.name)
        if not _same_password(user.password, password):
            self._keep(user.failed(rules.lock_after))
            raise NotAuthenticated("wrong password", user.name)
        if user.password_expires_on is not None and user.password_expired(self._clock.today()):
            raise NotAuthenticated("password expired", user.name)
        if user.failed_attempts and rules.login_resets_count:
            self._keep(replace(user, failed_attempts=0))

    def _by_certificate(self, name: str | None) -> User:
        user = None if name is None else self._users.get(name)
        if user is None or user.role is not Role.ENTITY or not user.enabled:
            raise NotAuthenticated("no client certificate of a region", name)
        return user


def _same_password(expected: str, given: bytes) -> bool:
    """Compare in both charsets that clients use."""
    if hmac.compare_digest(expected.encode("utf-8"), given):
        return True
    try:
        return hmac.compare_digest(expected.encode("latin-1"), given)
    except UnicodeEncodeError:
        return False
