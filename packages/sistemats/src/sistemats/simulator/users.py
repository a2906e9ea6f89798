"""Who may call the simulator: the kit's public test users, one invented region, and whoever is posted.

Source of the kit's users: the user lists of the official kit of 14 February 2024 (public, shared by everybody).
Some of their codes fail the check digit; nothing here checks the codes of users.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from importlib import resources
from typing import Any, TypeVar

from sistemats.codes import Channel, SenderCategory
from sistemats.documents import Owner
from sistemats.errors import InputError

REGION_USER = "REG999ZZ"
_E = TypeVar("_E", bound=StrEnum)


class Role(StrEnum):
    """What kind of account it is; it decides the channel and how the owner is checked."""

    PROFESSIONAL = "professional"
    STRUCTURE = "structure"
    ASSOCIATION = "association"
    INTERMEDIARY = "intermediary"
    ENTITY = "entity"

    @property
    def channel(self) -> Channel:
        """The only channel such an account can use."""
        return _CHANNELS.get(self, Channel.DIRECT)

    @property
    def delegate(self) -> bool:
        """True for those who send only on behalf of others."""
        return self in {Role.ASSOCIATION, Role.INTERMEDIARY}


_CHANNELS = {Role.INTERMEDIARY: Channel.ENTRATE, Role.ENTITY: Channel.ENTI}


def owner_key(owner: Owner) -> str:
    """Return what tells one owner from another: the three codes of a structure, or a professional's code."""
    region, asl, ssa = owner.region, owner.asl, owner.ssa
    return f"{region}-{asl}-{ssa}" if region or asl or ssa else str(owner.fiscal_code)


@dataclass(frozen=True, slots=True)
class Delegation:
    """An owner on whose behalf a delegate sends."""

    owner: Owner
    category: SenderCategory
    vat_numbers: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True)
class User:
    """One account. `intermediary` is what must stand in `opzionale1` (Entratel site, or a region's code)."""

    name: str
    role: Role
    password: str = field(repr=False)
    pin: str = field(repr=False)
    label: str = ""
    category: SenderCategory | None = None
    owner: Owner = field(default_factory=Owner)
    vat_numbers: tuple[str, ...] = ()
    vat_checked: bool = False
    intermediary: str = ""
    delegations: tuple[Delegation, ...] = ()
    enabled: bool = True
    failed_attempts: int = 0
    password_expires_on: date | None = None
    source: str = "posted"

    def delegation_for(self, owner: Owner) -> Delegation | None:
        """Return the active delegation of an owner to this user, None without one."""
        wanted = owner_key(owner)
        return next((d for d in self.delegations if d.active and owner_key(d.owner) == wanted), None)

    def password_expired(self, today: date) -> bool:
        """Tell whether the password has run out."""
        return self.password_expires_on is not None and today >= self.password_expires_on

    def failed(self, lock_after: int) -> User:
        """Return the user after one more wrong password, disabled at `lock_after`."""
        attempts = self.failed_attempts + 1
        return replace(self, failed_attempts=attempts, enabled=self.enabled and attempts < lock_after)

    def as_json(self) -> dict[str, Any]:
        """Return the user as plain values, password and PIN included: this is a simulator."""
        values: dict[str, Any] = {
            "user": self.name,
            "password": self.password,
            "pin": self.pin,
            "label": self.label,
            "role": self.role.value,
            "channel": self.role.channel.value,
            "category": None if self.category is None else self.category.value,
            "owner": _owner_json(self.owner),
            "vat_numbers": list(self.vat_numbers),
            "vat_checked": self.vat_checked,
            "intermediary": self.intermediary,
            "delegations": [
                {
                    "owner": _owner_json(d.owner),
                    "category": d.category.value,
                    "vat_numbers": list(d.vat_numbers),
                    "active": d.active,
                }
                for d in self.delegations
            ],
            "enabled": self.enabled,
            "failed_attempts": self.failed_attempts,
            "password_expires_on": None if self.password_expires_on is None else self.password_expires_on.isoformat(),
            "source": self.source,
        }
        return values


def _owner_json(owner: Owner) -> dict[str, str | None]:
    return {"fiscal_code": owner.fiscal_code, "region": owner.region, "asl": owner.asl, "ssa": owner.ssa}


def read_user(values: Mapping[str, Any], *, source: str = "posted") -> User:
    """Build a user from JSON.

    :raises InputError: a field is missing or wrong; it says which
    """
    role = _one_of(values, "role", Role) or Role.PROFESSIONAL
    name, pin = _text(values, "user", needed=True), _text(values, "pin", needed=True)
    owner = _owner(values.get("owner") or {}, "owner")
    if role is Role.PROFESSIONAL and owner.fiscal_code is None:
        owner = replace(owner, fiscal_code=name)
    if role is Role.STRUCTURE and not (owner.region and owner.asl and owner.ssa and owner.fiscal_code):
        raise InputError("owner: a structure needs region, asl, ssa and fiscal_code.")
    category = _one_of(values, "category", SenderCategory)
    if category is None and role in {Role.PROFESSIONAL, Role.STRUCTURE}:
        raise InputError(f"category: one of {', '.join(SenderCategory)} is needed for {role.value}.")
    expires = _text(values, "password_expires_on")
    return User(
        name=name,
        role=role,
        password=_text(values, "password", needed=role is not Role.ENTITY),
        pin=pin,
        label=_text(values, "label"),
        category=category,
        owner=owner,
        vat_numbers=_texts(values, "vat_numbers"),
        vat_checked=_flag(values, "vat_checked", False),
        intermediary=_text(values, "intermediary"),
        delegations=tuple(_delegation(entry) for entry in values.get("delegations") or ()),
        enabled=_flag(values, "enabled", True),
        failed_attempts=int(values.get("failed_attempts") or 0),
        password_expires_on=_day(expires, "password_expires_on"),
        source=_text(values, "source") or source,
    )


def _delegation(entry: object) -> Delegation:
    if not isinstance(entry, Mapping):
        raise InputError("delegations: a list of objects with owner and category is needed.")
    category = _one_of(entry, "category", SenderCategory)
    if category is None:
        raise InputError(f"delegations.category: one of {', '.join(SenderCategory)} is needed.")
    owner = _owner(entry.get("owner") or {}, "delegations.owner")
    return Delegation(owner, category, _texts(entry, "vat_numbers"), _flag(entry, "active", True))


def _owner(values: object, where: str) -> Owner:
    if not isinstance(values, Mapping):
        raise InputError(f"{where}: an object is needed.")
    parts = {name: _text(values, name) or None for name in ("fiscal_code", "region", "asl", "ssa")}
    return Owner(**parts)


def _text(values: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    value = values.get(name)
    if value is None or value == "":
        if needed:
            raise InputError(f"{name}: a text is needed.")
        return ""
    if not isinstance(value, str):
        raise InputError(f"{name}: a text is needed, not {type(value).__name__}.")
    return value


def _texts(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = values.get(name) or []
    if not isinstance(found, list) or not all(isinstance(entry, str) for entry in found):
        raise InputError(f"{name}: a list of texts is needed.")
    return tuple(found)


def _flag(values: Mapping[str, Any], name: str, default: bool) -> bool:
    value = values.get(name, default)
    if not isinstance(value, bool):
        raise InputError(f"{name}: give true or false.")
    return value


def _day(text: str, name: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f"{name}: an ISO day such as 2026-03-31 is needed.") from None


def _one_of(values: Mapping[str, Any], name: str, kind: type[_E]) -> _E | None:
    text = _text(values, name)
    try:
        return kind(text) if text else None
    except ValueError:
        raise InputError(f"{name}: one of {', '.join(kind)} is needed.") from None


def kit_users() -> list[User]:
    """Return the public test users of the kit."""
    text = resources.files("sistemats.simulator").joinpath("data/kit_users.json").read_text("utf-8")
    return [read_user(entry, source="kit") for entry in json.loads(text)]


def region_user() -> User:
    """Return an invented region that sends for structures over `/enti`: the kit has no such user.

    It may send for any structure. The one named here, the kit's in Valle d'Aosta, is whose documents a client sends
    that is given no other, and whose receipts the region may read.
    """
    structure = Owner("CCSRMO77A09H501E", "020", "101", "888888")
    return User(
        name=REGION_USER,
        role=Role.ENTITY,
        password="Regione1",  # noqa: S106  an invented user of a simulator
        pin="9990001112",
        label="Regione di prova (inventata)",
        intermediary="999000",
        delegations=(Delegation(structure, SenderCategory.ACCREDITED_STRUCTURE, ("03213213210",)),),
        source="invented",
    )
