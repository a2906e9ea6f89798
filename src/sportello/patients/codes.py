"""How a patient is found by an encrypted code: a keyed hash, another one for each practice."""

from __future__ import annotations

from sportello.core.keys import ring


def code_hash(practice_id: int, code: str) -> str:
    """Return the look-up hash (64 hex digits) of a normalised codice fiscale in a practice, "" for no code."""
    return ring().fingerprint(code, scope=f"party:{practice_id}") if code else ""
