"""What people change about their own account. Signing in and second factors are allauth's, audited by `web`."""

from __future__ import annotations

from sportello.accounts.models import Person


def choose_language(*, person_id: int, language: str) -> None:
    """
    Keep the language a person reads. The caller has checked that the site speaks it.

    :raises Person.DoesNotExist: no such person
    """
    person = Person.objects.get(pk=person_id)
    person.language = language
    person.save(update_fields=["language"])
