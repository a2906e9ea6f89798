"""Browsers: what kind they are, in a coarse code, and which of them an account knows.

>>> kind("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36")
'chrome android'
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from portal.accounts.models import Account, Device

# In this order: most browsers name others too.
_BROWSERS = (
    ("Edg", "edge"),
    ("OPR/", "opera"),
    ("SamsungBrowser", "samsung"),
    ("Firefox/", "firefox"),
    ("FxiOS", "firefox"),
    ("CriOS", "chrome"),
    ("Chrome/", "chrome"),
    ("Safari/", "safari"),
)
_SYSTEMS = (
    ("Android", "android"),
    ("iPhone", "iphone"),
    ("iPad", "ipad"),
    ("Windows", "windows"),
    ("Mac OS", "macos"),
    ("CrOS", "chromeos"),
    ("Linux", "linux"),
)


@dataclass(frozen=True, slots=True)
class Browser:
    """Who knocks: network address, kind of device, and the cookie by which we know the browser, "" for none."""

    network: str = field(repr=False)
    kind: str
    token: str = field(default="", repr=False)


def kind(agent: str) -> str:
    """Return the coarse code of a browser from what it says of itself: name and system, "" for what is not known."""
    name = next((code for sign, code in _BROWSERS if sign in agent), "")
    system = next((code for sign, code in _SYSTEMS if sign in agent), "")
    return f"{name} {system}".strip()


def recognise(account: Account, browser: Browser, now: datetime) -> tuple[str, bool]:
    """Return the token that this browser shall keep, and whether the account had not seen the browser before."""
    if browser.token:
        known = Device.objects.filter(account=account, token_hash=_hash(browser.token))
        if known.update(seen_at=now, kind=browser.kind):
            return browser.token, False
    token = browser.token or secrets.token_urlsafe(24)
    Device.objects.create(account=account, token_hash=_hash(token), kind=browser.kind, first_at=now, seen_at=now)
    return token, True


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
