"""E-mail addresses: one spelling for all that mean the same, and the keyed hash they are found by.

>>> spelling("  Anna.Verdi@Example.ORG ")
'anna.verdi@example.org'
"""

from __future__ import annotations

import unicodedata

from portal.keeping.ring import ring


def spelling(address: str) -> str:
    """Return the spelling that addresses are compared by: composed, without blanks around it, lower case."""
    return unicodedata.normalize("NFKC", address).strip().casefold()


def hashed(address: str) -> str:
    """Return the keyed hash of an address, 64 hexadecimal digits."""
    return ring().lookup(spelling(address), purpose="address")
