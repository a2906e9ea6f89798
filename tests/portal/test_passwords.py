"""Which new passwords are taken: long ones of any kind, unless thieves would try them first."""

import pytest
from django.core.exceptions import ValidationError

from portal.accounts.passwords import LONGEST, KnownPasswords, is_guessable


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "PASSWORD1234",
        "P4ssw0rd2026",
        "!!!password!!!",
        "passwordpassword",
        "francesco1986",
        "juventus1897!",
        "123456789012",
        "abcdefghijkl",
        "qwertyuiopas",
        "lkjhgfdsapoi",
        "aaaaaaaaaaaa",
        "abababababab",
        "000000000000",
        "sportello2026",
    ],
)
def test_password_that_thieves_try_first_is_refused(password):
    with pytest.raises(ValidationError):
        KnownPasswords().validate(password)


@pytest.mark.parametrize(
    "password",
    [
        "gatto nero sul sofà",
        "il treno parte alle 9",
        "кіт спить на дивані",
        "القط ينام على الأريكة",
        "黑猫睡在沙发上打着呼噜呢吗",
        "7 mele verdi",
        "correcthorsebattery",
        "xK9#mQ2$vL7p",
    ],
)
def test_password_of_any_script_is_taken_without_rules_of_composition(password):
    KnownPasswords().validate(password)


@pytest.mark.parametrize("length", [0, 1, 11, LONGEST + 1])
def test_password_that_is_too_short_or_too_long_is_refused(length):
    with pytest.raises(ValidationError, match=r"at (least|most)"):
        KnownPasswords().validate(("gatto nero sul sofà " * 20)[:length])


@pytest.mark.parametrize("password", ["anna.verdi1980", "annaverdi1980", "anna.verdi@posta.example", "verdi!!!!!!!!!"])
def test_password_made_of_the_own_address_is_refused(password):
    assert is_guessable(password, address="anna.verdi@posta.example")
    assert not is_guessable("gatto nero sul sofà", address="anna.verdi@posta.example")
