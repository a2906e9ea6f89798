"""Codes that the tables of accounts hold; their words are in `web.words`."""

from __future__ import annotations

from enum import StrEnum


class FactorKind(StrEnum):
    """What a second factor is."""

    TOTP = "totp"
    PASSKEY = "passkey"


class Deed(StrEnum):
    """What happened to an account."""

    OPENED = "opened"
    CONNECTED = "connected"
    SIGNED_IN = "signed-in"
    REFUSED = "refused"
    PAUSED = "paused"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    SIGNED_OUT = "signed-out"
    SESSIONS_ENDED = "sessions-ended"
    RESET_ASKED = "reset-asked"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - a code, no password
    FACTOR_ADDED = "factor-added"
    FACTOR_REMOVED = "factor-removed"
    FACTOR_REFUSED = "factor-refused"
    RECOVERY_USED = "recovery-used"
    RECOVERY_RENEWED = "recovery-renewed"
    NEW_DEVICE = "new-device"
