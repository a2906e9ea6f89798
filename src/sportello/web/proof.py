"""When a person last proved who they are, for pages that ask again (step-up)."""

from __future__ import annotations

import time
from typing import Final

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest

FRESH_TO_OPEN: Final = 15 * 60
FRESH_TO_SEND: Final = 60 * 60


def recently_proved(request: HttpRequest) -> bool:
    """
    Tell whether the person signed in, or proved it again, a short while ago.

    A form may be sent for longer after the proof than a page may be opened, so that nobody loses what they typed.
    """
    records = get_authentication_records(request, request.user)
    newest = max((record["at"] for record in records), default=0.0)
    limit = FRESH_TO_OPEN if request.method in {"GET", "HEAD"} else FRESH_TO_SEND
    return bool(time.time() - newest < limit)
