"""Passwords are hashed with Argon2id, above what is held to be the least, and older hashes go on being good."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.test import override_settings

from portal.accounts.hashing import PatientsArgon2
from portal.config import settings as own

PASSWORD = "gatto nero sul sofà"


def test_password_hashers_are_the_one_for_patients() -> None:
    assert [f"{PatientsArgon2.__module__}.{PatientsArgon2.__qualname__}"] == own.PASSWORD_HASHERS


@override_settings(PASSWORD_HASHERS=own.PASSWORD_HASHERS)
def test_hash_is_argon2id_above_the_least_and_fits_its_password_alone() -> None:
    made = make_password(PASSWORD)
    figures = PatientsArgon2().decode(made)
    assert figures["variety"] == "argon2id"
    assert figures["memory_cost"] * figures["time_cost"] > 19 * 1024 * 2
    assert figures["memory_cost"] >= 19 * 1024
    assert figures["parallelism"] == 1
    assert check_password(PASSWORD, made)
    assert not check_password(PASSWORD + ".", made)


@override_settings(PASSWORD_HASHERS=own.PASSWORD_HASHERS)
def test_hash_made_with_other_figures_is_still_checked() -> None:
    older = Argon2PasswordHasher()
    made = older.encode(PASSWORD, older.salt())
    assert check_password(PASSWORD, made)
    assert not check_password("something else", made)
