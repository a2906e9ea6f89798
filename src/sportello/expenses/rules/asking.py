"""Whether the State can still say something of a sending.

>>> may_be_asked("taken", "123", has_receipt=False), may_be_asked("done", "", has_receipt=False)
(True, False)
"""

from __future__ import annotations

from sportello.expenses.states import CallState


def may_be_asked(state: str, protocol: str, *, has_receipt: bool) -> bool:
    """
    Tell whether an outcome is awaited, or the receipt of what ended is not here yet.

    The receipt service serves the protocols of files and of documents sent alone (protocol 8); that of a file is
    fetched by itself, that of a document alone when somebody asks for it.
    """
    if state == CallState.TAKEN:
        return True
    return state == CallState.DONE and bool(protocol) and not has_receipt
