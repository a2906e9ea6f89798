"""A text column that is encrypted at rest and opened when it is first read.

The model has a `uid` (the row's place in the associated data) and a `crypto_scope` (whose key: `party:12`).
Filtering on the column is impossible by design; a look-up uses a keyed hash column beside it (`core.crypto`).
"""

from __future__ import annotations

from typing import Any, Protocol, cast
from uuid import UUID

from django.core import checks
from django.db import models

from sportello.core.keys import ring


class HasScope(Protocol):
    """What a model with encrypted columns offers."""

    uid: UUID

    @property
    def crypto_scope(self) -> str:
        """Whose key: the party, as `party:12`."""


class Sealed(str):
    """The stored text of a column that nobody has opened yet."""

    __slots__ = ()


class _Opener:
    """Opens the value the first time it is asked for and keeps the plain text on the instance."""

    def __init__(self, field: EncryptedTextField) -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model] | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, Sealed):
            value = self.field.open(instance, value)
            instance.__dict__[name] = value
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text closed with AES-256-GCM. Empty text is stored empty: it hides nothing."""

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        """Put the opener in the place of the plain attribute."""
        super().contribute_to_class(cls, name, private_only)
        self._before_uid = f"{cls._meta.label_lower}.{self.column}:"
        setattr(cls, self.attname, _Opener(self))

    def place(self, instance: models.Model) -> str:
        """Return model, column and row, authenticated with the value."""
        return f"{instance._meta.label_lower}.{self.column}:{cast(HasScope, instance).uid}"

    def closed(self, plain: str, *, scope: str, uid: UUID) -> Sealed:
        """Return a text as the database is to hold it in the row with this `uid`, for rows written without a model."""
        place = f"{self._before_uid}{uid}"
        return Sealed(ring().seal(plain.encode(), scope=scope, place=place) if plain else "")

    def opened(self, stored: str, *, scope: str, uid: UUID) -> str:
        """
        Return the plain text of what the row with this `uid` holds, for rows read without a model.

        :raises KeyMissing: closed under a key that the ring does not hold
        :raises WrongKey: altered, moved, or another key
        """
        place = f"{self._before_uid}{uid}"
        return ring().open(stored, scope=scope, place=place).decode() if stored else ""

    def open(self, instance: models.Model, stored: str) -> str:
        """
        Return the plain text of what the database holds.

        :raises KeyMissing: closed under a key that the ring does not hold
        :raises WrongKey: altered, moved, or another key
        """
        if not stored:
            return ""
        scope = cast(HasScope, instance).crypto_scope
        return ring().open(stored, scope=scope, place=self.place(instance)).decode()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        """Mark what comes from the database as not yet opened."""
        return Sealed(value) if value else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Close the value for the database; what was never opened goes back as it came."""
        value = model_instance.__dict__.get(self.attname)
        if value is None or value == "" or isinstance(value, Sealed):
            return value
        scope = cast(HasScope, model_instance).crypto_scope
        return Sealed(ring().seal(value.encode(), scope=scope, place=self.place(model_instance)))

    def get_prep_value(self, value: Any) -> Any:
        """
        Let only closed values reach the database.

        :raises TypeError: plain text on its way around `save` (a queryset's `update`)
        """
        if value and not isinstance(value, Sealed):
            raise TypeError(f"{self.name} is encrypted: set it on the row and save the row")
        return value

    def get_lookup(self, lookup_name: str) -> Any:
        """Refuse comparisons, which would compare ciphertexts; with nothing and the empty text they are possible."""
        return super().get_lookup(lookup_name) if lookup_name in {"isnull", "exact"} else None

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Refuse a model without the two attributes that bind a value to its row and party."""
        errors = super().check(**kwargs)
        for needed in ("uid", "crypto_scope"):
            if not hasattr(self.model, needed):
                errors.append(
                    checks.Error(f"{self.model.__name__} needs `{needed}` for its encrypted column", obj=self)
                )
        return errors
