"""Who a session belongs to. Passwords are checked in `signing_in`, which does the same work for every address."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend

from portal.accounts.models import Account


class AccountBackend(BaseBackend):
    """Finds the account of a session."""

    def authenticate(self, request: Any, **credentials: Any) -> None:
        """Let nobody in: there is one door, and it is `signing_in.sign_in`."""

    def get_user(self, user_id: int) -> Account | None:
        """Return the account, None when it may not be used."""
        return Account.objects.filter(pk=user_id, is_active=True).first()
