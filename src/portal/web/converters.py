"""What may stand in an address: the id of a side of the wire, a token."""

from __future__ import annotations


class SideConverter:
    """The id of a practice's server: 32 hex digits."""

    regex = "[0-9a-f]{32}"

    def to_python(self, value: str) -> str:
        """Return it as it is."""
        return value

    def to_url(self, value: str) -> str:
        """Return it as it is."""
        return value


class TokenConverter(SideConverter):
    """A secret out of a mail, base64url."""

    regex = "[A-Za-z0-9_-]{16,128}"
