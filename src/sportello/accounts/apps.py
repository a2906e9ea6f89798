"""The application `accounts` as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Names and labels the application."""

    name = "sportello.accounts"
    label = "accounts"
