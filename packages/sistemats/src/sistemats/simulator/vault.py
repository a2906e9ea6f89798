"""Opening what clients sealed: with the simulator's own key, and by table for the samples of the kit.

The kit's ciphertexts were made for the ministry's key, which nobody has; those whose plaintext is published (and the
few that its samples use beside) are recognised by their digest, so that the samples work as they are.
"""

from __future__ import annotations

import hashlib
import json
import re
from importlib import resources

from sistemats.crypto import Opener
from sistemats.errors import NotOpenable

CACHE_SIZE = 4_096
_NEW = "?"  # stands for a ciphertext not seen before: no text that opens has a question mark
_PRINTABLE = re.compile(r"[A-Za-z0-9]{1,32}")


def kit_plaintexts() -> dict[str, str]:
    """Return plaintexts of the kit's ciphertexts by the first 32 hex digits of their SHA-256."""
    text = resources.files("sistemats.simulator").joinpath("data/kit_ciphertexts.json").read_text("utf-8")
    tables = json.loads(text)
    return {**tables["supplied"], **tables["published"]}


class Vault:
    """Opens ciphertexts; what does not open to plain letters and digits counts as undecipherable."""

    def __init__(self, opener: Opener) -> None:
        """Open with this key."""
        self._opener = opener
        self._kit = kit_plaintexts()
        self._seen: dict[str, str | None] = {}

    def use(self, opener: Opener) -> None:
        """Change the key: what was sealed for the old one no longer opens."""
        self._opener, self._seen = opener, {}

    def open(self, sealed: str) -> str | None:
        """Return the text inside, None when it cannot be had.

        A wrong key or padding may yield random bytes instead of an error, so the text is judged by its letters. This
        is for PINs and owners' codes, which clients may seal once and send with every call: the last few thousand
        are remembered.
        """
        seen = self._seen
        text = seen.get(sealed, _NEW)
        if text is _NEW:
            if len(seen) >= CACHE_SIZE:
                seen = self._seen = {}
            text = seen[sealed] = self.open_citizen(sealed)
        return text

    def open_citizen(self, sealed: str) -> str | None:
        """Return the text inside, None when it cannot be had; nothing is remembered: every document has its own.

        The kit's ciphertexts are looked up first: one in some four hundred would open to a letter or two by chance.
        """
        known = self._kit.get(hashlib.sha256(sealed.encode("utf-8", "replace")).hexdigest()[:32])
        if known is not None:
            return known
        try:
            text = self._opener.open(sealed)
        except NotOpenable:
            return None
        return text if _PRINTABLE.fullmatch(text) else None
