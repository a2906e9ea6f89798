"""Every exception of the package. None of them carries a fiscal code, a PIN, a password or a body."""

from __future__ import annotations


class SistemaTSError(Exception):
    """Base of all errors raised here."""


class UnreadableMessage(SistemaTSError):
    """Bytes that are not the XML, MIME or zip they should be. `reason` is one of our own words, never content."""


class ForbiddenXml(UnreadableMessage):
    """XML with a document type declaration, an entity, or larger than allowed."""


class UnknownBody(UnreadableMessage):
    """A SOAP body that no service knows, or not exactly one."""


class BadArchive(UnreadableMessage):
    """Not a zip, an encrypted one, more than one entry, or one that unpacks to too much."""


class EmptyArchive(BadArchive):
    """No bytes at all, or no entry."""


class NotSealable(SistemaTSError):
    """A text that cannot be encrypted with this certificate (too long, not ASCII, wrong key)."""


class NotOpenable(SistemaTSError):
    """A ciphertext that is not strict base64 of one block."""


class CertificateError(SistemaTSError):
    """Not a certificate, or not one with an RSA key."""


class InputError(SistemaTSError):
    """A value in an input file that cannot be read; names place, field and remedy."""
