"""What a person typed about an entity's account at Sistema TS: plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, repr=False)
class IdentityValues:
    """
    An account: as whom to sign in, for which owner, on which channel.

    `password`, `pin` and `client_certificate` empty mean: keep what is there. `password_lasts` is days.
    `reinsert_cancelled`: a cancelled expense that is due again goes under its own number.
    """

    category: str
    channel: str = "direct"
    username: str = ""
    owner_code: str = ""
    password: str = ""
    pin: str = ""
    region: str = ""
    asl: str = ""
    ssa: str = ""
    intermediary: str = ""
    client_certificate: str = ""
    delegate_name: str = ""
    stamp_expense: str = "included"
    reinsert_cancelled: bool = True
    password_changed_on: date | None = None
    password_lasts: int = 90


@dataclass(frozen=True, slots=True)
class MappingValues:
    """
    What a service is to Sistema TS: a type with its flag; an empty type says that it is no health expense.

    :ivar since: from which day, where this service has one of its own
    """

    service_id: int
    expense_type: str
    flag: str = ""
    since: date | None = None
