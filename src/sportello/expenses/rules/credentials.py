"""What an answer of the ministry says about an account: password, PIN, owner, delegation, certificate or network.

Source: PROTOCOL 3 (one and the same fault for a wrong, an expired and a disabled password: they cannot be told apart;
sometimes no answer at all), 16 (user and password are looked at first, then the PIN),
11.1 (acceptance codes 002 to 114), 11.2 (WS96: nothing found, so the question itself was admitted). Units: days.

The question asked is a point query for a document that does not exist: it carries user, password, PIN and owner, and
changes nothing.

>>> of_codes({"WS96"}, certificate_doubtful=False).value, of_codes({"104"}, certificate_doubtful=False).value
('good', 'pin')
>>> of_password(password_age=95, lasts=90).value, of_password(password_age=None, lasts=90).value
('expired', 'authentication')
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Verdict(StrEnum):
    """What a test of the credentials found."""

    GOOD = "good"
    AUTHENTICATION = "authentication"
    """User or password refused: wrong, expired or disabled, the service does not say which."""
    EXPIRED = "expired"
    """Refused as well, and by our own count the password is older than it may be."""
    PIN = "pin"
    OWNER = "owner"
    DELEGATION = "delegation"
    CERTIFICATE = "certificate"
    """The certificate that encrypts is missing, has another key, or the PIN encrypted with it cannot be read."""
    TRUST = "trust"
    """The server's own certificate is not trusted: its CA is missing."""
    NETWORK = "network"
    SILENT = "silent"
    """Somebody was reached and did not answer in time, as the service is known to do also with a wrong password."""
    BUSY = "busy"
    UNCLEAR = "unclear"
    UNREADY = "unready"
    """Nothing was asked: what the account has to sign in with cannot be used."""


TRIES = 8
"""Refused sign-ins after which the ministry disables a user."""
WARN_TRIES = 5
"""From here on another try must be asked for expressly."""
_PIN = frozenset({"104", "005", "113"})
_SEALED = "002"
_OWNER = frozenset({"003", "004", "006", "010", "107", "109", "110"})
_DELEGATION = frozenset({"105", "106", "111", "112", "114"})
_ADMITTED = frozenset({"0", "W010", "WS96"})
_PASSING = frozenset({"WS99", "200"})


def of_codes(codes: Collection[str], *, certificate_doubtful: bool) -> Verdict:
    """
    Return what the codes of an answer mean for the account.

    :param certificate_doubtful: the certificate used has ended or its key is not the one the State is known to have,
        so that a PIN that cannot be opened (002) is its fault rather than the PIN's
    """
    if _SEALED in codes:
        return Verdict.CERTIFICATE if certificate_doubtful else Verdict.PIN
    groups = ((_PIN, Verdict.PIN), (_OWNER, Verdict.OWNER), (_DELEGATION, Verdict.DELEGATION))
    for group, verdict in groups:
        if not group.isdisjoint(codes):
            return verdict
    if not _ADMITTED.isdisjoint(codes):
        return Verdict.GOOD
    return Verdict.BUSY if not _PASSING.isdisjoint(codes) else Verdict.UNCLEAR


def of_password(*, password_age: int | None, lasts: int) -> Verdict:
    """Return what a refused sign-in most likely is; `password_age` in days, None when nobody noted the change."""
    return Verdict.EXPIRED if password_age is not None and password_age >= lasts else Verdict.AUTHENTICATION


CONNECTING = 3
"""So many times the patience with a connection are waited before silence is the other side's: a name may have several
addresses, and each is tried."""


def of_silence(*, trusted: bool, status: int, waited: float = 0.0, connects_within: float = 10.0) -> Verdict:
    """
    Return what it means that no usable answer came.

    :param trusted: the server proved who it is
    :param status: of HTTP, 0 without an answer
    :param waited: seconds until it was given up
    :param connects_within: seconds after which a connection that is not made is given up
    """
    if not trusted:
        return Verdict.TRUST
    if status:
        return Verdict.BUSY
    return Verdict.SILENT if waited > CONNECTING * connects_within else Verdict.NETWORK


def signed_in(verdict: Verdict) -> bool:
    """Tell whether user and password were admitted, whatever else was found: the PIN is looked at after them."""
    return verdict in {Verdict.GOOD, Verdict.PIN}


def needs_consent(wrong_tries: int) -> bool:
    """Tell whether another try comes so near to the user being disabled that a person must ask for it expressly."""
    return wrong_tries >= WARN_TRIES


def days_left(*, password_age: int | None, lasts: int) -> int | None:
    """Return the days until the password runs out by our count (never less than 0), None when nobody noted a change."""
    return None if password_age is None else max(0, lasts - password_age)
