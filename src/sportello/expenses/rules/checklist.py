"""What is still missing before an entity's expenses reach the State, in the order in which it is done.

Source: PROTOCOL 3 to 5 (account, certificate), the manuals that the practice knows (activation, association of expense
types, test of the credentials). Units: none.

>>> found = Standing(identity=True, certificate=True)
>>> [each.code for each in items(found) if not each.done][:2]
['test', 'mapping']
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an entity is: each thing there, or not."""

    identity: bool = False
    certificate: bool = False
    authority: bool = True
    """The CA of the ministry's host is there, or none is needed."""
    tested: bool = False
    mapped: bool = False
    active: bool = False
    real: bool = False
    """The account speaks to the ministry itself, no simulator and no test host."""
    going: bool = True
    """Nothing is stopped."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list: what, and whether it is done."""

    code: str
    done: bool


def items(found: Standing) -> list[Item]:
    """Return the whole list, in order."""
    return [
        Item("identity", found.identity),
        Item("certificate", found.certificate),
        *([] if found.authority else [Item("authority", False)]),
        Item("test", found.tested),
        Item("mapping", found.mapped),
        Item("active", found.active),
        *([] if found.going else [Item("going", False)]),
        Item("real", found.real),
    ]
