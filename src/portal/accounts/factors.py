"""Second factors: one-time codes of an app (RFC 6238), passkeys, and recovery codes for when both are lost.

Codes have six figures and live thirty seconds; one step to either side is taken for clocks that are off. A code or
a counter of a passkey that was used does not serve again.

>>> code_at("JBSWY3DPEHPK3PXP", 1)
'996554'
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import struct
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db import transaction

from portal.accounts import events, letters, limits
from portal.accounts.codes import Deed, FactorKind
from portal.accounts.devices import Browser
from portal.accounts.limits import Tried
from portal.accounts.models import Account, Factor, RecoveryCode
from portal.accounts.signing_in import TooManyTries
from portal.keeping.ring import KeyTrouble, ring
from portal.post.outbox import enqueue

STEP = 30
FIGURES = 6
RECOVERY = 10
SETUP_LIVES = 900
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Held:
    """A factor as its owner sees it."""

    uid: UUID
    kind: FactorKind
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Setup:
    """A fresh secret for an app, and the closed form in which it travels through the form."""

    secret: str = field(repr=False)
    closed: str = field(repr=False)
    address: str = field(repr=False)


class BadCode(Exception):
    """The code is not right, or was used before."""


def of(account: Account) -> list[Held]:
    """Return the factors of an account, the oldest first."""
    rows = Factor.objects.filter(account=account).order_by("added_at", "pk")
    return [Held(row.uid, FactorKind(row.kind), row.added_at, row.used_at) for row in rows]


def recovery_left(account: Account) -> int:
    """Return how many recovery codes were not used yet."""
    return RecoveryCode.objects.filter(account=account, used_at=None).count()


def code_at(secret: str, step: int) -> str:
    """Return the code of an app's secret (base32) at a step of thirty seconds since 1970."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return str(number % 10**FIGURES).zfill(FIGURES)


def new_setup(account: Account, now: datetime) -> Setup:
    """Return a fresh secret; nothing is stored until a code proves that an app holds it."""
    return _setup(account, base64.b32encode(secrets.token_bytes(20)).decode(), now)


def same_setup(account: Account, closed: str, now: datetime) -> Setup:
    """
    Return the secret that a form carried.

    :raises BadCode: it was altered, is another account's, or is too old
    """
    try:
        held = json.loads(ring().open(closed, place=_setup_place(account)))
    except (KeyTrouble, ValueError):
        raise BadCode from None
    if now.timestamp() - held["at"] > SETUP_LIVES:
        raise BadCode
    return Setup(held["secret"], closed, _otp_address(account, held["secret"]))


def add_app(account: Account, setup: Setup, code: str, now: datetime, *, link: str) -> list[str]:
    """
    Add an app that shows this code now, and return the recovery codes if these are the first.

    :raises BadCode: it does not
    """
    step = _fitting_step(setup.secret, code, now, after=0)
    if step is None:
        raise BadCode
    return _add(account, FactorKind.TOTP, setup.secret, step, now, link)


def add_passkey(account: Account, credential: dict[str, Any], now: datetime, *, link: str) -> list[str]:
    """Add a passkey whose registration was verified, and return the recovery codes if these are the first."""
    return _add(account, FactorKind.PASSKEY, json.dumps(credential), 0, now, link)


def remove(account: Account, uid: UUID, now: datetime, *, link: str) -> None:
    """
    Take a factor away; with the last one go the recovery codes.

    :raises Factor.DoesNotExist: it is not there, or somebody else's
    """
    with transaction.atomic():
        Factor.objects.get(account=account, uid=uid).delete()
        if not Factor.objects.filter(account=account).exists():
            RecoveryCode.objects.filter(account=account).delete()
        events.record(account, Deed.FACTOR_REMOVED, now)
        enqueue(letters.factors_changed(account, link), now)


def new_recovery_codes(account: Account, now: datetime) -> list[str]:
    """Return fresh recovery codes; the old ones do not serve any more."""
    codes = ["-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY)]
    with transaction.atomic():
        RecoveryCode.objects.filter(account=account).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(account=account, code_hash=_code_hash(account, code)) for code in codes
        )
        events.record(account, Deed.RECOVERY_RENEWED, now)
    return codes


def check_code(account: Account, code: str, browser: Browser, now: datetime) -> None:
    """
    Take the code of an app, or a recovery code, as the second step of signing in.

    :raises TooManyTries: too often lately
    :raises BadCode: it is not right, or was used before
    """
    verdict = limits.count(Tried.CODE, str(account.uid), now)
    if not verdict.allowed:
        events.record(account, Deed.LOCKED if verdict.locked else Deed.PAUSED, now, device=browser.kind)
        raise TooManyTries(wait=verdict.wait, locked=verdict.locked)
    typed = "".join(sign for sign in code.lower() if sign.isalnum())
    if not (_takes_app(account, typed, now) or _takes_recovery(account, typed, browser, now)):
        events.record(account, Deed.FACTOR_REFUSED, now, device=browser.kind)
        raise BadCode
    limits.clear(Tried.CODE, str(account.uid))


def passkeys(account: Account) -> list[tuple[Factor, dict[str, Any]]]:
    """Return the passkeys of an account, each with what is kept of it."""
    rows = Factor.objects.filter(account=account, kind=FactorKind.PASSKEY.value).order_by("pk")
    return [(row, json.loads(row.secret)) for row in rows]


def used_passkey(factor: Factor, counter: int, now: datetime) -> None:
    """
    Note that a passkey signed.

    :raises BadCode: its counter did not grow: it may be a copy (a counter that stays 0 is not kept by the device)
    """
    taken = (
        Factor.objects.filter(pk=factor.pk, last_step__lt=counter)
        if counter
        else Factor.objects.filter(pk=factor.pk, last_step=0)
    )
    if not taken.update(last_step=counter, used_at=now):
        raise BadCode


def _add(account: Account, kind: FactorKind, secret: str, step: int, now: datetime, link: str) -> list[str]:
    with transaction.atomic():
        first = not Factor.objects.filter(account=account).exists()
        row = Factor(account=account, kind=kind.value, last_step=step, added_at=now)
        row.close(secret)
        row.save()
        events.record(account, Deed.FACTOR_ADDED, now)
        enqueue(letters.factors_changed(account, link), now)
        return new_recovery_codes(account, now) if first else []


def _setup(account: Account, secret: str, now: datetime) -> Setup:
    content = json.dumps({"secret": secret, "at": int(now.timestamp())})
    return Setup(secret, ring().seal(content, place=_setup_place(account)), _otp_address(account, secret))


def _setup_place(account: Account) -> str:
    return f"accounts.factor.setup:{account.uid}"


def _otp_address(account: Account, secret: str) -> str:
    label = quote(f"Sportello:{account.address}")
    return f"otpauth://totp/{label}?secret={secret}&issuer=Sportello&digits={FIGURES}&period={STEP}"


def _fitting_step(secret: str, typed: str, now: datetime, *, after: int) -> int | None:
    """Return the step whose code this is, None when it fits none that is newer than `after`."""
    current = int(now.timestamp()) // STEP
    steps = (current - 1, current, current + 1)
    fits = [step for step in steps if hmac.compare_digest(code_at(secret, step), typed.strip())]
    return next((step for step in fits if step > after), None)


def _takes_app(account: Account, typed: str, now: datetime) -> bool:
    if len(typed) != FIGURES or not typed.isascii():
        return False
    for row in Factor.objects.filter(account=account, kind=FactorKind.TOTP.value).order_by("pk"):
        step = _fitting_step(row.secret, typed, now, after=row.last_step)
        newer = Factor.objects.filter(pk=row.pk, last_step__lt=step or 0)
        if step and newer.update(last_step=step, used_at=now):
            return True
    return False


def _takes_recovery(account: Account, typed: str, browser: Browser, now: datetime) -> bool:
    rows = RecoveryCode.objects.filter(account=account, code_hash=_code_hash(account, typed), used_at=None)
    if not rows.update(used_at=now):
        return False
    events.record(account, Deed.RECOVERY_USED, now, device=browser.kind)
    return True


def _code_hash(account: Account, code: str) -> str:
    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    return ring().lookup(f"{account.uid}|{plain}", purpose="recovery-code")
