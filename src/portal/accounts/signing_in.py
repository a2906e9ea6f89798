"""Signing in: the password, then the second factor where there is one, then a session.

The same work is done for known and unknown addresses, in the same order: two counters, one look-up, one hash, one
event (threat T5). Tests count it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import translation

from portal.accounts import devices, events, letters, limits
from portal.accounts.addresses import hashed
from portal.accounts.codes import Deed
from portal.accounts.devices import Browser
from portal.accounts.limits import Tried, Verdict
from portal.accounts.models import Account
from portal.accounts.words import device_words, moment_words
from portal.post.outbox import Letter, enqueue


class WrongCredentials(Exception):
    """Address and password do not fit together. It is not said which is wrong."""


@dataclass(frozen=True)
class TooManyTries(Exception):
    """Nothing was tried: wait so many seconds; `locked` when waiting does not help."""

    wait: int
    locked: bool


def check(address: str, password: str, browser: Browser, now: datetime) -> Account:
    """
    Return the account of an address whose password this is.

    :raises TooManyTries: too often lately, for this address or from this network; the password was not looked at
    :raises WrongCredentials: it is not
    """
    name = hashed(address)
    verdicts = (
        limits.count(Tried.PASSWORD_FROM, browser.network, now),
        limits.count(Tried.PASSWORD, name, now),
    )
    account = Account.objects.by_address(address)
    _refuse_many(verdicts, account, browser, now)
    fits = check_password(password, account.password if account else _decoy())
    if account is None or not fits or not account.is_active:
        events.record(account, Deed.REFUSED, now, device=browser.kind)
        raise WrongCredentials
    limits.clear(Tried.PASSWORD, name)
    limits.forgive(Tried.PASSWORD_FROM, browser.network)
    return account


def prove(account: Account, password: str, browser: Browser, now: datetime) -> bool:
    """
    Tell whether somebody who is signed in knows the password of the account.

    :raises TooManyTries: too often lately
    """
    try:
        return check(account.address, password, browser, now).pk == account.pk
    except WrongCredentials:
        return False


def note_entry(account: Account, browser: Browser, now: datetime, *, link: str, notice: bool = True) -> str:
    """
    Write a sign-in down and return the token by which the browser is known again.

    A browser not seen before is told to the account's owner by mail, with `link` to where a new password is asked for;
    not at the first access (`notice=False`), which is news to nobody.
    """
    with transaction.atomic():
        token, new = devices.recognise(account, browser, now)
        events.record(account, Deed.SIGNED_IN, now, device=browser.kind)
        if new and notice:
            events.record(account, Deed.NEW_DEVICE, now, device=browser.kind)
            enqueue(_notice(account, browser, now, link), now)
    return token


def _notice(account: Account, browser: Browser, now: datetime, link: str) -> Letter:
    with translation.override(account.language):
        return letters.new_device(account, device_words(browser.kind), moment_words(now), link)


def _refuse_many(verdicts: tuple[Verdict, ...], account: Account | None, browser: Browser, now: datetime) -> None:
    refusing = [verdict for verdict in verdicts if not verdict.allowed]
    if not refusing:
        return
    locked = any(verdict.locked for verdict in refusing)
    events.record(account, Deed.LOCKED if locked else Deed.PAUSED, now, device=browser.kind)
    raise TooManyTries(wait=max(verdict.wait for verdict in refusing), locked=locked)


@cache
def _decoy() -> str:
    """Return the hash of a password nobody has, to be checked where there is no account."""
    return make_password(secrets.token_urlsafe(32))
