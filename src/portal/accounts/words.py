"""Words for devices and instants, in the active language, for pages and mail."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_datetime
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.locales import language, locale

_NAMES = {
    "edge": "Edge",
    "opera": "Opera",
    "samsung": "Samsung Internet",
    "firefox": "Firefox",
    "chrome": "Chrome",
    "safari": "Safari",
    "android": "Android",
    "iphone": "iPhone",
    "ipad": "iPad",
    "windows": "Windows",
    "macos": "macOS",
    "chromeos": "ChromeOS",
    "linux": "Linux",
}


def device_words(kind: str) -> str:
    """Return a device as people know it: Firefox, Android."""
    names = [_NAMES[code] for code in kind.split() if code in _NAMES]
    return ", ".join(names) or _("unknown device")


def moment_words(at: datetime) -> str:
    """Return an instant in words: 22 novembre 2026, 09:15."""
    return format_datetime(timezone.localtime(at), "d MMMM y, HH:mm", locale=locale(language()))
