"""The lives of a job and of a mail, as tables.

Source: our own design (ARCHITECTURE 3, "Nothing is lost, nothing happens twice").

>>> MailState.SENT in MAIL_MOVES[MailState.HANDING], MailState.SENT in MAIL_MOVES[MailState.WAITING]
(True, False)
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class ForbiddenStep(ValueError):
    """A job or a mail cannot go from the state it is in to the one asked for."""


class JobState(StrEnum):
    """Where a piece of work stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class MailState(StrEnum):
    """Where a mail stands. `HANDING`: its text is leaving; `UNCERTAIN`: it left or not, nobody knows."""

    WAITING = "waiting"
    HANDING = "handing"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    CANCELLED = "cancelled"


LIVE_JOBS = frozenset({JobState.WAITING, JobState.RUNNING})
FINISHED_JOBS = frozenset({JobState.DONE, JobState.FAILED})

JOB_MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.WAITING: frozenset({JobState.RUNNING}),
    JobState.RUNNING: frozenset({JobState.WAITING, JobState.DONE, JobState.FAILED}),
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset({JobState.WAITING}),
}

MAIL_MOVES: dict[MailState, frozenset[MailState]] = {
    MailState.WAITING: frozenset({MailState.HANDING, MailState.UNCERTAIN, MailState.FAILED, MailState.CANCELLED}),
    MailState.HANDING: frozenset({MailState.SENT, MailState.WAITING, MailState.FAILED, MailState.UNCERTAIN}),
    MailState.SENT: frozenset(),
    MailState.UNCERTAIN: frozenset({MailState.WAITING, MailState.SENT}),
    MailState.FAILED: frozenset({MailState.WAITING, MailState.CANCELLED}),
    MailState.CANCELLED: frozenset(),
}


def check_mail_step(now: MailState, to: MailState) -> None:
    """
    Let a mail go on only where its table says so.

    :raises ForbiddenStep: the table does not
    """
    if to not in MAIL_MOVES[now]:
        raise ForbiddenStep(f"mail: {now} -> {to}")


def check_job_step(now: JobState, to: JobState) -> None:
    """
    Let a job go on only where its table says so.

    :raises ForbiddenStep: the table does not
    """
    if to not in JOB_MOVES[now]:
        raise ForbiddenStep(f"job: {now} -> {to}")


def codes(states: Iterable[StrEnum]) -> list[str]:
    """Return the stored codes of some states, in order, as plain text for constraints and look-ups."""
    return sorted(state.value for state in states)
