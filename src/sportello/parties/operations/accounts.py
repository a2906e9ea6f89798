"""IBANs to be paid on. A changed account is where fraud begins: each change is told to every owner by mail."""

from __future__ import annotations

from django.db import transaction

from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.refusals import Gathering
from sportello.parties.models import BankAccount, BillingEntity
from sportello.parties.notices import tell_owners
from sportello.parties.permissions import check_may_edit_fiscal_settings
from sportello.parties.rules import check_iban


def add_account(*, actor: Actor, entity_id: int, label: str, iban: str, is_default: bool = False) -> BankAccount:
    """
    Add an IBAN to an entity and return it. The first one is the default.

    :raises BillingEntity.DoesNotExist: no such entity for this actor
    :raises MayNot: only the owner may
    :raises Refused: with every reason: `iban_check_digits` and the like, `iban_twice`
    """
    with acting(actor), transaction.atomic(durable=True):
        entity = BillingEntity.objects.select_for_update(of=("self",)).get(pk=entity_id)
        check_may_edit_fiscal_settings(actor)
        found = Gathering()
        name = found.text(label, field="label", longest=60, needed=True)
        number = found.attempt(lambda: check_iban(iban), "")
        others = list(BankAccount.objects.filter(entity=entity))
        if number and any(each.is_active and each.iban == number for each in others):
            found.refuse("iban_twice", field="iban")
        found.stop()
        first = not any(each.is_active for each in others)
        account = BankAccount(practice_id=entity.practice_id, entity=entity, label=name, iban=number)
        account.save(force_insert=True)
        if is_default or first:
            _prefer(account)
        entry = audit.record(actor, "account.add", account, default=account.is_default)
        tell_owners(actor, "account.add", entity, key=f"account:{entry.chain}:{entry.sequence}")
    return account


def prefer_account(*, actor: Actor, account_id: int) -> None:
    """
    Print this IBAN on papers to come unless another is chosen.

    :raises BankAccount.DoesNotExist: no such open account for this actor
    :raises MayNot: only the owner may
    """
    with acting(actor), transaction.atomic(durable=True):
        account = BankAccount.objects.select_for_update(of=("self",)).get(pk=account_id, is_active=True)
        check_may_edit_fiscal_settings(actor)
        if account.is_default:
            return
        _prefer(account)
        entry = audit.record(actor, "account.prefer", account)
        tell_owners(actor, "account.prefer", account.entity, key=f"account:{entry.chain}:{entry.sequence}")


def close_account(*, actor: Actor, account_id: int) -> None:
    """
    Print this IBAN no more; issued papers keep it.

    :raises BankAccount.DoesNotExist: no such account for this actor
    :raises MayNot: only the owner may
    """
    with acting(actor), transaction.atomic(durable=True):
        account = BankAccount.objects.select_for_update(of=("self",)).get(pk=account_id)
        check_may_edit_fiscal_settings(actor)
        if not account.is_active:
            return
        account.is_active = account.is_default = False
        account.save(update_fields=["is_active", "is_default"])
        entry = audit.record(actor, "account.close", account)
        tell_owners(actor, "account.close", account.entity, key=f"account:{entry.chain}:{entry.sequence}")


def _prefer(account: BankAccount) -> None:
    BankAccount.objects.filter(entity_id=account.entity_id, is_default=True).update(is_default=False)
    account.is_default = True
    account.save(update_fields=["is_default"])
