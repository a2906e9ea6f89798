"""Whose documents may be said to go without the patient's code, or with it again.

Source: PROTOCOL 10.3 (an opposed document is sent without the code and with the flag); a refund says what its invoice
says. Units: none.

>>> why_unchangeable(kind="document", due=True, why_not="", under_way=False)
''
>>> why_unchangeable(kind="refund", due=True, why_not="", under_way=False)
'sts_refund_follows'
"""

from __future__ import annotations

from sportello.expenses.rules.should import WhyNot

MOST_AT_ONCE = 500
"""So many documents are changed in one transaction at most: a few seconds of the database's writing turn."""


def why_unchangeable(*, kind: str, due: bool, why_not: str, under_way: bool) -> str:
    """
    Return the code of the reason why the patient's wish cannot be changed now, "" where it can.

    :param kind: ``document`` or ``refund``
    :param due: whether the State should hold the document
    :param why_not: why it should not; one without a code may still go without it
    :param under_way: whether a call about it has no answer yet
    """
    if kind == "refund":
        return "sts_refund_follows"
    if under_way:
        return "sts_call_under_way"
    return "" if due or why_not == WhyNot.NO_CODE else "sts_opposition_needless"
