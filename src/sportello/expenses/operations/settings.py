"""An entity's account at Sistema TS: saved, activated, switched, stopped and let go on. Only the owner may.

Secrets are written and never read back by anybody but the ministry's client; the audit says that they changed.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from sportello.core import audit
from sportello.core.actors import Actor, System, acting
from sportello.core.refusals import Gathering, Refused
from sportello.core.violations import Notice, RuleViolation
from sportello.expenses import running
from sportello.expenses.models import (
    Environment,
    Expense,
    Held,
    StampExpense,
    StopReason,
    StsSettings,
    TestResult,
)
from sportello.expenses.permissions import check_may_configure
from sportello.expenses.rules.identity import check_identity, normalised
from sportello.expenses.rules.sign_in import ends_of
from sportello.expenses.standing import STATE, restate
from sportello.expenses.values import IdentityValues
from sportello.parties.changes import MASKED
from sportello.parties.models import BillingEntity

NOTICE = "2026-11"
"""Which wording of the notice of what is read the owner accepts; a new wording gets a new name."""
LONGEST = 128
"""Characters of a user or password: far beyond what the portal gives."""
SECRETS = ("password", "pin", "client_certificate")
_CODES = ("username", "owner_code", "intermediary")
_PLAIN = (
    "category",
    "channel",
    "region",
    "asl",
    "ssa",
    "delegate_name",
    "stamp_expense",
    "reinsert_cancelled",
    "password_changed_on",
    "password_lasts",
)
_DERIVING = frozenset({"category", "stamp_expense"})
"""Columns that decide what the State should hold."""
_NO_NEED_TO_TEST = frozenset(
    {"stamp_expense", "reinsert_cancelled", "delegate_name", "password_changed_on", "password_lasts"}
)
"""Columns that have nothing to do with signing in."""


def save_identity(
    *, actor: Actor, entity_id: int, values: IdentityValues, today: date
) -> tuple[StsSettings, tuple[Notice, ...]]:
    """
    Keep an entity's account and return it with what was remarkable. Another account is untested until it is tested.

    A new password counts from `today` unless the values say when it was changed.

    :raises BillingEntity.DoesNotExist: no such entity for this actor
    :raises MayNot: only the owner may
    :raises Refused: with every reason
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_configure(actor)
        entity = BillingEntity.objects.get(pk=entity_id)
        row = _locked(entity) or StsSettings(practice_id=entity.practice_id, entity=entity)
        found = Gathering()
        asked = normalised(values)
        check_identity(asked, found, pin_kept=bool(row.pin), test_mode=row.environment != Environment.PRODUCTION)
        for name in ("username", "password"):
            found.text(getattr(asked, name), field=name, longest=LONGEST)
        _check_sign_in(asked, row, today, found)
        found.choice(asked.stamp_expense, frozenset(StampExpense.values), field="stamp_expense", empty=False)
        _check_changed_on(asked, today, found)
        found.stop()
        changed = _write(row, asked, today)
        if changed:
            row.save()
            audit.record(actor, "sts.configure", _about(entity.pk), changes=changed)
            if _DERIVING & changed.keys():
                _derive_anew(row)
            if "reinsert_cancelled" in changed:
                _restate_cancelled(row)
    return row, tuple(found.notices)


def activate(*, actor: Actor, entity_id: int, since: date, accepted: bool, now: datetime) -> StsSettings:
    """
    Let the software read paid documents for the State, once the owner has accepted the notice that says what is read.

    :param since: documents paid from this day on are sent from here
    :param now: when (aware)
    :raises StsSettings.DoesNotExist: no account was saved for this entity, or not one of this actor
    :raises MayNot: only the owner may
    :raises Refused: ``sts_notice_not_accepted``; ``sts_since_too_early``; ``sts_since_future``
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_configure(actor)
        row = _of(entity_id)
        found = Gathering()
        if not accepted:
            found.refuse("sts_notice_not_accepted", field="accepted")
        if since < date(2015, 1, 1):
            found.refuse("sts_since_too_early", field="since")
        elif since > now.date():
            found.refuse("sts_since_future", field="since")
        found.stop()
        row.active_since = since
        row.activated_at, row.notice_accepted_at, row.notice_accepted_by_id = now, now, actor.person_id
        row.notice_version = NOTICE
        row.save()
        audit.record(actor, "sts.activate", _about(entity_id), since=since.isoformat(), notice=NOTICE)
        _derive_anew(row)
    return row


def deactivate(*, actor: Actor, entity_id: int) -> StsSettings:
    """
    Read and send nothing more for an entity. What the State holds stays there; what is known of it stays here.

    :raises StsSettings.DoesNotExist: no account of this actor
    :raises MayNot: only the owner may
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_configure(actor)
        row = _of(entity_id)
        if row.activated_at is not None:
            row.activated_at, row.automatic = None, False
            row.save()
            audit.record(actor, "sts.deactivate", _about(entity_id))
    return row


def set_automatic(*, actor: Actor, entity_id: int, on: bool) -> StsSettings:
    """
    Decide whether new documents leave by themselves, every ten minutes.

    :raises StsSettings.DoesNotExist: no account of this actor
    :raises MayNot: only the owner may
    :raises Refused: ``sts_not_active``; ``sts_stopped``; ``sts_not_tested``, the account never passed a test
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_configure(actor)
        row = _of(entity_id)
        if on:
            _check_ready_for_automatic(row)
        if row.automatic != on:
            row.automatic = on
            row.save(update_fields=["automatic"])
            audit.record(actor, "sts.automatic", _about(entity_id), on=on)
    return row


def stop_sending(*, actor: Actor, entity_id: int, now: datetime) -> StsSettings:
    """
    Hold everything back by hand, until somebody lets it go on.

    :raises StsSettings.DoesNotExist: no account of this actor
    :raises MayNot: only the owner may
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_configure(actor)
        row = _of(entity_id)
        if row.stopped_at is None:
            row.stopped_at, row.stop_reason = now, StopReason.BY_HAND
            row.save(update_fields=["stopped_at", "stop_reason"])
            audit.record(actor, "sts.stop", _about(entity_id), reason=StopReason.BY_HAND.value)
    return row


def resume_sending(*, actor: Actor, entity_id: int) -> StsSettings:
    """
    Let go on what was stopped by hand. Any other stop ends with a good test of the credentials.

    :raises StsSettings.DoesNotExist: no account of this actor
    :raises MayNot: only the owner may
    :raises Refused: ``sts_test_first``, the ministry refused: only a good test proves that it will not again
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_configure(actor)
        row = _of(entity_id)
        if row.stopped_at is not None and row.stop_reason != StopReason.BY_HAND:
            raise Refused.because(RuleViolation("sts_test_first"))
        if row.stopped_at is not None:
            if row.is_active:
                running.go_on(entity_id, row.practice_id, stopped_at=row.stopped_at)
            row.stopped_at, row.stop_reason = None, ""
            row.save(update_fields=["stopped_at", "stop_reason"])
            audit.record(actor, "sts.resume", _about(entity_id))
    return row


def _of(entity_id: int) -> StsSettings:
    return StsSettings.objects.select_for_update(of=("self",)).get(entity_id=entity_id)


def _locked(entity: BillingEntity) -> StsSettings | None:
    return StsSettings.objects.select_for_update(of=("self",)).filter(entity=entity).first()


def _about(entity_id: int) -> audit.Subject:
    return audit.Subject("billingentity", entity_id, None, entity_id)


def _check_changed_on(values: IdentityValues, today: date, found: Gathering) -> None:
    if values.password_changed_on and values.password_changed_on > today:
        found.refuse("sts_password_future", field="password_changed_on")


def _check_ready_for_automatic(row: StsSettings) -> None:
    if not row.is_active:
        raise Refused.because(RuleViolation("sts_not_active"))
    if row.stopped_at is not None:
        raise Refused.because(RuleViolation("sts_stopped"))
    if row.test_result != TestResult.GOOD:
        raise Refused.because(RuleViolation("sts_not_tested"))


def _check_sign_in(values: IdentityValues, row: StsSettings, today: date, found: Gathering) -> None:
    """A password, or for a region or body a certificate with its key, typed now or kept."""
    has_password = bool(values.password or row.password)
    if values.channel != "enti" and not has_password:
        found.refuse("sts_password_missing", field="password")
    if values.channel == "enti" and not (has_password or values.client_certificate or row.client_certificate):
        found.refuse("sts_client_missing", field="client_certificate")
    if not values.client_certificate:
        return
    until = found.attempt(lambda: ends_of(values.client_certificate).date(), None)
    if until is not None and until < today:
        found.warn("sts_client_ended", field="client_certificate", until=until)


def _write(row: StsSettings, values: IdentityValues, today: date) -> dict[str, list[object]]:
    """Put the values into the row and return what changed, secrets and codes masked; a new account is untested."""
    changed: dict[str, list[object]] = {}
    for name in SECRETS:
        typed = getattr(values, name)
        if typed and typed != getattr(row, name):
            setattr(row, name, typed)
            changed[name] = [MASKED, MASKED]
    for name in (*_CODES, *_PLAIN):
        old, new = getattr(row, name), getattr(values, name)
        if name == "password_changed_on" and new == old and "password" in changed:
            new = today
        if old != new:
            setattr(row, name, new)
            changed[name] = [MASKED, MASKED] if name in _CODES else [_told(old), _told(new)]
    if changed.keys() - _NO_NEED_TO_TEST:
        row.test_result, row.tested_at, row.test_words = TestResult.NONE, None, ""
    return changed


def _told(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _restate_cancelled(row: StsSettings) -> None:
    """Follow up on cancelled documents that are due again: whether they wait to be sent, or for a person."""
    with acting(System("account", row.practice_id)):
        rows = Expense.objects.select_for_update(of=("self",)).order_by("pk")
        for each in restate(rows.filter(entity_id=row.entity_id, held=Held.CANCELLED, due=True, carrier=None)):
            each.version += 1
            each.save(update_fields=STATE)


def _derive_anew(row: StsSettings) -> None:
    """Ask for the entity's documents to be looked at again, in the background."""
    from sportello.expenses.operations.marking import mark_entity

    mark_entity(row.entity_id, party_id=row.practice_id)
