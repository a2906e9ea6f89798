"""Tokens of links and codes told by voice: random, and kept as hashes only.

A token has 256 random bits, so that a plain SHA-256 finds it again and tells nothing. A spoken code is short and is
hashed under the practice's key; five tries and a lock keep it from being guessed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sportello.core.keys import ring

TOKEN_BYTES = 32
CODE_DIGITS = 6


def new_token() -> str:
    """Return a fresh token of 256 random bits, safe in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """Return what is stored of a token: 64 hex digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_code() -> str:
    """Return a fresh code of six digits, to be told by voice."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def code_hash(practice_id: int, invitation_id: int, code: str) -> str:
    """Return what is stored of a spoken code: a keyed hash bound to its invitation."""
    return ring().fingerprint(f"{invitation_id}|{code}", scope=f"spoken:{practice_id}")


def is_code(practice_id: int, invitation_id: int, typed: str, stored: str) -> bool:
    """Tell whether what was typed is the code, spaces and dashes forgiven, in a time that tells nothing."""
    digits = "".join(sign for sign in typed if sign.isdigit())
    return bool(stored) and hmac.compare_digest(code_hash(practice_id, invitation_id, digits), stored)
