"""What people change about their own account: language, password, sessions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction

from portal.accounts import events, letters, limits
from portal.accounts.addresses import hashed
from portal.accounts.codes import Deed
from portal.accounts.devices import Browser
from portal.accounts.limits import Tried
from portal.accounts.models import Account, Session
from portal.post.outbox import NOBODY, enqueue


class BadLink(Exception):
    """The link to a new password was used, is too old, or never was one."""


def choose_language(account: Account, language: str) -> None:
    """Keep the language somebody reads. The caller has checked that the site speaks it."""
    Account.objects.filter(pk=account.pk).update(language=language)
    account.language = language


def ask_for_reset(address: str, browser: Browser, now: datetime, *, link: str) -> None:
    """
    Send the link to a new password, if there is an account; too many wishes are dropped.

    The same work is done for an unknown address, and nothing tells the two apart (threat T5). `link` holds `{uid}` and
    `{token}`.
    """
    allowed = [
        limits.count(Tried.RESET_FROM, browser.network, now).allowed,
        limits.count(Tried.RESET, hashed(address), now).allowed,
    ]
    known = Account.objects.by_address(address)
    account = known or Account.objects.new(address=address, language="it")
    letter = letters.reset(account, link.format(uid=account.uid, token=default_token_generator.make_token(account)))
    with transaction.atomic():
        events.record(known, Deed.RESET_ASKED, now, device=browser.kind)
        enqueue(letter if known and known.is_active and all(allowed) else NOBODY, now)


def account_of_link(uid: UUID, token: str) -> Account:
    """
    Return the account that a link to a new password is for; looking does not use the link up.

    :raises BadLink: used, too old, or no such link
    """
    account = Account.objects.filter(uid=uid, is_active=True).first()
    if account is None or not default_token_generator.check_token(account, token):
        raise BadLink
    return account


def set_password(
    account: Account, password: str, browser: Browser, now: datetime, *, link: str, keep: str = ""
) -> None:
    """
    Give an account a new password: all its sessions but `keep` (a stored key) end, pauses of signing in with it.

    :raises ValidationError: the password is too short or known to thieves
    """
    validate_password(password, account)
    account.set_password(password)
    account.password_set_at = now
    with transaction.atomic():
        account.save(update_fields=["password", "password_set_at"])
        Session.objects.filter(account=account).exclude(session_key=keep).delete()
        limits.clear(Tried.PASSWORD, account.address_hash)
        events.record(account, Deed.PASSWORD_CHANGED, now, device=browser.kind)
        enqueue(letters.password_changed(account, link), now)


def unlock(address: str, now: datetime) -> bool:
    """Let somebody try again who tried too often; what was tried stays written down. False: no such account."""
    account = Account.objects.by_address(address)
    if account is None:
        return False
    limits.clear(Tried.PASSWORD, account.address_hash)
    limits.clear(Tried.CODE, str(account.uid))
    events.record(account, Deed.UNLOCKED, now)
    return True


def end_session(account: Account, uid: UUID, now: datetime) -> None:
    """
    End one session of an account.

    :raises Session.DoesNotExist: over already, or somebody else's
    """
    Session.objects.get(account=account, uid=uid).delete()
    events.record(account, Deed.SESSIONS_ENDED, now)


def end_other_sessions(account: Account, keep: str, now: datetime) -> int:
    """End every session of an account but the one with this stored key; return how many ended."""
    ended, _kinds = Session.objects.filter(account=account).exclude(session_key=keep).delete()
    events.record(account, Deed.SESSIONS_ENDED, now)
    return ended


def forget_old(now: datetime) -> None:
    """Forget sessions that are over and limits that count for nothing any more."""
    Session.objects.filter(expire_date__lt=now).delete()
    limits.forget_old(now)
