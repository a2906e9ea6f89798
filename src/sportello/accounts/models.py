"""People who sign in. What they may do is not here but in their memberships (`parties`)."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower


class PersonManager(BaseUserManager["Person"]):
    """Makes people; read before anybody acts, since signing in is what makes an actor."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> Person:
        """
        Return a new person who signs in with this address.

        :raises ValueError: the address is empty
        """
        if not email:
            raise ValueError("a person signs in with an e-mail address")
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> Person:
        """Return the person with this address, whatever its case."""
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """Somebody who signs in: a practitioner, a secretary, an accountant."""

    email = models.EmailField(unique=True)
    given_name = models.CharField(max_length=80, blank=True)
    family_name = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=10, default="it")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="person_email_unique_any_case")]

    def __str__(self) -> str:
        return f"person {self.pk}"

    def get_full_name(self) -> str:
        """Return the name as people say it, or the address when there is none."""
        return f"{self.given_name} {self.family_name}".strip() or self.email

    def get_short_name(self) -> str:
        """Return the given name, or the address when there is none."""
        return self.given_name or self.email
