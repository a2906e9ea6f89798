"""The key ring of this installation, read once from the settings."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from sportello.core.crypto import KeyRing


@lru_cache(maxsize=1)
def ring() -> KeyRing:
    """
    Return the installation's key ring.

    :raises ValueError: the key file is malformed
    :raises FileNotFoundError: there is none: restore it from where you keep it
    """
    text = settings.SPORTELLO_KEYS or Path(settings.SPORTELLO_KEY_FILE).read_text(encoding="ascii")
    return KeyRing.parse(text)
