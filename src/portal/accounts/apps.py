"""The app of accounts."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts, sessions, limits."""

    name = "portal.accounts"
    label = "accounts"
