"""The demo: two practices with invented people and two years of papers, made through the real operations."""

from __future__ import annotations

from datetime import date

from sportello.accounts.models import Person
from sportello.jobs.demo.cast import PASSWORD, SIGN_INS, SignIn
from sportello.jobs.outcome import say

__all__ = ["SIGN_INS", "SignIn", "load_when_empty"]


def load_when_empty() -> list[SignIn]:
    """
    Load the demo into an empty database and return who can sign in.

    With people in the database nothing is written; the demo's sign-ins are returned if they are the demo's people.
    """
    if not Person.objects.exists():
        from sportello.jobs.demo import state, story

        say("Loading the demo data (once, under a minute) …")
        today = date.today()  # noqa: DTZ011 - the day at the practice's desk
        story.tell(today)
        state.tell(today)
    known = {person.email: person for person in Person.objects.filter(email__in=[each.email for each in SIGN_INS])}
    return [each for each in SIGN_INS if each.email in known and known[each.email].check_password(PASSWORD)]
