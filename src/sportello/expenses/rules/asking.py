"""Whether the State can still say something of a sending.

>>> may_be_asked("taken", "batch", "123", has_receipt=False), may_be_asked("done", "single", "", has_receipt=False)
(True, False)
"""

from __future__ import annotations

from sportello.expenses.states import CallState


def may_be_asked(state: str, kind: str, protocol: str, *, has_receipt: bool) -> bool:
    """Tell whether an outcome is awaited, or a receipt of a file that ended is not here yet (protocol 8)."""
    if state == CallState.TAKEN:
        return True
    return state == CallState.DONE and kind == "batch" and bool(protocol) and not has_receipt
