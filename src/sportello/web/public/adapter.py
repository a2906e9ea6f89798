"""How allauth behaves here: nobody signs up alone, mail speaks the person's language, secrets are closed at rest."""

from __future__ import annotations

from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.utils import translation

from sportello.accounts.models import Person
from sportello.core.keys import ring
from sportello.web.proof import recently_proved

PRODUCT: Final = "Sportello"
_SCOPE: Final = "accounts"
_PLACE: Final = "mfa.authenticator"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts come by invitation or from the command line, never from a public form."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse every sign-up from the web."""
        return False

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Ask again who is there, unless the person signed in or proved it a short while ago."""
        return bool(super().is_reauthentication_required(app=app)) and not recently_proved(self.request)

    def format_email_subject(self, subject: str) -> str:
        """Return the subject as it is: it names no site and no person."""
        return subject.strip()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write a mail about the account in the language of its person."""
        person = context.get("user")
        language = person.language if isinstance(person, Person) else translation.get_language()
        with translation.override(language):
            super().send_mail(template_prefix, email, {**context, "product": PRODUCT})


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Second factors: their secrets are encrypted, and apps show our name."""

    def encrypt(self, text: str) -> str:
        """Close a secret under the installation's key."""
        return ring().seal(text.encode(), scope=_SCOPE, place=_PLACE)

    def decrypt(self, encrypted_text: str) -> str:
        """Open what `encrypt` closed."""
        return ring().open(encrypted_text, scope=_SCOPE, place=_PLACE).decode()

    def get_totp_issuer(self) -> str:
        """Return the name that authenticator apps show."""
        return PRODUCT
