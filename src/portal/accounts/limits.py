"""How often something may be tried, by whom it is tried for and by where it comes from (threat T4).

Tries are counted before they are made, so that tries at the same time do not slip through together. After the free
ones each further try doubles the pause; past the last one the subject is locked until its owner proves to have the
mailbox or the operator unlocks it. Unknown addresses are counted like known ones: the answers tell nothing.

>>> POLICIES[Tried.PASSWORD].pause(4), POLICIES[Tried.PASSWORD].pause(5), POLICIES[Tried.PASSWORD].pause(7)
(0, 30, 120)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import F

from portal.accounts.models import Limit
from portal.keeping.ring import ring

FAR = timedelta(days=365 * 50)


class Tried(StrEnum):
    """What is counted."""

    PASSWORD = "password"  # noqa: S105 - a code; passwords for one address
    PASSWORD_FROM = "password-from"  # noqa: S105 - a code; passwords from one network address
    CODE = "code"
    RESET = "reset"
    RESET_FROM = "reset-from"
    LINK_FROM = "link-from"
    PAIR_FROM = "pair-from"


@dataclass(frozen=True, slots=True)
class Policy:
    """Tries that are free, seconds of the first pause, the longest pause, and at which try it locks (0: never)."""

    free: int
    first: int
    longest: int
    lock: int = 0
    forget: timedelta = timedelta(hours=24)

    def pause(self, tries: int) -> int:
        """Return how many seconds to wait after so many tries."""
        return min(self.first * 2 ** min(tries - self.free, 20), self.longest) if tries >= self.free else 0


POLICIES = {
    Tried.PASSWORD: Policy(free=5, first=30, longest=3600, lock=20),
    Tried.PASSWORD_FROM: Policy(free=40, first=30, longest=3600),
    Tried.CODE: Policy(free=5, first=30, longest=3600, lock=20),
    Tried.RESET: Policy(free=5, first=300, longest=3600),
    Tried.RESET_FROM: Policy(free=30, first=60, longest=3600),
    Tried.LINK_FROM: Policy(free=60, first=30, longest=3600, forget=timedelta(hours=1)),
    Tried.PAIR_FROM: Policy(free=5, first=60, longest=3600),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a try may be made; if not, how many seconds to wait, or that it is locked."""

    allowed: bool
    wait: int = 0
    locked: bool = False


def subject(kind: Tried, text: str) -> str:
    """Return the keyed hash that stands for an address or a network in the table."""
    return ring().lookup(text, purpose=f"limit|{kind}")


def count(kind: Tried, text: str, now: datetime) -> Verdict:
    """Count a try and tell whether it may be made. While a subject pauses, further tries count nothing."""
    policy = POLICIES[kind]
    with transaction.atomic():
        row, _made = Limit.objects.select_for_update().get_or_create(
            kind=kind.value, subject=subject(kind, text), defaults={"since": now}
        )
        if row.until and row.until > now:
            return _refusal(row, now)
        if now - row.since > policy.forget:
            row.tries, row.since = 0, now
        row.tries += 1
        row.until = _next_after(policy, row.tries, now)
        row.save(update_fields=["tries", "since", "until"])
    return Verdict(allowed=True)


def clear(kind: Tried, text: str) -> None:
    """Forget the tries of a subject: it has proved who it is."""
    Limit.objects.filter(kind=kind.value, subject=subject(kind, text)).delete()


def forgive(kind: Tried, text: str) -> None:
    """Take one try back: it was a good one, and many people may come from one network."""
    rows = Limit.objects.filter(kind=kind.value, subject=subject(kind, text), tries__gt=0)
    rows.update(tries=F("tries") - 1, until=None)


def forget_old(now: datetime) -> None:
    """Forget subjects that neither pause nor were tried lately."""
    oldest = max(policy.forget for policy in POLICIES.values())
    Limit.objects.filter(since__lt=now - oldest).exclude(until__gt=now).delete()


def _next_after(policy: Policy, tries: int, now: datetime) -> datetime | None:
    if policy.lock and tries >= policy.lock:
        return now + FAR
    pause = policy.pause(tries)
    return now + timedelta(seconds=pause) if pause else None


def _refusal(row: Limit, now: datetime) -> Verdict:
    left = (row.until - now) if row.until else timedelta()
    return Verdict(allowed=False, wait=int(left.total_seconds()) + 1, locked=left > FAR / 2)
