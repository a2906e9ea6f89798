"""Testing an account: one question to the ministry that changes nothing, and what its answer says.

The question is a point query for a document that cannot exist: it carries user, password, PIN and owner. It leaves
outside of any transaction; what it found is written down in one of its own. A good answer lets go on what a refusal had
stopped; a refused sign-in stops the entity, as any other would.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from sistemats.documents import DocumentId
from sistemats.exchange import AuthenticationFailed, Unavailable
from sistemats.exchange import Refused as StateRefused
from sistemats.replies import PointQueryReply
from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.refusals import Refused
from sportello.core.violations import RuleViolation
from sportello.expenses import ministry, patience, running
from sportello.expenses.models import StopReason, StsSettings
from sportello.expenses.permissions import check_may_configure
from sportello.expenses.queries.settings import password_age
from sportello.expenses.rules.credentials import (
    Verdict,
    needs_consent,
    of_codes,
    of_password,
    of_silence,
    signed_in,
)
from sportello.expenses.stopping import stop_entity

NOWHERE = "PROVA-CREDENZIALI"
"""The number of a document that nobody issues: with a hyphen and a word it collides with no series."""
STOPPING = {
    Verdict.AUTHENTICATION: StopReason.AUTHENTICATION,
    Verdict.EXPIRED: StopReason.AUTHENTICATION,
}
"""What a test stops: only a refused sign-in, because the next ones may disable the user."""

REASONS = {
    **STOPPING,
    Verdict.PIN: StopReason.PIN,
    Verdict.OWNER: StopReason.OWNER,
    Verdict.DELEGATION: StopReason.DELEGATION,
    Verdict.CERTIFICATE: StopReason.CERTIFICATE,
}
"""What a stop is for after a test found something else than what caused it."""


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test found; `resumed`: it let go on what was stopped."""

    result: str
    words: str
    resumed: bool


def try_credentials(*, actor: Actor, entity_id: int, now: datetime, knowing: bool = False) -> Tested:
    """
    Ask the ministry whether an entity's account works, and keep what it answered.

    :param now: when (aware)
    :param knowing: the actor knows that few tries are left before the user is disabled, and wants this one
    :raises StsSettings.DoesNotExist: no account of this actor
    :raises MayNot: only the owner may
    :raises Refused: ``sts_tries_left``, another try may disable the user and was not asked for expressly;
        ``sts_password_missing``, ``sts_client_missing``: nothing to sign in with is there
    """
    with acting(actor):
        check_may_configure(actor)
        account = StsSettings.objects.select_related("entity").get(entity_id=entity_id)
        if needs_consent(account.wrong_tries) and not knowing:
            raise Refused.because(RuleViolation("sts_tries_left", tries=account.wrong_tries))
        if not account.password and not account.client_certificate:
            code = "sts_client_missing" if account.channel == "enti" else "sts_password_missing"
            raise Refused.because(RuleViolation(code, field="password"))
        verdict, words = _ask(account, now)
        return _keep(actor, entity_id, verdict, words, now, tried=_fingerprint(account))


def _fingerprint(account: StsSettings) -> tuple[str, ...]:
    secrets = (account.password, account.pin, account.client_certificate)
    return (account.username, *secrets, account.owner_code, account.environment, account.channel)


def _ask(account: StsSettings, now: datetime) -> tuple[Verdict, str]:
    """Return what the ministry says, and its own words; nothing is written."""
    begun = time.monotonic()
    try:
        with ministry.speaking(account, now=lambda: now) as client:
            reply = client.query(DocumentId(account.entity.partita_iva, _first_day(now), NOWHERE))
        doubtful = ministry.is_doubtful(account, ministry.sealing_certificate(account, now), now)
    except ministry.NotConfigured as missing:
        return _unready(missing.code), ""
    match reply:
        case PointQueryReply():
            said = reply.messages
        case StateRefused():
            said = reply.messages
            if reply.fault is not None:
                return Verdict.UNCLEAR, reply.fault.text[:300]
        case AuthenticationFailed():
            lasts = account.password_lasts
            return of_password(password_age=password_age(account, now.date()), lasts=lasts), ""
        case Unavailable():
            waited, most = time.monotonic() - begun, patience.current().connect
            trusted = not reply.untrusted
            return of_silence(trusted=trusted, status=reply.status, waited=waited, connects_within=most), ""
    codes = {message.code for message in said}
    words = " · ".join(f"{message.code} {message.text}".strip() for message in said)
    return of_codes(codes, certificate_doubtful=doubtful), words[:300]


def _first_day(now: datetime) -> date:
    return date(now.year, 1, 1)


def _unready(code: str) -> Verdict:
    codes: dict[str, Verdict] = {"no_certificate": Verdict.CERTIFICATE, "no_simulator": Verdict.NETWORK}
    return codes.get(code, Verdict.UNREADY)


def _keep(
    actor: Actor, entity_id: int, verdict: Verdict, words: str, now: datetime, *, tried: tuple[str, ...]
) -> Tested:
    with transaction.atomic(durable=True):
        row = StsSettings.objects.select_for_update(of=("self",)).get(entity_id=entity_id)
        if _fingerprint(row) != tried:  # somebody changed the account while the question was away
            return Tested(verdict.value, words, resumed=False)
        row.tested_at, row.test_result, row.test_words = now, verdict.value, words
        refused = verdict in STOPPING
        row.wrong_tries = row.wrong_tries + 1 if refused else 0 if signed_in(verdict) else row.wrong_tries
        resumed = _good(row) if verdict is Verdict.GOOD else False
        _name_the_reason(row, verdict)
        row.save()
        about = audit.Subject("billingentity", entity_id, None, entity_id)
        audit.record(actor, "sts.test", about, result="ok", outcome=verdict.value, tries=row.wrong_tries)
        if resumed:
            audit.record(actor, "sts.resume", about)
        if refused and row.is_active:
            stop_entity(row, STOPPING[verdict], now=now)
    return Tested(verdict.value, words, resumed)


def _name_the_reason(row: StsSettings, verdict: Verdict) -> None:
    """Where the ministry's refusal stopped everything, have the stop say what is wrong now."""
    if row.stopped_at is not None and row.stop_reason != StopReason.BY_HAND and verdict in REASONS:
        row.stop_reason = REASONS[verdict]


def _good(row: StsSettings) -> bool:
    """Let the account go on; tell whether it had been stopped by the ministry."""
    if row.stopped_at is None or row.stop_reason == StopReason.BY_HAND:
        return False
    if row.is_active:
        running.go_on(row.entity_id, row.practice_id, stopped_at=row.stopped_at)
    row.stopped_at, row.stop_reason = None, ""
    return True
