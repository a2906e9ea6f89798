"""Notices between two pages travel in a signed cookie of our own name: never in the session table."""

from __future__ import annotations

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage


class NoticeCookie(CookieStorage):
    """Django's cookie storage under the portal's name: on one machine both sites share the host's cookies."""

    cookie_name = f"{settings.COOKIE_PREFIX}-notices"
