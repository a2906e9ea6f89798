"""Putting mail into the outbox, in the caller's transaction."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime

from portal.keeping.ring import ring
from portal.post.models import Mail


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: to whom, what, and in which language. An empty recipient is no mail at all (see `enqueue`)."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    language: str


NOBODY = Letter("", "", "", "")


def enqueue(letter: Letter, now: datetime) -> None:
    """
    Queue a letter. `NOBODY` is queued and dropped when its turn comes: a request about an unknown address does the
    same work as one about a known address.
    """
    row = Mail(next_at=now, made_at=now)
    # Both kinds are of like length, so that their rows tell nothing.
    row.content_sealed = ring().seal(json.dumps(asdict(letter)).ljust(4096), place=row.place)
    row.save(force_insert=True)


def opened(row: Mail) -> Letter:
    """
    Return the letter of a row that has not left yet.

    :raises KeyTrouble: it does not open
    """
    return Letter(**json.loads(ring().open(row.content_sealed, place=row.place)))
