"""Which expense type a service of the price list is.

Source: tables of expense types by sender in the specifications of December 2020 (PROTOCOL 10.1), as `sistemats` holds
them; that a service is health is said by the price list, never by its VAT rate. Units: none.

>>> suggested(SenderCategory.HEALTH_PROFESSIONAL, ServiceNature.HEALTH)
'SP'
>>> [each.value for each in allowed(SenderCategory.DOCTOR)]
['SR', 'IC', 'AA']
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import NamedTuple

from sistemats.codes import ALLOWED_TYPES, ExpenseType, SenderCategory
from sportello.billing.rules.treatments import ServiceNature
from sportello.core.violations import RuleViolation

NOT_SENT = ""
"""Somebody decided that the service is no health expense."""
FLAGS: dict[str, str] = {ExpenseType.TK.value: "1", ExpenseType.SR.value: "2"}
"""The one flag that a type may carry: emergency room, intramoenia."""
_ORDER = ("TK", "SR", "SP", "SV", "IC", "FC", "FV", "AD", "AS", "CT", "PI", "AA")
_TAXED = (ExpenseType.IC, ExpenseType.SV, ExpenseType.AA)


class Mapped(NamedTuple):
    """What a service is from a day on: type and flag; an empty type says that it is not sent."""

    valid_from: date
    expense_type: str
    flag: str = ""


def allowed(category: SenderCategory) -> list[ExpenseType]:
    """Return the types that a sender may use, the usual one first."""
    return sorted(ALLOWED_TYPES[category], key=lambda each: _ORDER.index(each.value))


@cache
def suggested(category: SenderCategory, nature: ServiceNature) -> str:
    """Return the type that a service most likely is; empty for what is no health expense of this sender."""
    types = ALLOWED_TYPES[category]
    if nature is ServiceNature.OTHER:
        return NOT_SENT
    if nature is ServiceNature.TAXED_HEALTH:
        return next((each.value for each in _TAXED if each in types), NOT_SENT)
    usual = [each for each in allowed(category) if each not in (ExpenseType.TK, ExpenseType.IC, ExpenseType.FV)]
    return usual[0].value


def mapping_on(rows: Iterable[Mapped], day: date) -> Mapped | None:
    """Return the newest mapping that holds on a document's day, None while the service is not mapped."""
    newest = None
    for row in rows:
        if row.valid_from <= day and (newest is None or row.valid_from > newest.valid_from):
            newest = row
    return newest


def check_mapping(category: SenderCategory, expense_type: str, flag: str, nature: ServiceNature) -> None:
    """
    Let pass what this sender may use for a service.

    :raises RuleViolation: ``sts_type_not_allowed``, ``sts_flag_not_of_type``, or ``sts_type_of_no_health``
    """
    if expense_type == NOT_SENT:
        if flag:
            raise RuleViolation("sts_flag_not_of_type", field="flag")
        return
    if expense_type not in {each.value for each in ALLOWED_TYPES[category]}:
        raise RuleViolation("sts_type_not_allowed", field="expense_type")
    if nature is ServiceNature.OTHER:
        raise RuleViolation("sts_type_of_no_health", field="expense_type")
    if flag and FLAGS.get(expense_type) != flag:
        raise RuleViolation("sts_flag_not_of_type", field="flag")
