"""Which passwords are accepted: twelve signs or more, of any kind, that thieves do not try first.

The check needs no network. Known passwords are the 20,000 commonest of stolen collections, which Django carries; a
password is refused too when it is one of them in a thin disguise: other case, figures for letters, a year or marks at
its ends, written twice. So are runs (`abcdefghijkl`, `qwertyuiopas`), one sign or few over and over, and the person's
own address. There are no rules of composition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SHORTEST = 12
LONGEST = 200
FEW_SIGNS = 5
_WORDS = ("sportello", "password", "fattura", "fatture", "paziente", "psicologo", "psicologa", "studio", "ciao")
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
_PLAIN = str.maketrans("0134578@$!€", "oieastbasie")
_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")


class KnownPasswords:
    """Django's validator for new passwords."""

    def validate(self, password: str, user: Any = None) -> None:
        """
        Let a good password pass.

        :raises ValidationError: short, known, or easily guessed; the text says which
        """
        if len(password) < SHORTEST:
            raise ValidationError(_("Take at least 12 letters or figures: three or four words are easy to remember."))
        if len(password) > LONGEST:
            raise ValidationError(_("Take at most 200 letters or figures."))
        address = getattr(user, "address", "") if user is not None else ""
        if is_guessable(password, address=address):
            raise ValidationError(
                _("This password is among those that thieves try first. Take another, such as three or four words.")
            )

    def get_help_text(self) -> str:
        """Return what is told beside the field."""
        return _("At least 12 letters or figures. Three or four words that only you would put together are good.")


def is_guessable(password: str, *, address: str = "") -> bool:
    """
    Tell whether a password is one that thieves try first.

    >>> [is_guessable(each) for each in ("Password1234!", "francesco1986", "aaaaaaaaaaaa", "qwertyuiop12")]
    [True, True, True, True]
    >>> is_guessable("gatto nero sul sofà"), is_guessable("il treno parte alle 9")
    (False, False)
    """
    text = password.casefold()
    if len(set(text)) < FEW_SIGNS or any(_is_run(text, run) for run in _RUNS):
        return True
    own = _own(address.casefold())
    return any(form in _known() or form in own for form in _forms(text))


def _own(address: str) -> set[str]:
    """Return the words of a person's address that make no password: anna.verdi, annaverdi, anna, verdi."""
    local = address.partition("@")[0]
    words = re.split(r"[\W_]+", address)
    return {word for word in (address, local, re.sub(r"[\W_]+", "", local), *words) if len(word) > 2}


def _forms(text: str) -> Iterator[str]:
    """Yield a password without its disguises."""
    for form in (text, text.translate(_PLAIN)):
        bare = _ENDS.sub("", form)
        for shape in (form, bare, re.sub(r"[\W_]+", "", bare), _ENDS.sub("", text).translate(_PLAIN)):
            yield shape
            half = shape[: len(shape) // 2]
            if half and half * 2 == shape:
                yield half


def _is_run(text: str, run: str) -> bool:
    """Tell whether most of a text runs along the keyboard or the alphabet, forwards or backwards."""
    bare = _ENDS.sub("", text) or text
    long_enough = len(bare) >= FEW_SIGNS and len(bare) * 2 >= len(text)
    return long_enough and (bare in run * 2 or bare in (run * 2)[::-1])


@cache
def _known() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords) | frozenset(_WORDS)
